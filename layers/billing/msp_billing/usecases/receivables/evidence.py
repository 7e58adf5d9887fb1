"""Everything that proves how an account came to where it is, gathered for a bundle (DUN-09).

Nothing is worked out here: documents come as they were sealed, entries and history as they were
stored, with the verifier's word that they fit. How the bundle looks is the adapter's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.clauses import Clause
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.dunning.dunning_policy import DunningPolicy
from msp_billing.domain.dunning.standing import HistoryEntry, ReleaseApproval, Standing
from msp_billing.domain.ledger.entries import EntryKind, LedgerEntry
from msp_billing.domain.ledger.verifying import Verification
from msp_billing.domain.outbox import MailId, OutboxMail
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.periods import Period
from msp_billing.usecases.context import object_prefix
from msp_billing.usecases.dunning.context import DunningContext, load_account
from msp_billing.usecases.dunning.kept_letters import kept_letter_key
from msp_billing.usecases.receivables.account_facts import AccountView
from msp_billing.usecases.receivables.account_view import view_account
from msp_billing.usecases.receivables.entered_invoices import entered_invoice
from msp_billing.usecases.receivables.verifying import verify_account
from msp_billing.usecases.render_invoices import document_key

if TYPE_CHECKING:
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.ledger.entries import LedgerId
    from msp_billing.usecases.ports import Ports

_RUN = "dunning"


class SealedDocument(Frozen):
    """An invoice or credit note as it was sent; without content where none was sealed."""

    number: Text
    kind: EntryKind
    content: bytes | None = None
    sha256: str | None = None


class KeptLetter(Frozen):
    """A letter as it was handed to SES."""

    mail: MailId
    content: bytes


class Evidence(Frozen):
    """What goes into the bundle."""

    provider: Identifier
    provider_name: Text
    time_zone: str
    made_at: datetime
    view: AccountView
    entries: tuple[LedgerEntry, ...]
    verification: Verification
    documents: tuple[SealedDocument, ...]
    mails: tuple[OutboxMail, ...] = Field(
        description="Letters about unpaid invoices, with what became of each, oldest first."
    )
    letters: tuple[KeptLetter, ...] = Field(description="Those that were sealed, as they went out.")
    payments: tuple[PaymentRecord, ...] = Field(
        description="The account's, and those that a person has yet to say whose they are."
    )
    history: tuple[HistoryEntry, ...] = Field(description="Oldest first.")
    approvals: tuple[ReleaseApproval, ...] = Field(description="Of the last release.")
    standing: Standing = Field(description="Without what links and waiting tasks are known by.")
    policy_version: Text
    clauses: tuple[Clause, ...]
    dunning: DunningPolicy | None


def gather_evidence(ports: Ports, provider: str, account: str) -> Evidence:
    """Read everything about one account.

    Raises:
        UnknownAccountError: when the book does not have it.
        UnknownProviderError: for a provider that was never applied.
    """
    found = load_account(ports, provider, account)
    entries = tuple(ports.ledgers.entries(found.position.ledger))
    history = tuple(ports.standings.history(provider, account))
    release = found.standing.release
    mails = tuple(_mails(found, entries, history))
    return Evidence(
        provider=provider,
        provider_name=found.policy.name,
        time_zone=found.policy.time_zone,
        made_at=found.now,
        view=view_account(ports, provider, account),
        entries=entries,
        verification=verify_account(ports, provider, account),
        documents=tuple(_documents(ports, found.position.ledger, entries)),
        mails=mails,
        letters=tuple(_letters(ports, mails)),
        payments=tuple(_payments(ports, provider, account)),
        history=history,
        approvals=() if release is None else release.approvals,
        standing=_without_secrets(found.standing),
        policy_version=found.pinned.version,
        clauses=found.pinned.clauses,
        dunning=found.dunning,
    )


def _without_secrets(standing: Standing) -> Standing:
    if standing.release is None:
        return standing
    told = standing.release.model_copy(update={"keys": (), "task_token": None})
    return standing.model_copy(update={"release": told})


# --- Documents -----------------------------------------------------------------------------------


def _documents(
    ports: Ports, ledger: LedgerId, entries: Sequence[LedgerEntry]
) -> Iterator[SealedDocument]:
    """The PDF of every invoice and credit note that was entered, in the order of the entries."""
    invoices: dict[str, Invoice] = {}
    for entry in entries:
        if entry.kind is EntryKind.INVOICE:
            invoice = entered_invoice(ports, ledger, entry.document, entries)
            if invoice is not None:
                invoices[entry.document] = invoice
            key = None if invoice is None else document_key(invoice)
            yield _sealed(ports, entry, key)
        elif entry.kind is EntryKind.CREDIT_NOTE:
            yield _sealed(ports, entry, _credit_note_key(ports, entry, invoices))


def _sealed(ports: Ports, entry: LedgerEntry, key: str | None) -> SealedDocument:
    content = None if key is None else ports.records.find(key)
    return SealedDocument(
        number=entry.document,
        kind=entry.kind,
        content=content,
        sha256=None if content is None else hashlib.sha256(content).hexdigest(),
    )


def _credit_note_key(ports: Ports, entry: LedgerEntry, invoices: dict[str, Invoice]) -> str | None:
    """Where its PDF lies: beside the cycle of the invoice that it is of."""
    for invoice in invoices.values():
        notes: tuple[CreditNote, ...] = ports.credit_notes.of_invoice(invoice.id)
        if any(note.number == entry.document for note in notes):
            return f"{object_prefix(invoice.id)}/credit-notes/{entry.document}.pdf"
    return None


# --- Letters and payments ------------------------------------------------------------------------


def _mails(
    found: DunningContext, entries: Iterable[LedgerEntry], history: Iterable[HistoryEntry]
) -> Iterator[OutboxMail]:
    """Every letter and question about the account, of all its cases, by month."""
    known_at = [entry.at for entry in history] + [entry.recorded_at for entry in entries]
    if not known_at:
        return
    first = found.local_day(min(known_at))
    for period in _months(first, found.today):
        cycle = CycleId(provider=found.policy.provider, run=_RUN, period=period)
        mails = [
            mail
            for mail in found.ports.outbox.all_of(cycle)
            if mail.id.account == found.account.account
        ]
        yield from sorted(mails, key=lambda mail: (str(mail.moved_at or ""), str(mail.id)))


def _letters(ports: Ports, mails: Iterable[OutboxMail]) -> Iterator[KeptLetter]:
    for mail in mails:
        content = ports.records.find(kept_letter_key(mail.id))
        if content is not None:
            yield KeptLetter(mail=mail.id, content=content)


def _months(first: date, last: date) -> Iterator[Period]:
    period, end = Period.of(first), Period.of(last)
    while period <= end:
        yield period
        period = period.shifted(1)


def _payments(ports: Ports, provider: str, account: str) -> Iterator[PaymentRecord]:
    for record in ports.payments.of_provider(provider):
        waits = record.state == "queued" and account in record.suggestions
        if record.account == account or waits:
            yield record
