"""What taking payments needs to know of a provider: read once for a whole file, and when needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.entries import EntryKind, LedgerId
from msp_billing.domain.ledger.openings import looks_like_ours
from msp_billing.domain.payments.account_names import AccountNames, NamedAccounts
from msp_billing.domain.payments.checks import (
    currency_problems,
    date_problems,
    unknown_account,
)
from msp_billing.domain.payments.invoice_numbers import NUMBER_DIGITS, numbers_in
from msp_billing.domain.payments.matching import owes_exactly
from msp_billing.usecases.context import calendar_around

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.money import Money
    from msp_billing.domain.payments.incoming import IncomingPayment, PaymentKey
    from msp_billing.domain.payments.records import PaymentRecord
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.problems import Problem
    from msp_billing.usecases.ports import Ports


class Intake:
    """One provider whose payments are taken: its policy, its book, and clues whose money it is.

    What decides is read when it is asked for. Names, and what all accounts owe, are read once:
    they only suggest, or are looked at again before anything is booked by them.
    """

    def __init__(self, ports: Ports, provider: str) -> None:
        self.ports = ports
        self.provider = provider
        self._accounts: dict[str, Account | None] = {}
        self._owners: dict[str, str | None] = {}
        self._ledgers: dict[str, LedgerId] = {}
        self._calendars: dict[int, BusinessCalendar] = {}
        self._taken: dict[str, set[PaymentKey]] = {}
        self._waiting: dict[str, set[PaymentKey]] | None = None

    @cached_property
    def policy(self) -> ProviderPolicy:
        """The policy in force."""
        versions = self.ports.policies.current(self.provider)
        return self.ports.policies.policy(self.provider, versions.policy_version)

    @property
    def today(self) -> date:
        """The day in the provider's zone."""
        return self.ports.clock.now().astimezone(self.policy.zone).date()

    def account(self, account: str) -> Account | None:
        """An account of the book, or None."""
        if account not in self._accounts:
            entry = self.ports.book.find(self.provider, account)
            self._accounts[account] = None if entry is None else entry.account
        return self._accounts[account]

    def ledger(self, account: str) -> LedgerId:
        """Which ledger an account of the book has. It keeps the currency that it began with."""
        if account not in self._ledgers:
            self.position(account)
        return self._ledgers[account]

    def settles_on(self, payment: IncomingPayment) -> date:
        """From which day on the bank takes a payment back no more (DUN-06)."""
        days = self.policy.payments.settled_after_business_days.get(payment.method, 0)
        if not days:
            return payment.received_on
        year = payment.received_on.year
        if year not in self._calendars:
            self._calendars[year] = calendar_around(self.ports, self.policy, year)
        return self._calendars[year].nth_after(payment.received_on, days)

    def booking_problems(self, amount: Money, on: date, account: str) -> tuple[Problem, ...]:
        """Why money cannot be booked for an account, or went back from it, as it was reported."""
        if not self.has_account(account):
            return (unknown_account(account), *date_problems(on, self.today))
        currency = self.position(account).ledger.currency
        return (*currency_problems(amount, account, currency), *date_problems(on, self.today))

    # --- What the index may not know yet (docs/faults.md, 42) -------------------------------------

    def remember(self, record: PaymentRecord) -> None:
        """Keep under the bank's number that a payment was taken just now."""
        _keep_by_trace(self._taken, record)

    def taken_with(self, trace: str) -> frozenset[PaymentKey]:
        """The payments with a number of the bank that were taken just now."""
        return frozenset(self._taken.get(trace, ()))

    def see_waiting(self, queue: Iterable[PaymentRecord]) -> None:
        """Keep what waits in the queue, as it was read just now."""
        self._waiting = {}
        for record in queue:
            _keep_by_trace(self._waiting, record)

    def waiting_with(self, trace: str) -> frozenset[PaymentKey]:
        """The payments with a number of the bank that wait in the queue, or did.

        The queue is read once: each return of a file that finds nothing else asks for it.
        """
        if self._waiting is None:
            self.see_waiting(self.ports.payments.queue(self.provider))
        assert self._waiting is not None, "it was read"
        return frozenset(self._waiting.get(trace, ()))

    # --- Clues -----------------------------------------------------------------------------------

    @cached_property
    def prefixes(self) -> tuple[str, ...]:
        """What invoice numbers begin with, ordinary invoices first."""
        own = (run.number_prefix for run in self.policy.runs)
        found = (self.policy.invoice_number_prefix, *(prefix for prefix in own if prefix))
        return tuple(dict.fromkeys(found))

    def has_account(self, account: str) -> bool:
        """Whether the book of accounts has it."""
        return self.account(account) is not None

    def account_of(self, number: str) -> str | None:
        """The account that an invoice was issued to; None when no invoice has the number."""
        if number not in self._owners:
            invoice = self.ports.invoices.find_by_number(self.provider, number)
            self._owners[number] = (
                self._entered_for(number) if invoice is None else invoice.id.account
            )
        return self._owners[number]

    def _entered_for(self, number: str) -> str | None:
        """The account whose ledger has an invoice that the index does not find.

        Either it was taken over from the system before (openings), or it was numbered a moment ago
        and the index lags: then the counter has its number (docs/faults.md, 42).
        """
        if not self._is_written_as_ours(number):
            return self._owed[EntryKind.OPENING].get(number)
        if self._was_given_out(number):
            return self._owed[EntryKind.INVOICE].get(number)
        return None  # such a number is ours, and never taken over

    def _is_written_as_ours(self, number: str) -> bool:
        """Whether it begins like ours and goes on so: an old one may, with a letter behind it."""
        if not number.upper().startswith(tuple(prefix.upper() for prefix in self.prefixes)):
            return False
        is_ours = looks_like_ours(number, self.prefixes) is not None
        return is_ours or bool(numbers_in([number], self.prefixes))

    def _was_given_out(self, number: str) -> bool:
        """Whether a number is one of those that invoices have got so far, as it is printed.

        Typed otherwise it is not looked for in all ledgers: it is asked for as printed afterwards.
        """
        prefix = self.policy.invoice_number_prefix
        digits = number.removeprefix(prefix)
        if not (digits.isascii() and digits.isdigit()):
            return False
        if number != f"{prefix}{int(digits):0{NUMBER_DIGITS}d}":
            return False
        return 0 < int(digits) <= self.ports.invoices.last_number(self.provider)

    @cached_property
    def _owed(self) -> dict[EntryKind, dict[str, str]]:
        """By kind and document, the account that owes it or did."""
        owed: dict[EntryKind, dict[str, str]] = {EntryKind.OPENING: {}, EntryKind.INVOICE: {}}
        for position in self._positions:
            for item in position.items:
                owed.setdefault(item.kind, {})[item.document] = position.ledger.account
        return owed

    def position(self, account: str) -> LedgerPosition:
        """Where an account of the book stands now."""
        found = self.account(account)
        assert found is not None, "asked for after it was found in the book"
        ledger = LedgerId(provider=self.provider, account=account, currency=found.currency)
        position = self.ports.ledgers.position(ledger)
        self._ledgers[account] = position.ledger
        return position

    def named_in(self, texts: Sequence[str], payer: str | None) -> NamedAccounts:
        """The accounts whose names are in the texts."""
        return self._names.named_in(texts, payer)

    def owing(self, amount: Money) -> tuple[str, ...]:
        """The accounts that owed exactly this when they were read."""
        return tuple(
            position.ledger.account
            for position in self._positions
            if owes_exactly(position, amount)
        )

    @cached_property
    def _names(self) -> AccountNames:
        entries = self.ports.book.entries(self.provider)
        return AccountNames(entry.account for entry in entries)

    @cached_property
    def _positions(self) -> tuple[LedgerPosition, ...]:
        return tuple(self.ports.ledgers.positions(self.provider))


def _keep_by_trace(kept: dict[str, set[PaymentKey]], record: PaymentRecord) -> None:
    payment = record.payment
    if payment is not None and payment.trace is not None:
        kept.setdefault(payment.trace, set()).add(record.key)
