"""Packs a PDF: its small objects go into compressed streams (ISO 32000-1, 7.5.7 and 7.5.8).

Typst writes each of them open: every tag and every cell of a table is an object of its own, with
twenty bytes in a table of places. That is more than half of an invoice, and compresses to a tenth;
whoever mails and keeps documents pays by the byte. Pages, fonts and attachments are compressed
already and stay byte for byte. PDF/A-3 and PDF/UA-1 allow it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final

from msp_billing.adapters.invoice_pdf.pdf_metadata import PdfMetadataError

_OBJECTS_PER_STREAM: Final = 1000
_LEVEL: Final = 6  # 9 takes longer for a hundredth of the bytes
_ENTRY_BYTES = 20  # of a cross-reference table, ISO 32000-1, 7.5.4
_START = re.compile(rb"startxref\s+(\d+)\s+%%EOF\s*$")
_SECTION = re.compile(rb"(\d+) (\d+)\s+")
_TRAILER = re.compile(rb"trailer\s*<<(?P<entries>.*?)>>\s*startxref", re.DOTALL)
_ROOT = re.compile(rb"/Root \d+ 0 R")
_INFO = re.compile(rb"/Info \d+ 0 R")
_ID = re.compile(rb"/ID\[(?:\([^)]*\)|<[^>]*>)\s*(?:\([^)]*\)|<[^>]*>)\]")
_PREVIOUS = re.compile(rb"/Prev (\d+)")
_OBJECT = re.compile(rb"(\d+) 0 obj\s*")
_IN_FILE, _IN_STREAM = 1, 2


def packed(pdf: bytes) -> bytes:
    """The same document, smaller; the same bytes each time.

    Args:
        pdf: as Typst writes it, with or without an update of its metadata behind it.

    Raises:
        PdfMetadataError: when it has another form.
    """
    places, tables, trailer = _places(pdf)
    ends = sorted({*places.values(), *tables, len(pdf)})
    following = dict(pairwise(ends))
    kept: dict[int, bytes] = {}
    small: dict[int, bytes] = {}
    for number, place in sorted(places.items()):
        whole = pdf[place : following[place]]
        head, end = _OBJECT.match(whole), whole.rfind(b"endobj")
        if head is None or int(head[1]) != number or end < 0:
            raise PdfMetadataError(f"object {number} is not where the table says")
        body = whole[head.end() : end].rstrip()
        if body.endswith(b"endstream"):
            kept[number] = body
        else:
            small[number] = body
    first = pdf[: min(places.values())]
    return _written(first, kept, small, trailer)


def _places(pdf: bytes) -> tuple[dict[int, int], list[int], bytes]:
    """Where each object is, where the tables are, and the newest trailer."""
    found = _START.search(pdf, max(0, len(pdf) - 100))
    if found is None:
        raise PdfMetadataError("the PDF does not say where its table is")
    table: int | None = int(found[1])
    places: dict[int, int] = {}
    tables: list[int] = []
    newest = b""
    while table is not None:
        tables.append(table)
        if not pdf.startswith(b"xref\n", table):
            raise PdfMetadataError("a table of places was expected")
        place = table + len(b"xref\n")
        while (section := _SECTION.match(pdf, place)) is not None:
            number, count = int(section[1]), int(section[2])
            for index in range(count):
                begin = section.end() + index * _ENTRY_BYTES
                entry = pdf[begin : begin + _ENTRY_BYTES]
                if entry[17:18] == b"n":
                    places.setdefault(number + index, int(entry[:10]))  # the newest comes first
            place = section.end() + count * _ENTRY_BYTES
        trailer = _TRAILER.match(pdf, place)
        if trailer is None:
            raise PdfMetadataError("a trailer was expected behind the table of places")
        newest = newest or trailer["entries"]
        previous = _PREVIOUS.search(trailer["entries"])
        table = None if previous is None else int(previous[1])
    return places, tables, newest


def _written(
    first: bytes, kept: Mapping[int, bytes], small: Mapping[int, bytes], trailer: bytes
) -> bytes:
    parts: list[bytes] = [first]
    size = len(first)
    number = max((*kept, *small)) + 1
    entries: dict[int, tuple[int, int, int]] = {0: (0, 0, 65535)}

    def add(of: int, body: bytes) -> None:
        nonlocal size
        whole = b"%d 0 obj\n%b\nendobj\n" % (of, body)
        entries[of] = (_IN_FILE, size, 0)
        parts.append(whole)
        size += len(whole)

    for of, body in kept.items():
        add(of, body)
    numbers = sorted(small)
    for start in range(0, len(numbers), _OBJECTS_PER_STREAM):
        group = numbers[start : start + _OBJECTS_PER_STREAM]
        add(number, _object_stream([(of, small[of]) for of in group]))
        entries |= {of: (_IN_STREAM, number, index) for index, of in enumerate(group)}
        number += 1
    entries[number] = (_IN_FILE, size, 0)
    parts.append(_cross_reference_stream(number, entries, trailer))
    parts.append(b"startxref\n%d\n%%%%EOF\n" % size)
    return b"".join(parts)


def _object_stream(objects: Sequence[tuple[int, bytes]]) -> bytes:
    places, bodies, size = [], [], 0
    for number, body in objects:
        places.append(b"%d %d" % (number, size))
        bodies.append(body)
        size += len(body) + 1
    head = b" ".join(places) + b"\n"
    content = zlib.compress(head + b"\n".join(bodies), _LEVEL)
    return b"<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>\nstream\n%b\nendstream" % (
        len(objects),
        len(head),
        len(content),
        content,
    )


def _cross_reference_stream(
    number: int, entries: Mapping[int, tuple[int, int, int]], trailer: bytes
) -> bytes:
    """Where every object is, as a stream; what the trailer said stands in its dictionary."""
    free = (0, 0, 65535)
    rows = b"".join(
        bytes([kind]) + place.to_bytes(4, "big") + index.to_bytes(2, "big")
        for kind, place, index in (entries.get(of, free) for of in range(number + 1))
    )
    content = zlib.compress(rows, _LEVEL)
    told = b"".join(
        found[0] for pattern in (_ROOT, _INFO, _ID) if (found := pattern.search(trailer))
    )
    return (
        b"%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]%b/Filter/FlateDecode/Length %d>>\n"
        b"stream\n%b\nendstream\nendobj\n" % (number, number + 1, told, len(content), content)
    )
