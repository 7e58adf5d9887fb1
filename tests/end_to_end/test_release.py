"""The way out of a hold on the real state machine: paid, asked, two keys, restored (KR-16)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date

import pytest
from botocore.exceptions import BotoCoreError

from msp_billing.adapters.dynamodb.standings import DynamoStandingStore
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.usecases.dunning.release import (
    AskAgainRequest,
    RejectRequest,
    ask_again,
    reject_release,
)
from msp_billing.usecases.dunning.release_approvals import ApprovalRequest, approve_release
from msp_billing.usecases.dunning.release_situation import ReleaseRefusedError
from tests.end_to_end.dunning_provider import OWNER, SECOND
from tests.end_to_end.releasing import ANN, BOB, BOSS, CYD, Held, held_at_once, on_credit_hold
from tests.end_to_end.stage import Stage
from tests.unit.usecases.entitlement_events import assert_valid

GOOD, CREDIT = AccountState.GOOD_STANDING, AccountState.CREDIT_HOLD


pytestmark = pytest.mark.daily("sweeps")


@pytest.fixture
def held(stage: Stage) -> Held:
    return on_credit_hold(stage)


@pytest.fixture
def asked(held: Held) -> Held:
    """Everything is paid on 16 October at noon, and the approvers are asked."""
    held.stage.run_until("2026-10-16T12:00:00")
    held.pay("100.00")
    held.stage.settle()
    return held


@pytest.fixture
def quickly_held() -> Iterator[Held]:
    """On hold without the way there, for tests that are not about it."""
    with held_at_once() as held:
        held.stage.run_until("2026-10-16T12:00:00")
        yield held


@pytest.fixture
def quickly_asked(quickly_held: Held) -> Held:
    quickly_held.pay("100.00")
    quickly_held.stage.settle()
    return quickly_held


# --- Two keys ------------------------------------------------------------------------------------


@pytest.mark.rule("KR-16", "DUN-05", "DUN-06", "DUN-07")
def test_a_payment_and_two_keys_end_the_hold(asked: Held) -> None:
    """One by the link, one on the command line; who, when and why are kept."""
    assert asked.asked() == [
        ("2026-10-16T12:00", "r1-engineer-1-0", ANN),
        ("2026-10-16T12:00", "r1-engineer-2-0", BOB),
        ("2026-10-16T12:00", "r1-billing-1-0", BOB),
        ("2026-10-16T12:00", "r1-billing-2-0", CYD),
    ]
    answer = asked.click(asked.link("r1-engineer-1-0"), decision="approve", why="All is patched.")
    assert answer.status == 200
    assert asked.state is CREDIT
    asked.stage.run_until("2026-10-16T15:00:00")
    assert asked.approve("billing", CYD, "The money is there.").missing == ()
    asked.assert_released_once()
    kept = [
        (entry.role, entry.by, f"{entry.at:%Y-%m-%dT%H:%M}", entry.why)
        for entry in asked.release.approvals
    ]
    assert kept == [
        ("engineer", ANN, "2026-10-16T12:00", "All is patched."),
        ("billing", CYD, "2026-10-16T15:00", "The money is there."),
    ]
    assert asked.changes[-1] == ("2026-10-16T15:00", "credit_hold", "good_standing")
    assert asked.letters()[-1] == ("2026-10-16T15:00", "r1-ended", f"{OWNER}, {SECOND}")
    assert asked.told() == [("credit_hold", 1), ("good_standing", 2)]
    assert asked.release_executions() == {"birch_cedar_release-1": "SUCCEEDED"}
    assert_valid(asked.told_events())


def test_the_case_of_a_released_account_does_nothing_more(asked: Held) -> None:
    """Its execution waits for the service hold of 14 November, and finds the case closed."""
    asked.both_approve()
    asked.stage.run_until("2026-12-31T00:00:00")
    asked.assert_released_once()
    assert asked.steps == ("past-due", "final", "credit-hold")
    assert set(asked.executions().values()) == {"SUCCEEDED"}


@pytest.mark.rule("DUN-06")
def test_opening_a_link_decides_nothing(quickly_asked: Held) -> None:
    """Mail scanners open links."""
    before = quickly_asked.standing
    page = quickly_asked.click(quickly_asked.link("r1-billing-2-0"))
    assert (page.status, "End the hold" in page.text) == (200, True)
    assert quickly_asked.standing == before


@pytest.mark.rule("DUN-06")
@pytest.mark.parametrize("change", ["forged", "cut", "other account", "other release"])
def test_a_forged_link_opens_nothing(quickly_asked: Held, change: str) -> None:
    link = quickly_asked.link("r1-billing-2-0")
    place, key = link.split("?key=")
    forged = {
        "forged": f"{place}?key={'A' * len(key)}",
        "cut": f"{place}?key={key[:-1]}",
        "other account": link.replace("/cedar/", "/nobody/"),
        "other release": link.replace("/1?", "/2?"),
    }[change]
    before = quickly_asked.standing
    assert quickly_asked.click(forged).status == 404
    assert quickly_asked.click(forged, decision="approve", why="Please.").status == 404
    assert quickly_asked.standing == before


@pytest.mark.rule("DUN-06")
def test_one_person_cannot_turn_both_keys(quickly_asked: Held) -> None:
    """Bob is in both roles, and has a link for each."""
    assert (
        quickly_asked.click(
            quickly_asked.link("r1-engineer-2-0"), decision="approve", why="Fine."
        ).status
        == 200
    )
    refused = quickly_asked.click(
        quickly_asked.link("r1-billing-1-0"), decision="approve", why="Fine too."
    )
    assert refused.status == 409
    with pytest.raises(ReleaseRefusedError, match="one person turns one key"):
        quickly_asked.approve("billing", BOB)
    assert quickly_asked.state is CREDIT
    quickly_asked.approve("billing", CYD)
    quickly_asked.assert_released_once()


# --- Money that goes back ------------------------------------------------------------------------


@pytest.mark.rule("DUN-06")
def test_a_payment_that_is_returned_cancels_the_release_and_its_keys(asked: Held) -> None:
    asked.approve("engineer", ANN)
    asked.stage.run_until("2026-10-16T18:00:00")
    asked.take_back("100.00")
    asked.stage.settle()
    assert (asked.state, asked.release.state) == (CREDIT, "cancelled")
    assert asked.release_executions() == {"birch_cedar_release-1": "SUCCEEDED"}
    refused = asked.click(asked.link("r1-billing-2-0"), decision="approve", why="Too late.")
    assert refused.status == 409
    assert asked.state is CREDIT
    asked.stage.run_until("2026-10-19T12:00:00")
    asked.pay("100.00", "p-2")
    asked.stage.settle()
    assert (asked.release.release, asked.release.approvals) == (2, ())
    asked.both_approve()
    asked.assert_released_once()


@pytest.mark.rule("DUN-06")
def test_a_payment_that_is_returned_after_the_release_puts_the_account_back(asked: Held) -> None:
    """docs/faults.md, 39. It goes on where it stood, and its steps are not taken again.

    It was out of the hold from 16 to 20 October. These four days do not count as days on it: the
    service hold comes on the 18th of November, 14 + 4, and its warning on the 11th, 7 + 4.
    """
    asked.both_approve()
    asked.stage.run_until("2026-10-20T12:00:00")
    asked.take_back("100.00")
    asked.stage.settle()
    assert asked.state is CREDIT
    assert asked.steps == ("past-due", "final", "credit-hold"), "no step is repeated"
    assert asked.told() == [("credit_hold", 1), ("good_standing", 2), ("credit_hold", 3)]
    asked.stage.run_until("2026-12-31T00:00:00")
    assert asked.changes[-2:] == [
        ("2026-10-20T12:00", "good_standing", "credit_hold"),
        ("2026-11-18T15:00", "credit_hold", "service_hold"),
    ]
    asked.assert_promises()


@pytest.mark.rule("DUN-06")
def test_an_account_that_was_put_back_gets_out_by_two_new_keys(asked: Held) -> None:
    asked.both_approve()
    asked.stage.run_until("2026-10-20T12:00:00")
    asked.take_back("100.00")
    asked.stage.run_until("2026-10-21T12:00:00")
    asked.pay("100.00", "p-2")
    asked.stage.settle()
    assert (asked.release.release, asked.release.approvals) == (2, ())
    asked.both_approve()
    assert asked.state is GOOD
    parts = [part for _, part, _ in asked.letters() if part.endswith("-ended")]
    assert parts == ["r1-ended", "r2-ended"]


@pytest.mark.rule("DUN-06")
def test_an_ach_payment_starts_the_release_when_it_is_settled(held: Held) -> None:
    """Friday 16 October and three business days: Wednesday the 21st, by that day's sweep."""
    held.stage.run_until("2026-10-16T12:00:00")
    held.pay("100.00", method="ach")
    assert held.position.payments[0].settles_on == date(2026, 10, 21)
    held.stage.run_until("2026-10-21T10:59:00")
    assert held.standing.release is None
    assert held.state is CREDIT
    held.stage.run_until("2026-10-21T11:01:00")
    assert held.release.state == "asking"
    held.both_approve()
    held.assert_released_once()


