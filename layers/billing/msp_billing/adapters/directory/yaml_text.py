"""The text of a YAML file, and what its syntax errors mean."""

from __future__ import annotations

import codecs
import re

import yaml

from msp_billing.domain.problems import Problem

MAX_BYTES = 16 * 1024 * 1024

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_EXPLANATIONS = (
    (
        "cannot start any token",
        "A tab, or a value that begins with @, ` or %",
        "Indent with spaces, and put a value that begins with a sign into quotes.",
    ),
    (
        "mapping values are not allowed",
        "A colon where none can be",
        "Put a value that contains a "
        "colon into quotes, and give all keys of a group the same indentation.",
    ),
    ("end of stream", "A quote is opened and never closed", "Close it with the same quote."),
    (
        "sequence entries are not allowed",
        "A list begins on the line of its key",
        "Begin each entry on a line of its own, with '- '.",
    ),
    (
        "',' or",
        "A bracket is opened and never closed, or a comma is missing",
        "Close it with ] or }, and put commas between the entries.",
    ),
    ("undefined alias", "A reference (*name) to nothing", "Set the anchor (&name) above it."),
)
_ELSE = ("The structure breaks off", "Check the indentation of this line and the one before it.")


def decode_yaml(content: bytes, file: str) -> str | Problem:
    """The text of a YAML file, or why it is none. A byte-order mark is passed over."""
    save = "Save the file as UTF-8."
    if len(content) > MAX_BYTES:
        what = f"The file has {len(content):,} bytes; the most that is read is {MAX_BYTES:,}."
        return Problem(code="yaml-size", what=what, fix="Split it, or remove data.", file=file)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        what = "The file is UTF-16: it begins with that byte-order mark."
        return Problem(code="encoding", what=what, fix=save, file=file, line=1)
    try:
        text = content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        bad = content[error.start : error.start + 1]
        likely = bad.decode("windows-1252", errors="ignore")
        guess = f"; in windows-1252 it is '{likely}'" if likely else ""
        return Problem(
            code="encoding",
            what=f"Byte {error.start} (0x{bad.hex()}) is not UTF-8{guess}.",
            fix=save,
            file=file,
            line=content.count(b"\n", 0, error.start) + 1,
        )
    if found := _CONTROL.search(text):
        return Problem(
            code="encoding",
            what=f"There is a control character (0x{ord(found[0]):02x}) in the text.",
            fix="Remove it, and save the file as UTF-8.",
            file=file,
            line=text.count("\n", 0, found.start()) + 1,
        )
    return text


def syntax_problem(error: yaml.MarkedYAMLError, file: str) -> Problem:
    """What the parser could not make sense of, in words for people who do not write parsers.

    A quote or a bracket that is never closed is reported where it is opened: where the parser
    gives up, mostly the end of the file, helps nobody.
    """
    reason = error.problem or ""
    what, fix = next(((what, fix) for sign, what, fix in _EXPLANATIONS if sign in reason), _ELSE)
    mark = error.problem_mark
    if error.context_mark is not None and what.startswith(("A quote", "A bracket")):
        mark = error.context_mark
    return Problem(
        code="yaml-syntax",
        what=f"This is no valid YAML. {what}.",
        fix=fix,
        file=file,
        line=None if mark is None else mark.line + 1,
    )
