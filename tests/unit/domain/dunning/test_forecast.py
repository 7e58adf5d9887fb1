"""What happens when, if nothing is paid: the same days that then come."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from msp_billing.domain.dunning.dunning_policy import AccountDunning
from msp_billing.domain.dunning.forecast import ForecastStep, forecast, what_clears
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.position import TakenPayment
from msp_billing.domain.outbox import MailState
from tests.unit.domain.dunning.play import (
    OAK,
    Play,
    dunning_policy,
    local,
    owed,
    pause,
    position,
    step,
    two_holds,
)


def foreseen(played: Play) -> tuple[ForecastStep, ...]:
    return forecast(
        played.policy,
        played.account,
        played.standing,
        played.position,
        played.mails,
        played.now,
        played.zone,
        played.calendar,
    )


def days(steps: tuple[ForecastStep, ...]) -> list[tuple[str, str]]:
    return [(str(entry.on), entry.step) for entry in steps]


def play(start: str = "2026-12-01", **changes: object) -> Play:
    policy = dunning_policy(**changes)  # type: ignore[arg-type]
    return Play(policy, position(owed("A", "2026-11-30")), start)


@pytest.mark.rule("DUN-03")
@pytest.mark.parametrize("day", ["2026-11-20", "2026-12-01", "2026-12-10", "2027-01-08"])
def test_what_is_foreseen_is_what_comes(day: str) -> None:
    played = play("2026-11-19").until(day)
    before = len(played.done)
    steps = days(foreseen(played))
    assert played.until("2027-12-31").done[before:] == steps


def test_it_says_when_what_and_why() -> None:
    hold = foreseen(play())[2]
    assert (hold.step, hold.kind, hold.clause) == ("credit-hold", "credit_hold", "late")
    assert (hold.at, hold.on) == (local("2026-12-15 09:00"), date(2026, 12, 15))
    assert hold.after is AccountState.CREDIT_HOLD


def test_foreseeing_changes_nothing() -> None:
    played = play().until("2026-12-10")
    before = (played.standing, played.position)
    assert foreseen(played) == foreseen(played)
    assert (played.standing, played.position) == before


def test_an_account_that_owes_nothing_has_nothing_before_it() -> None:
    played = play()
    played.pay("100.00")
    assert foreseen(played) == ()


@pytest.mark.rule("DUN-08")
def test_a_promise_puts_off_what_is_foreseen() -> None:
    played = play().until("2026-12-10")
    played.put_off(pause("100.00", "2026-12-20", kind="promise"))
    assert days(foreseen(played)) == [
        ("2026-12-21", "credit-hold"),
        ("2027-01-13", "last-warning"),
        ("2027-01-20", "service-hold"),
    ]


@pytest.mark.rule("DUN-09")
def test_where_nobody_is_reached_a_person_comes_first() -> None:
    played = play().until("2026-12-07")
    played.arrive = dict.fromkeys(OAK.contacts, MailState.BOUNCED)
    played.until("2026-12-09")
    (waiting,) = foreseen(played)
    assert (waiting.step, waiting.at, waiting.on) == ("warning", None, None)
    assert waiting.waits_for is not None
    assert "a person has to decide" in waiting.waits_for


def test_a_letter_that_is_on_its_way_is_taken_to_arrive() -> None:
    played = play()
    played.arrive["first@oak.example"] = MailState.SENT
    played.until("2026-12-01")
    assert days(foreseen(played))[:2] == [("2026-12-08", "warning"), ("2026-12-15", "credit-hold")]


def test_on_a_hold_that_waits_for_its_release_nothing_follows_but_what_falls_due() -> None:
    played = play().until("2026-12-20")
    played.pay("100.00")
    assert foreseen(played) == ()
    played.owe(owed("B", "2027-01-30"))
    # 31 January: B is overdue, and the warning of 7 January follows at once.
    assert days(foreseen(played)) == [
        ("2027-01-31", "last-warning"),
        ("2027-02-07", "service-hold"),
    ]


def test_late_fees_are_told_with_their_step() -> None:
    steps = two_holds()[:3]
    steps[1]["late_fee"] = {"amount": "15.00"}
    found = foreseen(Play(dunning_policy(steps), position(owed("A", "2026-11-30")), "2026-12-01"))
    assert [entry.late_fee is not None for entry in found] == [False, True, False]


def test_a_policy_that_nobody_can_be_written_to_ends_at_once() -> None:
    played = play()
    played.account = AccountDunning()
    (waiting,) = foreseen(played)
    assert (waiting.step, waiting.at) == ("notice", None)


# --- Reminders ---------------------------------------------------------------------------------


@pytest.mark.rule("DUN-02")
def test_reminders_come_before_the_due_date_and_stop_when_a_case_opens() -> None:
    steps = [step("reminder", "reminder", -5), *two_holds()]
    owes = position(owed("A", "2026-11-30"), owed("B", "2026-12-02"), owed("C", "2026-12-30"))
    found = foreseen(Play(dunning_policy(steps), owes, "2026-11-20"))
    # A and B have one each; C would have had its reminder on 25 December, in the case of A.
    assert days(found)[:4] == [
        ("2026-11-25", "reminder"),
        ("2026-11-27", "reminder"),
        ("2026-12-01", "notice"),
        ("2026-12-08", "warning"),
    ]


# --- What payment clears it ----------------------------------------------------------------------


def test_without_a_hold_everything_overdue_clears_it_fees_too() -> None:
    owes = position(
        owed("A", "2026-11-30"),
        owed("LF-1-notice", "2026-12-01", "15.00", kind=EntryKind.LATE_FEE),
        owed("B", "2026-12-30"),
    )
    played = Play(dunning_policy(), owes, "2026-12-05").until("2026-12-05")
    found = what_clears(played.policy, played.standing, played.position, played.today)
    assert (found.amount, found.disputed, found.approvals) == (Decimal(115), Decimal(0), ())
    played.pay(str(found.amount))
    assert played.until("2026-12-06").state is AccountState.GOOD_STANDING


@pytest.mark.rule("DUN-08")
def test_what_is_disputed_is_left_out_and_what_is_promised_is_not() -> None:
    played = play().until("2026-12-05")
    played.put_off(
        pause("30.00", "2026-12-31", document="A", name="d"),
        pause("50.00", "2026-12-31", kind="promise", name="p"),
    )
    found = what_clears(played.policy, played.standing, played.position, played.today)
    assert (found.amount, found.disputed) == (Decimal(70), Decimal(30))


@pytest.mark.rule("KR-16", "DUN-06")
def test_on_hold_everything_outstanding_clears_it_with_the_keys_of_two_roles() -> None:
    played = play().until("2026-12-20")
    played.owe(owed("B", "2027-01-30"))
    found = what_clears(played.policy, played.standing, played.position, played.today)
    assert (found.amount, found.approvals) == (Decimal(200), ("Billing", "Engineer"))
    assert (found.on_its_way, found.settles_on) == (Decimal(0), None)


@pytest.mark.rule("DUN-06")
def test_what_was_paid_by_a_payment_that_may_come_back_is_on_its_way() -> None:
    played = play().until("2026-12-20")
    played.pay("100.00")
    payment = TakenPayment(
        payment="api:p1",
        on=date(2026, 12, 20),
        settles_on=date(2026, 12, 28),
        amount=Decimal(100),
        sequence=2,
        used_for={"A": Decimal(100)},
    )
    played.position = played.position.model_copy(update={"payments": (payment,)})
    found = what_clears(played.policy, played.standing, played.position, played.today)
    assert (found.amount, found.on_its_way) == (Decimal(0), Decimal(100))
    assert found.settles_on == date(2026, 12, 28)
