"""The bytes of an export: measured while they are read, decoded without guessing."""

from __future__ import annotations

import codecs
import hashlib
import io
from collections.abc import Iterator
from typing import Protocol

from msp_billing.domain.problems import Problem

MAX_LINE_CHARACTERS = 1_048_576
"""A longer line is no line of an export; it would fill the memory before anything is said."""

_CHUNK_BYTES = 65_536
_UTF_8_MARK = codecs.BOM_UTF8
_UTF_16_MARKS = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_ONE_ENCODING = "Export it as {encoding}, or name the encoding that it has under the feed's "
_ONE_ENCODING += "'encoding' in provider.yaml."


class ByteSource(Protocol):
    """What an export is read from: an open file, or the body of an S3 object."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""
        ...


class MeasuredSource:
    """Passes bytes through and measures them, so that an export is read once."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self.byte_count = 0

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""
        data = self._source.read(size)
        self._hash.update(data)
        self.byte_count += len(data)
        return data

    def read_to_end(self) -> None:
        """Measure what nobody has read, for example after a problem."""
        while self.read(_CHUNK_BYTES):
            continue

    @property
    def sha256(self) -> str:
        """SHA-256, hexadecimal, of what was read so far."""
        return self._hash.hexdigest()


class FeedTextError(ValueError):
    """The bytes of an export are not text of the encoding that the feed names."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def text_blocks(source: ByteSource, encoding: str, file: str) -> Iterator[str]:
    """The text of an export in blocks of whole lines with their line ends, in constant memory.

    Only the last block may end without a line end; it is then one line.

    A byte-order mark before UTF-8 is passed over without a word: Excel writes it, it says nothing
    that is not known, and no reader of the rows can be misled by it. Before UTF-16 it is required,
    because without it the byte order would be a guess. A mark of any other encoding than the
    feed's is refused.

    Args:
        source: the bytes.
        encoding: ``utf-8``, ``utf-16`` or ``windows-1252``.
        file: the file's name, for problems.

    Raises:
        FeedTextError: with the line and the byte; lines before it have been given out.
    """
    line = 1
    pending: list[str] = []
    pending_length = 0
    for text in _decoded(source, encoding, file):
        cut = text.rfind("\n") + 1
        if cut:
            block = "".join([*pending, text[:cut]])
            yield from _checked(block, encoding, file, line)
            line += block.count("\n")
            pending, pending_length = [], 0
        pending.append(text[cut:])
        pending_length += len(text) - cut
        if pending_length > MAX_LINE_CHARACTERS:
            raise FeedTextError(
                Problem(
                    code="feed-line-too-long",
                    what=f"The line is longer than {MAX_LINE_CHARACTERS} characters.",
                    fix="Check that this is the CSV export; export it again.",
                    file=file,
                    line=line,
                )
            )
    last = "".join(pending)
    if last:
        yield from _checked(last, encoding, file, line)


def lines_of(block: str) -> list[str]:
    """The lines of a block with their line ends; nothing but a line feed ends a line."""
    return list(io.StringIO(block, newline="\n"))


def _checked(block: str, encoding: str, file: str, line: int) -> Iterator[str]:
    """The block; up to its first line that is not text of the encoding, when there is one."""
    if "\0" not in block and (encoding != "windows-1252" or block.isascii()):
        yield block
        return
    lines = lines_of(block)
    for index, text in enumerate(lines):
        try:
            _check_line(text, encoding, file, line + index)
        except FeedTextError:
            if index:
                yield "".join(lines[:index])
            raise
    yield block


def text_pieces(source: ByteSource, encoding: str, file: str) -> Iterator[str]:
    """Decode an export into pieces of any size, for formats that are not read line by line.

    Raises:
        FeedTextError: as :func:`text_lines`; pieces before it have been given out.
    """
    line = 1
    for piece in _decoded(source, encoding, file):
        _check_line(piece, encoding, file, line)
        yield piece
        line += piece.count("\n")


def _check_line(text: str, encoding: str, file: str, line: int) -> None:
    if "\0" in text:
        raise FeedTextError(
            Problem(
                code="feed-encoding",
                what=f"The line holds NUL characters, which {encoding} text does not have; the "
                "file is probably UTF-16 or was not written to its end.",
                fix=_ONE_ENCODING.format(encoding=encoding),
                file=file,
                line=line,
            )
        )
    if encoding == "windows-1252" and not text.isascii() and _is_utf_8(text):
        raise FeedTextError(
            Problem(
                code="feed-encoding",
                what="The file is UTF-8, while the feed says windows-1252.",
                fix=_ONE_ENCODING.format(encoding=encoding),
                file=file,
                line=line,
            )
        )


def _is_utf_8(windows_text: str) -> bool:
    """Whether text read as windows-1252 is valid UTF-8: by chance it practically never is."""
    try:
        windows_text.encode("windows-1252").decode("utf-8")
    except UnicodeError:
        return False
    return True


def _decoded(source: ByteSource, encoding: str, file: str) -> Iterator[str]:
    head = b""
    while len(head) < len(_UTF_8_MARK) and (more := source.read(_CHUNK_BYTES)):
        head += more
    codec, mark = _codec(head, encoding, file)
    decoder = codecs.getincrementaldecoder(codec)(errors="strict")
    offset, lines = len(mark), 0
    for chunk in _chunks(head[len(mark) :], source):
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            at = offset - (len(error.object) - len(chunk)) + error.start
            before = error.object[: error.start].decode(codec)
            yield before
            line = lines + before.count("\n") + 1
            raise FeedTextError(_undecodable(error, encoding, file, line, at)) from None
        yield text
        lines += text.count("\n")
        offset += len(chunk)


def _chunks(first: bytes, source: ByteSource) -> Iterator[bytes]:
    """Everything that is left, then nothing once, which tells the decoder that it is the end."""
    if first:
        yield first
    while chunk := source.read(_CHUNK_BYTES):
        yield chunk
    yield b""


def _codec(head: bytes, encoding: str, file: str) -> tuple[str, bytes]:
    """The Python codec, and the byte-order mark to pass over."""
    utf_16 = next((mark for mark in _UTF_16_MARKS if head.startswith(mark)), b"")
    found = "UTF-16" if utf_16 else "UTF-8" if head.startswith(_UTF_8_MARK) else None
    match encoding, found:
        case "utf-16", "UTF-16":
            return _UTF_16_MARKS[utf_16], utf_16
        case "utf-8", None:
            return "utf-8", b""
        case "utf-8", "UTF-8":
            return "utf-8", _UTF_8_MARK
        case "windows-1252", None:
            return "windows-1252", b""
    if not head:
        return "utf-8", b""
    what = (
        f"The file begins with the byte-order mark of {found}, while the feed says {encoding}."
        if found
        else "The file has no byte-order mark, which a UTF-16 file begins with."
    )
    raise FeedTextError(
        Problem(
            code="feed-encoding",
            what=what,
            fix=_ONE_ENCODING.format(encoding=encoding),
            file=file,
            line=1,
        )
    )


def _undecodable(
    error: UnicodeDecodeError, encoding: str, file: str, line: int, at: int
) -> Problem:
    bad = error.object[error.start : error.start + 1]
    if error.reason in {"unexpected end of data", "truncated data"}:
        return Problem(
            code="feed-half-written",
            what=f"The file ends inside a character (byte {at}): it was not written to its end.",
            fix="Export it again and wait until the export has finished.",
            file=file,
            line=line,
        )
    likely = ""
    if encoding == "utf-8":
        as_windows = bad.decode("windows-1252", errors="ignore")
        likely = f"; in windows-1252 it is '{as_windows}'" if as_windows else ""
    return Problem(
        code="feed-encoding",
        what=f"Byte {at} (0x{bad.hex()}) is not {encoding}{likely}.",
        fix=_ONE_ENCODING.format(encoding=encoding),
        file=file,
        line=line,
    )
