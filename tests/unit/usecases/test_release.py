"""A release: settled, asked, two keys, restored; or cancelled, turned down, left to a person."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.outbox import MailState
from msp_billing.usecases.dunning.release import (
    AskAgainRequest,
    RejectRequest,
    ask_again,
    cancel_release,
    reject_release,
)
from msp_billing.usecases.dunning.release_ending import (
    LeaveRequest,
    RestoreRequest,
    end_hold,
    leave_release,
    send_left_letter,
)
from msp_billing.usecases.dunning.release_situation import ReleaseRefusedError
from msp_billing.usecases.errors import MailRefusedForNowError
from tests.unit.usecases.release_samples import (
    ANN,
    BOB,
    BOSS,
    CYD,
    World,
    provider_policy,
    release_policy,
    world,
)

HELD = AccountState.CREDIT_HOLD
GOOD = AccountState.GOOD_STANDING


@pytest.fixture
def held() -> World:
    return world()


@pytest.fixture
def asked() -> World:
    """Everything is paid, and the approvers are asked."""
    made = world()
    made.pay("100.00")
    made.start()
    made.ask()
    return made


# --- Starting ------------------------------------------------------------------------------------


@pytest.mark.rule("DUN-05")
def test_a_payment_of_everything_starts_the_release(held: World) -> None:
    held.pay("100.00")
    assert held.start().release == held.release
    assert (held.release.release, held.release.state) == (1, "settled")
    assert held.executions == ["birch_cedar_release-1"]
    assert held.standing.state is HELD


@pytest.mark.rule("DUN-06")
def test_a_part_payment_starts_nothing(held: World) -> None:
    held.pay("99.99")
    held.start()
    assert held.standing.release is None
    assert held.executions == []


@pytest.mark.rule("DUN-06")
def test_a_payment_that_the_bank_may_take_back_is_no_payment_yet(held: World) -> None:
    """ACH of Monday 5 October, settled after three business days: on Thursday the 8th."""
    held.pay("100.00", settles_on=date(2026, 10, 8))
    for _ in range(3):
        held.start()
        assert held.standing.release is None
        held.ports.clock.pass_days(1)
    assert held.today == date(2026, 10, 8)
    held.start()
    assert held.release.state == "settled"


@pytest.mark.rule("KR-16")
def test_everything_outstanding_has_to_be_paid_also_what_is_not_due_yet(held: World) -> None:
    held.invoice("B-2", "40.00", date(2026, 10, 2), date(2026, 10, 17))
    held.pay("100.00")
    held.start()
    assert held.standing.release is None
    held.pay("40.00", "p2")
    held.start()
    assert held.release.state == "settled"


def test_a_policy_may_ask_for_what_is_overdue_only() -> None:
    policy = provider_policy(release=release_policy(settles="overdue"))
    overdue_only = world(policy)
    overdue_only.invoice("B-2", "40.00", date(2026, 10, 2), date(2026, 10, 17))
    overdue_only.pay("100.00")
    overdue_only.start()
    assert overdue_only.release.state == "settled"


@pytest.mark.rule("DUN-08")
@pytest.mark.parametrize(("kind", "settled"), [("dispute", True), ("promise", False)])
def test_what_is_disputed_need_not_be_paid_what_was_promised_must(
    held: World, kind: str, settled: bool
) -> None:
    held.pause("30.00", kind)
    held.pay("70.00")
    held.start()
    assert (held.standing.release is not None) is settled


def test_an_account_that_is_not_held_is_left_alone() -> None:
    good = world()
    good.pay("100.00")
    good.released()
    before = good.standing
    assert good.start() == before


def test_starting_twice_asks_once(held: World) -> None:
    held.pay("100.00")
    held.start()
    held.start()
    assert held.standing.releases == 1
    assert held.executions == ["birch_cedar_release-1"]


def test_an_execution_that_was_never_started_is_started_by_the_next_call(held: World) -> None:
    """Whoever stored the release died before it could start the execution."""
    held.pay("100.00")
    held.start()
    held.ports.release_executions.started.clear()
    held.ports.release_executions.running.clear()
    held.start()
    assert held.executions == ["birch_cedar_release-1"]
    assert held.release.run == 1


def test_an_execution_that_broke_off_goes_on_under_another_name(asked: World) -> None:
    asked.ports.release_executions.running.clear()
    asked.start()
    assert asked.executions == ["birch_cedar_release-1", "birch_cedar_release-1_2"]
    assert asked.release.run == 2
    assert asked.release.state == "asking"


def test_a_payment_that_comes_while_it_is_decided_is_not_overlooked(held: World) -> None:
    """The ledger moves between reading and storing: it is decided anew (docs/faults.md, 36)."""
    held.pay("100.00")
    held.ports.standings.before_change = lambda: held.give_back("100.00")
    held.start()
    assert held.standing.release is None


# --- Asking --------------------------------------------------------------------------------------


@pytest.mark.rule("DUN-06")
def test_every_approver_gets_a_link_of_their_own(asked: World) -> None:
    assert asked.mailed("release") == [
        ("r1-engineer-1-0", ANN),
        ("r1-engineer-2-0", BOB),
        ("r1-billing-1-0", BOB),
        ("r1-billing-2-0", CYD),
    ]
    keys = asked.release.keys
    assert [(key.role, key.approver) for key in keys] == [
        ("engineer", ANN),
        ("engineer", BOB),
        ("billing", BOB),
        ("billing", CYD),
    ]
    assert len({key.secret_sha256 for key in keys}) == 4
    assert asked.release.task_token == "token-1"


def test_a_reminder_goes_to_roles_that_have_not_approved(asked: World) -> None:
    asked.approve("engineer", ANN)
    asked.ports.mailer.sent.clear()
    asked.ask(asking=1)
    assert asked.mailed("release") == [("r1-billing-1-1", BOB), ("r1-billing-2-1", CYD)]
    assert (asked.release.reminded, asked.release.task_token) == (1, "token-2")
    assert len(asked.release.keys) == 6  # the links of the first mails stay good


def test_asking_again_after_a_lost_answer_mails_nobody_twice(asked: World) -> None:
    """Lambda's answer was lost, and the task is tried again with another token."""
    asked.ask(asking=0)
    assert len(asked.mailed("release")) == 4
    assert asked.release.task_token == "token-2"
    assert len(asked.release.keys) == 4


