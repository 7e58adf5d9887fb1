"""Commands that a command names: whole, about the same stack, and on a line of their own."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from mspbill.command_values import Source
from mspbill.suggesting import suggested, suggesting, tell


def told(text: str, *, mark: str = "", indent: int = 0) -> list[str]:
    console = Console(file=io.StringIO(), width=40, soft_wrap=True)
    tell(text, console, mark=mark, indent=indent)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")


def test_a_command_is_about_the_stack_and_provider_that_were_named() -> None:
    assert suggested("cycle list") == "mspbill cycle list"
    with suggesting(Source(stack="billing", provider="birch")):
        assert suggested("cycle list") == "mspbill cycle list --provider birch --stack billing"
        assert suggested("feeds push DIR", of_provider=False) == (
            "mspbill feeds push DIR --stack billing"
        )
    with suggesting(Source(state=Path("my demo"))):
        assert suggested("aging") == "mspbill aging --state 'my demo'"
    assert suggested("cycle list") == "mspbill cycle list"


def test_lines_are_broken_between_words_and_a_command_never() -> None:
    with suggesting(Source(stack="billing")):
        lines = told(
            "Of some mails nobody knows what became of them: mspbill outbox list --unknown",
            mark="!",
        )
    assert lines == [
        "! Of some mails nobody knows what became",
        "  of them:",
        "    $ mspbill outbox list --unknown --stack billing",
    ]


def test_a_command_that_a_use_case_names_gets_the_stack_too_and_none_twice() -> None:
    with suggesting(Source(stack="billing", provider="birch")):
        assert told("Clear it: mspbill contact clear a@b.example --by NAME --why WHY.")[1] == (
            "  $ mspbill contact clear a@b.example --by NAME --why WHY "
            "--provider birch --stack billing"
        )
        whole = "mspbill aging --provider birch --stack billing"
        assert told(f"See: {whole}") == ["See:", f"  $ {whole}"]
        quoted = "See 'mspbill aging' first."
        assert told(quoted) == [quoted]


def test_a_command_with_a_colon_in_it_is_not_broken_either() -> None:
    stack = "arn:aws:cloudformation:us-east-1:123456789012:stack/billing/1"
    with suggesting(Source(stack=stack)):
        assert told("See: mspbill payment assign bank:W-1 --by NAME") == [
            "See:",
            f"  $ mspbill payment assign bank:W-1 --by NAME --stack {stack}",
        ]
        sentence = "See: mspbill aging. And then: more"
        assert " ".join(told(sentence)) == sentence


def test_what_is_longer_than_a_line_stays_whole() -> None:
    number = "KRG-" + "0" * 50
    lines = told(f"Of {number} nothing is left", indent=2)
    assert lines == ["  Of", f"  {number}", "  nothing is left"]
