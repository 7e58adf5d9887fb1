"""What happened when, from what Step Functions, the outbox and the approvals wrote down."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from msp_billing.adapters.formatting import format_money
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.domain.outbox import MailKind, MailState, OutboxMail
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.usecases.moments import MomentRecord
from msp_billing.usecases.records import Approval
from mspbill.reports import AccountReport, EventKind, TimelineEvent

History = Sequence[dict[str, Any]]

_MAILS: dict[MailKind, str] = {
    "invoice": "invoice mail",
    "comparison": "comparison sheet",
    "device_report": "device report",
    "user_changes": "user change report",
    "billed_contacts": "billed contact list",
    "uncovered_devices": "uncovered device report",
    "pre_invoices": "pre-invoice set",
    "quarterly_review": "quarterly review",
    "credit-note": "credit note",
    "dunning": "unpaid invoice letter",
    "approval": "mail to the approver",
    "summary": "summary for billing",
    "release": "release question",
    "dunning-alert": "alert",
    "contact-alert": "alert about a contact",
    "digest": "daily digest",
}
_MAX_NAMED = 12
_RANKS = {kind: rank for rank, kind in enumerate(EventKind)}


def execution_events(
    history: History, accounts: Sequence[AccountReport], snapshots: Iterable[MomentRecord]
) -> Iterator[TimelineEvent]:
    """The steps of an execution, each when its state ended."""
    by_moment = {taken.moment: taken for taken in snapshots}
    for at, state, payload in _results(history):
        match state:
            case "OpenCycle":
                yield _event(at, EventKind.OPENED, f"Cycle opened by its {_started_by(history)}")
            case "TakeSnapshot":
                yield _snapshot(at, payload, by_moment.get(payload.get("moment", "")))
            case "SealSnapshot":
                yield _event(
                    at,
                    EventKind.SEALED,
                    f"Snapshot sealed: {counted(payload['accounts'], 'account')} in "
                    f"{counted(payload['batches'], 'batch')}",
                )
            case "BuildInvoices":
                yield from _built(at, accounts)
            case "ReconcileCycle":
                yield _event(
                    at, EventKind.RECONCILED, "Reconciled: every agreement has exactly one outcome"
                )
            case "CompareCycle":
                yield _compared(at, payload, accounts)
            case "NumberInvoices":
                yield from _numbered(at, accounts)
            case "RenderInvoices":
                documents = sum(len(account.invoices) for account in accounts)
                yield _event(at, EventKind.RENDERED, f"{counted(documents, 'PDF')} made and sealed")
            case "CloseCycle":
                yield _event(at, EventKind.CLOSED, "Cycle closed for ever")
    yield from _failures(history)


def approval_events(approval: Approval | None) -> Iterator[TimelineEvent]:
    """The question to a person, and the answer."""
    if approval is None:
        return
    yield _event(
        approval.asked_at,
        EventKind.APPROVAL,
        f"Approval asked of {', '.join(approval.approvers)}",
        f"until {approval.decide_by.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
    )
    if approval.decision is not None and approval.decided_at is not None:
        yield _event(
            approval.decided_at,
            EventKind.APPROVAL,
            f"{approval.decision.capitalize()} by {approval.decided_by}",
            *([approval.why] if approval.why else []),
        )


def mail_events(
    mails: Iterable[OutboxMail], accepted_at: dict[str, datetime]
) -> Iterator[TimelineEvent]:
    """For each kind of mail: when SES took the last of them, and what became of them."""
    by_kind: dict[MailKind, list[OutboxMail]] = {}
    for mail in mails:
        by_kind.setdefault(mail.id.kind, []).append(mail)
    for kind, entries in by_kind.items():
        taken = [accepted_at[mail.message_id] for mail in entries if mail.message_id in accepted_at]
        if taken:
            yield _event(
                max(taken), EventKind.MAIL, f"SES took {counted(len(taken), _MAILS[kind])}"
            )
        states = Counter(mail.state for mail in entries)
        moved = [mail.moved_at for mail in entries if mail.moved_at is not None]
        for state in (MailState.DELIVERED, MailState.BOUNCED, MailState.COMPLAINED):
            if states[state]:
                what = f"{counted(states[state], _MAILS[kind])} {state}"
                yield _event(max(moved), EventKind.MAIL, what)


def in_order(events: Iterable[TimelineEvent]) -> tuple[TimelineEvent, ...]:
    """By time; what happened at the same instant in the order of a cycle's steps."""
    return tuple(sorted(events, key=lambda event: (event.at, _RANKS[event.kind])))


