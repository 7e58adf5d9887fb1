"""Promises and disputes: what may be made, what is refused, and what their end does (DUN-08)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.dunning.letters import DunningLetter
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.usecases.dunning.context import UnknownAccountError
from msp_billing.usecases.dunning.pauses import (
    EndPauseRequest,
    PauseRefusedError,
    PauseRequest,
    end_pause,
    make_promise,
    raise_dispute,
)
from tests.end_to_end.dunning_provider import ACCOUNT, PROVIDER, dunning_policy, with_reminders
from tests.unit.usecases.dunning_desk import Desk, desk

UNTIL = date(2026, 10, 20)


def asked(**changes: Any) -> PauseRequest:
    told = {
        "provider": PROVIDER,
        "account": ACCOUNT,
        "until": UNTIL,
        "reason": "A call.",
        "by": "jo",
    }
    return PauseRequest.model_validate(told | changes)


def ending(pause: str, how: str = "withdrawn", **changes: Any) -> EndPauseRequest:
    told = {"provider": PROVIDER, "account": ACCOUNT, "pause": pause, "how": how}
    return EndPauseRequest.model_validate(told | {"by": "jo", "why": "A letter."} | changes)


def codes(refused: Any) -> list[str]:
    return [problem.code for problem in refused.value.problems]


@pytest.fixture
def cedar() -> Desk:
    """Two invoices of 100.00 and 50.00; it is 3 October, and B-1 is overdue."""
    made = desk()
    made.owe("B-2", "50.00", date(2026, 10, 5))
    made.run_until("2026-10-03T16:00:00")
    return made


def kept_letters(of: Desk) -> list[DunningLetter]:
    """The letters that are mailed from now on."""
    told: list[DunningLetter] = []
    compose = of.ports.composer.dunning_letter

    def keep(letter: DunningLetter, *rest: Any) -> bytes:
        told.append(letter)
        made: bytes = compose(letter, *rest)
        return made

    of.ports.composer.dunning_letter = keep
    return told


@pytest.mark.rule("DUN-08")
def test_it_says_who_why_how_much_and_until_when(cedar: Desk) -> None:
    made = raise_dispute(cedar.ports, asked(document="B-1", amount=Decimal("40.00")))
    assert (made.pause, made.kind, made.amount, made.by) == (
        "dispute-1",
        "dispute",
        Decimal("40.00"),
        "jo",
    )
    assert cedar.what[-1] == (
        "A dispute 'dispute-1' covers 40.00 USD of B-1 until 20 October 2026: A call."
    )


def test_without_an_amount_it_covers_what_is_open_and_not_covered_yet(cedar: Desk) -> None:
    raise_dispute(cedar.ports, asked(document="B-1", amount=Decimal("40.00")))
    assert make_promise(cedar.ports, asked(document="B-1")).amount == Decimal("60.00")
    assert make_promise(cedar.ports, asked()).amount == Decimal("50.00")


def test_the_same_name_and_words_again_change_nothing(cedar: Desk) -> None:
    first = make_promise(cedar.ports, asked(name="call-17"))
    before = cedar.standing
    assert make_promise(cedar.ports, asked(name="call-17")) == first
    assert cedar.standing == before


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"by": " ", "reason": "", "until": date(2026, 10, 2), "amount": Decimal("150.01")},
            ["missing_by", "missing_reason", "until_in_the_past", "amount_too_large"],
        ),
        ({"until": date(2027, 10, 5)}, ["until_too_far"]),
        ({"amount": Decimal(0)}, ["amount_not_positive"]),
        ({"amount": Decimal("-5.00")}, ["amount_not_positive"]),
        ({"amount": Decimal("10.005")}, ["amount_too_fine"]),
        ({"document": "B-7"}, ["not_owed"]),
        ({"document": "B-2", "amount": Decimal("50.01")}, ["amount_too_large"]),
        ({"reason": "x" * 401}, ["reason_too_long"]),
    ],
)
def test_everything_that_is_wrong_is_said_at_once(
    cedar: Desk, changes: dict[str, Any], expected: list[str]
) -> None:
    before = cedar.standing
    with pytest.raises(PauseRefusedError) as refused:
        make_promise(cedar.ports, asked(**changes))
    assert codes(refused) == expected
    assert cedar.standing == before


def test_what_is_covered_already_cannot_be_covered_again(cedar: Desk) -> None:
    make_promise(cedar.ports, asked())
    with pytest.raises(PauseRefusedError) as refused:
        raise_dispute(cedar.ports, asked(document="B-1"))
    assert codes(refused) == ["amount_too_large"]


def test_a_name_is_used_for_one_thing(cedar: Desk) -> None:
    make_promise(cedar.ports, asked(name="call-17", amount=Decimal(10)))
    with pytest.raises(PauseRefusedError) as refused:
        raise_dispute(cedar.ports, asked(name="call-17", amount=Decimal(10)))
    assert codes(refused) == ["pause_exists"]


def test_the_last_day_may_be_today(cedar: Desk) -> None:
    assert make_promise(cedar.ports, asked(until=date(2026, 10, 3))).until == date(2026, 10, 3)


def test_an_account_that_nobody_knows_is_named(cedar: Desk) -> None:
    with pytest.raises(UnknownAccountError, match="aspen"):
        make_promise(cedar.ports, asked(account="aspen"))


@pytest.mark.rule("DUN-08")
def test_a_promise_that_is_kept_ends_the_case(cedar: Desk) -> None:
    make_promise(cedar.ports, asked())
    cedar.run_until("2026-10-19T16:00:00")
    assert cedar.parts == ["c1-past-due-1"]
    cedar.pay("150.00")
    assert cedar.state is AccountState.GOOD_STANDING


@pytest.mark.rule("DUN-08")
def test_a_payment_that_comes_while_it_is_made_is_looked_at_first(cedar: Desk) -> None:
    """150.00 are open when it is read, 50.00 when it is stored: 150.00 cannot be promised."""
    cedar.ports.standings.before_change = lambda: cedar.pay_unseen("100.00")
    with pytest.raises(PauseRefusedError) as refused:
        make_promise(cedar.ports, asked(amount=Decimal("150.00")))
    assert codes(refused) == ["amount_too_large"]


@pytest.mark.rule("DUN-08")
def test_ending_it_wakes_the_case_that_waits_for_its_last_day(cedar: Desk) -> None:
    make_promise(cedar.ports, asked(until=date(2026, 12, 31)))
    cedar.run_until("2026-10-18T16:00:00")
    assert cedar.parts == ["c1-past-due-1"]
    assert cedar.standing.open_case is not None
    before = cedar.standing.open_case.run
    ended = end_pause(cedar.ports, ending("promise-1"))
    assert (ended.ended_by, ended.ended_why) == ("jo", "withdrawn: A letter.")
    cedar.run_until("2026-10-18T16:30:00")
    assert cedar.parts == ["c1-past-due-1", "c1-final-1"]
    assert f"birch_cedar_c1_r{before + 1}" in cedar.ports.dunning_executions.running


def test_ending_is_refused_with_every_reason(cedar: Desk) -> None:
    make_promise(cedar.ports, asked(amount=Decimal(10)))
    for request, expected in (
        (ending("other", by="", why=" "), ["missing_by", "missing_why", "unknown_pause"]),
        (ending("promise-1", "upheld"), ["promise_upheld"]),
    ):
        with pytest.raises(PauseRefusedError) as refused:
            end_pause(cedar.ports, request)
        assert codes(refused) == expected
    end_pause(cedar.ports, ending("promise-1", "settled"))
    with pytest.raises(PauseRefusedError) as refused:
        end_pause(cedar.ports, ending("promise-1", "withdrawn"))
    assert codes(refused) == ["pause_over"]


def test_a_letter_tells_what_is_disputed_and_what_is_promised(cedar: Desk) -> None:
    """60.00 of B-1 count: enough for the warning of 10 October."""
    raise_dispute(cedar.ports, asked(document="B-1", amount=Decimal("40.00"), until=UNTIL))
    make_promise(cedar.ports, asked(document="B-2", until=UNTIL))
    cedar.run_until("2026-10-10T14:30:00")
    told = kept_letters(cedar)
    cedar.run_until("2026-10-16T00:00:00")
    documents = {entry.document: entry for letter in told for entry in letter.documents}
    assert documents["B-1"].disputed == Decimal("40.00")
    assert documents["B-2"].promised == Decimal("50.00")
    assert documents["B-2"].paused_until == UNTIL


@pytest.mark.rule("DUN-02", "DUN-08")
def test_a_reminder_asks_for_nothing_that_is_disputed() -> None:
    """100.00 fall due on the 30th, of which 40.00 are put aside until they are cleared up."""
    cedar = desk(dunning_policy(steps=with_reminders(-2)))
    raise_dispute(cedar.ports, asked(document="B-1", amount=Decimal("40.00"), until=UNTIL))
    told = kept_letters(cedar)
    assert cedar.sweep().reminded == 1
    assert [(entry.to_pay, entry.documents[0].open) for entry in told] == [
        (Decimal("60.00"), Decimal("100.00"))
    ]