def test_a_mail_that_ses_refuses_for_now_is_sent_by_the_next_try(held: World) -> None:
    held.pay("100.00")
    held.start()
    held.ports.mailer.errors = [MailRefusedForNowError("throttled")]
    with pytest.raises(MailRefusedForNowError, match=ANN):
        held.ask()
    assert len(held.mailed("release")) == 3
    held.ask()
    assert sorted(held.mailed("release"))[2:] == [
        ("r1-engineer-1-0", ANN),
        ("r1-engineer-2-0", BOB),
    ]
    assert len(held.release.keys) == 5


def test_a_release_that_is_over_lets_its_task_go_on(asked: World) -> None:
    cancel_release(asked.ports, asked.standing, "a payment was returned")
    assert asked.ask(asking=1).asked == ()
    assert asked.answered == {"token-1": "cancelled", "token-2": "over"}


def test_names_of_roles_may_be_long(held: World) -> None:
    """Mail ids have room for 45 characters, roles have 40."""
    roles = release_policy().roles
    long = [role.model_copy(update={"role": f"{'x' * 39}{n}"}) for n, role in enumerate(roles)]
    policy = provider_policy(release=release_policy(roles=tuple(long)))
    named = world(policy)
    named.pay("100.00")
    named.start()
    named.ask()
    parts = [part for part, _ in named.mailed("release")]
    assert len(set(parts)) == 4
    assert max(map(len, parts)) <= 30


# --- Approving -----------------------------------------------------------------------------------


@pytest.mark.rule("DUN-06")
@pytest.mark.rule("KR-16")
def test_one_key_is_not_enough(asked: World) -> None:
    result = asked.approve("engineer", ANN)
    assert (result.state, result.missing) == ("asking", ("Billing team",))
    assert asked.answered == {}
    assert asked.standing.state is HELD


@pytest.mark.rule("DUN-06")
@pytest.mark.rule("KR-16")
def test_the_second_key_lets_the_account_out_and_who_when_why_are_kept(asked: World) -> None:
    asked.approve("engineer", ANN, why="The firewall is patched.")
    asked.ports.clock.pass_days(1)
    result = asked.approve("billing", CYD)
    assert (result.state, result.missing) == ("approved", ())
    assert asked.answered == {"token-1": "approved"}
    assert asked.standing.state is HELD, "the execution restores it"
    assert asked.restore().outcome == "restored"
    standing = asked.standing
    assert (standing.state, standing.open_case) == (GOOD, None)
    assert standing.clause == "off-hold"
    kept = [(entry.role, entry.by, entry.why) for entry in asked.release.approvals]
    assert kept == [
        ("engineer", ANN, "The firewall is patched."),
        ("billing", CYD, "The payment is on the account."),
    ]
    first, second = (entry.at for entry in asked.release.approvals)
    assert second - first == timedelta(days=1)
    assert "Engineer approved the end of the hold: The firewall is patched." in asked.what_happened


