"""JSON text, read value by value from a stream: no more of it is in memory than one value.

The values themselves are decoded by the standard library. A streaming parser, ijson, was tried
and left: version 3.6 crashes the interpreter at a whole number of more than 4,300 digits, which a
damaged file may hold.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, TypeAlias

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | Decimal | bool | None"

MAX_VALUE_CHARACTERS = 8 * 1_048_576
"""A limit on everything: no item of a list is longer, and one in memory is enough."""

EXPORT_AGAIN = "Export it again and wait until the export has finished."

_SPACE = re.compile(r"[ \t\n\r]*")
_ESCAPE_CHARACTERS = len(r"\u00e9")
_WORDS = ("true", "false", "null", "-")


class JsonFeedError(Exception):
    """The file is no list of pages. What was read of it is unusable."""

    def __init__(self, code: str, what: str, fix: str, line: int | None = None) -> None:
        super().__init__(f"{what} {fix}")
        self.code = code
        self.what = what
        self.fix = fix
        self.line = line


class JsonText:
    """Reads values and the signs between them, in their order."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self._buffer = ""
        self._at = 0
        self._lines_before = 0
        self._decode = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
        ).raw_decode

    @property
    def line(self) -> int:
        """The line on which the next sign stands, from 1."""
        return 1 + self._lines_before + self._buffer.count("\n", 0, self._at)

    def peek(self) -> str:
        """The next sign that is no space; empty at the end of the text."""
        while True:
            found = _SPACE.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at]
            if not self._more():
                return ""

    def take(self, sign: str) -> None:
        """Read over a sign.

        Raises:
            JsonFeedError: when something else stands there.
        """
        found = self.peek()
        if found != sign:
            raise self._malformed(f"'{sign}' is missing") if found else self._half_written()
        self._at += 1

    def entries(self, closing: str) -> Iterator[None]:
        """Once for each entry of a list or object whose opening sign was read.

        The caller reads the entry each time; signs between entries are read here.
        """
        if self.peek() == closing:
            self._at += 1
            return
        while True:
            yield
            if self.peek() == closing:
                self._at += 1
                return
            self.take(",")

    def value(self) -> Json:
        """The next value, whole.

        Raises:
            JsonFeedError: when it is not JSON, ends early, or is too long.
        """
        self.peek()
        while True:
            try:
                value, end = self._decode(self._buffer, self._at)
            except json.JSONDecodeError as error:
                if self._more():
                    continue
                if self._ends_early(error):
                    raise self._half_written() from None
                raise self._malformed(error.msg) from None
            except RecursionError:
                raise self._malformed("it is nested too deeply") from None
            except (ValueError, ArithmeticError):
                raise self._malformed("it holds what is no number") from None
            if isinstance(value, int | Decimal) and self._may_go_on(end) and self._more():
                continue
            self._at = end
            read: Json = value
            return read

    def _may_go_on(self, end: int) -> bool:
        """Whether a number that was read up to here has more of it in the next piece."""
        rest = self._buffer[end : end + 3]
        return len(rest) < 3 and not rest.strip(".eE+-")

    def _more(self) -> bool:
        """Read on in the stream; False at its end."""
        if len(self._buffer) - self._at > MAX_VALUE_CHARACTERS:
            what = f"A value is longer than {MAX_VALUE_CHARACTERS} characters, or is no JSON."
            fix = "Check that this is the export of the tool; export it again."
            raise JsonFeedError("feed-value-too-long", what, fix, self.line)
        piece = next((piece for piece in self._pieces if piece), "")
        if piece:
            self._lines_before += self._buffer.count("\n", 0, self._at)
            self._buffer = self._buffer[self._at :] + piece
            self._at = 0
        return bool(piece)

    def _ends_early(self, error: json.JSONDecodeError) -> bool:
        """Whether the text breaks off, rather than being wrong somewhere before its end."""
        rest = self._buffer[error.pos :].rstrip()
        if error.msg.startswith("Invalid"):
            return len(rest) < _ESCAPE_CHARACTERS
        return error.msg.startswith("Unterminated") or any(word.startswith(rest) for word in _WORDS)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Json]:
        read = dict(pairs)
        if len(read) != len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            what = f"The field '{twice[:60]}' of an object is there twice."
            fix = "It is unknown which of the two is right: export the file again."
            raise JsonFeedError("feed-field-twice", what, fix, self.line)
        return read

    def _half_written(self) -> JsonFeedError:
        what = "The file ends in the middle: it was not written to its end."
        return JsonFeedError("feed-half-written", what, EXPORT_AGAIN, self.line)

    def _malformed(self, reason: str) -> JsonFeedError:
        what = f"This is not JSON ({reason})."
        fix = "Write down the pages as the tool sends them, and nothing else; export it again."
        return JsonFeedError("feed-not-json", what, fix, self.line)


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
