"""The ledgers as a journal in plain text, which Beancount checks and reports on.

Every customer has an account for what it owes and one for the credit that is held for it. The
journal ends with what each account must come to on the last day, so that Beancount itself proves
that nothing is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.accounting_exports.plain_text import plain_text
from msp_billing.domain.accounting.bookings import Booking, bookings
from msp_billing.domain.accounting.exported import (
    AccountingPeriod,
    Customer,
    CustomerBalance,
    ExportedEntry,
    ExportFile,
)
from msp_billing.domain.ledger.entries import EntryKind, LedgerAccount

if TYPE_CHECKING:
    from msp_billing.domain.accounting_policy import AccountingPolicy
    from msp_billing.domain.policy import ProviderPolicy

NAME = "journal.beancount"

_Balances = dict[tuple[str, str], Decimal]
"""What an account comes to in a currency."""


def journal_files(period: AccountingPeriod, policy: ProviderPolicy) -> tuple[ExportFile, ...]:
    """One file with everything of the period."""
    journal = _Journal(period, policy.accounting)
    content = "\n".join(journal.lines()) + "\n"
    return (
        ExportFile(
            name=NAME,
            content=content.encode(),
            rows=len(period.entries),
            sums=journal.sums,
        ),
    )


class _Journal:
    """A journal in the making: what was written so far is added up as it is written."""

    def __init__(self, period: AccountingPeriod, books: AccountingPolicy) -> None:
        self._period = period
        self._books = books
        self._balances: _Balances = {}
        self.sums: dict[tuple[EntryKind, str], Decimal] = {}

    def lines(self) -> list[str]:
        """The whole journal, line by line."""
        opening = list(self._opening())
        entries = [line for exported in self._period.entries for line in self._entry(exported)]
        currencies = sorted({currency for _, currency in self._balances})
        return [
            f'option "title" {quoted(f"{self._period.provider_name}: receivables")}',
            *(f'option "operating_currency" "{currency}"' for currency in currencies),
            "",
            f"; From {self._period.from_on} to {self._period.to_on}, both included.",
            "; Made anew for other days, not appended to: accounts are opened once.",
            "",
            *self._opened(),
            *opening,
            *entries,
            *self._asserted(),
        ]

    def _opened(self) -> Iterator[str]:
        day = self._day_before
        accounts: dict[str, set[str]] = {}
        for account, currency in self._balances:
            accounts.setdefault(account, set()).add(currency)
        for account, currencies in sorted(accounts.items()):
            yield f"{day} open {account} {','.join(sorted(currencies))}"

    @property
    def _day_before(self) -> date:
        return self._period.from_on - timedelta(days=1)

    def _opening(self) -> Iterator[str]:
        """Where every customer stood before the first day."""
        for balance in self._period.balances:
            owed, held = balance.owed_before, balance.held_before
            if not owed and not held:
                continue
            customer = balance.customer
            yield ""
            yield f'{self._day_before} * {quoted(customer.name)} "Opening balance" #opening'
            yield from self._postings(
                customer,
                (
                    (self._account_of(LedgerAccount.RECEIVABLE, customer), owed),
                    (self._account_of(LedgerAccount.CREDIT, customer), -held),
                    (self._books.opening, held - owed),
                ),
            )

    def _entry(self, exported: ExportedEntry) -> Iterator[str]:
        entry, customer = exported.entry, exported.customer
        yield ""
        yield f"{entry.on} * {quoted(customer.name)} {quoted(entry.title)}"
        yield f'  kind: "{entry.kind}"'
        yield f"  document: {quoted(entry.document)}"
        yield f'  customer: "{customer.account}"'
        yield f'  entry: "{entry.sequence}"'
        booked = bookings(exported, self._books)
        postings = [(self._account(booking, customer), booking.amount) for booking in booked]
        for booking in booked:
            if booking.side != "ours":
                key = (entry.kind, customer.currency)
                self.sums[key] = self.sums.get(key, Decimal(0)) + booking.amount
        yield from self._postings(customer, postings)

    def _postings(
        self, customer: Customer, postings: Iterable[tuple[str, Decimal]]
    ) -> Iterator[str]:
        for account, amount in postings:
            key = (account, customer.currency)
            self._balances[key] = self._balances.get(key, Decimal(0)) + amount
            yield f"  {account}  {amount:f} {customer.currency}"

    def _account(self, booking: Booking, customer: Customer) -> str:
        match booking.side:
            case "owed":
                return self._account_of(LedgerAccount.RECEIVABLE, customer)
            case "held":
                return self._account_of(LedgerAccount.CREDIT, customer)
            case _:
                return booking.account.journal

    def _account_of(self, which: LedgerAccount, customer: Customer) -> str:
        books = self._books
        above = books.receivable if which is LedgerAccount.RECEIVABLE else books.credit
        return f"{above.journal}:{customer_account(customer.account)}"

    def _asserted(self) -> Iterator[str]:
        """What every account comes to; a customer's by its ledger, not by what is written here."""
        expected = dict(self._balances)
        for balance in self._period.balances:
            expected.update(self._by_ledger(balance))
        day = self._period.to_on + timedelta(days=1)
        yield ""
        for (account, currency), amount in sorted(expected.items()):
            if (account, currency) in self._balances:
                yield f"{day} balance {account}  {amount:f} ~ 0 {currency}"

    def _by_ledger(self, balance: CustomerBalance) -> _Balances:
        customer = balance.customer
        return {
            (self._account_of(LedgerAccount.RECEIVABLE, customer), customer.currency): balance.owed,
            (self._account_of(LedgerAccount.CREDIT, customer), customer.currency): -balance.held,
        }


def customer_account(account: str) -> str:
    """An account's short name as a part of a name in the journal: ``Tern-harbor``."""
    return f"{account[0].upper()}{account[1:]}"


def quoted(text: str) -> str:
    """A text between quotation marks, whatever is in it."""
    plain = plain_text(text, keep="\n").replace("\\", "\\\\").replace('"', '\\"')
    return '"' + plain.replace("\n", "\\n") + '"'
