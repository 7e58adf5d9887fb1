"""KR-10: a trial of 90 days, and afterwards the contract to its end, or its remainder paid out."""

from __future__ import annotations

import pytest

from msp_billing.domain.contracts.endings import EndCause
from tests.unit.domain.contracts.contract_samples import (
    KR_TERMS,
    billed_months,
    day,
    kr_agreement,
    life,
    month,
    only_line,
)

# Day 1 is 1 October 2026; day 31 is 31 October, day 61 is 30 November, day 90 is 29 December.


@pytest.mark.rule("KR-10")
@pytest.mark.parametrize("ends_on", ["2026-10-01", "2026-11-15", "2026-12-28", "2026-12-29"])
def test_an_end_within_ninety_days_costs_nothing_more(ends_on: str) -> None:
    contract = life(kr_agreement(ending={"notice_on": "2026-10-01", "ends_on": ends_on}))
    assert contract.end.cause is EndCause.TRIAL
    assert contract.end.last_on == day(ends_on)
    assert contract.pay_out_months() == ()
    assert not contract.active_in(month("2027-01"))


@pytest.mark.rule("KR-10")
def test_an_end_on_day_ninety_one_pays_out_the_remaining_months() -> None:
    # The year ends on 30 September 2027. December is billed whole, so that January to September
    # are left: 9 months.
    contract = life(kr_agreement(ending={"notice_on": "2026-12-30", "ends_on": "2026-12-30"}))
    assert contract.end.cause is EndCause.PAID_OUT
    assert contract.end.contract_until == day("2027-09-30")
    assert contract.end.clause == "term"
    assert [str(entry) for entry in contract.pay_out_months()] == [
        f"2027-{number:02d}" for number in range(1, 10)
    ]
    assert billed_months(contract, only_line(contract), "2026-08", "2028-12") == [
        "2026-10",
        "2026-11",
        "2026-12",
    ]


@pytest.mark.rule("KR-10")
@pytest.mark.parametrize(
    ("years", "months"),
    [
        (1, 9),  # January to September 2027
        (3, 33),  # and two years more: 9 + 24
        (5, 57),  # and four years more: 9 + 48
    ],
)
def test_the_remainder_is_that_of_the_whole_term(years: int, months: int) -> None:
    leaving = {"notice_on": "2026-12-30", "ends_on": "2026-12-31"}
    contract = life(kr_agreement(term_years=years, ending=leaving))
    assert len(contract.pay_out_months()) == months
    assert contract.remaining_months(month("2026-12")) == months


@pytest.mark.rule("KR-10")
def test_notice_in_the_trial_for_a_day_after_it_is_no_trial() -> None:
    contract = life(kr_agreement(ending={"notice_on": "2026-11-01", "ends_on": "2027-02-15"}))
    # Until 30 September 2027; February is billed whole: March to September, 7 months.
    assert contract.end.cause is EndCause.PAID_OUT
    assert len(contract.pay_out_months()) == 7


@pytest.mark.rule("KR-10")
def test_without_a_wish_to_leave_early_the_contract_runs_to_its_end() -> None:
    contract = life(kr_agreement(ending={"notice_on": "2027-01-20"}))
    assert contract.end.cause is EndCause.TERM
    assert contract.end.last_on == day("2027-09-30")
    assert contract.pay_out_months() == ()
    assert contract.remaining_months(month("2027-06")) == 3


def test_notice_in_the_trial_without_a_day_ends_at_once() -> None:
    contract = life(kr_agreement(ending={"notice_on": "2026-11-20"}))
    assert (contract.end.cause, contract.end.last_on) == (EndCause.TRIAL, day("2026-11-20"))
    assert "day 51 of a trial of 90 days" in contract.end.why  # 31 + 20


def test_leaving_in_the_last_month_of_the_term_pays_nothing_out() -> None:
    contract = life(kr_agreement(ending={"notice_on": "2027-03-01", "ends_on": "2027-09-10"}))
    assert contract.end.cause is EndCause.PAID_OUT
    assert contract.pay_out_months() == ()
    assert contract.remaining_months(month("2027-09")) == 0


def test_without_an_early_end_in_the_terms_nobody_leaves_early() -> None:
    leaving = {"notice_on": "2027-03-01", "ends_on": "2027-04-30"}
    terms = KR_TERMS | {"early_end": {"how": "none", "clause": "term"}}
    contract = life(kr_agreement(ending=leaving), terms)
    assert (contract.end.cause, contract.end.last_on) == (EndCause.TERM, day("2027-09-30"))
    silent = {key: value for key, value in terms.items() if key != "early_end"}
    assert life(kr_agreement(ending=leaving), silent).end == contract.end


def test_an_agreement_by_the_month_pays_out_its_notice() -> None:
    # Notice of 60 days from 10 March runs until 9 May; wanted on 31 March: April and May are left.
    leaving = {"notice_on": "2027-03-10", "ends_on": "2027-03-31"}
    contract = life(kr_agreement(term_years=0, ending=leaving))
    assert [str(entry) for entry in contract.pay_out_months()] == ["2027-04", "2027-05"]
