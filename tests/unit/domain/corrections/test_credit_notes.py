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


def discounted() -> Invoice:
    """2 x 50.00 = 100.00, less 10% for a term of three years: 90.00."""
    lines = [line_data("OWN", price={"each": "50"}, quantity=2)]
    discount_data = {"years": 3, "percent": "10", "categories": ["support"], "clause": "calendar"}
    here = context(MARCH, policy(term_discounts=[discount_data]))
    (draft,) = build(account(agreement_data(*lines, term_years=3)), where=here).invoices
    assert [str(line.amount.amount) for line in draft.lines] == ["100.00", "-10.00"]
    return draft.numbered("LP-000009")


def of_nothing(*prices: str) -> Invoice:
    """Lines of these prices, which come to 0.00."""
    lines = [
        line_data("OWN", line=f"own-{number}", price={"each": price}, quantity=1)
        for number, price in enumerate(prices)
    ]
    (draft,) = build(account(agreement_data(*lines))).invoices
    assert draft.total == usd("0.00")
    return draft.numbered("LP-000010")


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
    assert is_voided([first, rest])
    assert not is_voided([first])


def test_a_note_is_never_over_more_than_is_left_of_the_invoice_with_its_discount() -> None:
    invoice = discounted()
    with pytest.raises(CreditRefusedError, match=r"has 90\.00 USD left in all, 100\.00 USD was"):
        credit_note_for(invoice, request({"line": 1, "amount": "100"}), (), TODAY)
    first = credit_note_for(invoice, request({"line": 1, "amount": "60"}), (), TODAY)
    with pytest.raises(CreditRefusedError, match=r"has 30\.00 USD left in all, 30\.01 USD was"):
        credit_note_for(invoice, request({"line": 1, "amount": "30.01"}), [first], TODAY)
    rest = credit_note_for(invoice, request(name="rest"), [first], TODAY)
    assert [(line, amount) for line, amount, _ in credited(rest)] == [(1, "40.00"), (2, "-10.00")]
    assert (rest.total, rest.voids) == (usd("30.00"), True)


def test_a_part_that_takes_all_that_is_to_pay_voids_the_invoice() -> None:
    """90.00 of the line of 100.00: 10.00 and -10.00 are left, which is nothing to pay."""
    invoice = discounted()
    note = credit_note_for(invoice, request({"line": 1, "amount": "90"}), (), TODAY)
    assert (note.total, note.voids) == (usd("90.00"), True)
    with pytest.raises(CreditRefusedError, match="Nothing is left"):
        credit_note_for(invoice, request(name="rest"), [note], TODAY)


def test_an_invoice_of_nothing_is_void_only_when_a_note_says_so() -> None:
    invoice = of_nothing("0")
    assert not is_voided([])
    with pytest.raises(CreditRefusedError, match=r"has 0\.00 USD left"):
        credit_note_for(invoice, request({"line": 1, "amount": "1"}), (), TODAY)
    note = credit_note_for(invoice, request(), (), TODAY)
    assert credited(note) == [(1, "0.00", "all that is left of 0.00")]
    assert (note.total, note.voids, is_voided([note])) == (usd("0.00"), True, True)
    with pytest.raises(CreditRefusedError, match="Nothing is left"):
        credit_note_for(invoice, request(name="again"), [note], TODAY)


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


PARTS = st.tuples(st.sampled_from([1, 2]), st.decimals("0.01", "60", places=2))


@PROPERTY
@given(st.sampled_from([issued(), discounted()]), st.lists(PARTS, max_size=6))
def test_notes_never_take_more_than_the_invoice(
    invoice: Invoice, parts: list[tuple[int, Decimal]]
) -> None:
    notes: list[CreditNote] = []
    for number, (line, amount) in enumerate(parts):
        asked = request({"line": line, "amount": str(amount)}, name=f"r{number}")
        left = remaining(invoice, notes)
        in_all = sum((entry.amount for entry in left.values()), Decimal(0))
        try:
            notes.append(credit_note_for(invoice, asked, notes, TODAY))
        except CreditRefusedError:
            assert amount > min(left[line].amount, in_all)
        else:
            assert amount <= min(left[line].amount, in_all)
    if not is_voided(notes):
        notes.append(credit_note_for(invoice, request(name="rest"), notes, TODAY))
    assert [note.voids for note in notes] == [False] * (len(notes) - 1) + [True]
    assert all(note.total.amount > 0 for note in notes)
    assert sum((note.total.amount for note in notes), Decimal(0)) == invoice.total.amount
