"""The states of an account: every pair of them by every cause, allowed or refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest

from msp_billing.domain.dunning.cases import (
    CaseError,
    case_reopened,
    hold_placed,
    notice_overridden,
)
from msp_billing.domain.dunning.standing import (
    AccountState,
    DunningCase,
    NoticeOverride,
    Standing,
)
from msp_billing.domain.dunning.transitions import (
    Cause,
    TransitionRefusedError,
    check_transition,
    history_of,
    moved,
    what_it_allows,
)
from tests.unit.domain.dunning.play import DETROIT, PLAYED, Play, dunning_policy, owed, position

# A row per state before; under each state after the causes by which it may follow: o opened,
# s settled, c corrected, h a step of the policy (hold), r released, i reinstated.
#             good_standing due  credit_hold service_hold
TABLE = {
    "good_standing": ("-", "oi", "i", "i"),
    "due": ("sc", "-", "h", "h"),
    "credit_hold": ("r", "-", "-", "h"),
    "service_hold": ("r", "-", "-", "-"),
}
LETTERS = {
    Cause.OPENED: "o",
    Cause.SETTLED: "s",
    Cause.CORRECTED: "c",
    Cause.STEP: "h",
    Cause.RELEASED: "r",
    Cause.REINSTATED: "i",
}
STATES = tuple(AccountState)


def standing_in(state: AccountState, **changes: object) -> Standing:
    data = {"provider": "elm", "account": "oak", "state": state, "version": 7}
    return Standing.model_validate({**data, "entitlement_version": 3, **changes})


@pytest.mark.rule("DUN-04")
@pytest.mark.parametrize(
    ("before", "after", "cause"),
    list(product(STATES, STATES, Cause)),
    ids=str,
)
def test_the_table_has_it_or_it_is_refused(
    before: AccountState, after: AccountState, cause: Cause
) -> None:
    standing = standing_in(before)
    if LETTERS[cause] in TABLE[before][STATES.index(after)]:
        check_transition(before, after, cause)
        there = moved(standing, after, cause=cause, now=PLAYED, why="So.", clause="late")
        assert (there.state, there.since, there.why, there.clause) == (after, PLAYED, "So.", "late")
        assert there.version == 8
        changed = what_it_allows(before) != what_it_allows(after)
        assert there.entitlement_version == 3 + int(changed)
        return
    with pytest.raises(TransitionRefusedError, match=f"in {before} cannot get to {after}"):
        check_transition(before, after, cause)
    with pytest.raises(TransitionRefusedError):
        moved(standing, after, cause=cause, now=PLAYED, why="So.", clause="late")


def test_every_cause_is_in_the_table() -> None:
    assert set("".join(cell for row in TABLE.values() for cell in row)) - {"-"} == set(
        LETTERS.values()
    )


@pytest.mark.rule("DUN-07", "KR-14", "KR-15")
def test_what_each_state_allows() -> None:
    # buy, support, services
    assert {state: what_it_allows(state) for state in STATES} == {
        AccountState.GOOD_STANDING: (True, True, True),
        AccountState.DUE: (True, True, True),
        AccountState.CREDIT_HOLD: (False, True, True),
        AccountState.SERVICE_HOLD: (False, False, False),
    }


def test_being_due_changes_nothing_that_anybody_has_to_be_told() -> None:
    due = moved(
        standing_in(AccountState.GOOD_STANDING),
        AccountState.DUE,
        cause=Cause.OPENED,
        now=PLAYED,
        why="Overdue.",
        clause="late",
    )
    assert due.entitlement_version == 3


def test_history_keeps_both_states_and_the_balance_of_that_moment() -> None:
    before = standing_in(AccountState.GOOD_STANDING)
    after = moved(
        before, AccountState.DUE, cause=Cause.OPENED, now=PLAYED, why="Overdue.", clause="late"
    )
    debts = position(owed("A", "2026-11-30"), version=4)
    kept = history_of(before, after, "Overdue.", at=PLAYED, position=debts)
    assert (kept.sequence, kept.before, kept.after) == (8, before.state, after.state)
    assert (kept.balance, kept.balance_version, kept.clause) == (Decimal(100), 4, "late")
    letter = history_of(after, after.model_copy(update={"version": 9}), "Letter.", at=PLAYED)
    assert (letter.sequence, letter.before, letter.after, letter.clause) == (9, None, None, None)


# --- A case that goes on -----------------------------------------------------------------------


@pytest.mark.rule("DUN-06")
def test_a_returned_payment_puts_the_account_back_and_30_days_on_hold_are_days_on_it() -> None:
    # Credit hold on 15 December, out on the 25th, the payment comes back on 4 January: on the 30th
    # day of 15 December and 10 days more, 24 January, the service hold; its warning a week before.
    play = Play(dunning_policy(), position(owed("A", "2026-11-30")), "2026-12-01")
    play.until("2026-12-25")
    assert play.state is AccountState.CREDIT_HOLD
    steps = play.standing.open_case and play.standing.open_case.steps
    play.close(Cause.RELEASED)
    assert (play.state, play.standing.open_case) == (AccountState.GOOD_STANDING, None)
    play.now += timedelta(days=10)
    back = case_reopened(play.standing, now=play.now, why="Returned.", clause="late", zone=DETROIT)
    case = back.open_case
    assert case is not None
    assert (back.state, case.case, case.run) == (AccountState.CREDIT_HOLD, 1, 2)
    assert case.steps == steps
    assert back.entitlement_version == play.standing.entitlement_version + 1
    play.standing = back
    assert play.until("2027-03-31").done[3:] == [
        ("2027-01-17", "last-warning"),
        ("2027-01-24", "service-hold"),
    ]


@pytest.mark.rule("DUN-06")
def test_days_out_of_a_case_count_for_no_step_however_often_a_payment_is_returned() -> None:
    # Warned on 8 December. Closed on the 10th for 3 days and on the 14th for 5: the hold of the
    # 15th is 8 days later.
    play = Play(dunning_policy(), position(owed("A", "2026-11-30")), "2026-12-01")
    for day, out in (("2026-12-10", 3), ("2026-12-14", 5)):
        play.until(day)
        play.close(Cause.SETTLED)
        play.now += timedelta(days=out)
        play.standing = case_reopened(
            play.standing, now=play.now, why="Returned.", clause="late", zone=DETROIT
        )
    assert play.until("2026-12-31").done[2:] == [("2026-12-23", "credit-hold")]


def test_there_is_nothing_to_put_back_without_a_closed_case() -> None:
    for case in (None, DunningCase(case=1, opened_at=PLAYED, opened_version=1, policy_version="1")):
        standing = standing_in(AccountState.GOOD_STANDING, case=case)
        with pytest.raises(CaseError, match="no closed case"):
            case_reopened(standing, now=PLAYED, why="Returned.", clause="late", zone=DETROIT)


@pytest.mark.rule("DUN-04")
def test_a_hold_is_not_placed_twice() -> None:
    play = Play(dunning_policy(), position(owed("A", "2026-11-30")), "2026-12-01")
    play.until("2026-12-15")
    hold = play.policy.step("credit-hold")
    with pytest.raises(CaseError, match="no step is taken twice"):
        hold_placed(play.standing, hold, now=play.now, zone=DETROIT, why="Again.")


def test_a_notice_that_is_not_due_yet_cannot_be_overridden() -> None:
    play = Play(dunning_policy(), position(owed("A", "2026-11-30")), "2026-12-01").until(
        "2026-12-02"
    )
    word = NoticeOverride(by="clerk", at=play.now, why="I called them.")
    with pytest.raises(CaseError, match="not due yet"):
        notice_overridden(play.standing, "warning", word)
