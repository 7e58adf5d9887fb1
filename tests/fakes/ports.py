"""All ports in memory, with one provider and its accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from msp_billing.adapters.holiday_calendar import business_calendar
from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.domain.accounts import Account
from msp_billing.domain.at_issue import InvoiceAtIssue
from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.corrections.credit_notes import CreditNote
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.invoices import Invoice, InvoiceId
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import HolidayCalendar, ProviderPolicy
from msp_billing.usecases.errors import UnknownProviderError
from msp_billing.usecases.records import AccountRecord, BookEntry, CurrentVersions
from tests.fakes.incidents import FakeIncidents
from tests.fakes.outside import (
    FakeBus,
    FakeClock,
    FakeContacts,
    FakeDocumentLinks,
    FakeExecutions,
    FakeMailer,
    FakeOutbox,
    FakePauses,
    FakeRecords,
)
from tests.fakes.receivables import (
    FakeLedgers,
    FakePayments,
    FakeStandings,
    FakeWriteOffs,
)
from tests.fakes.rendering import FakeRenderer
from tests.fakes.schedules import FakeSchedules

_ASSETS = Path(__file__).resolve().parents[2] / "layers" / "rendering"
_LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass
class FakePolicies:
    """Policies by provider and version; the last one put is in force."""

    kept: dict[tuple[str, str], ProviderPolicy] = field(default_factory=dict)
    in_force: dict[str, str] = field(default_factory=dict)

    def put(self, policy: ProviderPolicy) -> None:
        self.kept[policy.provider, policy.version] = policy
        self.in_force[policy.provider] = policy.version

    def providers(self) -> Iterator[str]:
        yield from sorted(self.in_force)

    def find_current(self, provider: str) -> CurrentVersions | None:
        if provider not in self.in_force:
            return None
        return CurrentVersions(
            provider=provider,
            policy_version=self.in_force[provider],
            price_book_version="1",
            first_period=Period(year=2025, month=1),
            applied_at=_LONG_AGO,
        )

    def current(self, provider: str) -> CurrentVersions:
        found = self.find_current(provider)
        if found is None:
            raise UnknownProviderError(provider)
        return found

    def policy(self, provider: str, version: str) -> ProviderPolicy:
        return self.kept[provider, version]


@dataclass
class FakeBook:
    """The book of accounts."""

    kept: dict[tuple[str, str], Account] = field(default_factory=dict)

    def entries(self, provider: str) -> Iterator[BookEntry]:
        for of, account in sorted(self.kept):
            if of == provider:
                yield BookEntry(account=self.kept[of, account], applied_at=_LONG_AGO)

    def find(self, provider: str, account: str) -> BookEntry | None:
        found = self.kept.get((provider, account))
        return None if found is None else BookEntry(account=found, applied_at=_LONG_AGO)

    def put(
        self, provider: str, accounts: Sequence[Account], _applied_at: datetime = _LONG_AGO
    ) -> None:
        self.kept.update({(provider, account.account): account for account in accounts})


@dataclass
class FakeInvoices:
    """Numbered invoices. What is in ``unindexed`` the index does not know yet."""

    kept: dict[InvoiceId, Invoice] = field(default_factory=dict)
    unindexed: set[str] = field(default_factory=set)

    def add(self, *invoices: Invoice) -> None:
        self.kept.update({invoice.id: invoice for invoice in invoices})

    def invoices(self, ids: Sequence[InvoiceId]) -> dict[InvoiceId, Invoice]:
        return {entry: self.kept[entry] for entry in ids if entry in self.kept}

    def find_by_number(self, provider: str, number: str) -> Invoice | None:
        found = (
            entry
            for entry in self.kept.values()
            if entry.number == number
            and entry.id.provider == provider
            and number not in self.unindexed
        )
        return next(found, None)

    def last_number(self, provider: str) -> int:
        numbers = [entry.number for entry in self.kept.values() if entry.id.provider == provider]
        digits = [number.rsplit("-", 1)[-1] for number in numbers if number is not None]
        return max((int(number) for number in digits if number.isdigit()), default=0)

    def records(self, cycle: CycleId, accounts: Sequence[str]) -> dict[str, AccountRecord]:
        parts: dict[str, list[InvoiceId]] = {}
        for entry in self.kept:
            of = CycleId(provider=entry.provider, run=entry.run, period=entry.period)
            if of == cycle and entry.account in accounts:
                parts.setdefault(entry.account, []).append(entry)
        return {
            account: AccountRecord(
                account=account,
                account_name=account,
                agreements=(),
                parts=tuple(dict.fromkeys(entry.part for entry in entries)),
                revision=max(entry.revision for entry in entries),
            )
            for account, entries in parts.items()
        }


@dataclass
class FakeAtIssue:
    """What is frozen with issued invoices."""

    kept: dict[InvoiceId, InvoiceAtIssue] = field(default_factory=dict)

    def put_many(self, entries: Sequence[InvoiceAtIssue]) -> None:
        self.kept.update({entry.invoice: entry for entry in entries})

    def find_many(self, ids: Sequence[InvoiceId]) -> dict[InvoiceId, InvoiceAtIssue]:
        return {entry: self.kept[entry] for entry in ids if entry in self.kept}


@dataclass
class FakeCreditNotes:
    """Numbered credit notes."""

    kept: list[CreditNote] = field(default_factory=list)

    def of_invoice(self, invoice: InvoiceId) -> tuple[CreditNote, ...]:
        return tuple(note for note in self.kept if note.invoice == invoice)


class FakeCalendars:
    """Real calendars: they are computed, not looked up."""

    def business_calendar(self, ref: HolidayCalendar, years: Iterable[int]) -> BusinessCalendar:
        return business_calendar(ref, years)


class FakePorts:
    """The ports of a test. What a test does not need is made when it is first asked for.

    Typed loosely on purpose: a fake store has the methods that tests of these use cases need.
    """

    def __init__(self, policy: ProviderPolicy, *accounts: Account, now: datetime) -> None:
        self.clock: Any = FakeClock(now)
        self.calendars: Any = FakeCalendars()
        self.policies: Any = FakePolicies()
        self.book: Any = FakeBook()
        self.invoices: Any = FakeInvoices()
        self.at_issue: Any = FakeAtIssue()
        self.credit_notes: Any = FakeCreditNotes()
        self.outbox: Any = FakeOutbox()
        self.contacts: Any = FakeContacts()
        self.document_links: Any = FakeDocumentLinks()
        self.pauses: Any = FakePauses(self.clock)
        self.mailer: Any = FakeMailer()
        self.incidents: Any = FakeIncidents()
        self.schedules: Any = FakeSchedules()
        self.digest_schedules: Any = FakeSchedules()
        self.renderer: Any = FakeRenderer()
        self.records: Any = FakeRecords()
        self.bus: Any = FakeBus()
        self.executions: Any = FakeExecutions()
        self.dunning_executions: Any = FakeExecutions()
        self.release_executions: Any = FakeExecutions()
        self.payments: Any = FakePayments()
        self.write_offs: Any = FakeWriteOffs()
        self.ledgers: Any = FakeLedgers(self.payments)
        self.standings: Any = FakeStandings(self.ledgers, self.outbox)
        self.policies.put(policy)
        self.book.put(policy.provider, accounts)

    @cached_property
    def composer(self) -> Any:
        """The real composer: a letter that cannot be made should fail a test."""
        return MailComposer(_ASSETS)

    api_url = "https://billing.example"

    # What no test of receivables uses.
    cycles: Any = None
    feeds: Any = None
    workbooks: Any = None
    reports: Any = None
    schemas: Any = None
    payment_files: Any = None
