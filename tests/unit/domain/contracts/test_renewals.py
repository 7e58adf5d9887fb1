"""KR-11: terms follow each other, notice of 60 days ends them, prices are those of the renewal."""

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

# A contract of one year from 1 January 2025 to 31 December 2025. 60 days before 31 December are
# 1 November: the 29 days to 30 November and the 31 of December.
YEAR = {"starts_on": "2025-01-01", "term_years": 1}


def notice(day_of_notice: str, **changes: object) -> dict[str, object]:
    return YEAR | {"ending": {"notice_on": day_of_notice}} | changes


@pytest.mark.rule("KR-11")
@pytest.mark.parametrize(
    ("notice_on", "last_on", "cause"),
    [
        ("2025-06-01", "2025-12-31", EndCause.TERM),
        ("2025-11-01", "2025-12-31", EndCause.TERM),  # 60 days before the end: in time
        ("2025-11-02", "2026-01-01", EndCause.NOTICE),  # 59 days: until notice + 60 days
        ("2025-12-31", "2026-03-01", EndCause.NOTICE),  # + 31 is 31 January, + 28, and one day
    ],
)
def test_notice_runs_to_the_end_of_the_term_or_sixty_days(
    notice_on: str, last_on: str, cause: EndCause
) -> None:
    contract = life(kr_agreement(**notice(notice_on)))
    assert (contract.end.last_on, contract.end.cause) == (day(last_on), cause)


@pytest.mark.rule("KR-11")
def test_one_day_too_late_is_one_whole_month_more() -> None:
    in_time, late = (
        life(kr_agreement(**notice(notice_on))) for notice_on in ("2025-11-01", "2025-11-02")
    )
    assert billed_months(in_time, only_line(in_time), "2025-11", "2026-04") == [
        "2025-11",
        "2025-12",
    ]
    assert billed_months(late, only_line(late), "2025-11", "2026-04") == [
        "2025-11",
        "2025-12",
        "2026-01",
    ]


@pytest.mark.rule("KR-11")
@pytest.mark.parametrize(
    ("renewal", "last_on"),
    [
        ({"renews": "monthly"}, "2026-03-02"),  # 30 days to 31 January, 28 of February, and two
        ({"renews": "term"}, "2026-12-31"),  # another year
        ({}, "2026-12-31"),  # as the terms say
        ({"renewal_years": 3}, "2028-12-31"),
        ({"renews": "term", "renewal_years": 5}, "2030-12-31"),
    ],
)
def test_past_its_end_without_notice_it_renews_as_agreed(
    renewal: dict[str, object], last_on: str
) -> None:
    # Notice on 1 January 2026 is notice in the renewed term.
    contract = life(kr_agreement(**notice("2026-01-01", **renewal)))
    assert contract.end.last_on == day(last_on)


@pytest.mark.rule("KR-11")
@pytest.mark.parametrize(("renews", "last_on"), [("monthly", "2026-09-29"), ("term", "2027-12-31")])
def test_it_renews_again_and_again(renews: str, last_on: str) -> None:
    # The years from 2025, 2026 and 2027 on; by the month, 31 July 2026 + 60 days: 31 of August
    # and 29 of September.
    day_of_notice = "2026-07-31" if renews == "monthly" else "2027-02-01"
    contract = life(kr_agreement(**notice(day_of_notice, renews=renews)))
    assert contract.end.last_on == day(last_on)


@pytest.mark.rule("KR-11")
def test_the_price_list_of_the_renewal_applies_from_the_renewal() -> None:
    contract = life(kr_agreement(**YEAR))
    line = only_line(contract)
    days = {
        period: str(contract.price_day(line, month(period)))
        for period in ("2025-01", "2025-08", "2025-12", "2026-01", "2026-12", "2027-03")
    }
    assert days == {
        "2025-01": "2025-01-01",
        "2025-08": "2025-01-01",  # a list of July does not count within the term
        "2025-12": "2025-01-01",
        "2026-01": "2026-01-01",
        "2026-12": "2026-01-01",
        "2027-03": "2027-01-01",
    }


