"""Letters before the due date: one a day, about everything that falls due (DUN-02)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from msp_billing.domain.dunning.reminders import Reminder, reminded, reminder_due
from msp_billing.domain.dunning.standing import Standing
from msp_billing.domain.ledger.position import LedgerPosition
from tests.unit.domain.dunning.play import (
    NO_HOLIDAYS,
    Play,
    dunning_policy,
    owed,
    pause,
    position,
    step,
    two_holds,
)

STANDING = Standing(provider="elm", account="oak")
DEBTS = position(owed("A", "2026-12-15"), owed("B", "2026-12-17"))


def policy(*days: int, **changes: Any) -> Any:
    reminders = [step(f"minus-{-entry}", "reminder", entry) for entry in days]
    return dunning_policy([*reminders, *two_holds()], **changes)


def due(
    rules: Any, day: str, owes: LedgerPosition = DEBTS, standing: Standing = STANDING
) -> Reminder | None:
    return reminder_due(rules, standing, owes, date.fromisoformat(day), NO_HOLIDAYS)


@pytest.mark.rule("DUN-02")
def test_each_invoice_has_its_day() -> None:
    rules = policy(-5)
    assert due(rules, "2026-12-09") is None
    first = due(rules, "2026-12-10")
    assert first == Reminder(step="minus-5", documents=("A",), marks=("minus-5:A",))
    standing = reminded(STANDING, first, DEBTS)
    assert standing.version == STANDING.version + 1
    assert due(rules, "2026-12-10", standing=standing) is None
    assert due(rules, "2026-12-11", standing=standing) is None
    second = due(rules, "2026-12-12", standing=standing)
    assert second is not None
    assert second.documents == ("B",)


@pytest.mark.rule("DUN-02")
def test_two_invoices_on_one_day_are_one_letter() -> None:
    owes = position(owed("A", "2026-12-15"), owed("B", "2026-12-15"))
    found = due(policy(-5), "2026-12-10", owes)
    assert found is not None
    assert found.documents == ("A", "B")


@pytest.mark.rule("DUN-02")
def test_two_reminders_on_one_day_are_one_letter_in_the_words_of_the_more_urgent() -> None:
    # A falls due tomorrow and B in 7 days.
    owes = position(owed("A", "2026-12-15"), owed("B", "2026-12-21"))
    standing = STANDING.model_copy(update={"reminded": ("minus-7:A",)})
    found = due(policy(-7, -1), "2026-12-14", owes, standing)
    assert found == Reminder(
        step="minus-1",
        documents=("A", "B"),
        marks=("minus-7:A", "minus-1:A", "minus-7:B"),
    )


def test_a_reminder_that_was_missed_goes_out_later_and_never_after_the_due_date() -> None:
    rules = policy(-5)
    owes = position(owed("A", "2026-12-15"))
    assert due(rules, "2026-12-13", owes) is not None
    assert due(rules, "2026-12-15", owes) is not None
    assert due(rules, "2026-12-16", owes) is None


def test_one_reminder_that_was_missed_is_not_sent_beside_the_next() -> None:
    owes = position(owed("A", "2026-12-15"))
    found = due(policy(-7, -1), "2026-12-14", owes)
    assert found is not None
    standing = reminded(STANDING, found, owes)
    assert due(policy(-7, -1), "2026-12-14", owes, standing) is None


def test_an_invoice_that_is_younger_than_its_reminder_reminds_by_itself() -> None:
    # Issued on 30 November, due on 15 December: a reminder 15 days before has nothing to add.
    owes = position(owed("A", "2026-12-15"))
    assert due(policy(-15), "2026-12-01", owes) is None
    assert due(policy(-14), "2026-12-01", owes) is not None


@pytest.mark.rule("DUN-08")
def test_what_is_disputed_is_not_reminded_of() -> None:
    dispute = pause("100.00", "2026-12-31", document="A")
    standing = STANDING.model_copy(update={"pauses": (dispute,)})
    found = due(policy(-5), "2026-12-12", DEBTS, standing)
    assert found is not None
    assert found.documents == ("B",)


def test_less_than_the_policy_follows_is_not_reminded_of() -> None:
    owes = position(owed("A", "2026-12-15", "24.99"))
    assert due(policy(-5, minimum_amount="25.00"), "2026-12-10", owes) is None


@pytest.mark.rule("DUN-02")
def test_in_an_open_case_there_are_no_reminders_beside_its_letters() -> None:
    owes = position(owed("A", "2026-11-30"), owed("B", "2026-12-15"))
    played = Play(policy(-5), owes, "2026-12-01").until("2026-12-10")
    assert due(policy(-5), "2026-12-10", owes, played.standing) is None


def test_marks_of_what_was_paid_are_forgotten() -> None:
    standing = STANDING.model_copy(update={"reminded": ("minus-5:OLD", "minus-5:A")})
    found = due(policy(-5), "2026-12-12", DEBTS, standing)
    assert found is not None
    assert reminded(standing, found, DEBTS).reminded == ("minus-5:A", "minus-5:B")
