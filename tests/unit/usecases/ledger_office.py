"""An office that keeps Lantern's ledgers: ports in memory, two accounts, and few words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msp_billing.domain.ledger.entries import LedgerId
from msp_billing.domain.ledger.position import LedgerPosition, position_of
from msp_billing.domain.ledger.postings import payment_entries
from msp_billing.domain.payments.incoming import PaymentMethod, RemittancePart
from msp_billing.usecases.receivables.appending import enter
from msp_billing.usecases.receivables.posting_documents import post_credit_note, post_invoice
from tests.fakes.ports import FakePorts
from tests.unit.domain.builders import account, policy
from tests.unit.domain.ledger.ledger_samples import LEDGER, credit_note, day, invoice, payment

NOON = datetime(2026, 11, 28, 18, tzinfo=UTC)
"""Noon in Chicago."""


@dataclass
class Office:
    """What a clerk does, and what the ledger shows then."""

    ports: FakePorts = field(default_factory=lambda: FakePorts(policy(), account(), now=NOON))

    def bill(self, number: str, amount: str, *dates: str, **more: Any) -> bool:
        made = invoice(number, amount, *dates, **more)
        self.ports.invoices.add(made)
        return post_invoice(self.ports, made)

    def pay(self, name: str, amount: str, *parts: RemittancePart) -> None:
        today = day("2026-11-28")
        paid = payment(name, amount, "2026-11-28", *parts, method=PaymentMethod.WIRE)
        enter(
            self.ports,
            LEDGER,
            lambda position: payment_entries(position, paid, today, today, "bank file"),
        )

    def credit(self, number: str, note: str, amount: str | None) -> bool:
        of = self.ports.invoices.find_by_number("lantern", number)
        made = credit_note(of, note, amount, "2026-11-28")
        self.ports.credit_notes.kept.append(made)
        return post_credit_note(self.ports, made)

    @property
    def position(self) -> LedgerPosition:
        """As it is stored; it must be what the entries come to."""
        stored: LedgerPosition = self.ports.ledgers.position(LEDGER)
        assert stored == position_of(LEDGER, self.ports.ledgers.entries(LEDGER))
        return stored

    @property
    def open(self) -> dict[str, str]:
        return {item.document: str(item.open) for item in self.position.open_items}

    @property
    def held(self) -> dict[str, str]:
        return {entry.source: str(entry.open) for entry in self.position.credits}

    @property
    def balance(self) -> Decimal:
        return self.position.balance


OTHER = LedgerId(provider="lantern", account="tern-harbor", currency="CAD")
