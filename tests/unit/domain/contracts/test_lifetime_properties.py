"""What holds for every agreement, whatever its terms, its notice and its lines."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.contracts.change_windows import contracted_count, is_window
from msp_billing.domain.contracts.endings import EndCause
from msp_billing.domain.contracts.lifetimes import Lifetime
from msp_billing.domain.contracts.term_dates import term_on
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import PROPERTY, agreement_data, line_data
from tests.unit.domain.contracts.contract_samples import (
    COLLABRANCE_TERMS,
    INTEGRIS_TERMS,
    KR_TERMS,
    life,
)

LEAP_DAYS = st.sampled_from([date(2020, 2, 29), date(2024, 2, 29)])
STARTS = st.dates(date(2019, 1, 1), date(2028, 12, 31)) | LEAP_DAYS
TWENTY_YEARS = timedelta(days=20 * 366)
TERMS = (KR_TERMS, COLLABRANCE_TERMS, INTEGRIS_TERMS)


@st.composite
def lines(draw: st.DrawFn, number: int, starts_on: date) -> dict[str, Any]:
    data = line_data(draw(st.sampled_from(["PC", "FIREWALL", "DATTO"])), line=f"l{number}")
    data["quantity"] = 1
    begins_on = starts_on
    if draw(st.booleans()):
        begins_on = starts_on + timedelta(days=draw(st.integers(0, 200)))
        data["starts_on"] = str(begins_on)
    if draw(st.booleans()):
        data["commitment_months"] = draw(st.integers(1, 40))
    if draw(st.booleans()):
        notice_on = begins_on + timedelta(days=draw(st.integers(0, 900)))
        data["cancelled"] = {"notice_on": str(notice_on)}
        back_on = notice_on + timedelta(days=draw(st.integers(0, 90)))
        if draw(st.booleans()):
            data["cancelled"] |= {"returned_on": str(back_on), "verified_on": str(back_on)}
    return data


@st.composite
def lives(draw: st.DrawFn) -> Lifetime:
    starts_on = draw(STARTS)
    terms = draw(st.sampled_from(TERMS))
    years = draw(st.sampled_from([0, 1, 3, 5]))
    renews = draw(st.sampled_from([None, "monthly", "term"]))
    renewal_years = draw(st.sampled_from([1, 3, 5])) if renews == "term" else None
    ending = None
    if draw(st.booleans()):
        notice_on = starts_on + timedelta(days=draw(st.integers(0, 2500)))
        wanted = draw(st.none() | st.integers(0, 1500))
        ending = {
            "notice_on": str(notice_on),
            "ends_on": None if wanted is None else str(notice_on + timedelta(days=wanted)),
        }
    agreement = agreement_data(
        *[draw(lines(number, starts_on)) for number in range(draw(st.integers(1, 3)))],
        starts_on=str(starts_on),
        terms=terms["terms"],
        term_years=years,
        renews=renews,
        renewal_years=renewal_years,
        ending=ending,
    )
    return life(agreement, terms)


def months(of: Lifetime, years: int = 12) -> list[Period]:
    first = Period.of(of.agreement.starts_on)
    return [first.shifted(number) for number in range(-3, years * 12)]


@PROPERTY
@given(of=lives())
def test_terms_follow_each_other_without_gap_and_overlap_for_twenty_years(of: Lifetime) -> None:
    agreement, terms = of.agreement, of.terms
    assert terms is not None
    term = term_on(agreement, terms, agreement.starts_on)
    assert (term.number, term.starts_on) == (1, agreement.starts_on)
    while term.ends_on < agreement.starts_on + TWENTY_YEARS:
        for day in (term.starts_on, term.ends_on):
            assert term_on(agreement, terms, day) == term
        following = term_on(agreement, terms, term.ends_on + timedelta(days=1))
        assert following.number == term.number + 1
        assert following.starts_on == term.ends_on + timedelta(days=1)
        term = following


@PROPERTY
@given(of=lives())
def test_every_agreement_has_one_end_and_says_why(of: Lifetime) -> None:
    end = of.end
    assert end.why
    if end.last_on is None:
        assert end.cause in {EndCause.RUNS_ON, EndCause.HARDWARE}
    ending = of.agreement.ending
    if ending is None:
        assert end.cause is EndCause.RUNS_ON
    elif end.last_on is not None:
        assert end.last_on >= ending.notice_on
        assert end.last_on >= (of.service_end.last_on or end.last_on)
    for line in of.agreement.lines:
        last_on = of.line_end(line).last_on
        if end.last_on is not None:
            assert last_on is not None
            assert Period.of(last_on) <= Period.of(end.last_on)


@PROPERTY
@given(of=lives())
def test_a_line_bills_month_after_month_without_a_hole(of: Lifetime) -> None:
    for line in of.agreement.lines:
        billed = [period for period in months(of) if of.provided_in(line, period)]
        assert all(after == before.shifted(1) for before, after in pairwise(billed))
        last_on = of.line_end(line).last_on
        if last_on is not None and billed and billed[-1] != months(of)[-1]:
            assert billed[-1] == Period.of(last_on)  # its last month whole, and none after it
        assert all(of.active_in(period) for period in billed)


@PROPERTY
@given(of=lives())
def test_no_month_is_both_billed_and_paid_out_and_none_is_forgotten(of: Lifetime) -> None:
    paid_out = set(of.pay_out_months())
    end = of.service_end
    for line in of.agreement.lines:
        if line.line in of.held_lines or line.cancelled is not None or line.starts_on is not None:
            continue
        billed = {period for period in months(of, 25) if of.provided_in(line, period)}
        assert not billed & paid_out
        if end.contract_until is not None:
            whole = {
                period
                for period in months(of, 25)
                if Period.of(of.agreement.starts_on) <= period <= Period.of(end.contract_until)
            }
            free = {period for period in whole if of.is_free(period)}
            assert billed | paid_out | free == whole


@PROPERTY
@given(of=lives())
def test_the_price_day_is_in_the_agreement_and_never_after_the_month(of: Lifetime) -> None:
    for line in of.agreement.lines:
        for period in months(of):
            if of.provided_in(line, period):
                day = of.price_day(line, period)
                assert day <= period.last_day
                assert day >= min(of.agreement.starts_on, period.first_day)


@PROPERTY
@given(of=lives())
def test_asking_again_gives_the_same(of: Lifetime) -> None:
    again = Lifetime(of.agreement, of.terms, of.calendar, of.book)
    assert [again.active_in(period) for period in months(of)] == [
        of.active_in(period) for period in months(of)
    ]
    assert again.end == of.end


@PROPERTY
@given(
    starts_on=STARTS,
    counts=st.lists(st.integers(0, 60), min_size=2, max_size=40),
    parked=st.sets(st.integers(1, 39), max_size=6),
)
def test_the_billed_count_falls_in_window_months_only(
    starts_on: date, counts: list[int], parked: set[int]
) -> None:
    period = Period.of(starts_on)
    before: tuple[Period, int] | None = None
    for index, counted in enumerate(counts):
        if index not in parked:
            result = contracted_count(counted, before, (), starts_on, 6, period)
            assert result.billed >= counted
            if before is not None and not is_window(starts_on, 6, before[0], period):
                assert result.billed == max(before[1], counted)
            elif before is not None:
                assert result.billed == counted
            before = (period, result.billed)
        period = period.shifted(1)
