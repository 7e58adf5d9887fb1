"""A desk where payments come in: Lantern's three accounts, ports in memory, and few words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.ledger.documents import invoice_entries
from msp_billing.domain.ledger.entries import LedgerAccount, LedgerId
from msp_billing.domain.ledger.position import LedgerPosition, position_of
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import (
    IncomingPayment,
    IncomingReturn,
    PaymentKey,
    RemittancePart,
)
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.usecases.receivables import following_up
from msp_billing.usecases.receivables.booking import book_payment, take_payment, take_return
from tests.fakes.ports import FakePorts
from tests.unit.domain.builders import policy
from tests.unit.domain.ledger.ledger_samples import invoice
from tests.unit.domain.payments.payment_samples import account

NOW = datetime(2026, 11, 28, 18, tzinfo=UTC)  # noon in Chicago
TODAY = date(2026, 11, 28)
ACCOUNTS = (
    account("alder", "Alder Group Ltd"),
    account("beech", "Beech Tree Surgeons Inc"),
    account("maple", "Maple Leaf Dental", currency="CAD"),
)


def key(name: str, source: str = "bank") -> PaymentKey:
    return PaymentKey(provider="lantern", source=source, external_id=name)


def paid(name: str, amount: str = "120.00", **more: Any) -> IncomingPayment:
    """A payment of today by ACH, if nothing else is said."""
    told: dict[str, Any] = {
        "key": key(name),
        "amount": Money(amount=Decimal(amount), currency=more.pop("currency", "USD")),
        "method": "ach",
        "received_on": TODAY,
    }
    return IncomingPayment.model_validate(told | more)


def went_back(name: str, amount: str = "120.00", **more: Any) -> IncomingReturn:
    told: dict[str, Any] = {
        "key": key(name),
        "amount": Money(amount=Decimal(amount), currency=more.pop("currency", "USD")),
        "returned_on": TODAY,
        "code": "R01",
        "reason": "Insufficient funds",
    }
    return IncomingReturn.model_validate(told | more)


def part(number: str, amount: str | None = None) -> RemittancePart:
    return RemittancePart(invoice=number, amount=None if amount is None else Decimal(amount))


@dataclass
class Desk:
    """Ports with an owner's eye on them. ``reactions`` are the accounts that were looked at."""

    ports: FakePorts
    reactions: list[str] = field(default_factory=list)

    def bill(self, number: str, amount: str, of: str = "alder", due_on: str = "2026-11-30") -> None:
        """Issue an invoice and enter it, due dates apart."""
        currency = "CAD" if of == "maple" else "USD"
        made = invoice(number, amount, "2026-11-15", due_on, account=of, currency=currency)
        self.ports.invoices.add(made)
        position = self.position(of)
        drafts = invoice_entries(position, made, made.invoice_on)
        assert self.ports.ledgers.append(position, drafts, NOW) is not None

    def take(self, payment: IncomingPayment) -> PaymentRecord:
        return take_payment(self.ports, payment, "bank file")

    def back(self, returned: IncomingReturn) -> PaymentRecord:
        return take_return(self.ports, returned, "bank file")

    def book(self, payment: IncomingPayment) -> PaymentRecord:
        return book_payment(self.ports, payment, "clerk")

    def position(self, of: str = "alder") -> LedgerPosition:
        """As stored; what the entries come to is checked at every look."""
        currency = "CAD" if of == "maple" else "USD"
        ledger = LedgerId(provider="lantern", account=of, currency=currency)
        position: LedgerPosition = self.ports.ledgers.position(ledger)
        assert position == position_of(ledger, self.ports.ledgers.entries(ledger))
        return position

    def open(self, of: str = "alder") -> dict[str, str]:
        return {item.document: str(item.open) for item in self.position(of).open_items}

    def held(self, of: str = "alder") -> str:
        return str(self.position(of).held)

    def told(self, of: str = "alder") -> list[tuple[str, str]]:
        """Kind and document of every entry."""
        entries = self.ports.ledgers.entries(self.position(of).ledger)
        return [(entry.kind.value, entry.document) for entry in entries]

    def cash(self) -> Decimal:
        """What came in less what went back, over all accounts."""
        ledgers = [self.position(entry.account).ledger for entry in ACCOUNTS]
        entries = [entry for ledger in ledgers for entry in self.ports.ledgers.entries(ledger)]
        postings = [posting for entry in entries for posting in entry.postings]
        return sum((p.amount for p in postings if p.on is LedgerAccount.CASH), Decimal(0))

    def waiting(self) -> list[str]:
        return [record.key.external_id for record in self.ports.payments.queue("lantern")]

    def everything(self) -> tuple[Any, ...]:
        """All that is stored, to see that nothing changes."""
        return (
            dict(self.ports.payments.records),
            {a.account: self.told(a.account) for a in ACCOUNTS},
        )

    @contextmanager
    def answers_lost(self) -> Iterator[None]:
        """What is appended is stored, and the caller never hears of it."""
        append = self.ports.ledgers.append

        def append_and_fail(*arguments: Any) -> None:
            append(*arguments)
            raise TimeoutError("no answer")

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self.ports.ledgers, "append", append_and_fail)
            yield


def open_desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Lantern, in Chicago; ACH settles after two business days."""
    made = Desk(
        FakePorts(policy(payments={"settled_after_business_days": {"ach": 2}}), *ACCOUNTS, now=NOW)
    )

    def see(_ports: object, provider: str, name: str) -> None:
        assert provider == "lantern"
        made.reactions.append(name)

    monkeypatch.setattr(following_up, "react", see)
    return made
