"""The one next move: steps in their order, letters that arrive or not, holds, exemptions."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.dunning.cases import case_reopened, notice_overridden
from msp_billing.domain.dunning.dunning_policy import AccountDunning, Exemption
from msp_billing.domain.dunning.moves import (
    Ended,
    PlaceHold,
    SendLetter,
    TellProvider,
    Wait,
    dunning_of,
)
from msp_billing.domain.dunning.standing import AccountState, NoticeOverride
from msp_billing.domain.dunning.transitions import Cause
from msp_billing.domain.outbox import MailState
from tests.unit.domain.builders import account
from tests.unit.domain.dunning.play import (
    DETROIT,
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

# An invoice of 100.00, due on Monday 30 November 2026, by the policy of ``two_holds``. By hand:
#   30 November + 1, + 8, + 15 days: 1, 8 and 15 December; 15 December + 23, + 30: 7, 14 January
ALL_STEPS = [
    ("2026-12-01", "notice"),
    ("2026-12-08", "warning"),
    ("2026-12-15", "credit-hold"),
    ("2027-01-07", "last-warning"),
    ("2027-01-14", "service-hold"),
]


def play(policy: Any = None, start: str = "2026-12-01", **changes: Any) -> Play:
    owes = position(owed("A", "2026-11-30"))
    return Play(policy or dunning_policy(), owes, start, **changes)


# --- Steps -------------------------------------------------------------------------------------


@pytest.mark.rule("DUN-01", "DUN-03", "DUN-04")
def test_every_step_once_in_its_order_on_its_day() -> None:
    played = play(start="2026-11-20").until("2027-06-30")
    assert played.done == ALL_STEPS
    assert played.state is AccountState.SERVICE_HOLD
    assert isinstance(played.move(), Ended)


@pytest.mark.rule("DUN-01")
def test_nothing_happens_on_the_due_date_and_the_account_is_due_on_the_day_after() -> None:
    played = play(start="2026-11-20").until("2026-11-30")
    assert (played.state, played.standing.case) == (AccountState.GOOD_STANDING, None)
    played.until("2026-12-01")
    assert played.state is AccountState.DUE


@pytest.mark.rule("KR-15", "DUN-03")
def test_the_29th_day_of_a_credit_hold_is_not_the_30th() -> None:
    played = play().until("2027-01-13")
    assert played.state is AccountState.CREDIT_HOLD
    move = played.move()
    assert isinstance(move, Wait)
    assert (move.until, move.waiting_for) == (local("2027-01-14 09:00"), "step")
    played.now = local("2027-01-14 08:59")
    assert isinstance(played.move(), Wait)
    played.now = local("2027-01-14 09:00")
    assert isinstance(played.move(), PlaceHold)


@pytest.mark.rule("DUN-03")
def test_a_step_that_is_late_makes_those_after_it_as_late() -> None:
    # Nobody looked until 20 December: notice on that day, then + 7, + 7, + 23, + 7 days.
    assert play(start="2026-12-20").until("2027-03-31").done == [
        ("2026-12-20", "notice"),
        ("2026-12-27", "warning"),
        ("2027-01-03", "credit-hold"),
        ("2027-01-26", "last-warning"),
        ("2027-02-02", "service-hold"),
    ]


@pytest.mark.rule("MSA-03")
def test_a_hold_on_the_1st_waits_for_the_next_1st_when_its_day_has_passed() -> None:
    # Due on 5 December; warning on 15 December, hold from 25 December on: 1 January. A dispute to
    # 10 January makes that too late: 1 February, and not 11 January.
    steps = [
        step("warning", "notice", 10),
        step("suspension", "service_hold", 20, day_of_month=1),
    ]
    policy = dunning_policy(steps)
    owes = position(owed("A", "2026-12-05"))
    assert Play(policy, owes, "2026-12-06").until("2027-03-31").done == [
        ("2026-12-15", "warning"),
        ("2027-01-01", "suspension"),
    ]
    late = Play(policy, owes, "2026-12-06").until("2026-12-20")
    late.put_off(pause("100.00", "2027-01-10", document="A"))
    assert late.until("2027-03-31").done[-1] == ("2027-02-01", "suspension")


def test_there_are_no_two_steps_on_one_day() -> None:
    # By the policy all three are due on day 1; an account gets one letter a day, and no hold on
    # the day of its warning.
    steps = [
        step("notice", "notice", 1),
        step("warning", "notice", 1),
        step("credit-hold", "credit_hold", 1),
    ]
    assert play(dunning_policy(steps)).until("2026-12-31").done == [
        ("2026-12-01", "notice"),
        ("2026-12-02", "warning"),
        ("2026-12-03", "credit-hold"),
    ]


def test_without_a_case_nothing_is_done() -> None:
    assert isinstance(play(start="2026-11-20").move(), Ended)


# --- Late fees ---------------------------------------------------------------------------------


def with_fees() -> list[dict[str, Any]]:
    steps = two_holds()[:3]
    steps[0]["late_fee"] = {"amount": "15.00"}
    steps[1]["late_fee"] = {"percent": "1.5"}
    return steps


def test_a_late_fee_comes_once_with_its_step_and_never_on_a_fee() -> None:
    played = play(dunning_policy(with_fees())).until("2026-12-31")
    assert played.done == [
        ("2026-12-01", "LF-1-notice"),
        ("2026-12-01", "notice"),
        ("2026-12-08", "LF-1-warning"),
        ("2026-12-08", "warning"),
        ("2026-12-15", "credit-hold"),
    ]
    # 1.5% of 100.00, not of the 115.00 that are owed by then.
    fees = {item.document: str(item.amount) for item in played.position.items}
    assert (fees["LF-1-notice"], fees["LF-1-warning"]) == ("15.00", "1.50")


def test_a_percentage_of_too_little_is_no_fee() -> None:
    steps = with_fees()[1:]
    owes = position(owed("A", "2026-11-30", "0.33"))  # 1.5% are 0.00495
    played = Play(dunning_policy(steps), owes, "2026-12-01").until("2026-12-10")
    assert played.done == [("2026-12-08", "warning")]


def test_fees_that_are_left_do_not_keep_a_case_open() -> None:
    played = play(dunning_policy(with_fees())).until("2026-12-02")
    played.pay("100.00", only="A")
    played.until("2026-12-03")
    assert (played.state, str(played.position.owed)) == (AccountState.GOOD_STANDING, "15.00")
    assert played.until("2027-03-31").done[-1] == ("2026-12-02", "closed")


# --- Letters that do not arrive ------------------------------------------------------------------


@pytest.mark.rule("DUN-09")
def test_a_bounced_notice_goes_to_the_next_contact_and_what_follows_keeps_its_distance() -> None:
    played = play()
    played.arrive["first@oak.example"] = MailState.SENT  # on its way, until the bounce
    played.until("2026-12-02")
    played.arrive.clear()
    played.now = local("2026-12-04 12:00")
    played.news("first@oak.example", MailState.BOUNCED)
    played.until("2026-12-31")
    # The second contact has it on 4 December: the warning is 7 days later, the hold 7 more.
    assert played.done == [
        ("2026-12-01", "notice"),
        ("2026-12-04", "notice to second@oak.example"),
        ("2026-12-11", "warning"),
        ("2026-12-18", "credit-hold"),
    ]


@pytest.mark.rule("DUN-09")
@pytest.mark.parametrize("state", [MailState.BOUNCED, MailState.COMPLAINED, MailState.REJECTED])
def test_when_nobody_is_reached_the_provider_is_told_once_and_no_hold_comes(
    state: MailState,
) -> None:
    played = play()
    played.until("2026-12-02")
    played.arrive = dict.fromkeys(OAK.contacts, state)
    played.until("2027-03-31")
    assert played.done == [
        ("2026-12-01", "notice"),
        ("2026-12-08", "warning"),
        ("2026-12-08", "warning to second@oak.example"),
    ]
    assert (played.told, played.state) == (["warning"], AccountState.DUE)
    move = played.move()
    assert isinstance(move, Wait)
    assert move.waiting_for == "override"


@pytest.mark.rule("DUN-09")
def test_a_person_may_say_that_a_notice_counts() -> None:
    played = play().until("2026-12-02")
    played.arrive = dict.fromkeys(OAK.contacts, MailState.BOUNCED)
    played.until("2026-12-20")
    word = NoticeOverride(by="clerk", at=played.now, why="I called them, they know.")
    played.standing = notice_overridden(played.standing, "warning", word)
    # The word was given on 20 December: the hold is 7 days later.
    assert played.until("2026-12-31").done[-1] == ("2026-12-27", "credit-hold")


@pytest.mark.rule("DUN-09")
def test_a_new_contact_is_tried_when_the_old_ones_failed() -> None:
    played = play()
    played.arrive = dict.fromkeys(OAK.contacts, MailState.BOUNCED)
    played.until("2026-12-05")
    played.account = AccountDunning(contacts=(*OAK.contacts, "third@oak.example"))
    played.until("2026-12-07")
    assert played.done[-1] == ("2026-12-05", "notice to third@oak.example")
    # Received on 5 December: the warning is 7 days later, the hold 7 more.
    assert played.until("2026-12-31").done[-1] == ("2026-12-19", "credit-hold")


@pytest.mark.rule("DUN-09")
def test_an_account_without_any_contact_is_told_to_the_provider() -> None:
    played = play(account=AccountDunning()).until("2026-12-31")
    assert (played.done, played.told) == ([], ["notice"])


@pytest.mark.rule("DUN-09")
def test_a_letter_of_which_nothing_is_heard_holds_everything_up_and_somebody_hears_of_it() -> None:
    played = play()
    played.arrive["first@oak.example"] = MailState.UNKNOWN
    played.until("2026-12-03")
    assert played.told == []
    # Three looks of 24 hours after 1 December, 09:00.
    played.until("2026-12-31")
    assert (played.told, played.done) == (["notice"], [("2026-12-01", "notice")])
    played.news("first@oak.example", MailState.DELIVERED)
    played.arrive.clear()
    assert played.until("2027-01-31").done[1:] == [
        ("2027-01-07", "warning"),
        ("2027-01-14", "credit-hold"),
    ]


@pytest.mark.rule("DUN-09")
def test_a_notice_that_comes_back_after_it_was_delivered_does_not_carry_a_hold() -> None:
    played = play().until("2026-12-10")
    played.news("first@oak.example", MailState.BOUNCED)  # of both letters; one is history
    played.arrive["first@oak.example"] = MailState.BOUNCED
    played.until("2026-12-31")
    assert played.done[2:] == [
        ("2026-12-10", "warning to second@oak.example"),
        ("2026-12-17", "credit-hold"),
    ]


@pytest.mark.rule("DUN-09")
def test_a_complaint_about_a_letter_that_was_delivered_shows_that_it_was_read() -> None:
    played = play().until("2026-12-10")
    played.news("first@oak.example", MailState.COMPLAINED)
    assert played.until("2026-12-31").done[2:] == [("2026-12-15", "credit-hold")]


@pytest.mark.rule("DUN-02")
def test_the_letter_about_a_hold_holds_nothing_up() -> None:
    played = play().until("2026-12-14")
    played.arrive = dict.fromkeys(OAK.contacts, MailState.BOUNCED)
    played.until("2026-12-20")
    assert (played.state, played.told) == (AccountState.CREDIT_HOLD, ["credit-hold"])
    sent = [str(mail) for mail in played.mails]
    assert [mail.split("/")[4] for mail in sent if "credit-hold" in mail] == [
        "c1-credit-hold-a1",
        "c1-credit-hold-a2",
    ]
    played.arrive.clear()
    assert played.until("2027-03-31").done == ALL_STEPS


@pytest.mark.rule("DUN-02")
def test_news_of_the_letter_about_a_hold_is_looked_for_while_the_next_step_is_far() -> None:
    played = play().until("2026-12-14")
    played.arrive["first@oak.example"] = MailState.SENT
    played.until("2026-12-15")
    move = played.move()
    assert isinstance(move, Wait)
    assert (move.waiting_for, move.until - played.now) == ("step", timedelta(hours=24))
    played.news("first@oak.example", MailState.BOUNCED)
    played.arrive.clear()
    played.until("2026-12-16")
    assert played.standing.case is not None
    attempts = played.standing.case.steps[-1].attempts
    assert [entry.recipient for entry in attempts] == list(OAK.contacts)
    assert played.until("2027-03-31").done == ALL_STEPS


@pytest.mark.rule("DUN-02")
def test_escalation_contacts_come_first_where_the_step_says_so() -> None:
    steps = [step("notice", "notice", 1, recipients="escalation_contacts")]
    people = AccountDunning(
        contacts=("books@oak.example",), escalation_contacts=("ceo@oak.example",)
    )
    played = play(dunning_policy(steps), account=people)
    played.arrive["ceo@oak.example"] = MailState.BOUNCED
    assert played.until("2026-12-05").done == [
        ("2026-12-01", "notice"),
        ("2026-12-01", "notice to books@oak.example"),
    ]


def test_billing_contacts_stand_in_where_none_were_agreed_for_this() -> None:
    plain = account()
    assert dunning_of(plain).contacts == plain.billing_contacts
    agreed = plain.model_copy(update={"dunning": OAK})
    assert dunning_of(agreed) == OAK


# --- Payments ----------------------------------------------------------------------------------


@pytest.mark.rule("DUN-05")
def test_paid_in_full_while_due_closes_the_case() -> None:
    played = play().until("2026-12-10")
    played.pay("100.00")
    played.until("2026-12-11")
    assert played.state is AccountState.GOOD_STANDING
    assert played.standing.case is not None
    assert played.standing.case.closed_from is AccountState.DUE


@pytest.mark.rule("DUN-05")
def test_paid_in_part_to_less_than_the_policy_follows_closes_the_case_too() -> None:
    played = play(dunning_policy(minimum_amount="25.00")).until("2026-12-10")
    played.pay("75.00")
    assert played.until("2026-12-11").state is AccountState.DUE
    played.pay("0.01")
    assert played.until("2026-12-12").state is AccountState.GOOD_STANDING


@pytest.mark.rule("DUN-04", "KR-15")
def test_paid_on_credit_hold_waits_for_the_release_and_gets_no_harsher() -> None:
    played = play().until("2026-12-20")
    played.pay("100.00")
    move = played.move()
    assert isinstance(move, Wait)
    assert move.waiting_for == "release"
    played.until("2027-06-30")
    assert (played.state, played.done) == (AccountState.CREDIT_HOLD, ALL_STEPS[:3])


@pytest.mark.rule("DUN-04")
def test_a_new_case_begins_with_the_first_step() -> None:
    played = play().until("2026-12-10")
    played.pay("100.00")
    played.until("2026-12-11")
    played.owe(owed("B", "2026-12-30"))
    played.until("2027-01-06")
    assert played.done[2:] == [("2026-12-10", "closed"), ("2026-12-31", "notice")]
    assert (played.standing.cases, played.state) == (2, AccountState.DUE)


@pytest.mark.rule("DUN-06")
def test_a_reopened_case_goes_on_where_it_stood() -> None:
    # Paid by ACH on 10 December and closed, returned on the 13th. Notice and warning were there:
    # the hold of 15 December follows, three days later, and no notice is written again.
    played = play().until("2026-12-10")
    before = played.position
    played.pay("100.00")
    played.until("2026-12-13")
    played.position = before.model_copy(update={"version": played.position.version + 1})
    played.standing = case_reopened(
        played.standing, now=played.now, why="Returned.", clause="late", zone=DETROIT
    )
    assert played.state is AccountState.DUE
    assert played.until("2026-12-31").done[2:] == [
        ("2026-12-10", "closed"),
        ("2026-12-18", "credit-hold"),
    ]


# --- Disputes and promises ---------------------------------------------------------------------


@pytest.mark.rule("DUN-08")
def test_a_broken_promise_goes_on_at_the_step_where_it_stood() -> None:
    # Promised for 20 December on the 10th, between the warning and the hold of the 15th. On the
    # 21st the promise is broken: the hold comes, and neither notice nor warning a second time.
    played = play().until("2026-12-10")
    played.put_off(pause("100.00", "2026-12-20", kind="promise"))
    move = played.move()
    assert isinstance(move, Wait)
    assert (move.until, move.waiting_for) == (local("2026-12-21 00:00"), "pause")
    played.until("2026-12-20")
    assert played.state is AccountState.DUE
    played.until("2027-03-31")
    assert played.done == [
        *ALL_STEPS[:2],
        ("2026-12-21", "credit-hold"),
        ("2027-01-13", "last-warning"),  # 21 December + 23 days
        ("2027-01-20", "service-hold"),  # 21 December + 30 days
    ]


@pytest.mark.rule("DUN-08")
def test_a_step_after_a_pause_is_not_taken_at_midnight() -> None:
    played = play().until("2026-12-10")
    played.put_off(pause("100.00", "2026-12-20", kind="promise"))
    played.now = local("2026-12-21 00:00")
    move = played.move()
    assert isinstance(move, Wait)
    assert move.until == local("2026-12-21 09:00")


@pytest.mark.rule("DUN-08")
def test_a_dispute_of_a_part_leaves_the_rest_in_its_course() -> None:
    played = play().until("2026-12-03")
    played.put_off(pause("60.00", "2027-12-31", document="A"))
    assert played.until("2027-03-31").done == ALL_STEPS


@pytest.mark.rule("DUN-08")
def test_a_dispute_before_the_first_step_keeps_the_case_from_opening() -> None:
    played = play(start="2026-11-20")
    played.put_off(pause("100.00", "2026-12-10", document="A"))
    played.until("2026-12-10")
    assert (played.standing.case, played.done) == (None, [])
    assert played.until("2026-12-11").done == [("2026-12-11", "notice")]


@pytest.mark.rule("DUN-08")
def test_a_pause_that_ends_sooner_than_the_next_step_is_looked_at_when_it_ends() -> None:
    # B, due on 20 December, counts alone while A is disputed. When the dispute ends A counts
    # again, and its hold would have been on 15 December: it follows on 23 December.
    played = play().until("2026-12-10")
    played.owe(owed("B", "2026-12-20"))
    played.put_off(pause("100.00", "2026-12-22", document="A"))
    played.until("2026-12-21")
    move = played.move()
    assert isinstance(move, Wait)
    assert (move.waiting_for, move.until) == ("step", local("2026-12-23 00:00"))
    assert played.until("2026-12-31").done[2:] == [("2026-12-23", "credit-hold")]


@pytest.mark.rule("DUN-08")
def test_what_is_paused_on_a_credit_hold_does_not_get_to_a_service_hold() -> None:
    played = play().until("2026-12-20")
    played.put_off(pause("100.00", "2027-02-28", document="A"))
    played.until("2027-02-28")
    assert played.done == ALL_STEPS[:3]
    # Then the warning at once, and the service hold a week after it.
    assert played.until("2027-03-31").done[3:] == [
        ("2027-03-01", "last-warning"),
        ("2027-03-08", "service-hold"),
    ]


# --- Exemptions --------------------------------------------------------------------------------


def exempt(scope: str, until: str) -> AccountDunning:
    exemption = Exemption.model_validate(
        {"exempt_from": scope, "until": until, "reason": "A hospital.", "approved_by": "owner"}
    )
    return OAK.model_copy(update={"exemptions": (exemption,)})


@pytest.mark.rule("DUN-10")
def test_an_exemption_from_service_hold_leaves_everything_before_it() -> None:
    played = play(account=exempt("service_hold", "2027-02-20")).until("2027-02-20")
    # The warning of 7 January waits too: the hold it warns of cannot come on 14 January. It goes
    # out 7 days before the first day without the exemption.
    assert played.done == [*ALL_STEPS[:3], ("2027-02-14", "last-warning")]
    played.until("2027-03-31")
    assert played.done[-1] == ("2027-02-21", "service-hold")


@pytest.mark.rule("DUN-10")
def test_an_exemption_from_all_holds_stops_the_credit_hold() -> None:
    played = play(account=exempt("all_holds", "2026-12-31")).until("2027-01-31")
    # Warning 7 days before 1 January; then 23 and 30 days after the hold.
    assert played.done == [
        ("2026-12-01", "notice"),
        ("2026-12-25", "warning"),
        ("2027-01-01", "credit-hold"),
        ("2027-01-24", "last-warning"),
        ("2027-01-31", "service-hold"),
    ]


@pytest.mark.rule("DUN-10")
@pytest.mark.parametrize(
    ("until", "hold"), [("2026-12-14", "2026-12-15"), ("2026-12-15", "2026-12-16")]
)
def test_an_exemption_holds_on_its_last_day_and_no_longer(until: str, hold: str) -> None:
    # Given on 10 December, when the warning was out already.
    played = play().until("2026-12-10")
    played.account = exempt("all_holds", until)
    move = played.move()
    assert isinstance(move, Wait)
    assert move.waiting_for == ("step" if hold == "2026-12-15" else "exemption")
    assert played.until("2026-12-31").done[2:] == [(hold, "credit-hold")]


@pytest.mark.rule("DUN-10")
def test_an_exemption_from_service_hold_does_not_spare_a_credit_hold() -> None:
    played = play(account=exempt("service_hold", "2099-12-31")).until("2027-06-30")
    assert (played.done, played.state) == (ALL_STEPS[:3], AccountState.CREDIT_HOLD)


# --- One thing at a time -----------------------------------------------------------------------


def test_moves_come_one_by_one_and_stay_until_they_are_done() -> None:
    played = play()
    played._open()
    played.now = local("2026-12-01 09:00")
    letter = played.move()
    assert letter == SendLetter(step="notice", attempt=1, recipient="first@oak.example")
    assert played.move() == letter
    played.carry_out(letter)
    assert played.move() != letter
    played.now += timedelta(hours=1)
    assert played.counted.amount == Decimal(100)
    assert not isinstance(played.move(), TellProvider)


@pytest.mark.rule("DUN-06")
def test_a_released_account_has_nothing_to_do() -> None:
    played = play().until("2026-12-20")
    played.pay("100.00")
    played.close(Cause.RELEASED)
    assert isinstance(played.move(), Ended)
