"""A ledger kept by hand: invoices and payments of round amounts, entered one after the other."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from msp_billing.domain.corrections.credit_notes import (
    CreditNote,
    CreditRequest,
    credit_note_for,
)
from msp_billing.domain.invoices import (
    Invoice,
    InvoiceId,
    InvoiceLine,
    InvoiceSection,
    LineKind,
    LineReason,
    PriceBasis,
)
from msp_billing.domain.ledger.documents import credit_note_entries, invoice_entries
from msp_billing.domain.ledger.entries import (
    EntryDraft,
    EntryKind,
    LedgerAccount,
    LedgerEntry,
    LedgerId,
    chain,
)
from msp_billing.domain.ledger.position import LedgerPosition, after
from msp_billing.domain.ledger.postings import payment_entries, refund_entry, return_entries
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import (
    IncomingPayment,
    IncomingReturn,
    PaymentKey,
    PaymentMethod,
    RemittancePart,
)
from msp_billing.domain.periods import Period, ServicePeriod

LEDGER = LedgerId(provider="lantern", account="tern-harbor", currency="USD")


def day(text: str) -> date:
    return date.fromisoformat(text)


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def invoice(
    number: str, amount: str, on: str = "2026-11-15", due_on: str = "2026-11-30", **changes: Any
) -> Invoice:
    """One flat line of this amount."""
    total = Money(amount=Decimal(amount), currency=changes.pop("currency", "USD"))
    month = Period.of(day(on))
    service = ServicePeriod(starts_on=month.first_day, ends_on=month.last_day)
    line = InvoiceLine(
        line=1,
        kind=LineKind.RECURRING,
        subscriber=None,
        product="CARE",
        description="Managed care",
        category="support",
        quantity=Decimal(1),
        unit="month",
        unit_price=total,
        amount=total,
        service_period=service,
        reason=LineReason(
            clause="calendar",
            agreement="main",
            agreement_line="care",
            quantity_from="fixed in the agreement",
            price_basis=PriceBasis.FLAT,
            price_from="agreement main",
            arithmetic=amount,
        ),
    )
    made = Invoice(
        id=InvoiceId(
            provider="lantern",
            run=changes.pop("run", "monthly"),
            period=month,
            account=changes.pop("account", "tern-harbor"),
            part=changes.pop("part", number.lower()),
        ),
        number=number,
        label="Managed care",
        account_name="Tern Harbor",
        bill_to=("Tern Harbor",),
        invoice_on=day(on),
        due_on=day(due_on),
        service_period=service,
        currency=total.currency,
        sections=(InvoiceSection(subscriber=None, title="Tern Harbor"),),
        lines=(line,),
        counts=(),
        total=total,
        policy_version="2026-01",
        price_book_version="2026-01",
        snapshot_sha256="5" * 64,
    )
    return made.model_copy(update=changes)


def credit_note(of: Invoice, number: str, amount: str | None, on: str = "2026-11-20") -> CreditNote:
    """Over this amount of the invoice; over all of it for None."""
    parts = () if amount is None else ({"line": 1, "amount": amount},)
    asked = CreditRequest.model_validate(
        {
            "request": number.lower(),
            "reason": "Billed twice",
            "requested_by": "clerk",
            "parts": parts,
        }
    )
    return credit_note_for(of, asked, (), day(on)).numbered(number)


def payment(
    name: str,
    amount: str,
    on: str = "2026-11-28",
    *parts: RemittancePart,
    method: PaymentMethod = PaymentMethod.ACH,
    currency: str = "USD",
) -> IncomingPayment:
    return IncomingPayment(
        key=PaymentKey(provider="lantern", source="bank", external_id=name),
        amount=Money(amount=Decimal(amount), currency=currency),
        method=method,
        received_on=day(on),
        account="tern-harbor",
        remittance=parts,
    )


def part(number: str, amount: str | None = None) -> RemittancePart:
    return RemittancePart(invoice=number, amount=None if amount is None else Decimal(amount))


def returned(
    amount: str, on: str = "2026-12-03", currency: str = "USD", name: str = "R-1"
) -> IncomingReturn:
    return IncomingReturn(
        key=PaymentKey(provider="lantern", source="bank", external_id=name),
        amount=Money(amount=Decimal(amount), currency=currency),
        returned_on=day(on),
        code="R01",
        reason="insufficient funds",
    )


@dataclass
class Books:
    """One ledger: what is entered follows what stands."""

    position: LedgerPosition = field(default_factory=lambda: LedgerPosition.empty(LEDGER))
    entries: list[LedgerEntry] = field(default_factory=list)
    at: datetime = datetime(2026, 11, 15, 15, tzinfo=UTC)

    def enter(self, *drafts: EntryDraft) -> None:
        for entry in chain(self.position.version, self.position.last_hash, drafts, self.at):
            self.position = after(self.position, entry)
            self.entries.append(entry)

    def invoice(self, number: str, amount: str, *dates: str) -> Invoice:
        made = invoice(number, amount, *dates)
        self.enter(*invoice_entries(self.position, made, made.invoice_on))
        return made

    def pay(self, name: str, amount: str, on: str = "2026-11-28", *parts: RemittancePart) -> None:
        drafts = payment_entries(
            self.position, payment(name, amount, on, *parts), day(on), day(on), "bank file"
        )
        self.enter(*drafts)

    def credit(self, of: Invoice, number: str, amount: str | None, on: str = "2026-11-20") -> None:
        note = credit_note(of, number, amount, on)
        self.enter(*credit_note_entries(self.position, note, day(on)))

    def take_back(self, name: str, amount: str, on: str = "2026-12-03") -> None:
        """The first return is named R-1, the second R-2."""
        number = count(self.entries, EntryKind.PAYMENT_RETURNED) + 1
        back = returned(amount, on, name=f"R-{number}")
        self.enter(*return_entries(self.position, name, back, day(on), "bank file"))

    def refund(self, name: str, amount: str, on: str = "2026-12-01") -> None:
        self.enter(
            refund_entry(
                self.position,
                name,
                Decimal(amount),
                PaymentMethod.WIRE,
                day(on),
                "clerk",
                "paid twice",
            )
        )

    @property
    def open(self) -> dict[str, str]:
        """What is owed, oldest due date first."""
        return {item.document: str(item.open) for item in self.position.open_items}

    @property
    def held(self) -> dict[str, str]:
        """The credit by its source."""
        return {entry.source: str(entry.open) for entry in self.position.credits}

    @property
    def told(self) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
        """Kind, document and postings of every entry."""
        return [
            (
                entry.kind.value,
                entry.document,
                [(p.on.value, p.reference, str(p.amount)) for p in entry.postings],
            )
            for entry in self.entries
        ]


def balance_of(entries: list[LedgerEntry]) -> Decimal:
    """The balance by the entries alone: debits less credits of what is the customer's."""
    customers = {LedgerAccount.RECEIVABLE, LedgerAccount.CREDIT}
    return sum(
        (p.amount for entry in entries for p in entry.postings if p.on in customers), Decimal(0)
    )


def count(entries: list[LedgerEntry], kind: EntryKind) -> int:
    return sum(1 for entry in entries if entry.kind is kind)
