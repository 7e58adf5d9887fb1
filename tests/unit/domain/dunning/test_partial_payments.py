"""Payments that do not settle everything: nothing gets harsher, earlier, skipped or repeated.

Kill Bill, issue 2297: two invoices are overdue, a partial payment settles the older one, the oldest
unpaid date moves, and the account is put into another, harsher state, with letters out of their
order. Here the days of the steps are worked out from the due date that is oldest today and from
what was done, never from one alone.
"""

from __future__ import annotations

import pytest

from msp_billing.domain.dunning.forecast import forecast
from msp_billing.domain.dunning.moves import Wait
from msp_billing.domain.dunning.standing import AccountState
from tests.unit.domain.dunning.play import Play, dunning_policy, local, owed, position


def two_overdue(start: str = "2026-12-01") -> Play:
    """A is due on 30 November and B on 5 December, 100.00 each."""
    owes = position(owed("A", "2026-11-30"), owed("B", "2026-12-05"))
    return Play(dunning_policy(), owes, start)


def to_come(played: Play) -> list[tuple[str, str]]:
    steps = forecast(
        played.policy,
        played.account,
        played.standing,
        played.position,
        played.mails,
        played.now,
        played.zone,
        played.calendar,
    )
    return [(str(entry.on), entry.step) for entry in steps]


@pytest.mark.rule("DUN-04")
def test_killbill_2297_a_partial_payment_that_settles_the_older_invoice_is_never_harsher() -> None:
    # Anchor A: notice 1, warning 8, hold 15 December; 7 and 14 January.
    played = two_overdue().until("2026-12-10")
    assert played.done == [("2026-12-01", "notice"), ("2026-12-08", "warning")]
    before = to_come(played)
    assert before == [
        ("2026-12-15", "credit-hold"),
        ("2027-01-07", "last-warning"),
        ("2027-01-14", "service-hold"),
    ]

    played.pay("100.00")  # A is paid: the oldest unpaid due date is now 5 December

    assert played.state is AccountState.DUE
    assert str(played.counted.anchor_on) == "2026-12-05"
    # Anchor B: its notice would have been on 6 and its warning on 13 December. Both were received
    # and are not repeated; the hold is 15 days after 5 December, five days later than before.
    after = to_come(played)
    assert after == [
        ("2026-12-20", "credit-hold"),
        ("2027-01-12", "last-warning"),  # 20 December + 23
        ("2027-01-19", "service-hold"),  # 20 December + 30
    ]
    assert [name for _, name in after] == [name for _, name in before]
    assert all(late >= early for (late, _), (early, _) in zip(after, before, strict=True))
    assert played.until("2027-06-30").done == [
        ("2026-12-01", "notice"),
        ("2026-12-08", "warning"),
        *after,
    ]


@pytest.mark.rule("DUN-04")
def test_killbill_2297_a_due_date_that_moves_between_two_steps_skips_none() -> None:
    # Between notice (1 December) and warning (8 December): anchor B has the warning on 13 December.
    played = two_overdue().until("2026-12-06")
    played.pay("100.00")
    move = played.move()
    assert isinstance(move, Wait)
    assert move.until == local("2026-12-13 09:00")
    assert played.until("2026-12-31").done == [
        ("2026-12-01", "notice"),
        ("2026-12-13", "warning"),
        ("2026-12-20", "credit-hold"),
    ]


@pytest.mark.rule("DUN-04")
def test_killbill_2297_on_credit_hold_the_thirty_days_run_on() -> None:
    played = two_overdue().until("2026-12-20")
    assert played.state is AccountState.CREDIT_HOLD
    before = to_come(played)
    played.pay("100.00")
    assert to_come(played) == before  # counted from the hold, which was placed on 15 December
    assert played.state is AccountState.CREDIT_HOLD


@pytest.mark.rule("DUN-04")
def test_a_partial_payment_that_settles_no_invoice_changes_no_day() -> None:
    played = two_overdue().until("2026-12-10")
    before = to_come(played)
    played.pay("60.00")
    assert (to_come(played), played.state) == (before, AccountState.DUE)


@pytest.mark.rule("DUN-04")
def test_paying_the_younger_invoice_first_changes_no_day() -> None:
    played = two_overdue().until("2026-12-10")
    before = to_come(played)
    played.pay("100.00", only="B")
    assert to_come(played) == before


@pytest.mark.rule("DUN-04")
def test_the_older_invoice_paid_and_the_younger_not_overdue_closes_the_case() -> None:
    played = two_overdue().until("2026-12-04")
    played.pay("100.00")
    played.until("2026-12-31")
    # A new case for B, from its first step on: 6, 13 and 20 December.
    assert played.done == [
        ("2026-12-01", "notice"),
        ("2026-12-04", "closed"),
        ("2026-12-06", "notice"),
        ("2026-12-13", "warning"),
        ("2026-12-20", "credit-hold"),
    ]