@pytest.mark.rule("DUN-02")
def test_the_account_reads_that_the_hold_has_ended_once(asked: World) -> None:
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    asked.restore()
    asked.restore()
    assert asked.mailed("dunning") == [("r1-ended", "books@cedar.example")]


@pytest.mark.rule("DUN-06")
@pytest.mark.parametrize(
    ("role", "by", "code"),
    [
        ("director", ANN, "unknown_role"),
        ("engineer", CYD, "not_an_approver"),
        ("engineer", "eve@elsewhere.example", "not_an_approver"),
    ],
)
def test_who_has_no_say_is_refused(asked: World, role: str, by: str, code: str) -> None:
    before = asked.standing
    with pytest.raises(ReleaseRefusedError) as refused:
        asked.approve(role, by)
    assert refused.value.code == code
    assert asked.standing == before


@pytest.mark.rule("DUN-06")
def test_one_person_turns_one_key(asked: World) -> None:
    """Bob may approve in both roles, but not for the same account at the same time."""
    asked.approve("engineer", BOB)
    with pytest.raises(ReleaseRefusedError, match="one person turns one key") as refused:
        asked.approve("billing", BOB.upper())
    assert refused.value.code == "two_keys"
    assert asked.release.state == "asking"


def test_the_same_approval_again_changes_nothing(asked: World) -> None:
    asked.approve("engineer", ANN)
    before = asked.standing
    assert not asked.approve("engineer", ANN.title()).changed
    assert asked.standing == before


def test_a_role_approves_once(asked: World) -> None:
    asked.approve("engineer", ANN)
    with pytest.raises(ReleaseRefusedError) as refused:
        asked.approve("engineer", BOB)
    assert refused.value.code == "already_approved"


def test_two_who_approve_at_the_same_time_both_count(asked: World) -> None:
    asked.ports.standings.before_change = lambda: asked.approve("billing", CYD)
    result = asked.approve("engineer", ANN)
    assert (result.state, result.missing) == ("approved", ())


def test_an_approval_for_another_release_is_refused(asked: World) -> None:
    with pytest.raises(ReleaseRefusedError) as refused:
        asked.approve("engineer", ANN, release=7)
    assert refused.value.code == "unknown_release"


def test_nobody_approves_what_nobody_asked_for(held: World) -> None:
    with pytest.raises(ReleaseRefusedError) as refused:
        held.approve("engineer", ANN)
    assert refused.value.code == "unknown_release"


def test_who_approves_is_in_the_policy_of_today() -> None:
    """Ann left after the case was opened; the case keeps its steps, not its people."""
    moved = world()
    roles = list(release_policy().roles)
    roles[0] = roles[0].model_copy(update={"approvers": ("dan@birch.example",)})
    newer = provider_policy("2026-10", release=release_policy(roles=tuple(roles)))
    moved.ports.policies.put(newer)
    moved.pay("100.00")
    moved.start()
    moved.ask()
    assert ("r1-engineer-1-0", "dan@birch.example") in moved.mailed("release")
    with pytest.raises(ReleaseRefusedError):
        moved.approve("engineer", ANN)
    moved.approve("engineer", "dan@birch.example")
    assert moved.approve("billing", CYD).state == "approved"


# --- Lost answers --------------------------------------------------------------------------------


def test_a_task_that_is_gone_restores_the_account_at_once(asked: World) -> None:
    """It timed out just before the last approval, or the answer to the approval was lost."""
    asked.ports.release_executions.gone.add("token-1")
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    assert asked.standing.state is GOOD
    assert asked.executions[-1] == "birch_cedar_release-1_2"  # brings the letter
    version = asked.standing.version
    asked.ask()  # that execution asks first, and finds it over
    assert asked.restore().outcome == "restored"
    assert asked.standing.version == version
    assert asked.mailed("dunning") == [("r1-ended", "books@cedar.example")]


def test_approvals_that_nobody_carried_out_are_carried_out_by_the_next_sweep(asked: World) -> None:
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    asked.ports.release_executions.running.clear()  # the execution died with the answer
    asked.start()
    assert asked.standing.state is GOOD


def test_a_release_that_is_approved_is_left_to_its_execution_while_that_runs(asked: World) -> None:
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    asked.start()
    assert asked.standing.state is HELD


