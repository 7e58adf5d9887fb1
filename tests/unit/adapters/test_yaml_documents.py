from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.adapters.directory.yaml_documents import MAX_VALUES, YamlDocument, read_yaml


def read(text: str) -> YamlDocument:
    return read_yaml(text.encode(), "f.yaml")


def only_message(content: bytes | str) -> str:
    document = read_yaml(content.encode() if isinstance(content, str) else content, "f.yaml")
    assert len(document.problems) == 1, document.problems
    return str(document.problems[0])


def test_every_value_stays_the_text_that_was_written():
    document = read(
        "time: 18:00\ncountry: NO\norder: 007\nprice: 85.10\nday: 2026-11-30\n"
        'quoted: "null"\nbare: null\nempty:\nlist: [1_000, 1e3, true, ~]\nblock: >-\n  a\n  b\n'
    )
    assert document.data == {
        "time": "18:00",
        "country": "NO",
        "order": "007",
        "price": "85.10",
        "day": "2026-11-30",
        "quoted": "null",
        "bare": None,
        "empty": None,
        "list": ["1_000", "1e3", "true", None],
        "block": "a b",
    }


def test_everything_has_its_line_and_what_is_not_there_that_of_what_is_around_it():
    document = read("a: 1\nb:\n  - x: 1\n    y:\n      z: 2\n  -\n    x: 3\n")
    assert document.line_of(("a",)) == 1
    assert document.line_of(("b",)) == 2
    assert document.line_of(("b", 0, "y")) == 4
    assert document.line_of(("b", 0, "y", "z")) == 5
    assert document.line_of(("b", 0, "y", "missing", "deeper")) == 4
    assert document.line_of(("b", 1, "x")) == 7
    assert document.line_of(("missing",)) == 1
    assert list(document.find("b", "*", "x")) == [(("b", 0, "x"), "1"), (("b", 1, "x"), "3")]


def test_a_byte_order_mark_is_passed_over():
    assert read_yaml(b"\xef\xbb\xbfa: 1\n", "f.yaml").data == {"a": "1"}


def test_references_and_merged_groups_work_and_own_keys_win():
    document = read("base: &b {x: 1, y: 2}\nmine:\n  <<: *b\n  y: 3\nsame: *b\n")
    assert document.data == {
        "base": {"x": "1", "y": "2"},
        "mine": {"x": "1", "y": "3"},
        "same": {"x": "1", "y": "2"},
    }
    assert document.line_of(("mine", "x")) == 1
    assert document.line_of(("same",)) == 5
    assert read("a: {<<: 3}\n").data == {"a": {"<<": "3"}}


def test_every_key_that_is_there_twice_is_named_with_both_lines():
    document = read("a: 1\nb: {c: 1, c: 2}\na: 2\n")
    assert [str(problem) for problem in document.problems] == [
        "f.yaml:2: 'c' is there twice, on lines 2 and 2. Keep one of the two.",
        "f.yaml:3: 'a' is there twice, on lines 1 and 3. Keep one of the two.",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "name: Bäckerei\n".encode("windows-1252"),
            "f.yaml:1: Byte 7 (0xe4) is not UTF-8; in windows-1252 it is 'ä'. "
            "Save the file as UTF-8.",
        ),
        (
            b"\xef\xbb\xbfa: 1\nb: \x81\n",
            "f.yaml:2: Byte 11 (0x81) is not UTF-8. Save the file as UTF-8.",
        ),
        (
            "a: 1\n".encode("utf-16"),
            "f.yaml:1: The file is UTF-16: it begins with that byte-order mark. "
            "Save the file as UTF-8.",
        ),
        (
            "a: 1\nb: \0\n",
            "f.yaml:2: There is a control character (0x00) in the text. Remove it, and save the "
            "file as UTF-8.",
        ),
        ("", "f.yaml:1: The file is empty. Fill it, for example from one of the directories in "
         "providers/."),
        (
            "a:\n\tb: 1\n",
            "f.yaml:2: This is no valid YAML. A tab, or a value that begins with @, ` or %. "
            "Indent with spaces, and put a value that begins with a sign into quotes.",
        ),
        (
            "a: 'x\nb: 2\nc: 3\n",
            "f.yaml:1: This is no valid YAML. A quote is opened and never closed. "
            "Close it with the same quote.",
        ),
        (
            "a: 1\nb: [1, 2\nc: 3\n",
            "f.yaml:2: This is no valid YAML. A bracket is opened and never closed, or a comma is "
            "missing. Close it with ] or }, and put commas between the entries.",
        ),
        (
            "a: Smith: Jones\n",
            "f.yaml:1: This is no valid YAML. A colon where none can be. Put a value that "
            "contains a colon into quotes, and give all keys of a group the same indentation.",
        ),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: A second document begins here ('---'). "
         "Put everything into one document."),
        ("a: !!python/object/apply:os.system [id]\n", "f.yaml:1: The tag "
         "'!!python/object/apply:os.system' is not used here. "
         "Remove it; write the value alone."),
        ("? [a]\n: b\n", "f.yaml:1: A key must be a plain word. Put the value after 'key: '."),
        ("a: *b\n", "f.yaml:1: '*b' refers to nothing that stands above it. Set the anchor '&b' "
         "above it, or put the value into quotes."),
    ],
)  # fmt: skip
def test_what_is_no_yaml_is_one_problem_with_its_line(content, message):
    assert only_message(content) == message


def test_a_file_that_unfolds_without_end_is_refused():
    bomb = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    assert f"more than {MAX_VALUES:,} values" in only_message(bomb)
    assert "refers to nothing" in only_message("a: &a [*a]\n")
    assert "nested more than" in only_message("[" * 10_000)


def test_a_file_that_is_too_long_is_refused():
    assert "the most that is read" in only_message("# " + "x" * 16 * 1024 * 1024)


@given(st.binary(max_size=200))
def test_whatever_the_bytes_there_is_content_or_a_problem(content):
    document = read_yaml(content, "f.yaml")
    assert (document.root is None) <= bool(document.problems)


@given(st.text(alphabet="ab:-[]{}'\"&*<!|> \n\t#,?%@", max_size=60))
def test_whatever_the_syntax_there_is_content_or_a_problem_with_a_line(text):
    document = read(text)
    assert (document.root is None) <= bool(document.problems)
    assert all(problem.line for problem in document.problems)
