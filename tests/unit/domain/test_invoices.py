"""Invoices add up, are numbered once, and are summarised to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.invoices import (
    AlreadyNumberedError,
    Invoice,
    InvoiceSection,
    summarise_by_category,
    summarise_by_product,
)
from tests.unit.document_samples import NOVEMBER, InvoiceMaker, counted, usd


def maker() -> InvoiceMaker:
    """The source's sample: 1 x 31.50 and 11 x 6.75, and a second customer with 2 mailboxes."""
    mailboxes = counted(tuple(f"user-{number:02d}" for number in range(11)))
    return (
        InvoiceMaker(NOVEMBER)
        .line("SEC1153", "1", "31.50", subscriber="maple", category="security", description="Gate")
        .line("COM4003", "11", "6.75", subscriber="maple", counted=mailboxes)
        .line("COM4003", "2", "6.75", subscriber="birch", counted=counted(("finn", "gus")))
    )


def changed(**changes: Any) -> str:
    """What is said to an invoice with these fields changed."""
    with pytest.raises(ValidationError) as refused:
        Invoice.model_validate({**maker().make().model_dump(), **changes})
    return str(refused.value)


@pytest.mark.rule("COL-06")
def test_the_sources_sample_adds_up() -> None:
    invoice = maker().make()
    # 31.50 + 74.25 + 13.50
    assert [str(line.amount.amount) for line in invoice.lines] == ["31.50", "74.25", "13.50"]
    assert invoice.total == usd("119.25")
    assert invoice.section_total("maple") == usd("105.75")
    assert invoice.section_total("birch") == usd("13.50")
    assert invoice.section_total("nobody") == usd("0.00")


@pytest.mark.parametrize("amount", ["119.24", "119.26", "0.00", "-119.25"])
def test_a_total_that_is_off_by_a_cent_is_refused(amount: str) -> None:
    said = changed(total={"amount": amount, "currency": "USD"})
    assert f"the lines sum to 119.25 USD, the total says {amount} USD" in said


def test_a_total_in_another_currency_is_refused() -> None:
    assert "the total says 119.25 EUR" in changed(total={"amount": "119.25", "currency": "EUR"})
    assert "cannot put EUR and USD into one sum" in changed(currency="EUR")


def test_lines_without_their_section_are_refused() -> None:
    sections = (InvoiceSection(subscriber="maple", title="Maple"),)
    assert "a section that the invoice does not have" in changed(sections=sections)


def test_a_count_that_the_invoice_does_not_carry_is_refused() -> None:
    assert "a count that the invoice does not carry" in changed(counts=())


def test_lines_are_numbered_from_one() -> None:
    lines = maker().make().lines
    assert "not numbered 1, 2, 3" in changed(lines=(lines[1], lines[0], lines[2]))
    twice = (lines[0], lines[1], lines[2].model_copy(update={"line": 2}))
    assert "not numbered 1, 2, 3" in changed(lines=twice)


def test_an_invoice_without_lines_is_refused() -> None:
    said = changed(lines=(), total={"amount": "0.00", "currency": "USD"})
    assert "at least 1 item" in said


def test_an_invoice_is_numbered_once() -> None:
    draft = maker().make()
    invoice = draft.numbered("LP-000001")
    assert (draft.number, invoice.number) == (None, "LP-000001")
    assert invoice.model_copy(update={"number": None}) == draft
    for number in ("LP-000002", "LP-000001"):
        with pytest.raises(AlreadyNumberedError, match="LP-000001 has its number already"):
            invoice.numbered(number)


def test_a_line_has_its_count_or_none() -> None:
    gate, maple, birch = (invoice := maker().make()).lines
    found = [invoice.evidence(line) for line in (gate, maple, birch)]
    assert [entry and entry.count.quantity for entry in found] == [None, 11, 2]


def test_an_invoice_comes_back_from_json() -> None:
    for invoice in (maker().make(), maker().make("LP-000001")):
        again = Invoice.model_validate_json(invoice.model_dump_json())
        assert again == invoice
        assert again.model_dump_json() == invoice.model_dump_json()


@pytest.mark.rule("COL-06")
def test_products_are_added_up_over_all_customers() -> None:
    summary = summarise_by_product(maker().make().lines, "USD")
    assert [(e.product, e.category, e.quantity, e.amount) for e in summary] == [
        ("SEC1153", "security", Decimal(1), usd("31.50")),
        ("COM4003", "cloud", Decimal(13), usd("87.75")),  # 13 x 6.75
    ]


@pytest.mark.rule("COL-06")
def test_categories_are_added_up() -> None:
    assert summarise_by_category(maker().make().lines, "USD") == (
        ("security", usd("31.50")),
        ("cloud", usd("87.75")),
    )


def test_a_product_with_notes_is_summarised_under_its_own_name() -> None:
    lines = (
        InvoiceMaker(NOVEMBER)
        .line("COM4003", "1", "6.75", description="Hosted mailbox, reception")
        .line("COM4003", "1", "6.75", description="Hosted mailbox")
        .make()
        .lines
    )
    (summary,) = summarise_by_product(lines, "USD")
    assert (summary.description, summary.amount) == ("Hosted mailbox", usd("13.50"))


def test_nothing_is_summarised_to_nothing() -> None:
    assert summarise_by_product((), "USD") == ()
    assert summarise_by_category((), "USD") == ()
