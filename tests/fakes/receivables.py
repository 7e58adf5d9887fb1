"""Ledgers, payments and standings in memory, with the conditions of the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from msp_billing.domain.dunning.standing import HistoryEntry, Standing
from msp_billing.domain.ledger.entries import EntryDraft, EntryKind, LedgerEntry, LedgerId, chain
from msp_billing.domain.ledger.position import LedgerPosition, after
from msp_billing.domain.ledger.write_offs import WriteOff
from msp_billing.domain.outbox import OutboxMail
from msp_billing.domain.payments.incoming import PaymentKey
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.usecases.errors import LedgerUnreadableError, StandingUnreadableError
from tests.fakes.outside import FakeOutbox

_Who = tuple[str, str]


@dataclass
class FakePayments:
    """Records of payments under their keys."""

    records: dict[PaymentKey, PaymentRecord] = field(default_factory=dict)

    def find(self, key: PaymentKey) -> PaymentRecord | None:
        return self.records.get(key)

    def find_by_trace(self, provider: str, trace: str) -> tuple[PaymentRecord, ...]:
        return tuple(
            record
            for record in self.of_provider(provider)
            if record.payment is not None and record.payment.trace == trace
        )

    def put(self, record: PaymentRecord) -> bool:
        if not self.follows(record):
            return False
        self.records[record.key] = record
        return True

    def follows(self, record: PaymentRecord) -> bool:
        """Whether it is the version after what is stored."""
        standing = self.records.get(record.key)
        return record.version == (1 if standing is None else standing.version + 1)

    def queue(self, provider: str) -> Iterator[PaymentRecord]:
        queued = [entry for entry in self.of_provider(provider) if entry.state == "queued"]
        yield from sorted(queued, key=lambda entry: (entry.reported_at, str(entry.key)))

    def of_provider(self, provider: str) -> Iterator[PaymentRecord]:
        keys = [key for key in self.records if key.provider == provider]
        yield from (self.records[key] for key in sorted(keys, key=str))


@dataclass
class FakeWriteOffs:
    """Write-offs under their names."""

    kept: dict[tuple[str, str, str], WriteOff] = field(default_factory=dict)

    def find(self, provider: str, account: str, write_off: str) -> WriteOff | None:
        return self.kept.get((provider, account, write_off))

    def put(self, write_off: WriteOff) -> bool:
        key = (write_off.provider, write_off.account, write_off.write_off)
        standing = self.kept.get(key)
        if write_off.version != (1 if standing is None else standing.version + 1):
            return False
        self.kept[key] = write_off
        return True

    def of_provider(self, provider: str) -> Iterator[WriteOff]:
        yield from [self.kept[key] for key in sorted(self.kept) if key[0] == provider]


@dataclass
class FakeLedgers:
    """Ledgers; ``before_append`` lets a test do something at the worst moment, once."""

    payments: FakePayments
    kept: dict[_Who, list[LedgerEntry]] = field(default_factory=dict)
    heads: dict[_Who, LedgerPosition] = field(default_factory=dict)
    before_append: Callable[[], None] | None = None
    appends: int = 0
    damaged: set[str] = field(default_factory=set)
    """Accounts whose position somebody changed by hand."""

    def position(self, ledger: LedgerId) -> LedgerPosition:
        return self.heads.get((ledger.provider, ledger.account), LedgerPosition.empty(ledger))

    def positions(
        self,
        provider: str,
        after: str | None = None,
        unreadable: Callable[[str, LedgerUnreadableError], None] | None = None,
    ) -> Iterator[LedgerPosition]:
        for who in sorted(self.heads):
            if who[0] != provider or (after is not None and who[1] <= after):
                continue
            if who[1] not in self.damaged:
                yield self.heads[who]
                continue
            error = LedgerUnreadableError(f"{provider}/{who[1]}", None, "changed by hand")
            if unreadable is None:
                raise error
            unreadable(who[1], error)

    def entries(self, ledger: LedgerId, after: int = 0) -> Iterator[LedgerEntry]:
        found = self.kept.get((ledger.provider, ledger.account), [])
        yield from (entry for entry in list(found) if entry.sequence > after)

    def find(self, ledger: LedgerId, kind: EntryKind, document: str) -> LedgerEntry | None:
        return next(
            (
                entry
                for entry in self.entries(ledger)
                if entry.kind is kind
                and entry.document == document
                and kind is not EntryKind.ALLOCATION
            ),
            None,
        )

    def append(
        self,
        position: LedgerPosition,
        drafts: Sequence[EntryDraft],
        at: datetime,
        booking: PaymentRecord | None = None,
    ) -> LedgerPosition | None:
        if not drafts:
            raise ValueError("nothing to enter")
        interruption, self.before_append = self.before_append, None
        if interruption is not None:
            interruption()
        ledger = position.ledger
        if self.position(ledger).version != position.version:
            return None
        entries = chain(position.version, position.last_hash, tuple(drafts), at)
        claims = {(e.kind, e.document) for e in self.entries(ledger)}
        new = [(e.kind, e.document) for e in entries if e.kind is not EntryKind.ALLOCATION]
        if len(set(new)) != len(new) or claims & set(new):
            return None
        if booking is not None and not self.payments.put(booking):
            return None
        for entry in entries:
            position = after(position, entry)
        who = (ledger.provider, ledger.account)
        self.kept.setdefault(who, []).extend(entries)
        self.heads[who] = position
        self.appends += 1
        return position


@dataclass
class FakeStandings:
    """Standings; ``before_change`` lets a test do something at the worst moment, once."""

    ledgers: FakeLedgers
    outbox: FakeOutbox
    kept: dict[_Who, Standing] = field(default_factory=dict)
    told: dict[_Who, list[HistoryEntry]] = field(default_factory=dict)
    done: dict[tuple[str, str, str], int] = field(default_factory=dict)
    before_change: Callable[[], None] | None = None
    damaged: set[str] = field(default_factory=set)
    """Accounts whose standing somebody changed by hand."""

    def find(self, provider: str, account: str) -> Standing:
        if account in self.damaged:
            raise StandingUnreadableError(provider, account, "changed by hand")
        return self.kept.get((provider, account), Standing(provider=provider, account=account))

    def all_of(
        self,
        provider: str,
        after: str | None = None,
        unreadable: Callable[[str, StandingUnreadableError], None] | None = None,
    ) -> Iterator[Standing]:
        wanted = [who for who in sorted(self.kept) if who[0] == provider]
        page = [(who[1], self.kept[who]) for who in wanted if after is None or who[1] > after]
        for account, standing in page:
            if account not in self.damaged:
                yield standing
                continue
            error = StandingUnreadableError(provider, account, "changed by hand")
            if unreadable is None:
                raise error
            unreadable(account, error)

    def change(
        self,
        before: Standing,
        after: Standing,
        history: Sequence[HistoryEntry] = (),
        *,
        position: LedgerPosition | None = None,
        mails: Sequence[OutboxMail] = (),
    ) -> bool:
        if after.version != before.version + 1:
            raise ValueError(f"version {after.version} does not follow {before.version}")
        interruption, self.before_change = self.before_change, None
        if interruption is not None:
            interruption()
        who = (after.provider, after.account)
        if self.find(*who).version != before.version:
            return False
        if position is not None and self._moved_on(position):
            return False
        if any(mail.id in self.outbox.mails for mail in mails):
            return False
        # As it comes back from the table: only what a document can hold.
        self.kept[who] = Standing.model_validate_json(after.model_dump_json())
        self.told.setdefault(who, []).extend(history)
        for mail in mails:
            self.outbox.put(mail)
        return True

    def _moved_on(self, position: LedgerPosition) -> bool:
        return self.ledgers.position(position.ledger).version != position.version

    def history(self, provider: str, account: str) -> Iterator[HistoryEntry]:
        yield from list(self.told.get((provider, account), []))

    def acknowledge(self, provider: str, account: str, consumer: str, version: int) -> None:
        key = (provider, consumer, account)
        self.done[key] = max(version, self.done.get(key, 0))

    def acknowledged(self, provider: str, consumer: str) -> dict[str, int]:
        return {
            account: version
            for (of, by, account), version in sorted(self.done.items())
            if (of, by) == (provider, consumer)
        }

    def consumers(self, provider: str) -> tuple[str, ...]:
        return tuple(sorted({by for of, by, _ in self.done if of == provider}))
