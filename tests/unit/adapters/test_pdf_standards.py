from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import facturx
import pikepdf
import pytest
import typst
from lxml import etree

from msp_billing.adapters.invoice_pdf.attachments import Attachment
from msp_billing.adapters.invoice_pdf.pdf_metadata import PdfMetadataError, with_factur_x_metadata
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from tests.unit.adapters.invoice_samples import policy, price_book, users_by_kind

RENDERING = Path(__file__).parents[3] / "layers" / "rendering"
XML = """<?xml version='1.0' encoding='UTF-8'?>
<rsm:CrossIndustryInvoice
    xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
    xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100">
  <rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
    <ram:ID>urn:cen.eu:en16931:2017</ram:ID>
  </ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
  <rsm:ExchangedDocument><ram:Name>½ Größe, \u6f22</ram:Name></rsm:ExchangedDocument>
</rsm:CrossIndustryInvoice>
"""
INVOICE = Attachment(
    name="factur-x.xml",
    content=XML.replace("\n", "\r\n").encode(),
    media_type="text/xml",
    relationship="alternative",
    description="The invoice for programs",
)
LINES = Attachment(
    name="lines.csv",
    content=b"\xef\xbb\xbfcode,amount\r\nWS,41.50\r\n",
    media_type="text/csv",
    relationship="data",
    description="The lines of the invoice",
)
DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
EXTENSION = "{http://www.aiim.org/pdfa/ns/extension/}"
SCHEMA = "{http://www.aiim.org/pdfa/ns/schema#}"
PROPERTY = "{http://www.aiim.org/pdfa/ns/property#}"
PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
PDFUA = "{http://www.aiim.org/pdfua/ns/id/}"
FACTUR_X = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"


@pytest.fixture(scope="module")
def renderer() -> TypstRenderer:
    return TypstRenderer(RENDERING)


def rendered(renderer: TypstRenderer, *attachments: Attachment) -> bytes:
    return renderer.render_invoice(users_by_kind(), policy(), price_book(), attachments=attachments)


@pytest.fixture(scope="module")
def plain(renderer: TypstRenderer) -> bytes:
    return rendered(renderer)


@pytest.fixture(scope="module")
def hybrid(renderer: TypstRenderer) -> bytes:
    return rendered(renderer, INVOICE, LINES)


@pytest.fixture
def opened(hybrid: bytes) -> Iterator[Any]:
    with pikepdf.open(io.BytesIO(hybrid)) as document:
        yield document


def packet_of(document: Any) -> Any:
    return etree.fromstring(document.Root.Metadata.read_bytes())


def only(packet: Any, name: str) -> str:
    """The text of the one element of the metadata that has the name."""
    (found,) = packet.iter(name)
    return " ".join("".join(found.itertext()).split())


def kinds_below(node: Any) -> Iterator[str]:
    """What the elements of the structure are: headings, tables, cells."""
    if not isinstance(node, pikepdf.Dictionary):
        return
    if "/S" in node:
        yield str(node.S)
    children = node.get("/K")
    for child in children if isinstance(children, pikepdf.Array) else (children,):
        yield from kinds_below(child)


def test_a_document_is_tagged_titled_and_says_its_language(opened: Any):
    root = opened.Root

    assert root.MarkInfo.Marked
    assert root.Lang == "en-US"
    assert root.ViewerPreferences.DisplayDocTitle
    assert only(packet_of(opened), f"{DUBLIN_CORE}title").startswith("Agreement Hybrid IT, Invoice")
    assert {"/H1", "/H2", "/Table", "/TR", "/TH", "/TD"} <= set(kinds_below(root.StructTreeRoot))
    for page in opened.pages:
        assert page.Tabs == "/S"


def test_a_document_is_archivable_and_accessible(opened: Any):
    packet = packet_of(opened)

    assert (only(packet, f"{PDFA}part"), only(packet, f"{PDFA}conformance")) == ("3", "A")
    assert only(packet, f"{PDFUA}part") == "1"
    assert opened.Root.OutputIntents[0].S == "/GTS_PDFA1"
    assert opened.trailer.ID[0] != opened.trailer.ID[1]
    assert "/Encrypt" not in opened.trailer
    for font in fonts_of(opened):
        assert "/FontFile2" in font.FontDescriptor or "/FontFile3" in font.FontDescriptor


