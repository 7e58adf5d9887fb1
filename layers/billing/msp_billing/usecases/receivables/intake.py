"""What taking payments needs to know of a provider: read once for a whole file, and when needed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.entries import EntryKind, LedgerId
from msp_billing.domain.payments.account_names import AccountNames, NamedAccounts
from msp_billing.domain.payments.checks import (
    currency_problems,
    date_problems,
    unknown_account,
)
from msp_billing.domain.payments.matching import owes_exactly
from msp_billing.usecases.context import calendar_around

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.money import Money
    from msp_billing.domain.payments.incoming import IncomingPayment
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
                self._taken_over_by(number) if invoice is None else invoice.id.account
            )
        return self._owners[number]

    def _taken_over_by(self, number: str) -> str | None:
        """The account that an invoice of the system before was taken over for (openings)."""
        if number.upper().startswith(tuple(prefix.upper() for prefix in self.prefixes)):
            return None  # such a number is ours, and never taken over
        return self._old_numbers.get(number)

    @cached_property
    def _old_numbers(self) -> dict[str, str]:
        return {
            item.document: position.ledger.account
            for position in self._positions
            for item in position.items
            if item.kind is EntryKind.OPENING
        }

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
