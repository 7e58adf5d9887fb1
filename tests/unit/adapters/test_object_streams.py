"""A packed document is the same document in fewer bytes."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pikepdf
import pytest
from pypdf import PdfReader

from msp_billing.adapters.invoice_pdf.object_streams import packed
from msp_billing.adapters.invoice_pdf.pdf_metadata import PdfMetadataError
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from tests.unit.adapters.invoice_samples import policy, price_book, users_by_kind

RENDERING = Path(__file__).parents[3] / "layers" / "rendering"
PLACE = "msp_billing.adapters.invoice_pdf.typst_renderer.packed"


@pytest.fixture(scope="module")
def documents() -> tuple[bytes, bytes]:
    """An invoice with its data attached, as Typst writes it and packed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PLACE, lambda pdf: pdf)
        renderer = TypstRenderer(RENDERING)
        loose = renderer.render_invoice(users_by_kind(), policy(), price_book())
    return loose, packed(loose)


def test_the_renderer_packs_what_it_makes(documents: tuple[bytes, bytes]) -> None:
    made = TypstRenderer(RENDERING).render_invoice(users_by_kind(), policy(), price_book())
    assert made == documents[1]


def test_it_takes_at_most_two_thirds_of_the_bytes(documents: tuple[bytes, bytes]) -> None:
    loose, small = documents
    assert len(small) < 0.66 * len(loose)


def test_nothing_of_the_document_is_lost(documents: tuple[bytes, bytes]) -> None:
    """Pages, tags, fonts, metadata, attachments: every object that the root leads to is equal."""
    loose, small = documents
    assert contents(loose) == contents(small)
    texts = [
        [page.extract_text() for page in PdfReader(io.BytesIO(pdf), strict=True).pages]
        for pdf in documents
    ]
    assert texts[0] == texts[1]
    assert any(texts[0])
    with pikepdf.open(io.BytesIO(small)) as document:
        assert not document.check_pdf_syntax()
        assert document.pdf_version == "1.7"
        assert "factur-x.xml" in document.attachments
        assert document.Root.MarkInfo.Marked
        assert document.trailer.Info.Title


def contents(pdf: bytes) -> list[bytes]:
    """Every object by its number, as a reader has it; streams as they are stored."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [
            (entry.read_raw_bytes() if isinstance(entry, pikepdf.Stream) else b"")
            + entry.unparse(resolved=True)
            for entry in document.objects
            if not isinstance(entry, pikepdf.Stream)
            or str(entry.get("/Type")) not in {"/ObjStm", "/XRef"}
        ]


def test_the_same_document_gives_the_same_bytes(documents: tuple[bytes, bytes]) -> None:
    loose, small = documents
    assert packed(loose) == small


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda pdf: b"%PDF-1.7\n", id="nothing"),
        pytest.param(lambda pdf: pdf[:-30], id="cut off"),
        pytest.param(lambda pdf: pdf.replace(b"startxref\n", b"startxref\n9"), id="wrong table"),
        pytest.param(lambda pdf: re.sub(rb"\n7 0 obj", b"\n8 0 obj", pdf), id="wrong place"),
        pytest.param(lambda pdf: pdf.replace(b"trailer", b"trailed"), id="no trailer"),
    ],
)
def test_a_document_of_another_form_is_refused(
    broken: object, documents: tuple[bytes, bytes]
) -> None:
    assert callable(broken)
    with pytest.raises(PdfMetadataError):
        packed(broken(documents[0]))
