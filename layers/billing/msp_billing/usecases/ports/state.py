"""What is stored: policies, the book, cycles, invoices, mails and sealed objects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.at_issue import InvoiceAtIssue
    from msp_billing.domain.attention import AttentionKind, Incident
    from msp_billing.domain.corrections.credit_notes import CreditNote
    from msp_billing.domain.cycles import Cycle, CycleId
    from msp_billing.domain.invoices import Invoice, InvoiceId
    from msp_billing.domain.outbox import Attachment, MailId, MailState, OutboxMail
    from msp_billing.domain.outcomes import AccountOutcome
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook
    from msp_billing.usecases.errors import CycleUnreadableError
    from msp_billing.usecases.records import (
        AccountRecord,
        Approval,
        BookEntry,
        CurrentVersions,
        Numbering,
        NumberSeries,
        StoredObject,
    )


class PolicyStore(Protocol):
    """Versions of policies and price books, and which one is current."""

    def providers(self) -> Iterator[str]:
        """Every provider."""

    def find_current(self, provider: str) -> CurrentVersions | None:
        """The versions in force, or None when the provider was never applied."""

    def current(self, provider: str) -> CurrentVersions:
        """The versions in force. Raises UnknownProviderError."""

    def policy(self, provider: str, version: str) -> ProviderPolicy:
        """A pinned policy. Raises UnknownProviderError."""

    def price_book(self, provider: str, version: str) -> PriceBook:
        """A pinned price book. Raises UnknownProviderError."""

    def put_versions(self, policy: ProviderPolicy, price_book: PriceBook) -> None:
        """Store, in force or not. Raises VersionConflictError for other content, same version."""

    def put_in_force(
        self,
        current: CurrentVersions,
        accounts: Sequence[Account],
        instead_of: CurrentVersions | None,
    ) -> bool:
        """Make stored versions current, together with the accounts that changed.

        Up to ninety changed accounts come into force in the same instant; more of them in several,
        the versions last. An account whose content is the same keeps when it was applied.

        Returns:
            False, and nothing is changed, when ``instead_of`` is not what is in force.
        """


class Book(Protocol):
    """The provider's book of accounts."""

    def entries(self, provider: str) -> Iterator[BookEntry]:
        """Every account, in order of its name."""

    def find(self, provider: str, account: str) -> BookEntry | None:
        """One account, or None when the book does not have it."""

    def put(self, provider: str, accounts: Sequence[Account], applied_at: datetime) -> None:
        """Store accounts, in place of what was there under their names."""


class CycleStore(Protocol):
    """Period locks, which are the cycles themselves, and their approvals."""

    def find(self, cycle: CycleId) -> Cycle | None:
        """The cycle, read consistently, or None. Raises CycleUnreadableError."""

    def find_many(
        self,
        cycles: Sequence[CycleId],
        unreadable: Callable[[CycleId, CycleUnreadableError], None] | None = None,
    ) -> dict[CycleId, Cycle]:
        """Those of the cycles that exist.

        Raises:
            CycleUnreadableError: for a lock that is damaged, unless ``unreadable`` takes it.
        """

    def unsettled(self, provider: str, *, open_only: bool = False) -> tuple[CycleId, ...]:
        """The cycles that are open, failed, or closed with accounts that were parked.

        Whatever the policy in force says of their runs. They are found by the index, which lags a
        little, in this order; of each state the newest month first.

        Args:
            open_only: only those that are open.
        """

    def take_lock(self, cycle: Cycle) -> Cycle:
        """Open a cycle once, ever; a failed one may be taken over.

        Returns the cycle that holds the lock: the given one, or somebody else's.
        """

    def update(self, cycle: Cycle) -> None:
        """Store a cycle's new state. Raises LockLostError when another owner holds it."""

    def put_approval(self, cycle: CycleId, approval: Approval) -> None:
        """Store that a person is asked."""

    def record_decision(self, cycle: CycleId, approval: Approval) -> Approval:
        """Store what a person decided, once per question. Returns the decision that stands."""

    def approval(self, cycle: CycleId) -> Approval | None:
        """What was asked and decided."""


class InvoiceStore(Protocol):
    """Outcomes and invoices of cycles."""

    def put_outcomes(self, cycle: CycleId, outcomes: Sequence[AccountOutcome]) -> None:
        """Record outcomes with their drafts; numbered invoices are never overwritten.

        The one-time charges that the drafts bill are claimed with them, and those that an earlier
        attempt had and the drafts have no more are given free.

        Raises:
            ChargeClaimedError: when another cycle bills one of the charges.
        """

    def claims(self, provider: str, accounts: Sequence[str]) -> dict[str, dict[str, str]]:
        """By account, the one-time charges that a cycle bills: their ids, and "run/period"."""

    def put_record(self, cycle: CycleId, record: AccountRecord) -> None:
        """Record how an account ended, in place of what was recorded; its invoices stay."""

    def records(self, cycle: CycleId, accounts: Sequence[str]) -> dict[str, AccountRecord]:
        """The records of these accounts, without invoices."""

    def all_records(self, cycle: CycleId) -> Iterator[AccountRecord]:
        """Every record of the cycle, read consistently, in order of the account."""

    def invoices(self, ids: Sequence[InvoiceId]) -> dict[InvoiceId, Invoice]:
        """Those of the invoices that exist."""

    def number_next(
        self,
        cycle: CycleId,
        prefix: str,
        limit: int,
        after: str | None = None,
        *,
        series: NumberSeries = "invoice",
    ) -> Numbering:
        """Give the next numbers to at most so many drafts of the cycle, in order.

        Numbers are gapless per provider and series: counter, invoices and their mails (state
        WAITING) are committed together. Fewer than ``limit`` are numbered when no draft is left
        behind ``after``, or when another run kept taking the numbers.
        """

    def find_by_number(self, provider: str, number: str) -> Invoice | None:
        """The invoice with this number; None also for one that was numbered a moment ago.

        It is found by an index, which lags behind the table. Whoever decides about money by what
        is not found asks :meth:`last_number` too.
        """

    def last_number(self, provider: str) -> int:
        """The last number that an invoice got, read consistently; 0 before the first."""


