"""Credit notes: never more than is left of a line, and an issued invoice stays as it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.corrections.credit_notes import (
    CreditNote,
    CreditRefusedError,
    CreditRequest,
    credit_note_for,
    is_voided,
    remaining,
)
from msp_billing.domain.invoices import Invoice
from tests.unit.domain.builders import (
    MARCH,
    PROPERTY,
    account,
    agreement_data,
    build,
    context,
    line_data,
    policy,
    usd,
)

TODAY = date(2026, 3, 20)


def issued(**agreement: Any) -> Invoice:
    """Line 1: 2 x 40.00 = 80.00. Line 2: flat 150.00."""
    lines = [line_data("OWN", price={"each": "40"}, quantity=2), line_data("SITE")]
    (invoice,) = build(account(agreement_data(*lines, **agreement))).invoices
    return invoice.numbered("LP-000007")


def request(*parts: dict[str, Any], name: str = "first") -> CreditRequest:
    return CreditRequest.model_validate(
        {"request": name, "reason": "Billed twice", "requested_by": "clerk", "parts": parts}
    )


def credited(note: CreditNote) -> list[tuple[int, str, str]]:
    return [(e.invoice_line, f"{e.amount.amount}", e.arithmetic) for e in note.lines]


def test_a_whole_invoice_is_credited_line_by_line() -> None:
    invoice = issued()
    note = credit_note_for(invoice, request(), (), TODAY)
    assert [line for line, _, _ in credited(note)] == [line.line for line in invoice.lines]
    assert note.total == invoice.total
    assert note.voids
    assert (note.invoice_number, note.number) == ("LP-000007", None)


def test_part_of_a_line_is_credited_by_quantity_or_by_amount() -> None:
    invoice = issued()
    own = next(line.line for line in invoice.lines if line.product == "OWN")
    by_quantity = credit_note_for(invoice, request({"line": own, "quantity": "1"}), (), TODAY)
    assert credited(by_quantity) == [(own, "40.00", "1 x 40 = 40.00")]
    by_amount = credit_note_for(invoice, request({"line": own, "amount": "12.5"}), (), TODAY)
    assert credited(by_amount) == [(own, "12.50", "12.50 of 80.00")]
    assert not by_amount.voids


def test_what_is_left_after_a_first_note_is_what_a_second_may_take() -> None:
    invoice = issued()
    own = next(line.line for line in invoice.lines if line.product == "OWN")
    first = credit_note_for(invoice, request({"line": own, "amount": "50"}), (), TODAY)
    assert remaining(invoice, [first])[own] == usd("30.00")
    rest = credit_note_for(invoice, request(name="rest"), [first], TODAY)
    assert rest.voids
    assert first.total + rest.total == invoice.total
    assert is_voided(invoice, [first, rest])


@pytest.mark.parametrize(
    ("parts", "codes"),
    [
        ([{"line": 1, "amount": "1000"}, {"line": 9, "amount": "1"}], "credit-too-much unknown"),
        ([{"line": 1, "amount": "80.01"}], "credit-too-much"),
    ],
)
def test_more_than_is_left_is_refused_with_every_reason(
    parts: list[dict[str, Any]], codes: str
) -> None:
    with pytest.raises(CreditRefusedError) as refused:
        credit_note_for(issued(), request(*parts), (), TODAY)
    found = " ".join(problem.code for problem in refused.value.problems)
    assert found == codes.replace("unknown", "credit-line-unknown")


def test_a_draft_and_a_voided_invoice_have_nothing_to_credit() -> None:
    invoice = issued()
    everything = credit_note_for(invoice, request(), (), TODAY)
    with pytest.raises(CreditRefusedError, match="Nothing is left"):
        credit_note_for(invoice, request(name="again"), [everything], TODAY)
    with pytest.raises(CreditRefusedError, match="it is a draft"):
        credit_note_for(invoice.model_copy(update={"number": None}), request(), (), TODAY)


def test_a_discount_is_credited_with_everything_else_only() -> None:
    lines = [line_data("OWN", price={"each": "40"}, quantity=2)]
    discount_data = {"years": 3, "percent": "10", "categories": ["support"], "clause": "calendar"}
    here = context(MARCH, policy(term_discounts=[discount_data]))
    (draft,) = build(account(agreement_data(*lines, term_years=3)), where=here).invoices
    invoice = draft.numbered("LP-000008")
    discount = invoice.lines[-1]
    assert discount.amount.amount < 0
    with pytest.raises(CreditRefusedError, match="together with all others"):
        credit_note_for(invoice, request({"line": discount.line, "amount": "1"}), (), TODAY)
    assert credit_note_for(invoice, request(), (), TODAY).total == invoice.total


@PROPERTY
@given(st.lists(st.decimals("0.01", "60", places=2), max_size=6))
def test_notes_never_take_more_than_the_invoice(amounts: list[Decimal]) -> None:
    invoice = issued()
    notes: list[CreditNote] = []
    for number, amount in enumerate(amounts):
        asked = request({"line": 1, "amount": str(amount)}, name=f"r{number}")
        try:
            notes.append(credit_note_for(invoice, asked, notes, TODAY))
        except CreditRefusedError:
            assert amount > remaining(invoice, notes)[1].amount
    left = remaining(invoice, notes)
    assert all(entry.amount >= 0 for entry in left.values())
    taken = sum((note.total.amount for note in notes), Decimal(0))
    assert taken + sum(entry.amount for entry in left.values()) == invoice.total.amount
