"""Logos: which kind of picture a file is, how large, and whether it can be printed and mailed.

A logo is in every document and every mail of a provider. What could stop one of them, or fetch
something from elsewhere, is therefore refused when the provider's directory is read, with words on
what to do about it.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from msp_billing.adapters.svg_files import NotPrintableError, svg_size

if TYPE_CHECKING:
    from msp_billing.domain.parties import Logo

MAX_BYTES = 60_000
"""Of a logo's file: it travels in every mail and in every document."""

MAX_SIDE = 2_000
"""Pixels of a picture's longer side: more are not seen on paper, and cost memory."""

MediaType = Literal["image/svg+xml", "image/png", "image/jpeg"]

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Numbers that a pixel of a PNG has, by its kind of colours (PNG specification, 11.2.2)."""

_PALETTE = 3
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of a JPEG that say its size."""

_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
_GREY_OR_RGB = (1, 3)
_BROKEN = "The picture is damaged or cut off."
_EXPORT_AGAIN = "Export it again from the program that it was drawn with."


@dataclass(frozen=True)
class Picture:
    """A picture's kind and size, in pixels or in the units of the drawing."""

    media_type: MediaType
    width: float
    height: float


def read_picture(content: bytes) -> Picture:
    """What a logo's file is, told by its content and not by its name.

    Raises:
        NotPrintableError: when it is no SVG, PNG or JPEG, or one that no document can show.
    """
    if len(content) > MAX_BYTES:
        what = f"The picture has {len(content):,} bytes; a logo has at most {MAX_BYTES:,}."
        raise NotPrintableError(what, "Export it smaller, or as a plain SVG.")
    if content.startswith(_PNG):
        picture = Picture("image/png", *_png_size(content))
    elif content.startswith(_JPEG):
        picture = Picture("image/jpeg", *_jpeg_size(content))
    else:
        return Picture("image/svg+xml", *svg_size(content))
    longer = max(picture.width, picture.height)
    if longer > MAX_SIDE or min(picture.width, picture.height) < 1:
        what = f"The picture is {longer:,} pixels long; a logo has at most {MAX_SIDE:,}."
        raise NotPrintableError(what, "Export it with fewer pixels: 600 are plenty.")
    return picture


@lru_cache(maxsize=64)
def logo_picture(logo: Logo) -> Picture:
    """Kind and size of a provider's logo, to lay it out; it was checked when it was read."""
    return read_picture(base64.b64decode(logo.base64))


def _png_size(content: bytes) -> tuple[int, int]:
    chunks = list(_png_chunks(content))
    header = dict(chunks).get(b"IHDR", b"")
    if len(header) != 13 or chunks[-1][0] != b"IEND":
        raise NotPrintableError(_BROKEN, _EXPORT_AGAIN)
    width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    row = 1 + (width * depth * _SAMPLES.get(colours, 0) + 7) // 8
    pixels = zlib.decompressobj()
    try:
        data = b"".join(data for kind, data in chunks if kind == b"IDAT")
        most = min(2 * row * height, 8 * MAX_SIDE * MAX_SIDE)  # interlaced has more rows
        size = len(pixels.decompress(data, most + 1))
    except zlib.error as error:
        raise NotPrintableError(_BROKEN, _EXPORT_AGAIN) from error
    has_colours = colours in _SAMPLES and (colours != _PALETTE or b"PLTE" in dict(chunks))
    if not has_colours or not pixels.eof or (size != row * height and not interlaced):
        raise NotPrintableError(_BROKEN, _EXPORT_AGAIN)
    return width, height


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and data of every chunk that is whole (PNG specification, 5.3)."""
    at = len(_PNG)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        kind, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        checked = content[at + 8 + length : at + 12 + length]
        if checked != struct.pack(">I", zlib.crc32(kind + data)):
            return
        yield kind, data
        at += 12 + length


def _jpeg_size(content: bytes) -> tuple[int, int]:
    """Size out of the frame header (ITU-T T.81, B.2.2)."""
    at = 2
    while at + 10 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            at += 1 if marker == 0xFF else 2
            continue
        if marker in _FRAMES:
            height, width, components = struct.unpack_from(">HHB", content, at + 5)
            if components not in _GREY_OR_RGB:
                what = "The picture has the colours of a printing press (CMYK)."
                raise NotPrintableError(what, "Export it with the colours of a screen (RGB).")
            if b"\xff\xd9" in content[at:]:
                return width, height
            break
        (length,) = struct.unpack_from(">H", content, at + 2)
        at += 2 + length
    raise NotPrintableError(_BROKEN, _EXPORT_AGAIN)
