"""Text for mails: names on one line, lines that are not too long, file names that are safe."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from decimal import Decimal

from msp_billing.adapters.formatting import format_quantity
from msp_billing.adapters.language import _

MAX_NAME_LENGTH = 120
"""Letters of a name that a mail shows; the attached document has the whole of it."""

LINE_WIDTH = 76
"""Letters in a line of the text part; the convention of plain-text mail."""

_JOINERS = "\u200c\u200d"  # within words of several scripts, and within emoji
_MAX_COMBINING_MARKS = 3
_UNSAFE_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_MAX_FILE_NAME_LENGTH = 120


def one_line(text: str, longest: int = MAX_NAME_LENGTH) -> str:
    """One line of harmless text, whatever was in it; a dash when nothing is left.

    Line breaks and control characters become a space, so that no name can add a header to a mail
    or a line to its text. Invisible format characters are left out: a right-to-left override in a
    name could turn around the amount that stands behind it.
    """
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text[: longest * 4]):
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        hidden = category in {"Cf", "Cs"} and character not in _JOINERS
        if hidden or marks > _MAX_COMBINING_MARKS:
            continue
        kept.append(" " if category in {"Cc", "Zl", "Zp", "Zs"} else character)
    words = " ".join("".join(kept).split())
    if len(words) > longest or len(text) > longest * 4:
        words = words[: longest - 1].rstrip() + "…"
    return words or "–"


_COMMAND = "  mspbill "


def on_a_stack(command: str, stack: str | None) -> str:
    """A command for who reads it in a mail: by itself it does not know where to go.

    Args:
        stack: the name of the stack; None leaves a word for the reader to put it in.
    """
    words = one_line(command, 500)
    is_ours = words.startswith(_COMMAND.strip())
    return f"{words} --stack {stack or 'STACK'}" if is_ours and "--stack" not in words else words


def wrap(text: str) -> str:
    """The text with its long lines broken between words, continued under their first word.

    A word longer than a line, such as an address, stays whole, and so does a command, of which a
    part does something else when it is copied. Of several empty lines one stays.
    """
    wrapped = "\n".join(_wrap_line(line) for line in text.strip("\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", wrapped) + "\n"


def _wrap_line(line: str) -> str:
    if len(line) <= LINE_WIDTH or line.startswith(_COMMAND):
        return line
    match = re.match(r"\s*(?:- )?", line)
    indent = " " * (match.end() if match else 0)
    return textwrap.fill(
        line,
        LINE_WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def safe_file_name(name: str) -> str:
    """A name under which every system lets a file be saved; its ending is kept."""
    flat = _UNSAFE_IN_FILE_NAMES.sub("-", one_line(_UNSAFE_IN_FILE_NAMES.sub("-", name), 400))
    stem, dot, ending = flat.rpartition(".")
    if not dot:
        stem, ending = flat, ""
    stem = stem.strip(" .-")[: _MAX_FILE_NAME_LENGTH - len(ending) - 1].rstrip(" .-")
    return f"{stem or 'document'}{dot}{ending}"


def file_size(size_bytes: int) -> str:
    """A size as people read it: ``48 KB``, ``1.3 MB``."""
    if size_bytes < 1_000_000:
        number = max(1, round(size_bytes / 1_000))
        return _("{number} KB").format(number=format_quantity(number))
    tenths = Decimal(round(size_bytes / 100_000))
    return _("{number} MB").format(number=format_quantity(tenths / 10))


def counted(number: int, noun: str) -> str:
    """A number with its English noun: ``1 invoice``, ``1,200 invoices``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
