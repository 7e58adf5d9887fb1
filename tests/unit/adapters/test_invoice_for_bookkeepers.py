"""What a bookkeeper looks for on an invoice, and that every sum on it can be found again."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from msp_billing.adapters.invoice_pdf.invoice_presentation import present_invoice
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.adapters.language import in_language
from msp_billing.domain.invoices import Invoice
from tests.unit.adapters.at_issue_samples import balance_of, issued
from tests.unit.adapters.invoice_samples import (
    InvoiceMaker,
    one_line,
    policy,
    price_book,
    users_by_kind,
)

SHOW = frozenset({"items", "summary_by_product", "summary_by_category"})
RENDERER = TypstRenderer(Path(__file__).parents[3] / "layers" / "rendering")


def credit() -> Invoice:
    return InvoiceMaker().section("Harbor Dental Group").line("SERVER", -2).make()


def information() -> Invoice:
    return one_line().model_copy(update={"informational": True, "due_on": None})


@pytest.mark.parametrize(
    ("locale", "word"), [("en-US", "Invoice"), ("de", "Rechnung"), ("fr", "Facture")]
)
def test_an_invoice_says_that_it_is_one(locale: str, word: str) -> None:
    with in_language(locale):
        assert present_invoice(one_line(), policy(), price_book())["kind"] == word
        draft = present_invoice(users_by_kind(number=None), policy(), price_book())["kind"]
        assert draft != word


@pytest.mark.rule("COL-06")
def test_what_the_codes_come_to_is_a_sum_below_the_lines() -> None:
    content = present_invoice(users_by_kind(), policy(show=SHOW), price_book())
    label, amount = content["codes"]["total"]
    # 17 x 95 + 3 x 55.50 + 2 x 165 + 2 x 89, before the discount of 10%.
    assert (label, amount) == ("Charges", "$2,289.50")
    assert {(row["label"], row["amount"]) for row in content["totals"]} >= {(label, amount)}
    plain = present_invoice(one_line(), policy(show=SHOW), price_book())
    assert plain["codes"]["total"] == ["Total", "$165.00"]


@pytest.mark.parametrize("invoice", [credit(), information()], ids=["credit", "for information"])
def test_where_nothing_is_to_be_paid_there_is_no_day_to_pay_it(invoice: Invoice) -> None:
    facts = dict(present_invoice(invoice, policy(), price_book())["facts"])
    assert "Due date" not in facts


def test_what_credit_has_paid_asks_for_nothing_until_any_day() -> None:
    invoice = one_line()
    covered = issued(invoice, balance_of(invoice, "0", "500"))
    last = present_invoice(invoice, policy(), price_book(), covered)["totals"][-1]
    assert (last["label"], last["amount"]) == ("Left to pay in USD", "$0.00")


def test_an_amount_and_its_currency_stay_together() -> None:
    assert printable("à 95,00\u00a0€") == "à 95,00\u00a0€"
    assert printable("2\u202f372,66\u00a0€ \t\n x") == "2\u202f372,66\u00a0€ x"
    assert printable("\u00a0 \u202f") == "–"
    assert "\u200b" in printable("W\u00a0" * 100), "a name of nothing else still breaks"


def test_sums_have_words_on_the_page() -> None:
    pdf = RENDERER.render_invoice(users_by_kind(), policy(show=SHOW), price_book())
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    text = " ".join(" ".join(pages).split())
    assert "Total $2,060.55 Charges" in text, "of the summary by product"
    assert "Charges $2,289.50 What changed" in text, "of the codes by category"
    assert pages[0].index("Invoice") < pages[0].index("Agreement Hybrid IT")
