"""KR-06: an increase bills from the next invoice, a decrease from the next half-year window."""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.domain.contracts.agreements import ContractedQuantity
from msp_billing.domain.contracts.change_windows import (
    ContractedCount,
    contracted_count,
    is_window,
    next_window,
)
from tests.unit.domain.contracts.contract_samples import day, month

JANUARY = date(2026, 1, 1)


def agreed(*changes: tuple[str, int]) -> tuple[ContractedQuantity, ...]:
    return tuple(ContractedQuantity(from_on=day(on), quantity=number) for on, number in changes)


def billed(
    counts: dict[str, int],
    starts_on: date = JANUARY,
    changes: tuple[ContractedQuantity, ...] = (),
) -> dict[str, tuple[int, int]]:
    """Contracted and billed of each month, where every month sees the one listed before it."""
    found: dict[str, tuple[int, int]] = {}
    before = None
    for name, counted in counts.items():
        period = month(name)
        result = contracted_count(counted, before, changes, starts_on, 6, period)
        assert result.counted == counted
        found[name] = (result.contracted, result.billed)
        before = (period, result.billed)
    return found


@pytest.mark.rule("KR-06")
def test_a_year_of_changes() -> None:
    # The agreement starts on 1 January 2026: windows are 1 July 2026 and 1 January 2027.
    counts = {
        "2026-01": 20,
        "2026-02": 22,
        "2026-03": 19,
        "2026-04": 21,
        "2026-05": 25,
        "2026-06": 18,
        "2026-07": 18,
        "2026-08": 19,
        "2026-09": 17,
        "2026-12": 17,
        "2027-01": 17,
    }
    assert billed(counts) == {
        "2026-01": (20, 20),  # the first count is the contract
        "2026-02": (20, 22),  # an increase bills at once
        "2026-03": (22, 22),  # a decrease waits for July
        "2026-04": (22, 22),
        "2026-05": (22, 25),
        "2026-06": (25, 25),  # month before the window
        "2026-07": (25, 18),  # the window: what is counted becomes the contract
        "2026-08": (18, 19),
        "2026-09": (19, 19),
        "2026-12": (19, 19),
        "2027-01": (19, 17),
    }


@pytest.mark.rule("KR-06")
@pytest.mark.parametrize(
    ("starts_on", "first_lower", "second_lower"),
    [
        ("2026-01-01", "2026-07", "2027-01"),
        # Windows of 15 July and 15 January: the next whole month.
        ("2026-01-15", "2026-08", "2027-02"),
        # 31 August + 6 months is clamped to 28 February; a year after is 31 August again.
        ("2025-08-31", "2026-03", "2026-09"),
        # In a leap year to 29 February.
        ("2027-08-31", "2028-03", "2028-09"),
    ],
)
def test_windows_are_counted_from_the_first_day(
    starts_on: str, first_lower: str, second_lower: str
) -> None:
    first, second = month(first_lower), month(second_lower)
    start = day(starts_on)
    opened = [
        period
        for period in (first.shifted(number) for number in range(-6, 12))
        if is_window(start, 6, period.shifted(-1), period)
    ]
    assert opened == [first, second]


@pytest.mark.rule("KR-06")
def test_a_line_says_counted_contracted_and_billed() -> None:
    waiting = contracted_count(22, (month("2026-03"), 24), (), JANUARY, 6, month("2026-04"))
    assert waiting.in_words() == (
        "counted 22, contracted 24, billed 24: a lower count is billed from 2026-07-01"
    )
    lower = contracted_count(22, (month("2026-06"), 24), (), JANUARY, 6, month("2026-07"))
    assert lower.in_words() == ("counted 22, contracted 24, billed 22: the change window has come")
    more = contracted_count(26, (month("2026-06"), 24), (), JANUARY, 6, month("2026-07"))
    assert more.in_words() == "counted 26, contracted 24, billed 26"


def test_a_window_in_a_month_that_was_not_billed_is_not_lost() -> None:
    # July was parked: August is the first invoice after the window.
    assert billed({"2026-06": 25, "2026-08": 18})["2026-08"] == (25, 18)
    # June was parked and is no window.
    assert billed({"2026-03": 25, "2026-06": 18})["2026-06"] == (25, 25)


def test_a_count_of_zero_keeps_the_contract() -> None:
    assert billed({"2026-01": 9, "2026-02": 0, "2026-07": 0}) == {
        "2026-01": (9, 9),
        "2026-02": (9, 9),
        "2026-07": (9, 0),
    }


def test_what_was_agreed_is_the_contract_from_its_month_on() -> None:
    changes = agreed(("2026-01-01", 24), ("2026-04-01", 20))
    counts = {"2026-01": 22, "2026-03": 22, "2026-04": 18, "2026-05": 18, "2026-07": 18}
    assert billed(counts, changes=changes) == {
        "2026-01": (24, 24),
        "2026-03": (24, 24),
        "2026-04": (20, 20),  # lower before the window, because both sides agreed
        "2026-05": (20, 20),
        "2026-07": (20, 18),
    }


def test_what_was_agreed_for_the_window_counts_in_its_place() -> None:
    changes = agreed(("2026-07-01", 20))
    assert billed({"2026-06": 25, "2026-07": 18, "2026-08": 18}, changes=changes) == {
        "2026-06": (25, 25),
        "2026-07": (20, 20),
        "2026-08": (20, 20),
    }


def test_a_first_invoice_takes_what_was_agreed_long_ago() -> None:
    # What became of the window of July 2026 is not known: the agreed count stands until January.
    changes = agreed(("2026-01-01", 24))
    assert billed({"2026-09": 22, "2027-01": 22}, changes=changes) == {
        "2026-09": (24, 24),
        "2027-01": (24, 22),
    }
    assert billed({"2027-01": 22}, changes=changes) == {"2027-01": (24, 22)}


def test_the_next_window_comes_after_the_month() -> None:
    assert next_window(JANUARY, 6, month("2025-11")) == day("2026-07-01")
    assert next_window(JANUARY, 6, month("2026-06")) == day("2026-07-01")
    assert next_window(JANUARY, 6, month("2026-07")) == day("2027-01-01")
    assert next_window(day("2026-01-15"), 6, month("2026-07")) == day("2026-07-15")
    assert next_window(day("2026-01-15"), 6, month("2026-08")) == day("2027-01-15")


def test_the_three_numbers_come_back_from_json() -> None:
    known = ContractedCount(counted=1, contracted=2, billed=2, next_window_on=JANUARY)
    assert ContractedCount.model_validate_json(known.model_dump_json()) == known
