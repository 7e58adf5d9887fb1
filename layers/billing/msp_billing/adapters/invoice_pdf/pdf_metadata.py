"""Says in a PDF's metadata that it carries a Factur-X invoice, as Factur-X 1.0 asks for.

Typst attaches the file, but cannot write these properties, nor their description, without which no
reader of PDF/A accepts them (ISO 19005-3, 6.6.2.3). They are appended as an update of one object
(ISO 32000-1, 7.5.6), which PDF/A allows: what Typst wrote stays as it is, and a document of 10 MB
takes milliseconds, where a library takes longer to rewrite it than it took to make. Afterwards
``object_streams.py`` packs the objects of the whole file into one section, so that the finished
document has no update any more. Nothing of it depends on the time, so the same document gives the
same bytes.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final
from xml.sax.saxutils import escape

FILE_NAME: Final = "factur-x.xml"
"""The name under which readers look for the invoice."""

_ENTRY_BYTES = 20  # of a cross-reference table, ISO 32000-1, 7.5.4

_TRAILER = re.compile(
    rb"trailer\s*<<(?P<entries>.*/Root (?P<root>\d+) 0 R.*)/ID\[(?P<id>\([^)]*\))\([^)]*\)\]>>\s*"
    rb"startxref\s+(?P<table>\d+)\s+%%EOF\s*$",
    re.DOTALL,
)
_METADATA = re.compile(rb"/Metadata (\d+) 0 R")
_STREAM = re.compile(rb"\d+ 0 obj\s*<<[^>]*/Length (\d+)[^>]*>>\s*stream\r?\n")

_SCHEMAS = "<pdfaExtension:schemas><rdf:Bag>"
_END = "</rdf:RDF>"

_PROPERTIES = {
    "DocumentFileName": "The name of the embedded XML document",
    "DocumentType": "The type of the hybrid document in capital letters, e.g. INVOICE or ORDER",
    "Version": "The version of the standard applying to the embedded XML document",
    "ConformanceLevel": "The conformance level of the embedded XML document",
}


class PdfMetadataError(ValueError):
    """A PDF is not of the form that our renderer gives to all of them."""


def with_factur_x_metadata(pdf: bytes, *, level: str = "EN 16931") -> bytes:
    """The PDF with the properties of a Factur-X invoice in its metadata; the same bytes each time.

    Args:
        pdf: as the renderer made it, with the invoice attached as ``factur-x.xml``.
        level: the profile of the invoice, in Factur-X's words.

    Raises:
        PdfMetadataError: when it was not made by the renderer as a PDF/A.
    """
    found = _TRAILER.search(pdf, max(0, len(pdf) - 1000))
    if found is None:
        raise PdfMetadataError("a PDF with one cross-reference table and a trailer was expected")
    table = int(found["table"])
    number, place = _metadata_object(pdf, table, int(found["root"]))
    packet = _packet(pdf, place)
    stream = _with_properties(packet, level).encode()
    body = (
        b"%d 0 obj\n<</Length %d/Type/Metadata/Subtype/XML>>\nstream\n%b\nendstream\nendobj\n"
        % (
            number,
            len(stream),
            stream,
        )
    )
    # Who compares the two halves of the identifier sees that it is the same document, changed.
    changed = hashlib.md5(pdf[-1000:] + body, usedforsecurity=False).hexdigest()
    start = len(pdf) + 1
    return b"".join(
        (
            pdf,
            b"\n",
            body,
            b"xref\n%d 1\n%010d 00000 n \n" % (number, start),
            b"trailer\n<<%b/Prev %d/ID[%b<%b>]>>\n"
            % (found["entries"], table, found["id"], changed.encode()),
            b"startxref\n%d\n%%%%EOF\n" % (start + len(body)),
        )
    )


def _metadata_object(pdf: bytes, table: int, root: int) -> tuple[int, int]:
    """Number and place of the metadata of the whole document."""
    found = _METADATA.search(pdf, _place_of(pdf, table, root))
    if found is None:
        raise PdfMetadataError("the document has no metadata: it is no PDF/A")
    number = int(found[1])
    return number, _place_of(pdf, table, number)


def _place_of(pdf: bytes, table: int, number: int) -> int:
    """Where an object begins, by the cross-reference table, which begins with object 0."""
    head = re.compile(rb"xref\s+0 (\d+)\s+").match(pdf, table)
    if head is None or number >= int(head[1]):
        raise PdfMetadataError("the cross-reference table is not in one piece")
    start = head.end() + number * _ENTRY_BYTES
    return int(pdf[start : start + 10])


def _packet(pdf: bytes, place: int) -> str:
    found = _STREAM.match(pdf, place)
    if found is None:
        raise PdfMetadataError("the metadata are not where the cross-reference table says")
    return pdf[found.end() : found.end() + int(found[1])].decode()


def _with_properties(packet: str, level: str) -> str:
    if packet.count(_SCHEMAS) != 1 or packet.count(_END) != 1:
        raise PdfMetadataError("the metadata describe no extension schemas: it is no PDF/A-3")
    values = {
        "DocumentFileName": FILE_NAME,
        "DocumentType": "INVOICE",
        "Version": "1.0",
        "ConformanceLevel": level,
    }
    properties = "".join(f"<fx:{name}>{escape(text)}</fx:{name}>" for name, text in values.items())
    description = (
        f'<rdf:Description rdf:about="" xmlns:fx="{_NAMESPACE}">{properties}</rdf:Description>'
    )
    return packet.replace(_SCHEMAS, _SCHEMAS + _schema()).replace(_END, description + _END)


_NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"


def _schema() -> str:
    """What the properties are, for readers that do not know them."""
    properties = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{text}</pdfaProperty:description>"
        "</rdf:li>"
        for name, text in _PROPERTIES.items()
    )
    return (
        '<rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_NAMESPACE}</pdfaSchema:namespaceURI>"
        "<pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property>"
        "</rdf:li>"
    )
