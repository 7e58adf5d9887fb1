"""Which characters the fonts of a folder can show.

An archivable and accessible PDF must not hold a character without a glyph, and Typst refuses to
write one. A name in a script that no font of ours has must not stop an invoice, so the renderer
asks here which characters it has to replace. Adding a font to the folder is all it takes to have
them.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path

REPLACEMENT = "\u25a1"
"""An empty box, in place of a character that no font has."""

Range = tuple[int, int]


def covered_ranges(fonts: Path) -> list[Range]:
    """Ranges of code points, both ends included, that at least one font has; sorted and merged.

    Raises:
        NoFontsError: when the folder has no fonts.
    """
    files = sorted(fonts.glob("*.[to]tf"))
    if not files:
        raise NoFontsError(fonts)
    merged: list[Range] = []
    for first, last in sorted(entry for file in files for entry in _ranges(file.read_bytes())):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def uncovered_pattern(fonts: Path) -> re.Pattern[str]:
    """A pattern that matches every character beyond ASCII that no font of the folder has."""
    # A zero-width space has no glyph in some fonts, and needs none.
    ranges = [*covered_ranges(fonts), (0x00, 0x7F), (0x200B, 0x200B)]
    inside = "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)
    return re.compile(f"[^{inside}]")


def _ranges(font: bytes) -> Iterator[Range]:
    """The ranges of a font's best Unicode table (OpenType specification, 'cmap')."""
    tables = dict(_character_tables(font))
    if 12 in tables:
        start = tables[12]
        (groups,) = struct.unpack_from(">I", font, start + 12)
        for index in range(groups):
            yield struct.unpack_from(">II", font, start + 16 + 12 * index)
    elif 4 in tables:
        start = tables[4]
        segments = struct.unpack_from(">H", font, start + 6)[0] // 2
        last = struct.unpack_from(f">{segments}H", font, start + 14)
        first = struct.unpack_from(f">{segments}H", font, start + 16 + 2 * segments)
        yield from ((low, high) for low, high in zip(first, last, strict=True) if low != 0xFFFF)


def _character_tables(font: bytes) -> Iterator[tuple[int, int]]:
    """Format and offset of every Unicode character table."""
    (count,) = struct.unpack_from(">H", font, 4)
    for index in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", font, 12 + 16 * index)
        if tag != b"cmap":
            continue
        (subtables,) = struct.unpack_from(">H", font, offset + 2)
        for number in range(subtables):
            platform, _, relative = struct.unpack_from(">HHI", font, offset + 4 + 8 * number)
            if platform in {0, 3}:
                (form,) = struct.unpack_from(">H", font, offset + relative)
                yield form, offset + relative


class NoFontsError(FileNotFoundError):
    """The folder of fonts is empty or missing, so nothing could be printed."""

    def __init__(self, fonts: Path) -> None:
        super().__init__(f"there are no fonts in {fonts}")
