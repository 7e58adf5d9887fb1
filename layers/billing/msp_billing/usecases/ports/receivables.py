"""What is stored about what accounts owe: ledgers, payments, standings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from msp_billing.domain.dunning.standing import HistoryEntry, Standing
    from msp_billing.domain.ledger.entries import EntryDraft, EntryKind, LedgerEntry, LedgerId
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.ledger.write_offs import WriteOff
    from msp_billing.domain.outbox import OutboxMail
    from msp_billing.domain.payments.incoming import PaymentKey
    from msp_billing.domain.payments.payment_policy import PaymentFile
    from msp_billing.domain.payments.records import PaymentRecord
    from msp_billing.usecases.errors import LedgerUnreadableError, StandingUnreadableError
    from msp_billing.usecases.receivables.payment_readings import FileReading, ReadingSetting


class LedgerStore(Protocol):
    """Ledgers of accounts: entries, and the position that they come to."""

    def position(self, ledger: LedgerId) -> LedgerPosition:
        """Where the account stands, read consistently; empty when nothing was entered yet."""

    def positions(
        self,
        provider: str,
        after: str | None = None,
        unreadable: Callable[[str, LedgerUnreadableError], None] | None = None,
    ) -> Iterator[LedgerPosition]:
        """Where every account of a provider stands that has a ledger, in order of the name.

        Args:
            after: only those behind this account.
            unreadable: is told of an account whose position cannot be read, which is passed over.

        Raises:
            LedgerUnreadableError: for such a position, when nobody is to be told of it.
        """

    def entries(self, ledger: LedgerId, after: int = 0) -> Iterator[LedgerEntry]:
        """Entries in their order, from the one behind ``after`` on, read consistently.

        Raises:
            LedgerUnreadableError: for one that cannot be what was stored.
        """

    def find(self, ledger: LedgerId, kind: EntryKind, document: str) -> LedgerEntry | None:
        """The entry of a document, or None. Not for allocations, of which there may be many."""

    def append(
        self,
        position: LedgerPosition,
        drafts: Sequence[EntryDraft],
        at: datetime,
        booking: PaymentRecord | None = None,
    ) -> LedgerPosition | None:
        """Enter drafts behind the position, all together with the payment's record, or nothing.

        Args:
            booking: the payment that is booked by the drafts, stored with them; what is stored of
                it by now must be of the version before.

        Returns:
            The new position; None when another entry came first, one of the documents is entered
            already, or the payment's record changed: read again and decide anew.
        """


class PaymentStore(Protocol):
    """What is known of each payment that was ever reported, for ever."""

    def find(self, key: PaymentKey) -> PaymentRecord | None:
        """A payment or a return, read consistently."""

    def find_by_trace(self, provider: str, trace: str) -> tuple[PaymentRecord, ...]:
        """The payments that have this number of the bank; perhaps not those of this moment.

        They are found by an index, which lags behind the table.
        """

    def put(self, record: PaymentRecord) -> bool:
        """Store a record that moves no money; its version is one more than what is stored.

        False when another one came first.
        """

    def queue(self, provider: str) -> Iterator[PaymentRecord]:
        """What waits for a person, oldest first."""

    def of_provider(self, provider: str) -> Iterator[PaymentRecord]:
        """Every payment and return of a provider."""


class WriteOffStore(Protocol):
    """Debts that are to be given up, and what was decided about them."""

    def find(self, provider: str, account: str, write_off: str) -> WriteOff | None:
        """One, read consistently, or None when nobody asked for it."""

    def put(self, write_off: WriteOff) -> bool:
        """Store the version after what is stored. False when another one came first."""

    def of_provider(self, provider: str) -> Iterator[WriteOff]:
        """Every write-off of a provider, by account and name."""


class PaymentFiles(Protocol):
    """Files with payments that a bank sends."""

    def content(self, key: str, version_id: str | None = None) -> bytes:
        """The bytes of a file in the feeds bucket. Raises PaymentFileGoneError."""

    def read(
        self, definition: PaymentFile, setting: ReadingSetting, content: bytes, file: str
    ) -> FileReading:
        """Read a file; with problems, it gives out no rows at all."""


class StandingStore(Protocol):
    """How accounts stand, and how they came to."""

    def find(self, provider: str, account: str) -> Standing:
        """How an account stands, read consistently; good, when nothing was ever stored.

        Raises:
            StandingUnreadableError: for what cannot be what was stored.
        """

    def all_of(
        self,
        provider: str,
        after: str | None = None,
        unreadable: Callable[[str, StandingUnreadableError], None] | None = None,
    ) -> Iterator[Standing]:
        """Every account of which something is stored, in order of the name.

        Args:
            after: only those behind this account.
            unreadable: is told of an account whose standing cannot be read, which is passed over.

        Raises:
            StandingUnreadableError: for such an account, when nobody is to be told of it.
        """

    def change(
        self,
        before: Standing,
        after: Standing,
        history: Sequence[HistoryEntry] = (),
        *,
        position: LedgerPosition | None = None,
        mails: Sequence[OutboxMail] = (),
    ) -> bool:
        """Compare-and-set: all of it, or nothing.

        Args:
            after: has the version after that of ``before``.
            position: when given, nothing happens unless the account's ledger is still at this
                version: a payment that came in since it was read wins (docs/faults.md, 36).
            mails: put into the outbox together with it.

        Returns:
            False when the standing, or the ledger, is not what it was.
        """

    def history(self, provider: str, account: str) -> Iterator[HistoryEntry]:
        """Everything that happened, in order."""

    def acknowledge(self, provider: str, account: str, consumer: str, version: int) -> None:
        """Keep that a consumer has done what an entitlement version says; it never goes back."""

    def acknowledged(self, provider: str, consumer: str) -> dict[str, int]:
        """By account, the entitlement version that a consumer has done last."""

    def consumers(self, provider: str) -> tuple[str, ...]:
        """Every consumer that ever acknowledged something, in order of the name."""