# --- Restoring -----------------------------------------------------------------------------------


@pytest.mark.rule("DUN-06")
def test_a_payment_that_is_returned_before_the_last_step_keeps_the_hold(asked: World) -> None:
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    asked.give_back("100.00")
    result = asked.restore()
    assert result.outcome == "cancelled"
    assert "100.00 USD has to be paid yet" in result.why
    assert (asked.standing.state, asked.release.state) == (HELD, "cancelled")


@pytest.mark.rule("DUN-06")
def test_a_payment_that_is_returned_while_the_account_is_restored_wins(asked: World) -> None:
    """docs/faults.md, 37: conditional on the ledger's version."""
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    asked.ports.standings.before_change = lambda: asked.give_back("100.00")
    assert asked.restore().outcome == "cancelled"
    assert asked.standing.state is HELD


def test_an_invoice_that_came_while_people_decided_does_not_keep_the_hold(asked: World) -> None:
    """It was billed the day after everything was paid, and is not due for two weeks."""
    asked.ports.clock.pass_days(1)
    asked.invoice("B-2", "40.00", date(2026, 10, 6), date(2026, 10, 20))
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    assert asked.restore().outcome == "restored"


def test_an_invoice_that_fell_due_while_people_decided_does(asked: World) -> None:
    asked.ports.clock.pass_days(1)
    asked.invoice("B-2", "40.00", date(2026, 10, 6), date(2026, 10, 8))
    asked.ports.clock.pass_days(3)
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    assert asked.restore().outcome == "cancelled"


def test_a_task_that_somebody_answers_by_hand_restores_nothing(asked: World) -> None:
    asked.approve("engineer", ANN)
    result = asked.restore()
    assert (result.outcome, asked.standing.state) == ("cancelled", HELD)
    assert "Billing team did not approve" in result.why


def test_an_older_release_is_over(asked: World) -> None:
    assert asked.restore(release=7).outcome == "over"
    assert asked.standing.state is HELD


# --- Cancelling ----------------------------------------------------------------------------------


@pytest.mark.rule("DUN-06")
def test_a_returned_payment_cancels_and_a_new_one_asks_for_new_keys(asked: World) -> None:
    asked.approve("engineer", ANN)
    asked.give_back("100.00")
    cancel_release(asked.ports, asked.standing, "a payment was returned")
    assert asked.release.state == "cancelled"
    assert asked.answered == {"token-1": "cancelled"}
    with pytest.raises(ReleaseRefusedError, match="is over: a payment was returned"):
        asked.approve("billing", CYD)
    asked.start()
    assert asked.release.release == 1, "it is not settled"
    asked.pay("100.00", "p2")
    asked.start()
    assert (asked.release.release, asked.release.state) == (2, "settled")
    assert asked.release.approvals == ()
    assert asked.executions[-1] == "birch_cedar_release-2"


def test_cancelling_without_a_release_changes_nothing(held: World) -> None:
    before = held.standing
    assert cancel_release(held.ports, before, "whatever") == before


# --- A person says no ----------------------------------------------------------------------------


def turn_down(asked: World, by: str) -> None:
    why = "The switch is still broken."
    reject_release(asked.ports, RejectRequest(provider="birch", account="cedar", by=by, why=why))


def again(asked: World) -> None:
    ask_again(
        asked.ports,
        AskAgainRequest(provider="birch", account="cedar", by="clerk", why="It is mended."),
    )


def test_a_no_stands_until_somebody_asks_again(asked: World) -> None:
    turn_down(asked, ANN)
    assert asked.release.state == "turned_down"
    assert asked.answered == {"token-1": "turned_down"}
    asked.start()
    assert asked.release.release == 1
    assert asked.standing.state is HELD
    again(asked)
    assert (asked.release.release, asked.release.state) == (2, "settled")
    turned = f"Release turned down: {ANN} turned it down: The switch is still broken."
    assert turned in asked.what_happened


def test_who_has_no_say_turns_nothing_down(asked: World) -> None:
    with pytest.raises(ReleaseRefusedError, match="approves nothing"):
        turn_down(asked, "eve@elsewhere.example")
    assert asked.release.state == "asking"


def test_a_no_is_of_one_hold(asked: World) -> None:
    """The account was held anew since: what was said of the hold before does not count."""
    turn_down(asked, BOSS)
    asked.ports.clock.pass_days(30)
    before = asked.standing
    after = before.model_copy(
        update={"since": asked.ports.clock.now(), "version": before.version + 1}
    )
    assert asked.ports.standings.change(before, after)
    asked.start()
    assert asked.release.release == 2


