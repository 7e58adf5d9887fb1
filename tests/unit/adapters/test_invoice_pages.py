"""Invoices of every shape as PDF: what their pages say is what the invoice says.

Each shape is rendered once for the whole module.
"""

from __future__ import annotations

import base64
import io
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from msp_billing.adapters.formatting import format_money
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.domain.at_issue import InvoiceAtIssue
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.parties import BankAccount, Buyer, Logo, PayTo
from msp_billing.domain.policy import Brand, ProviderPolicy
from tests.unit.adapters.at_issue_samples import (
    EURO_BANK,
    PAY_TO,
    balance_of,
    counted,
    issued,
)
from tests.unit.adapters.invoice_samples import (
    PRODUCTS,
    InvoiceMaker,
    many_sections,
    one_line,
    policy,
    price_book,
    users_by_kind,
)
from tests.unit.adapters.test_logo_files import png
from tests.unit.domain.builders import (
    TERM_DISCOUNTS,
    account,
    agreement_data,
    build,
    device,
    line_data,
    only_invoice,
)
from tests.unit.domain.charging.tax_samples import tax_policy_data, taxed_book, where
from tests.unit.domain.charging.test_adjustments import adjustment_data

ASSETS = Path(__file__).parents[3] / "layers" / "rendering"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10"><path d="M0 0h40v10z"/></svg>'
MONEY = re.compile(r"-?\$[\d,]+\.\d\d")


@cache
def renderer() -> TypstRenderer:
    return TypstRenderer(ASSETS)


@dataclass(frozen=True)
class Pages:
    """A rendered invoice, with its text."""

    invoice: Invoice
    pdf: bytes

    @cached_property
    def reader(self) -> PdfReader:
        return PdfReader(io.BytesIO(self.pdf))

    def text(self, *pages: int) -> str:
        """Of these pages, from 0, or of all, on one line."""
        found = self.reader.pages
        chosen = [found[page] for page in pages] if pages else found
        text = "\n".join(page.extract_text() for page in chosen)
        return " ".join(text.replace("\u200b", "").replace("\u00a0", " ").split())


def rendered(
    invoice: Invoice,
    at_issue: InvoiceAtIssue | None = None,
    provider: ProviderPolicy | None = None,
) -> Pages:
    provider = provider or policy(pay_to=PAY_TO)
    return Pages(invoice, renderer().render_invoice(invoice, provider, price_book(), at_issue))


def twenty_lines() -> Invoice:
    maker = InvoiceMaker().section("Harbor Dental Group")
    for number in range(20):
        maker.line(list(PRODUCTS)[number % 7], number + 1)
    return maker.make()


def three_thousand_lines() -> Invoice:
    maker = InvoiceMaker()
    for site in range(600):
        maker.section(f"Site {site:03}", f"site-{site}")
        for product in list(PRODUCTS)[:5]:
            maker.line(product, site % 7 + 1)
    return maker.make()


def credit() -> Invoice:
    return (
        InvoiceMaker().section("Harbor Dental Group").line("SERVER", -2).line("BKP2210", 1).make()
    )


def with_balance() -> Pages:
    invoice = users_by_kind()
    causes = (counted("Full-time user", 14, 17, "95"), counted("Managed server", 3, 2, "165"))
    balance = balance_of(invoice, "607.50", "100", overdue="607.50", documents=1)
    return rendered(invoice, issued(invoice, balance, causes))


def taxed() -> Pages:
    """Discounts, a minimum, a credit and taxes of two jurisdictions."""
    here = where(taxed_book(), taxes=tax_policy_data(), term_discounts=TERM_DISCOUNTS)
    known = account(
        agreement_data(
            line_data("PC", price={"each": "40"}),
            line_data("SETUP", bill_once_in="2026-03"),
            term_years=3,
            minimums=[{"minimum": "monthly", "amount": "2500", "categories": ["support"]}],
        ),
        tax_place="harbor",
        adjustments=[adjustment_data(dated_on="2026-02-27")],
    )
    rows = [device(f"pc-{number}", row=number + 2) for number in range(60)]
    invoice = only_invoice(build(known, rows, where=here)).numbered("NW-000123")
    return Pages(invoice, renderer().render_invoice(invoice, here.policy, here.price_book))


SHAPES: dict[str, Callable[[], Pages]] = {
    "one line": lambda: rendered(one_line()),
    "20 lines": lambda: rendered(twenty_lines()),
    "sections": lambda: rendered(many_sections(9)),
    "taxes": taxed,
    "balance": with_balance,
    "credit": lambda: rendered(credit()),
    "for information": lambda: rendered(
        one_line().model_copy(update={"informational": True, "due_on": None})
    ),
    "draft": lambda: rendered(users_by_kind(number=None)),
    "3,000 lines": lambda: rendered(three_thousand_lines(), None, policy()),
}


@cache
def shape(name: str) -> Pages:
    return SHAPES[name]()