def failure_message(error: str | None, cause: str | None) -> str:
    """What a failed execution says, without the trace that only a programmer reads."""
    try:
        told = json.loads(cause or "")
    except ValueError:
        told = None
    if isinstance(told, dict) and "errorMessage" in told:
        cause = str(told["errorMessage"])
    return ": ".join(part for part in (error, cause) if part)


def _results(history: History) -> Iterator[tuple[datetime, str, dict[str, Any]]]:
    """When each state of interest ended, its name, and what its function returned."""
    state = ""
    for event in history:
        at = event["timestamp"]
        match event["type"]:
            case "TaskStateEntered":
                state = event["stateEnteredEventDetails"]["name"]
            case "TaskSucceeded":
                output = json.loads(event["taskSucceededEventDetails"]["output"])
                payload = output.get("Payload") if isinstance(output, dict) else None
                yield at, state, payload if isinstance(payload, dict) else {}
            case "MapStateExited":
                yield at, event["stateExitedEventDetails"]["name"], {}


def _failures(history: History) -> Iterator[TimelineEvent]:
    for event in history:
        if event["type"] in {"ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted"}:
            details = event.get("executionFailedEventDetails", {})
            message = failure_message(details.get("error"), details.get("cause"))
            yield _event(event["timestamp"], EventKind.FAILED, "Cycle failed", message)


def _started_by(history: History) -> str:
    for event in history:
        if event["type"] == "ExecutionStarted":
            given = json.loads(event["executionStartedEventDetails"]["input"])
            started_by = str(given.get("started_by", "schedule"))
            return "monthly schedule" if started_by == "schedule" else started_by
    return "monthly schedule"


def _snapshot(at: datetime, payload: dict[str, Any], taken: MomentRecord | None) -> TimelineEvent:
    details: list[str] = []
    if taken is not None:
        named = taken.seals[:_MAX_NAMED]
        details += [
            f"{seal.key}: {seal.rows:,} rows, SHA-256 {seal.sha256[:12]}…, {seal.age_hours} h old"
            for seal in named
        ]
        if taken.files > len(named):
            details.append(f"and {taken.files - len(named)} more files")
        if taken.unmatched:
            details.append(f"in no account of the book: {', '.join(taken.unmatched[:_MAX_NAMED])}")
    unusable = payload.get("unusable", 0)
    if unusable:
        details.append(f"{counted(unusable, 'export')} cannot be counted")
    what = f"Snapshot '{payload.get('moment')}' taken: {payload.get('rows', 0):,} rows"
    return _event(at, EventKind.SNAPSHOT, what, *details)


def _built(at: datetime, accounts: Sequence[AccountReport]) -> Iterator[TimelineEvent]:
    kinds = Counter(account.outcome for account in accounts)
    nothing = kinds[OutcomeKind.NOTHING_TO_BILL] + kinds[OutcomeKind.SKIPPED]
    yield _event(
        at,
        EventKind.BUILT,
        f"Invoices built: {counted(kinds[OutcomeKind.BILLED], 'account')} to bill, "
        f"{nothing} with nothing to bill, {kinds[OutcomeKind.PARKED]} parked",
    )
    for account in accounts:
        if account.outcome is OutcomeKind.PARKED:
            problems = account.problem_texts[:_MAX_NAMED]
            yield _event(at, EventKind.PARKED, f"Parked: {account.name}", *problems)


def _compared(
    at: datetime, payload: dict[str, Any], accounts: Sequence[AccountReport]
) -> TimelineEvent:
    now = _amount(str(payload.get("total", "")))
    if all(account.previous_total is None for account in accounts):
        what = f"Comparison made: {now}; there is no month before to compare with"
    else:
        before = _amount(str(payload.get("previous_total", "")))
        what = f"Compared with the month before: {now} after {before}"
    return _event(at, EventKind.COMPARED, what)


def _numbered(at: datetime, accounts: Sequence[AccountReport]) -> Iterator[TimelineEvent]:
    numbers = sorted(invoice.number for account in accounts for invoice in account.invoices)
    if numbers:
        span = numbers[0] if len(numbers) == 1 else f"{numbers[0]} to {numbers[-1]}"
        what = f"{counted(len(numbers), 'invoice')} numbered: {span}"
        yield _event(at, EventKind.NUMBERED, what)


def _amount(text: str) -> str:
    """'12.50 USD, 5 JPY' as people write it."""
    parts = [part.partition(" ") for part in text.split(", ")]
    return ", ".join(
        format_money(amount, currency) if currency else amount for amount, _, currency in parts
    )


def _event(at: datetime, kind: EventKind, what: str, *details: str) -> TimelineEvent:
    return TimelineEvent(at=at, kind=kind, what=what, details=details)
