"""Month after month, whatever is agreed and whenever notice comes: each month is owed once."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from msp_billing.domain.contracts.lifetimes import Lifetime
from msp_billing.domain.invoices import Invoice, LineKind
from msp_billing.domain.periods import Period
from tests.unit.domain.contracts.billed_contracts import BOOK, POLICY, Months
from tests.unit.domain.contracts.contract_samples import US_HOLIDAYS, kr_agreement

COUNTS = st.lists(st.integers(1, 6), min_size=26, max_size=26)


@st.composite
def contracts(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any], int]:
    """An agreement, the same with its notice, and after how many months the notice is entered."""
    starts_on = draw(st.dates(date(2025, 1, 1), date(2026, 6, 30)))
    more: dict[str, Any] = {
        "starts_on": str(starts_on),
        "term_years": draw(st.sampled_from([0, 1])),
        "renews": draw(st.sampled_from(["monthly", None])),
    }
    notice_on = starts_on + timedelta(days=draw(st.integers(0, 300)))
    wanted = draw(st.none() | st.integers(0, 120))
    ending = {
        "notice_on": str(notice_on),
        "ends_on": None if wanted is None else str(notice_on + timedelta(days=wanted)),
    }
    known_after = max(0, _months(starts_on, notice_on) + draw(st.integers(0, 2)))
    return kr_agreement(**more), kr_agreement(**more, ending=ending), known_after


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _covered(invoices: list[Invoice]) -> Counter[Period]:
    """How often each month was billed, every month of a pay-out among them."""
    months: Counter[Period] = Counter()
    for invoice in invoices:
        for line in invoice.lines:
            if line.kind is LineKind.RECURRING:
                months[invoice.id.period] += 1
            elif line.kind is LineKind.PAY_OUT:
                covered = Lifetime.months_left(
                    Period.of(line.service_period.starts_on).shifted(-1),
                    line.service_period.ends_on,
                )
                found = list(covered)
                assert len(found) == line.quantity
                months.update(found)
    return months


@settings(deadline=None, max_examples=40)
@given(contract=contracts(), counts=COUNTS)
def test_each_month_until_the_end_of_the_contract_is_billed_once(
    contract: tuple[dict[str, Any], dict[str, Any], int], counts: list[int]
) -> None:
    before, after, known_after = contract
    of = Months(before)
    first = Period.of(of.account.agreements[0].starts_on)
    for index, counted in enumerate(counts):
        if index == known_after:
            of.change(after)
        of.bill(str(first.shifted(index)), counted)
    ended = of.account.agreements[0]
    life = Lifetime(ended, POLICY.find_terms(ended.terms), US_HOLIDAYS, BOOK)
    until = life.end.contract_until or life.end.last_on
    assert until is not None
    months = _covered(of.invoices)
    assert set(months.values()) == {1}  # never twice
    owed = {first, *Lifetime.months_left(first, until)}
    assert owed <= set(months)  # none forgotten
    # What was billed beyond it was billed before anybody knew of the notice.
    assert all(period < first.shifted(known_after) for period in set(months) - owed)


@settings(deadline=None, max_examples=40)
@given(contract=contracts(), counts=COUNTS)
def test_nothing_is_prorated_and_the_line_says_what_it_bills(
    contract: tuple[dict[str, Any], dict[str, Any], int], counts: list[int]
) -> None:
    of = Months(contract[1])
    first = Period.of(of.account.agreements[0].starts_on)
    for index, counted in enumerate(counts[:14]):
        outcome = of.bill(str(first.shifted(index)), counted)
        for line in (line for invoice in outcome.invoices for line in invoice.lines):
            assert line.amount == line.unit_price.times(line.quantity).rounded()
            if line.kind is LineKind.RECURRING:
                contracted = line.reason.contracted
                assert contracted is not None
                assert contracted.counted == counted
                assert contracted.billed == line.quantity >= counted
                assert contracted.in_words() in line.reason.quantity_from
