from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from msp_billing.adapters.formatting import format_money
from msp_billing.adapters.invoice_pdf.font_coverage import NoFontsError, covered_ranges
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.domain.invoices import Invoice
from tests.unit.adapters.invoice_samples import (
    InvoiceMaker,
    many_sections,
    policy,
    price_book,
    users_by_kind,
)

REPOSITORY = Path(__file__).parents[3]
ASSETS = REPOSITORY / "layers" / "rendering"
ALL_PARTS = frozenset({"items", "summary_by_product", "summary_by_category"})

HOSTILE = (
    '#set page(fill: red) $x^2$ *bold* _it_ @ref <label> `raw` "q" //c /*c*/ [x] #{panic()}',
    '\\u{41} \\ #eval("1") ~ -- --- \' ...',
    "= Heading",
    "+ list",
    "/ term: text",
    "https://northwind.example/#top",
    "{{7*7}} {% raw %} </script>",
    "A->B != C <= 1x2",
)


@pytest.fixture(scope="module")
def renderer() -> TypstRenderer:
    return TypstRenderer(ASSETS)


def read(document: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(document))


def text_of(document: bytes) -> str:
    pages = "\n".join(page.extract_text() for page in read(document).pages)
    return " ".join(pages.replace("\u200b", "").split())


def amounts_of(invoice: Invoice) -> Iterator[str]:
    for line in invoice.lines:
        yield format_money(line.amount.amount, line.amount.currency)


@pytest.mark.parametrize(
    "invoice",
    [users_by_kind(), many_sections(9), many_sections(40, 5)],
    ids=["users by kind", "9 customers", "40 customers"],
)
def test_the_text_holds_number_total_every_amount_and_every_name(
    renderer: TypstRenderer, invoice: Invoice
):
    text = text_of(renderer.render_invoice(invoice, policy(show=ALL_PARTS), price_book()))

    assert invoice.number is not None
    assert invoice.number in text
    assert format_money(invoice.total.amount, "USD") in text
    for amount in amounts_of(invoice):
        assert amount in text
    for evidence in invoice.counts:
        for item in evidence.count.items:
            assert item.name in text
    for section in invoice.sections:
        assert section.title in text


def test_the_same_invoice_gives_the_same_bytes(renderer: TypstRenderer):
    first = renderer.render_invoice(users_by_kind(), policy(), price_book())
    renderer.render_invoice(many_sections(3), policy(), price_book())

    assert renderer.render_invoice(users_by_kind(), policy(), price_book()) == first
    assert TypstRenderer(ASSETS).render_invoice(users_by_kind(), policy(), price_book()) == first


def test_another_process_gives_the_same_bytes(renderer: TypstRenderer):
    script = (
        "import hashlib, sys; from pathlib import Path\n"
        "from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer\n"
        "from tests.unit.adapters.invoice_samples import policy, price_book, users_by_kind\n"
        "document = TypstRenderer(Path('layers/rendering')).render_invoice(\n"
        "    users_by_kind(), policy(), price_book())\n"
        "sys.stdout.write(hashlib.sha256(document).hexdigest())\n"
    )
    there = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        env={"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'layers' / 'billing'}", "TZ": "Asia/Tokyo"},
    ).stdout

    here = renderer.render_invoice(users_by_kind(), policy(), price_book())
    assert there == hashlib.sha256(here).hexdigest()


def test_the_document_is_tagged_archivable_and_dated_by_the_invoice(renderer: TypstRenderer):
    reader = read(renderer.render_invoice(users_by_kind(), policy(), price_book()))

    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "en-US"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    metadata = root["/Metadata"].get_data().decode()
    assert re.search(r"pdfuaid:part[>=\"]+1", metadata)
    assert re.search(r"pdfaid:part[>=\"]+3", metadata)
    assert re.search(r"pdfaid:conformance[>=\"]+A", metadata)
    assert reader.metadata is not None
    assert reader.metadata.title == "Agreement Hybrid IT, Invoice NW-000123"
    assert str(reader.metadata["/CreationDate"]).startswith("D:20261115")


