"""The page of a bundle of evidence: what happened, in order, in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from msp_billing.adapters.formatting import format_change, format_day, format_moment, format_money
from msp_billing.adapters.mails.dunning_views import STATE_WORDS
from msp_billing.domain.dunning.standing import AccountState, NoticeAttempt
from msp_billing.domain.ledger.entries import LedgerEntry
from msp_billing.domain.outbox import MailId
from msp_billing.usecases.receivables.account_facts import BookedLine
from msp_billing.usecases.receivables.evidence import Evidence
from mspbill.account_words import in_turn

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class StoryLine:
    """One thing that happened.

    Attributes:
        amount: of an entry, with its sign; empty for anything else.
        state: the state that the account got into by it.
        file: what proves it, in the bundle.
    """

    at: datetime
    what: str
    detail: str
    amount: str = ""
    balance: str = ""
    state: AccountState | None = None
    file: str = ""


@dataclass(frozen=True)
class NoticeLine:
    """A letter to one contact, and what became of it."""

    step: str
    recipient: str
    sent: str
    outcome: str
    reached: bool
    file: str = ""


def letter_file(mail: MailId) -> str:
    """Where the copy of a letter lies in the bundle."""
    return f"notices/{mail.period}-{mail.part}-{mail.kind}.eml"


def evidence_page(evidence: Evidence, files: frozenset[str]) -> str:
    """The page; every text in it is escaped by the template engine.

    Args:
        files: what else is in the bundle.
    """
    zone = ZoneInfo(evidence.time_zone)
    view = evidence.view
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        day=format_day,
        moment=lambda at: format_moment(at, zone),
        money=lambda amount: format_money(amount, view.currency),
        state=lambda state: STATE_WORDS[state],
    )
    return environment.get_template("evidence.html.j2").render(
        evidence=evidence,
        view=view,
        story=tuple(story(evidence, files)),
        notices=tuple(notice_lines(evidence, zone)),
        verified=_verified(evidence),
        files=sorted(files),
    )


def story(evidence: Evidence, files: frozenset[str]) -> Iterator[StoryLine]:
    """Entries of the ledger and changes of the standing, in the order in which they happened."""
    entries = {entry.sequence: entry for entry in evidence.entries}
    clauses = {clause.clause: clause.title for clause in evidence.clauses}
    currency = evidence.view.currency
    balance = Decimal(0)
    for line in reversed(in_turn(evidence.view)):
        if isinstance(line, BookedLine):
            balance += line.amount
            yield StoryLine(
                at=line.at,
                what=line.title,
                detail=_entry_detail(entries[line.sequence]),
                amount=format_change(line.amount, currency),
                balance=format_money(balance, currency),
                file=_file_of(line.document, files),
            )
            continue
        by = "by the policy" if line.by == "dunning" else f"by {line.by}"
        title = clauses.get(line.clause or "")
        detail = f"{by}: {title}" if title else by
        yield StoryLine(at=line.at, what=line.what, detail=detail, state=line.after)


def _entry_detail(entry: LedgerEntry) -> str:
    told = [f"of {format_day(entry.on)}"]
    if entry.due_on is not None:
        told.append(f"due {format_day(entry.due_on)}")
    if entry.why:
        told.append(entry.why)
    told.append(f"recorded by {entry.recorded_by}")
    return ", ".join(told)


def _file_of(document: str, files: frozenset[str]) -> str:
    found = (f"{folder}/{document}.pdf" for folder in ("invoices", "credit-notes"))
    return next((file for file in found if file in files), "")


def notice_lines(evidence: Evidence, zone: ZoneInfo) -> Iterator[NoticeLine]:
    """Every letter of the open case, or the last one."""
    kept = {letter.mail for letter in evidence.letters}
    for step in evidence.view.steps:
        for attempt in step.taken.attempts:
            yield NoticeLine(
                step=step.title,
                recipient=attempt.recipient,
                sent=format_moment(attempt.sent_at, zone),
                outcome=_outcome(attempt, zone),
                reached=attempt.delivered_at is not None,
                file=letter_file(attempt.mail) if attempt.mail in kept else "",
            )
        override = step.taken.override
        if override is not None:
            at = format_moment(override.at, zone)
            yield NoticeLine(
                step=step.title,
                recipient=f"counts by the word of {override.by}",
                sent=at,
                outcome=override.why,
                reached=True,
            )


def _outcome(attempt: NoticeAttempt, zone: ZoneInfo) -> str:
    if attempt.delivered_at is not None:
        return f"delivered {format_moment(attempt.delivered_at, zone)}"
    return attempt.failed or "no news of it yet"


def _verified(evidence: Evidence) -> str:
    found = evidence.verification
    if found.misfit is not None:
        return f"The ledger does not fit at entry {found.misfit.sequence}: {found.misfit.what}"
    anchored = found.anchored_on
    kept = f", and they are those that were anchored on {format_day(anchored)}" if anchored else ""
    many = "The one entry fits" if found.entries == 1 else f"All {found.entries:,} entries fit"
    return (
        f"{many}: every hash is right, debits equal credits, and the balance is what they come "
        f"to{kept}."
    )
