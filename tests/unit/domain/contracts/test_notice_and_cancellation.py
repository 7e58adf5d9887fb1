"""COL-16, COL-20, COL-21: notice in business days, commitments, hardware, a product's own rule."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.domain.contracts.endings import EndCause
from msp_billing.domain.contracts.terms import NoticePeriod
from tests.unit.domain.builders import line_data
from tests.unit.domain.contracts.contract_samples import (
    COLLABRANCE_TERMS,
    US_HOLIDAYS,
    billed_months,
    collabrance_agreement,
    day,
    life,
    month,
    only_line,
)

NOTICE = NoticePeriod.model_validate(COLLABRANCE_TERMS["notice"])
# 3 to 6 March are 4 business days, then four weeks of 5: 24 on 3 April; 6 to 10 April: 29; 13: 30.
# Good Friday, 3 April 2026, is no federal holiday.
SECOND_OF_MARCH = ("2026-03-02", "2026-04-13")


@pytest.mark.rule("COL-20")
@pytest.mark.parametrize(
    ("notice_on", "last_on"),
    [
        SECOND_OF_MARCH,
        # 28 February is a Saturday: counting begins on Monday, 2 March.
        ("2026-02-28", "2026-04-10"),
        # 3 to 6 November: 4; 9, 10, 12, 13: 8 (Veterans Day); 16 to 20: 13; 23 to 25, 27: 17
        # (Thanksgiving); 30 to 4 December: 22; 7 to 11: 27; 14, 15, 16: 30.
        ("2026-11-02", "2026-12-16"),
        # Christmas and New Year: 14 to 18 December: 5; 21 to 24: 9; 28 to 31: 13; 4 to 8 January:
        # 18; 11 to 15: 23; 19 to 22: 27 (Martin Luther King Day); 25, 26, 27: 30.
        ("2026-12-11", "2027-01-27"),
    ],
)
def test_notice_runs_thirty_business_days(notice_on: str, last_on: str) -> None:
    contract = life(collabrance_agreement(ending={"notice_on": notice_on}))
    assert (contract.end.last_on, contract.end.cause) == (day(last_on), EndCause.NOTICE)


@pytest.mark.rule("COL-20")
def test_the_month_in_which_service_ends_is_billed_whole() -> None:
    contract = life(collabrance_agreement(line_data("PC"), ending={"notice_on": "2026-03-02"}))
    assert billed_months(contract, only_line(contract), "2026-02", "2026-12") == [
        "2026-02",
        "2026-03",
        "2026-04",
    ]


@pytest.mark.rule("COL-20")
@pytest.mark.parametrize(
    ("wanted_on", "last_on"),
    [("2026-03-31", "2026-04-13"), ("2026-04-13", "2026-04-13"), ("2026-06-30", "2026-06-30")],
)
def test_a_wish_counts_when_it_is_later_than_the_notice(wanted_on: str, last_on: str) -> None:
    leaving = {"notice_on": "2026-03-02", "ends_on": wanted_on}
    contract = life(collabrance_agreement(ending=leaving))
    assert contract.end.last_on == day(last_on)
    assert contract.pay_out_months() == ()
    line = line_data("PC", cancelled={"notice_on": "2026-03-02", "wanted_on": wanted_on})
    cancelled = life(collabrance_agreement(line))
    assert cancelled.line_end(only_line(cancelled)).last_on == day(last_on)
    assert cancelled.active_in(month("2030-01"))


@pytest.mark.parametrize(
    ("ends_on", "deadline"),
    [
        # Back from 30 April: 27 to 30: 4; three weeks: 19; 1 to 3 April: 22; 30, 31 March: 24;
        # 23 to 27: 29; 20 March: 30. Whoever tells on the 19th has the 20th as day 1.
        ("2026-04-30", "2026-03-19"),
        # A Sunday ends with the Friday before it.
        ("2026-05-31", "2026-04-16"),
    ],
)
def test_the_last_day_for_notice_is_the_last_that_is_in_time(ends_on: str, deadline: str) -> None:
    assert NOTICE.deadline(day(ends_on), US_HOLIDAYS) == day(deadline)
    assert NOTICE.last_day(day(deadline), US_HOLIDAYS) <= day(ends_on)
    following = US_HOLIDAYS.on_or_after(day(deadline)).replace(day=day(deadline).day + 1)
    assert NOTICE.last_day(following, US_HOLIDAYS) > day(ends_on)


def ended(line: dict[str, Any], **changes: Any) -> tuple[str | None, EndCause]:
    contract = life(collabrance_agreement(line, **changes))
    end = contract.line_end(only_line(contract))
    return (str(end.last_on) if end.last_on else None), end.cause


# 12 months from 15 January 2026 end on 14 January 2027; January 2027 is billed whole.
SIEM = line_data("PC", starts_on="2026-01-15", commitment_months=12)


@pytest.mark.rule("COL-16", "COL-20")
@pytest.mark.parametrize(
    ("notice_on", "last_on", "cause"),
    [
        ("2026-03-02", "2027-01-14", EndCause.COMMITMENT),
        ("2026-11-02", "2027-01-14", EndCause.COMMITMENT),
        # 5 to 8 January: 4; 11 to 15: 9; 19 to 22: 13 (holiday on the 18th); 25 to 29: 18; 1 to 5
        # February: 23; 8 to 12: 28; 16, 17: 30 (Presidents' Day on the 15th).
        ("2027-01-04", "2027-02-17", EndCause.NOTICE),
    ],
)
def test_a_cancelled_line_bills_until_its_commitment_ends(
    notice_on: str, last_on: str, cause: EndCause
) -> None:
    assert ended(SIEM | {"cancelled": {"notice_on": notice_on}}) == (last_on, cause)


@pytest.mark.rule("COL-16")
def test_the_last_month_of_a_commitment_is_billed_whole_and_no_more() -> None:
    line = SIEM | {"cancelled": {"notice_on": "2026-03-02"}}
    contract = life(collabrance_agreement(line))
    months = billed_months(contract, only_line(contract), "2025-12", "2027-12")
    assert (months[0], months[-1], len(months)) == ("2026-01", "2027-01", 13)


@pytest.mark.rule("COL-20")
def test_an_agreement_ends_never_before_the_commitment_of_a_line() -> None:
    committed = line_data("SERVER", committed_until="2026-08-31")
    contract = life(
        collabrance_agreement(line_data("PC"), committed, ending={"notice_on": "2026-03-02"})
    )
    pcs, servers = contract.agreement.lines
    assert (contract.end.last_on, contract.end.cause) == (day("2026-08-31"), EndCause.COMMITMENT)
    assert billed_months(contract, pcs, "2026-03", "2026-12") == ["2026-03", "2026-04"]
    assert billed_months(contract, servers, "2026-03", "2026-12")[-1] == "2026-08"


FIREWALL = line_data("FIREWALL", quantity=1)


@pytest.mark.rule("COL-21")
@pytest.mark.parametrize(
    ("returned", "last_on"),
    [
        ({}, None),  # nothing is back: it bills on
        ({"returned_on": "2026-04-20"}, None),  # received, not verified: it bills on
        ({"returned_on": "2026-04-20", "verified_on": "2026-04-30"}, "2026-04-30"),
        ({"returned_on": "2026-04-20", "verified_on": "2026-05-04"}, "2026-05-04"),
        # Back at once: the notice of 30 business days still runs.
        ({"returned_on": "2026-03-05", "verified_on": "2026-03-06"}, "2026-04-13"),
    ],
)
def test_hardware_bills_until_the_month_it_is_received_and_verified(
    returned: dict[str, str], last_on: str | None
) -> None:
    line = FIREWALL | {"cancelled": {"notice_on": "2026-03-02"} | returned}
    assert ended(line)[0] == last_on
    contract = life(collabrance_agreement(line))
    billed = billed_months(contract, only_line(contract), "2026-04", "2027-12")
    assert billed[-1] == (last_on or "2027-12-31")[:7]


@pytest.mark.rule("COL-21")
def test_an_agreement_goes_on_for_hardware_that_is_not_back() -> None:
    contract = life(
        collabrance_agreement(line_data("PC"), FIREWALL, ending={"notice_on": "2026-03-02"})
    )
    assert (contract.end.last_on, contract.end.cause) == (None, EndCause.HARDWARE)
    pcs, firewall = contract.agreement.lines
    assert not contract.provided_in(pcs, month("2026-05"))
    assert contract.provided_in(firewall, month("2026-05"))


DATTO = line_data("DATTO", quantity=1)


@pytest.mark.rule("COL-21")
@pytest.mark.parametrize(
    ("cancelled", "last_month"),
    [
        ({"notice_on": "2026-03-10"}, "2026-03"),  # told by the 10th: March is the last month
        ({"notice_on": "2026-03-11"}, "2026-04"),  # after the 10th: one more month
        ({"notice_on": "2026-03-11", "wanted_on": "2026-06-30"}, "2026-06"),
        ({"notice_on": "2026-06-10", "wanted_on": "2026-06-30"}, "2026-06"),
        ({"notice_on": "2026-06-11", "wanted_on": "2026-06-30"}, "2026-07"),
        ({"notice_on": "2026-12-11"}, "2027-01"),
    ],
)
def test_notice_after_the_tenth_bills_one_more_month(
    cancelled: dict[str, str], last_month: str
) -> None:
    contract = life(collabrance_agreement(DATTO | {"cancelled": cancelled}))
    assert billed_months(contract, only_line(contract), "2026-01", "2027-12")[-1] == last_month


@pytest.mark.rule("COL-21")
def test_a_commitment_comes_before_a_products_own_notice() -> None:
    line = DATTO | {"committed_until": "2026-08-31", "cancelled": {"notice_on": "2026-03-10"}}
    assert ended(line) == ("2026-08-31", EndCause.COMMITMENT)


def test_a_products_own_notice_counts_at_the_end_of_the_agreement_too() -> None:
    # 30 business days from 12 February 2026 end on 27 March: 13, then 17 to 20: 5 (16 is a
    # holiday); 10; 15 on 6 March; 20; 25; 30 on 27 March. Told before 10 March: March is the last.
    leaving = {"notice_on": "2026-02-12"}
    assert ended(DATTO, ending=leaving)[0] == "2026-03-31"


def test_an_end_that_both_agreed_on_is_not_put_off() -> None:
    contract = life(collabrance_agreement(FIREWALL, ends_on="2026-05-31"))
    assert (contract.end.last_on, contract.end.cause) == (day("2026-05-31"), EndCause.AGREED)
    line = FIREWALL | {"cancelled": {"notice_on": "2026-03-02"}}
    assert ended(line, ends_on="2026-05-31") == ("2026-05-31", EndCause.AGREED)


def test_a_line_cancelled_before_the_agreement_ends_first() -> None:
    line = line_data("PC", cancelled={"notice_on": "2026-03-02"})
    assert ended(line, ending={"notice_on": "2026-11-02"})[0] == "2026-04-13"
    later = line_data("PC", cancelled={"notice_on": "2026-11-02"})
    assert ended(later, ending={"notice_on": "2026-03-02"})[0] == "2026-04-13"