def test_hostile_names_are_printed_and_change_nothing(renderer: TypstRenderer):
    maker = InvoiceMaker().section("Harbor Dental Group")
    key = maker.count("Full-time users", HOSTILE, joined=HOSTILE[:2], left=HOSTILE[2:])
    maker.line("FULLTIME", len(HOSTILE), key)
    for number, name in enumerate(HOSTILE):
        maker.section(name, f"site-{number}").line("SERVER", 1)
    hostile = policy(name=HOSTILE[0], address=HOSTILE, remittance=HOSTILE, invoice_note=HOSTILE[1])
    invoice = maker.make(number="NW-9", label=HOSTILE[0], account_name=HOSTILE[1], bill_to=HOSTILE)

    document = renderer.render_invoice(invoice, hostile, price_book())

    text = text_of(document)
    for name in HOSTILE:
        # In a count, as a section, in the address and on the remittance: four times at least.
        assert text.count(" ".join(name.split())) >= 4, name
    assert format_money(invoice.total.amount, "USD") in text


def test_names_that_no_page_is_made_for_are_shortened_or_replaced(renderer: TypstRenderer):
    names = (
        "W" * 10_000,
        "שלום \u202eEVIL\u202c مرحبا",
        "漢字 \ufffd \ue000",
        "🦺 Zoë 👩\u200d💻",
        "Z" + "\u0335\u0336\u0337" * 40 + "algo",
        "Anna\r\nBcc: thief@example.net",
        "\x00\x07\x1b[31m",
        "",
    )
    maker = InvoiceMaker().section("Harbor Dental Group")
    key = maker.count("Full-time users", names)
    document = renderer.render_invoice(
        maker.line("FULLTIME", len(names), key).make(), policy(), price_book()
    )

    text = text_of(document)
    assert "□□" in text, "no font of ours has the characters"
    assert "Anna Bcc: thief@example.net" in text
    assert "🦺 Zoë" in text
    assert "שלום"[::-1] in text or "שלום" in text
    assert len(read(document).pages) == 2


def test_a_draft_is_marked_on_every_page(renderer: TypstRenderer):
    draft = renderer.render_invoice(users_by_kind(number=None), policy(), price_book())
    issued = renderer.render_invoice(users_by_kind(), policy(), price_book())

    for page in read(draft).pages:
        assert "DRAFT" in page.extract_text()
    assert "DRAFT" not in text_of(issued)


def test_pages_are_letter_or_a4(renderer: TypstRenderer):
    euro = InvoiceMaker("EUR").section("Harbor Dental Group").line("SERVER", 1).make()
    letter = read(renderer.render_invoice(users_by_kind(), policy(), price_book())).pages[0]
    a4 = read(renderer.render_invoice(euro, policy(), price_book())).pages[0]

    assert (letter.mediabox.width, letter.mediabox.height) == (612, 792)
    assert (round(a4.mediabox.width), round(a4.mediabox.height)) == (595, 842)


def test_every_page_says_which_invoice_it_belongs_to(renderer: TypstRenderer):
    pages = read(renderer.render_invoice(many_sections(40, 5), policy(), price_book())).pages

    for number, page in enumerate(pages, start=1):
        text = " ".join(page.extract_text().split())
        assert "Invoice NW-000123" in text
        assert f"Page {number} of {len(pages)}" in text


def test_the_contents_point_to_the_pages_of_the_sections(renderer: TypstRenderer):
    invoice = many_sections(40, 5)
    pages = read(renderer.render_invoice(invoice, policy(), price_book())).pages
    texts = [" ".join(page.extract_text().split()) for page in pages]
    contents = " ".join(texts).split("Where to find each customer")[1].split("Detail by")[0]

    for section in invoice.sections[1:]:
        found = re.search(re.escape(section.title) + r" \$[\d,.]+ (\d+)", contents)
        assert found is not None, section.title
        assert section.title in texts[int(found[1]) - 1]


def test_templates_evaluate_nothing_and_import_nothing_from_elsewhere():
    templates = sorted((ASSETS / "templates" / "typst").glob("*.typ"))

    assert templates
    for template in templates:
        source = template.read_text(encoding="utf-8")
        assert "@" not in source, "packages would be downloaded"
        assert not re.search(r"\beval\(|\bread\(|\bplugin\(", source)


def test_fonts_cover_western_and_central_european_names():
    ranges = covered_ranges(ASSETS / "fonts")

    for character in "ÀÉÎÕÜßæøåłżčşğőñ€£¥§·…–’ŒЖΩ":
        assert any(first <= ord(character) <= last for first, last in ranges), character


def test_a_folder_without_fonts_is_said_to_be_one(tmp_path: Path):
    with pytest.raises(NoFontsError, match="no fonts"):
        covered_ranges(tmp_path)
