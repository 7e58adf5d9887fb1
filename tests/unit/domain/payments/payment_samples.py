"""Payments, accounts and clues for tests of the matching."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from msp_billing.domain.accounts import Account
from msp_billing.domain.ledger.entries import LedgerId
from msp_billing.domain.ledger.position import LedgerPosition, OwedItem
from msp_billing.domain.money import Money
from msp_billing.domain.payments.account_names import AccountNames, NamedAccounts
from msp_billing.domain.payments.incoming import IncomingPayment, PaymentKey, RemittancePart
from msp_billing.domain.payments.matching import owes_exactly

DUE = date(2026, 9, 15)


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def account(short_name: str, name: str, **more: Any) -> Account:
    line = {"line": "care", "product": "CARE", "quantity": "1"}
    agreement = {"agreement": "main", "title": "Main", "starts_on": "2025-01-01", "lines": [line]}
    return Account.model_validate(
        {
            "account": short_name,
            "name": name,
            "address": ["1 Sample Street"],
            "currency": "USD",
            "billing_contacts": ["books@sample.example"],
            "agreements": [agreement],
            **more,
        }
    )


def payment(amount: str = "120.00", *texts: str, **more: Any) -> IncomingPayment:
    told: dict[str, Any] = {
        "key": PaymentKey(provider="birch", source="bank", external_id="1"),
        "amount": usd(amount),
        "method": "ach",
        "received_on": date(2026, 9, 10),
        "texts": texts,
    }
    return IncomingPayment.model_validate(told | more)


def parts(*numbers: str) -> tuple[RemittancePart, ...]:
    return tuple(RemittancePart(invoice=number) for number in numbers)


def item(number: str, open_amount: str) -> OwedItem:
    return OwedItem.model_validate(
        {
            "document": number,
            "kind": "invoice",
            "title": f"Invoice {number}",
            "on": DUE,
            "due_on": DUE,
            "amount": "1000.00",
            "open": open_amount,
        }
    )


@dataclass
class SampleClues:
    """What a payment may be recognised by: accounts, and what is open of whose invoices."""

    accounts: Sequence[Account]
    invoices: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By number, the account and what is open."""
    prefixes: Sequence[str] = ("BI-",)
    read_all: list[str] = field(default_factory=list)

    def has_account(self, name: str) -> bool:
        return any(entry.account == name for entry in self.accounts)

    def account_of(self, number: str) -> str | None:
        return self.invoices[number][0] if number in self.invoices else None

    def position(self, name: str) -> LedgerPosition:
        ledger = LedgerId(provider="birch", account=name, currency="USD")
        items = tuple(
            item(number, left) for number, (owner, left) in self.invoices.items() if owner == name
        )
        return LedgerPosition.empty(ledger).model_copy(update={"items": items})

    def named_in(self, texts: Sequence[str], payer: str | None) -> NamedAccounts:
        self.read_all.append("names")
        return AccountNames(self.accounts).named_in(texts, payer)

    def owing(self, amount: Money) -> tuple[str, ...]:
        self.read_all.append("positions")
        names = [entry.account for entry in self.accounts]
        return tuple(name for name in names if owes_exactly(self.position(name), amount))