# --- What the pages say ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "3,000 lines"])
def test_the_pages_have_every_amount_of_the_invoice_and_the_total(name: str) -> None:
    invoice, text = shape(name).invoice, shape(name).text()
    printed = Counter(MONEY.findall(text.replace("\u2212", "-")))
    wanted = Counter(format_money(line.amount.amount, "USD") for line in invoice.lines)
    assert not wanted - printed, "every line's amount, as often as it is billed"
    assert printed[format_money(invoice.total.amount, "USD")] >= 2, "on top and below the lines"
    for section in invoice.sections if len(invoice.sections) > 1 else ():
        assert format_money(invoice.section_total(section.subscriber).amount, "USD") in printed


def test_3000_lines_are_readable_by_their_contents() -> None:
    pages = shape("3,000 lines")
    last = len(pages.reader.pages) - 1
    assert 60 < last < 120
    first = pages.text(0)
    assert "Where to find each section" in first
    assert first.count("$881,360.00") == 2
    found = re.search(r"Site 031 \$[\d,.]+ (\d+)", first)
    assert found is not None
    assert "Site 031 $1,472.00" in pages.text(int(found[1]) - 1)
    middle = pages.text(50)
    assert middle.index("Unit price") < middle.index("FULLTIME"), "heads on every page"
    end = pages.text(last)
    assert "Site 599" in end, "the total is not alone on its page"
    assert "Total due 30 November 2026 $881,360.00" in end


def test_heads_and_names_are_repeated_where_a_table_goes_on() -> None:
    pages = shape("sections")
    detail = [text for text in map(pages.text, range(len(pages.reader.pages))) if "§" in text]
    assert len(detail) > 2
    for text in detail[:-1]:
        assert "Description Qty Unit Unit price Amount" in text


def test_totals_stand_with_the_last_line_wherever_the_page_ends() -> None:
    pages_with_total = set()
    for lines in (7, 8, 9):
        maker = InvoiceMaker().section("Harbor Dental Group")
        for number in range(lines):
            maker.line("SERVER", number + 1)
        pages = rendered(maker.discount(10).make(), None, policy())
        texts = [pages.text(number) for number in range(len(pages.reader.pages))]
        (at,) = [number for number, text in enumerate(texts) if "Total due" in text]
        assert "3-year term discount" in texts[at].split("Total due")[0], lines
        pages_with_total.add(at)
    assert pages_with_total == {0, 1}, "the end of a page lies between"


def test_what_is_to_be_paid_stands_on_the_first_page_with_a_slip() -> None:
    text = shape("balance").text(0)
    for wanted in (
        "Left to pay in USD",
        "$2,060.55 less $100.00 of your credit",
        "Scan to pay",
        "Routing number 091000019",
        "Why the amount differs from the last invoice",
        "Full-time user: 3 more (14 → 17) at $95.00 +$285.00",
        "Balance brought forward $607.50",
        "Balance of your account $2,568.05",
        "Amount enclosed",
        "NW-000123 harbor-dental USD 1960.55 2026-11-30",
    ):
        assert wanted in text, wanted


@pytest.mark.rule("COL-24")
@pytest.mark.parametrize("name", ["credit", "for information", "draft"])
def test_what_is_not_to_be_paid_shows_no_way_to_pay(name: str) -> None:
    text = shape(name).text()
    for unwanted in ("How to pay ACH", "091000019", "https://pay", "Scan to pay", "enclosed"):
        assert unwanted not in text


def test_a_link_is_one_that_can_be_clicked() -> None:
    page: Any = shape("balance").reader.pages[0]
    links = [entry.get_object().get("/A", {}) for entry in page["/Annots"]]
    targets = {str(link["/URI"]) for link in links if "/URI" in link}
    assert targets == {"https://pay.northwind.example/harbor-dental/NW-000123?amount=1960.55"}


def test_pictures_are_described_to_who_does_not_see_them() -> None:
    logo = Logo(media_type="image/svg+xml", base64=base64.b64encode(SVG).decode(), text="Northwind")
    pages = rendered(one_line(), None, policy(pay_to=PAY_TO, brand=Brand(logo=logo)))
    root: Any = pages.reader.trailer["/Root"]
    assert described(root["/StructTreeRoot"]) == {
        "Northwind",
        "QR code: opens the page on which this invoice can be paid",
    }


def described(element: Any) -> set[str]:
    """The descriptions of all figures below a structure element."""
    found: set[str] = set()
    waiting = [element]
    while waiting:
        entry = waiting.pop()
        entry = entry.get_object() if hasattr(entry, "get_object") else entry
        if isinstance(entry, list):
            waiting += entry
        elif isinstance(entry, dict):
            if entry.get("/S") == "/Figure":
                found.add(str(entry["/Alt"]))
            waiting += [entry["/K"]] if "/K" in entry else []
    return found


def test_a_logo_of_pixels_is_drawn_too() -> None:
    def page(*logos: Logo) -> bytes:
        brand = Brand(logo=logos[0] if logos else None)
        return rendered(one_line(), None, policy(brand=brand)).pdf

    logo = Logo(
        media_type="image/png", base64=base64.b64encode(png(64, 16)).decode(), text="Northwind"
    )
    assert b"/Subtype/Image" in page(logo).replace(b" ", b"")
    assert b"/Subtype/Image" not in page().replace(b" ", b"")


