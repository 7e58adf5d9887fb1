"""Letters before the due date: one per account and day, about all that falls due (DUN-02)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.dunning.coverage import covered_parts
from msp_billing.domain.dunning.timing import reminder_on
from msp_billing.domain.ledger.entries import EntryKind

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.dunning.dunning_policy import DunningPolicy, DunningStep
    from msp_billing.domain.dunning.standing import Standing
    from msp_billing.domain.ledger.position import LedgerPosition, OwedItem


class Reminder(Frozen):
    """A letter that goes out today."""

    step: Identifier
    """The step whose words it has: of all that are due, the one closest to the due date."""
    documents: tuple[Text, ...]
    marks: tuple[Text, ...]
    """'step:number' of everything that need not be reminded of again: for Standing.reminded."""


def reminder_due(
    policy: DunningPolicy,
    standing: Standing,
    position: LedgerPosition,
    today: date,
    calendar: BusinessCalendar,
) -> Reminder | None:
    """The reminder of this local day, or None.

    None while a case is open: its letters list everything anyway. One that was missed goes out
    later, until the due date. An invoice that is younger than its reminder's day is its own
    reminder; what a dispute or promise covers is not reminded of.
    """
    if standing.open_case is not None:
        return None
    due: dict[str, list[DunningStep]] = {}
    total = Decimal(0)
    for item, opened in _remindable(standing, position, today):
        steps = [
            step
            for step in sorted(policy.reminders, key=lambda step: step.days)
            if item.on < (on := reminder_on(step, item, calendar)) and on <= today
        ]
        if steps and _mark(steps[-1], item.document) not in standing.reminded:
            due[item.document] = steps
            total += opened
    if not due or total < policy.minimum_amount:
        return None
    last = max((steps[-1] for steps in due.values()), key=lambda step: step.days).step
    marks = [_mark(step, document) for document, steps in due.items() for step in steps]
    return Reminder(step=last, documents=tuple(due), marks=tuple(marks))


def reminded(standing: Standing, reminder: Reminder, position: LedgerPosition) -> Standing:
    """The standing after a reminder; what was paid since is forgotten."""
    opened = {item.document for item in position.open_items}
    kept = [mark for mark in standing.reminded if mark.partition(":")[2] in opened]
    return standing.model_copy(
        update={
            "version": standing.version + 1,
            "reminded": tuple(dict.fromkeys((*kept, *reminder.marks))),
        }
    )


def _mark(step: DunningStep, document: str) -> str:
    return f"{step.step}:{document}"


def _remindable(
    standing: Standing, position: LedgerPosition, today: date
) -> Iterator[tuple[OwedItem, Decimal]]:
    """Invoices that fall due, with what no pause covers of them."""
    items = [item for item in position.open_items if item.kind is EntryKind.INVOICE]
    parts = covered_parts(items, standing.pauses, today)
    for item in items:
        covered = sum((part.amount for part in parts if part.document == item.document), Decimal(0))
        if item.due_on >= today and item.open > covered:
            yield item, item.open - covered