# --- The service hold that would come ------------------------------------------------------------


@pytest.mark.rule("DUN-04", "DUN-06")
def test_the_service_holds_day_passes_while_the_release_waits(held: Held) -> None:
    """docs/faults.md, 37. Paid on 13 November; the service hold would come on the 14th."""
    held.stage.run_until("2026-11-13T16:00:00")
    held.pay("100.00")
    held.stage.run_until("2026-11-15T15:00:00")
    assert held.state is CREDIT
    assert "service-hold" not in held.steps
    held.both_approve()
    held.assert_released_once()


@pytest.mark.rule("DUN-04", "DUN-06")
def test_a_release_that_races_with_the_service_hold_wins(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/faults.md, 36 and 37. The money comes between reading the account and holding it."""
    held.stage.run_until("2026-11-14T14:59:00")
    change = DynamoStandingStore.change
    paid: list[bool] = []

    def change_after_the_payment(*arguments: object, **named: object) -> bool:
        if not paid:
            paid.append(True)
            held.pay("100.00")
        return change(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(DynamoStandingStore, "change", change_after_the_payment)
    held.stage.run_until("2026-11-14T15:05:00")
    assert (held.state, held.release.state) == (CREDIT, "asking")
    held.both_approve()
    held.assert_released_once()
    assert "service-hold" not in held.steps


# --- Nobody answers, or somebody says no ---------------------------------------------------------


@pytest.mark.rule("DUN-06")
def test_nobody_answers_they_are_reminded_and_then_a_person_is_told(asked: Held) -> None:
    """Asked on 16 October at noon, reminded on the 17th and 18th, left on the 19th."""
    asked.approve("engineer", ANN)
    asked.stage.run_until("2026-10-19T12:01:00")
    assert asked.asked()[4:] == [
        ("2026-10-17T12:00", "r1-billing-1-1", BOB),
        ("2026-10-17T12:00", "r1-billing-2-1", CYD),
        ("2026-10-18T12:00", "r1-billing-1-2", BOB),
        ("2026-10-18T12:00", "r1-billing-2-2", CYD),
    ]
    (alert,) = (m for m in asked.sent("dunning-alert") if m.tags["part"] == "r1-left-1")
    assert (f"{alert.accepted_at:%Y-%m-%dT%H:%M}", alert.destinations) == (
        "2026-10-19T12:00",
        (BOSS,),
    )
    assert asked.release.state == "left_to_person"
    assert asked.release_executions() == {"birch_cedar_release-1": "SUCCEEDED"}
    asked.stage.run_until("2026-10-23T00:00:00")
    assert len(asked.asked()) == 8, "nobody is asked again"
    assert asked.click(asked.link("r1-billing-2-0"), decision="approve", why="Sorry.").status == 200
    asked.assert_released_once()


@pytest.mark.rule("DUN-06")
def test_a_person_says_no_and_later_somebody_asks_again(quickly_asked: Held) -> None:
    why = "The switch is broken."
    no = RejectRequest(provider="birch", account="cedar", by=ANN, why=why)
    reject_release(quickly_asked.ports, no)
    quickly_asked.stage.run_until("2026-10-20T12:00:00")
    assert (quickly_asked.state, quickly_asked.release.state) == (CREDIT, "turned_down")
    assert len(quickly_asked.asked()) == 4, "no sweep asks again"
    again = AskAgainRequest(provider="birch", account="cedar", by="clerk", why="It is mended.")
    ask_again(quickly_asked.ports, again)
    quickly_asked.stage.settle()
    quickly_asked.both_approve()
    quickly_asked.assert_released_once()


def test_the_page_can_say_no(quickly_asked: Held) -> None:
    link = quickly_asked.link("r1-billing-2-0")
    assert quickly_asked.click(link, decision="keep", why="Still broken.").status == 200
    assert (quickly_asked.state, quickly_asked.release.state) == (CREDIT, "turned_down")
    assert f"{CYD} turned it down: Still broken." in str(quickly_asked.release.why)


# --- What gets lost ------------------------------------------------------------------------------


LOST = [
    # What is lost, how often (5: until the SDK gives up), and before what.
    ("stepfunctions", "StartExecution", "lose_answer", 5, "pay"),
    ("stepfunctions", "StartExecution", "lose_request", 5, "pay"),
    ("dynamodb", "TransactWriteItems", "lose_answer", 5, "pay"),
    ("sesv2", "SendEmail", "lose_answer", 1, "ask"),
    ("sesv2", "SendEmail", "lose_request", 1, "ask"),
    ("dynamodb", "TransactWriteItems", "lose_answer", 5, "ask"),
    ("dynamodb", "TransactWriteItems", "lose_answer", 5, "engineer"),
    ("dynamodb", "TransactWriteItems", "lose_request", 5, "engineer"),
    ("dynamodb", "TransactWriteItems", "lose_answer", 1, "billing"),
    ("dynamodb", "TransactWriteItems", "lose_answer", 5, "billing"),
    ("stepfunctions", "SendTaskSuccess", "lose_answer", 1, "billing"),
    ("stepfunctions", "SendTaskSuccess", "lose_answer", 5, "billing"),
    ("stepfunctions", "SendTaskSuccess", "lose_request", 5, "billing"),
    ("dynamodb", "TransactWriteItems", "lose_answer", 5, "restore"),
    ("dynamodb", "TransactWriteItems", "lose_request", 5, "restore"),
    ("events", "PutEvents", "lose_answer", 5, "restore"),
    ("events", "PutEvents", "lose_request", 5, "restore"),
    ("sesv2", "SendEmail", "lose_answer", 1, "restore"),
]


@pytest.mark.parametrize(("service", "operation", "lost", "times", "before"), LOST)
def test_whatever_gets_lost_the_account_is_restored_once(
    quickly_held: Held, service: str, operation: str, lost: str, times: int, before: str
) -> None:
    """Whoever got an error does it again; reminders and the daily sweeps see to the rest."""
    held, cloud = quickly_held, quickly_held.stage.cloud

    def lose_before(moment: str) -> None:
        if moment == before:
            getattr(cloud, lost)(service, operation, times)

    def do_until_it_works(moment: str, do: Callable[[], object]) -> None:
        lose_before(moment)
        with suppress(BotoCoreError):
            do()
        do()

    do_until_it_works("pay", lambda: held.pay("100.00"))
    lose_before("ask")
    held.stage.settle()
    held.pass_days(1)
    do_until_it_works("engineer", lambda: approve(held, "engineer", ANN))
    do_until_it_works("billing", lambda: approve(held, "billing", CYD))
    lose_before("restore")
    held.stage.settle()
    held.pass_days(2)
    held.assert_released_once()
    assert held.told()[-1] == ("good_standing", 2)
    assert held.standing.told_version == 2


def approve(held: Held, role: str, by: str) -> None:
    """Twice is once, also when the first time ended the hold already."""
    request = ApprovalRequest(
        provider="birch", account="cedar", role=role, by=by, why="Looked at it."
    )
    if held.state is CREDIT:
        approve_release(held.ports, request)