@pytest.mark.rule("KR-11")
def test_by_the_month_the_list_of_each_month_applies() -> None:
    contract = life(kr_agreement(**YEAR, renews="monthly"))
    line = only_line(contract)
    assert contract.price_day(line, month("2025-12")) == day("2025-01-01")
    assert contract.price_day(line, month("2026-01")) == day("2026-01-01")
    assert contract.price_day(line, month("2026-08")) == day("2026-08-01")


def test_a_line_that_came_within_the_term_has_the_price_of_its_own_day() -> None:
    data = kr_agreement(**YEAR)
    data["lines"][0]["starts_on"] = "2025-05-20"
    contract = life(data)
    line = only_line(contract)
    assert contract.price_day(line, month("2025-05")) == day("2025-05-20")
    assert contract.price_day(line, month("2025-09")) == day("2025-05-20")
    assert contract.price_day(line, month("2026-02")) == day("2026-01-01")


def test_where_prices_are_not_fixed_the_list_of_the_month_applies() -> None:
    silent = {key: value for key, value in KR_TERMS.items() if key != "prices"}
    contract = life(kr_agreement(**YEAR), silent)
    assert contract.price_day(only_line(contract), month("2025-08")) == day("2025-08-01")


def test_a_renewal_by_the_month_is_no_committed_term() -> None:
    contract = life(kr_agreement(starts_on="2022-01-01", term_years=3, renews="monthly"))
    assert contract.committed_years(month("2024-12")) == 3
    assert contract.committed_years(month("2025-01")) == 0
    assert contract.remaining_months(month("2025-01")) is None
    assert contract.notice_deadline(month("2025-01")) is None


def test_what_runs_on_after_notice_is_not_a_renewed_term() -> None:
    # Notice in December for a day in April: the wish is later than 60 days, and no year begins.
    leaving = {"notice_on": "2025-12-01", "ends_on": "2026-04-15"}
    contract = life(kr_agreement(**YEAR, ending=leaving))
    assert (contract.end.cause, contract.end.last_on) == (EndCause.AS_WANTED, day("2026-04-15"))
    assert contract.committed_years(month("2026-01")) == 0
    assert contract.price_day(only_line(contract), month("2026-03")) == day("2026-03-01")
    assert contract.pay_out_months() == ()


def test_the_notice_deadline_is_sixty_days_before_the_end_of_the_term() -> None:
    contract = life(kr_agreement(**YEAR))
    assert contract.notice_deadline(month("2025-04")) == day("2025-11-01")
    assert contract.notice_deadline(month("2026-04")) == day("2026-11-01")
    assert life(kr_agreement(**notice("2025-11-01"))).notice_deadline(month("2025-04")) is None


def test_terms_that_begin_within_a_month_count_from_its_next_first() -> None:
    # 15 March 2025 to 14 March 2026: March 2026 still begins in the first term.
    contract = life(kr_agreement(starts_on="2025-03-15"))
    line = only_line(contract)
    assert contract.price_day(line, month("2025-03")) == day("2025-03-15")
    assert contract.price_day(line, month("2026-03")) == day("2025-03-15")
    assert contract.price_day(line, month("2026-04")) == day("2026-03-15")
    assert contract.notice_deadline(month("2025-06")) == day("2026-01-13")  # 14 March - 60 days


def test_a_term_from_29_february_keeps_its_day() -> None:
    contract = life(kr_agreement(starts_on="2024-02-29"))
    terms = [contract.term_in(month(f"{year}-06")) for year in range(2024, 2029)]
    assert [str(term.ends_on) for term in terms if term] == [
        "2025-02-27",
        "2026-02-27",
        "2027-02-27",
        "2028-02-28",
        "2029-02-27",
    ]