class AtIssueStore(Protocol):
    """What is frozen with issued invoices: balances, and why amounts differ."""

    def put_many(self, entries: Sequence[InvoiceAtIssue]) -> None:
        """Store it; the same again changes nothing."""

    def find_many(self, ids: Sequence[InvoiceId]) -> dict[InvoiceId, InvoiceAtIssue]:
        """Of those of the invoices that have it; those issued before it was kept have none."""


class CreditNoteStore(Protocol):
    """Credit notes of issued invoices."""

    def of_invoice(self, invoice: InvoiceId) -> tuple[CreditNote, ...]:
        """Every credit note of an invoice, read consistently, in order of their numbers."""

    def of_accounts(
        self, cycle: CycleId, accounts: Collection[str]
    ) -> dict[InvoiceId, tuple[CreditNote, ...]]:
        """By invoice, the credit notes of these accounts in a cycle, all read at once."""

    def issue(self, draft: CreditNote, prefix: str, earlier: int) -> CreditNote | None:
        """Number a credit note and store it with its waiting mail, or nothing at all.

        Args:
            earlier: how many credit notes the invoice had when the draft was worked out.

        Returns:
            The numbered note; None when another came first, so that it must be worked out anew.
        """


class Outbox(Protocol):
    """Mails to send and sent."""

    def put(self, mail: OutboxMail) -> None:
        """Add a mail, unless it is there already."""

    def enqueue(self, mail: OutboxMail) -> bool:
        """Add a mail that no cycle sends, with its place in the queue of those; both or nothing.

        Returns:
            False when there is a mail of this id already.
        """

    def queued(self, provider: str) -> Iterator[MailId]:
        """The mails that have a place in the queue, in order of their names."""

    def leave_queue(self, mail: MailId) -> None:
        """Take a mail's place in the queue away; nothing happens when it has none."""

    def change(self, before: OutboxMail, after: OutboxMail) -> bool:
        """Compare-and-set of state, recipients, outcomes, note and message id.

        Returns:
            False when state, recipients or outcomes are not those before any more.
        """

    def find_many(self, ids: Sequence[MailId]) -> dict[MailId, OutboxMail]:
        """Those of the mails that exist, read consistently."""

    def all_of(self, cycle: CycleId) -> Iterator[OutboxMail]:
        """Every mail of the cycle."""

    def troubled(self, provider: str, since: datetime, limit: int) -> tuple[OutboxMail, ...]:
        """The mails that are unknown, rejected, bounced or complained about; the newest first.

        Found by the index, which lags a little; what is given out is as it was read consistently.
        """

    def move(
        self,
        mail: MailId,
        expected: MailState,
        following: MailState,
        *,
        at: datetime,
        message_id: str | None = None,
        note: str | None = None,
        attachments: tuple[Attachment, ...] | None = None,
    ) -> bool:
        """Compare-and-set of the state. False when it is not in the expected state."""


class IncidentStore(Protocol):
    """What functions came upon, until it is settled."""

    def report(self, incident: Incident) -> None:
        """Store an incident; one that is open under its subject keeps when it was first found."""

    def settle(self, incident: Incident) -> None:
        """Store that an incident is over."""

    def open_of(self, provider: str, kind: AttentionKind | None = None) -> Iterator[Incident]:
        """What is not settled, of one kind or all, in order of kind and subject."""


class Records(Protocol):
    """Sealed objects: written once, never changed."""

    def address(self, attachment: Attachment, life: timedelta) -> str:
        """An address from which the object can be fetched for a while, by whoever knows it."""

    def put_once(self, key: str, content: bytes, media_type: str) -> StoredObject:
        """Store bytes under a key, once. Raises SealBrokenError when other bytes are there."""

    def put_by_hash(self, prefix: str, content: bytes) -> StoredObject:
        """Store bytes under a key that ends in their hash."""

    def get(self, key: str, sha256: str | None = None) -> bytes:
        """The bytes. Raises SealBrokenError when they do not have the given hash."""

    def find(self, key: str) -> bytes | None:
        """The bytes, or None when there is no such object."""

    def keys(self, prefix: str, after: str) -> Iterator[str]:
        """The keys that begin with a prefix and come after one, in their order."""