def test_attached_files_are_kept_byte_for_byte_and_say_what_they_are(opened: Any):
    files = {str(file.UF): file for file in opened.Root.AF}

    assert list(opened.attachments) == ["factur-x.xml", "lines.csv"]
    for attached, relationship, kind in (
        (INVOICE, "/Alternative", "/text/xml"),
        (LINES, "/Data", "/text/csv"),
    ):
        file = files[attached.name]
        assert file.EF.F.read_bytes() == attached.content
        assert file.AFRelationship == relationship
        assert file.EF.F.Subtype == kind
        assert file.Desc == attached.description
        assert str(file.EF.F.Params.ModDate).startswith("D:20261115")


def test_the_metadata_call_it_a_factur_x_invoice_and_describe_the_words_for_it(opened: Any):
    packet = packet_of(opened)

    assert only(packet, f"{FACTUR_X}DocumentFileName") == "factur-x.xml"
    assert only(packet, f"{FACTUR_X}DocumentType") == "INVOICE"
    assert only(packet, f"{FACTUR_X}Version") == "1.0"
    assert only(packet, f"{FACTUR_X}ConformanceLevel") == "EN 16931"
    (schema,) = [
        entry
        for entry in packet.iter(f"{RDF}li")
        if entry.findtext(f"{SCHEMA}namespaceURI") == FACTUR_X.strip("{}")
    ]
    described = {name.text for name in schema.iter(f"{PROPERTY}name")}
    assert described == {"DocumentFileName", "DocumentType", "Version", "ConformanceLevel"}
    # One bag of descriptions and no second: readers take the first alone.
    assert len(list(packet.iter(f"{EXTENSION}schemas"))) == 1


def test_a_reader_of_factur_x_finds_the_invoice(hybrid: bytes):
    name, content = facturx.get_xml_from_pdf(hybrid, check_xsd=False)

    assert (name, content) == ("factur-x.xml", INVOICE.content)


def test_two_renderings_are_the_same_bytes(hybrid: bytes, plain: bytes):
    other = TypstRenderer(RENDERING)

    assert rendered(other, INVOICE, LINES) == hybrid
    assert rendered(other) == plain


def test_pages_and_structure_stay_as_they_were_made(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(f"{TypstRenderer.__module__}.packed", lambda pdf: pdf)
    hybrid = rendered(TypstRenderer(RENDERING), INVOICE, LINES)
    with_other_level = with_factur_x_metadata(made_without_metadata(hybrid), level="BASIC")

    assert with_other_level.startswith(made_without_metadata(hybrid))
    assert with_other_level != hybrid
    with pikepdf.open(io.BytesIO(with_other_level)) as document:
        assert only(packet_of(document), f"{FACTUR_X}ConformanceLevel") == "BASIC"
        assert len(document.pages) > 1


def made_without_metadata(hybrid: bytes) -> bytes:
    """The document as Typst wrote it, before the metadata were appended."""
    return hybrid[: hybrid.index(b"%%EOF") + len(b"%%EOF")]


@pytest.mark.parametrize("document", [b"", b"%PDF-1.7\n%%EOF", b"no PDF at all"])
def test_what_the_renderer_did_not_make_is_refused(document: bytes):
    with pytest.raises(PdfMetadataError):
        with_factur_x_metadata(document)


def test_a_document_that_is_no_pdf_a_is_refused():
    document = typst.compile(b"Hello", format="pdf")

    assert isinstance(document, bytes)
    with pytest.raises(PdfMetadataError):
        with_factur_x_metadata(document)


def test_a_file_that_is_no_text_is_refused(renderer: TypstRenderer):
    picture = Attachment("logo.png", b"\x89PNG", "image/png", "supplement", "A picture")

    with pytest.raises(UnicodeDecodeError):
        rendered(renderer, picture)


def fonts_of(document: Any) -> Iterator[Any]:
    for page in document.pages:
        for font in page.Resources.Font.values():
            yield from font.get("/DescendantFonts", [])