def test_asking_again_is_refused_with_the_reason(asked: World) -> None:
    with pytest.raises(ReleaseRefusedError) as refused:
        again(asked)
    assert refused.value.code == "already_asked"
    asked.give_back("100.00")
    cancel_release(asked.ports, asked.standing, "a payment was returned")
    with pytest.raises(ReleaseRefusedError, match=r"100\.00") as refused:
        again(asked)
    assert refused.value.code == "not_settled"


def test_an_account_in_good_standing_has_nothing_to_ask_for(asked: World) -> None:
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    asked.restore()
    with pytest.raises(ReleaseRefusedError) as refused:
        again(asked)
    assert refused.value.code == "not_on_hold"


# --- Nobody answers ------------------------------------------------------------------------------


def leave(asked: World, error: str = "") -> None:
    request = LeaveRequest(
        provider="birch", account="cedar", release=asked.release.release, error=error
    )
    leave_release(asked.ports, request)


@pytest.mark.rule("DUN-06")
def test_a_release_that_nobody_answers_is_left_to_a_person_and_still_counts(asked: World) -> None:
    asked.approve("engineer", ANN)
    leave(asked)
    leave(asked)
    assert asked.release.state == "left_to_person"
    assert asked.mailed("dunning-alert") == [("r1-left-1", BOSS)]
    asked.start()
    assert asked.executions == ["birch_cedar_release-1"], "nobody is asked again"
    asked.approve("billing", CYD)
    assert asked.standing.state is GOOD
    assert asked.ports.bus.of_type("AccountEntitlementChanged")[-1]["state"] == "good_standing"


def test_a_person_may_have_everybody_asked_again(asked: World) -> None:
    leave(asked)
    again(asked)
    assert (asked.release.release, asked.release.state) == (2, "settled")
    assert asked.executions[-1] == "birch_cedar_release-2"


def test_a_release_whose_execution_failed_is_told_to_a_person(asked: World) -> None:
    leave(asked, error="MailSetupError")
    assert asked.mailed("dunning-alert") == [("r1-failed-1", BOSS)]
    assert "MailSetupError" in str(asked.release.why)


def test_a_release_that_nobody_could_be_told_of_is_asked_for_again(asked: World) -> None:
    asked.ports.mailer.errors = [MailRefusedForNowError("throttled")]
    with pytest.raises(MailRefusedForNowError):
        leave(asked)
    assert asked.release.state == "asking"
    asked.ports.release_executions.running.clear()  # it gave up
    asked.start()
    assert asked.executions[-1] == "birch_cedar_release-1_2"


def test_a_failure_while_restoring_does_not_take_the_approvals_back(asked: World) -> None:
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    leave(asked, error="ConcurrentStandingError")
    assert asked.release.state == "approved"
    assert asked.restore().outcome == "restored"


def test_a_letter_that_nobody_sent_is_sent_by_the_sweep(asked: World) -> None:
    """The execution died between the end of the hold and the letter."""
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    request = RestoreRequest(provider="birch", account="cedar", release=1)
    assert end_hold(asked.ports, request).outcome == "restored"
    asked.ports.mailer.errors = [MailRefusedForNowError("throttled")]
    sent = [send_left_letter(asked.ports, asked.standing) for _ in range(3)]
    assert sent == [False, True, False]
    assert asked.mailed("dunning") == [("r1-ended", "books@cedar.example")]


def test_an_account_that_the_book_lost_holds_up_no_letter(asked: World) -> None:
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    request = RestoreRequest(provider="birch", account="cedar", release=1)
    assert end_hold(asked.ports, request).outcome == "restored"
    lost = dict(asked.ports.book.kept)
    asked.ports.book.kept.clear()
    assert not send_left_letter(asked.ports, asked.standing)
    asked.ports.book.kept.update(lost)
    assert send_left_letter(asked.ports, asked.standing)


def test_a_letter_that_ses_refuses_is_sent_by_the_next_try(asked: World) -> None:
    asked.approve("engineer", ANN)
    asked.approve("billing", CYD)
    asked.ports.mailer.errors = [MailRefusedForNowError("throttled")]
    with pytest.raises(MailRefusedForNowError):
        asked.restore()
    assert asked.standing.state is GOOD
    asked.restore()
    assert asked.mailed("dunning") == [("r1-ended", "books@cedar.example")]
    states = [m.state for m in asked.ports.outbox.mails.values() if m.id.kind == "dunning"]
    assert states == [MailState.SENT]