def test_a_transfer_in_euro_is_on_a4_with_its_code() -> None:
    invoice = InvoiceMaker("EUR").section("Nord").line("SERVER", 1).make(locale="de-DE")
    pages = rendered(invoice, None, policy(pay_to=PayTo(bank=EURO_BANK)))
    assert round(pages.reader.pages[0].mediabox.height) == 842
    text = pages.text(0)
    assert "DE89 3704 0044 0532 0130 00" in text
    assert "165,00 €" in text
    root: Any = pages.reader.trailer["/Root"]
    assert root["/Lang"] == "de-DE"


def test_the_same_invoice_gives_the_same_bytes_with_everything_on_it() -> None:
    assert with_balance().pdf == shape("balance").pdf


# --- Its own data -----------------------------------------------------------------------------


def attached(pages: Pages) -> dict[str, bytes]:
    return {name: bytes(content[0]) for name, content in pages.reader.attachments.items()}


def test_an_invoice_carries_itself_and_a_long_one_its_lines() -> None:
    assert set(attached(shape("one line"))) == {"factur-x.xml"}
    files = attached(shape("sections"))
    assert set(files) == {"factur-x.xml", "lines.csv"}
    assert b">NW-000123<" in files["factur-x.xml"]
    assert files["lines.csv"].count(b"\r\n") == len(shape("sections").invoice.lines) + 1


def test_nothing_is_carried_by_a_draft_or_where_the_provider_wants_nothing() -> None:
    assert attached(shape("draft")) == {}
    assert attached(rendered(one_line(), None, policy(e_invoices=False))) == {}


# --- Hostile content --------------------------------------------------------------------------

MARKUP = (
    "#set page(fill: red)", "$x^2$ *b* _i_ @r <l>", "`raw` #panic()", "{{7*7}}{% x %}",
    "</script><b>", "= Heading", "\\u{41}\\ #eval(1)", "A->B != C", "'; DROP TABLE",
)  # fmt: skip
"""Text that is a command somewhere; every place gets another piece, so that it can be found."""

AWKWARD = "\r\nBcc: x\u202e\u2067 \u0000\u0007 🦺 שלום مرحبا " + "W" * 60


def place(number: int) -> str:
    """A hostile name for one place of the invoice."""
    return f"P{number:02} {MARKUP[number % len(MARKUP)]}{AWKWARD}"


def with_names(named: Callable[[int], str]) -> Pages:
    """The same invoice with other names in every place that takes one."""
    maker = InvoiceMaker()
    for section in range(3):
        maker.section(named(section), f"site-{section}")
        names = [f"{named(3)} {item}" for item in range(4)] + ["V" * 10_000]
        key = maker.count(f"users {named(4)}", names, joined=names[:1], left=[named(5)])
        maker.line("FULLTIME", 5, key).line("SERVER", 1)
    invoice = maker.make(
        label=named(6),
        account_name=named(7),
        bill_to=(named(8), named(9)),
        purchase_order=named(10),
        buyer=Buyer(reference=named(11), registration_id=named(12)),
    )
    lines = tuple(
        line.model_copy(update={"description": named(13), "unit": named(14)[:40]})
        for line in invoice.lines
    )
    invoice = invoice.model_copy(update={"lines": lines})
    balance = balance_of(invoice, "50", overdue="50", documents=1)
    items = tuple(entry.model_copy(update={"document": named(15)}) for entry in balance.open_items)
    balance = balance.model_copy(update={"open_items": items})
    at_issue = issued(invoice, balance, (counted(named(16), 4, 5, "95"),))
    pay_to = PayTo(
        link="https://pay.northwind.example/{number}",
        bank=BankAccount(bank=named(17), holder=named(18), account_number="1"),
        cheques_to=(named(19), named(20)),
        slip=True,
    )
    logo = Logo(media_type="image/svg+xml", base64=base64.b64encode(SVG).decode(), text=named(21))
    provider = policy(
        name=named(22),
        address=(named(23), named(24)),
        phone=named(25),
        website=named(26),
        remittance=(named(27), named(28)),
        invoice_note=named(29),
        brand=Brand(logo=logo),
        pay_to=pay_to,
    )
    return rendered(invoice, at_issue, provider)


def test_hostile_content_is_text_everywhere_and_changes_nothing_else() -> None:
    plain = with_names(lambda number: f"P{number:02} Harmless")
    hostile = with_names(place)
    text = hostile.text()
    for number in range(30):
        if number != 21:  # the logo's description is heard, not seen
            assert f"P{number:02} {MARKUP[number % len(MARKUP)]}"[:24] in text, number
    assert "V" * 160 not in text, "shortened"
    assert not re.search("[\u0000-\u0008\u202e\u2067]", text)
    assert Counter(MONEY.findall(text)) == Counter(MONEY.findall(plain.text()))
    first = hostile.reader.pages[0]
    assert (first.mediabox.width, first.mediabox.height) == (612, 792)
    assert hostile.reader.metadata is not None
    assert "Bcc: x" in str(hostile.reader.metadata.title), "on its line"
