"""A small set of ledgers worked out by hand, with one entry of every kind.

Tern Harbor, in USD:

| day     | what                                                    | owed   | held  |
|---------|---------------------------------------------------------|--------|-------|
| 15 Nov  | LP-1: 11 x 6.75 + 3 x 0.125 - 4.63 + tax 4.20 = 74.20    |  74.20 |       |
| 20 Nov  | LP-2: 50.00                                             | 124.20 |       |
| 21 Nov  | CN-1 takes 20.00 off LP-2                               | 104.20 |       |
| 25 Nov  | A-1 by wire, 100.00: all of LP-1 and 25.80 of LP-2      |   4.20 |       |
| 28 Nov  | the bank takes 30.00 of A-1 back: 25.80 and 4.20        |  34.20 |       |
| 29 Nov  | late fee 5.00                                           |  39.20 |       |
| 30 Nov  | the 4.20 of LP-1 are given up                           |  35.00 |       |
|  1 Dec  | A-2 by check, 50.00: 30.00 of LP-2, the fee, 15.00 over |   0.00 | 15.00 |
|  2 Dec  | 10.00 paid back by wire                                 |   0.00 |  5.00 |

A customer with a name that means harm, in CAD: LP-3 of 10.00 on 20 Nov.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msp_billing.domain.dunning.dunning_policy import LateFee
from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind
from msp_billing.domain.ledger.documents import (
    credit_note_entries,
    invoice_entries,
    late_fee_entry,
    write_off_entry,
)
from msp_billing.domain.ledger.entries import EntryDraft, EntryKind, LedgerId
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.ledger.postings import payment_entries, refund_entry, return_entries
from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.usecases.receivables.appending import enter
from tests.fakes.ports import FakePorts
from tests.unit.domain.builders import account, policy
from tests.unit.domain.ledger.ledger_samples import (
    LEDGER,
    credit_note,
    day,
    invoice,
    payment,
    returned,
    usd,
)

HARMFUL_NAME = '=cmd|"x" \\ Zoë:\u202eSub 🦺'
HARMFUL = LedgerId(provider="lantern", account="3-gulls", currency="CAD")

EFFECTS = {
    (EntryKind.INVOICE, "USD"): Decimal("124.20"),
    (EntryKind.INVOICE, "CAD"): Decimal("10.00"),
    (EntryKind.CREDIT_NOTE, "USD"): Decimal("-20.00"),
    (EntryKind.PAYMENT, "USD"): Decimal("-150.00"),
    (EntryKind.PAYMENT_RETURNED, "USD"): Decimal("30.00"),
    (EntryKind.LATE_FEE, "USD"): Decimal("5.00"),
    (EntryKind.WRITE_OFF, "USD"): Decimal("-4.20"),
    (EntryKind.REFUND, "USD"): Decimal("10.00"),
}
"""By how much the kinds of entries raise what is owed; together -5.00 and 10.00."""

BOOKS = {
    "categories": {
        "cloud": {"name": "Sales:Cloud", "code": "210", "journal": "Income:Cloud"},
    },
    "methods": {
        "check": {"name": "Undeposited Funds", "code": "091", "journal": "Assets:Checks"},
    },
}


def books(**changes: Any) -> FakePorts:
    """The ledgers above, on 5 December."""
    ports = FakePorts(
        policy(accounting=BOOKS, **changes),
        account(),
        account(account=HARMFUL.account, name=HARMFUL_NAME, currency="CAD"),
        now=datetime(2026, 11, 15, 18, tzinfo=UTC),
    )
    _tern_harbor(ports)
    gulls = invoice(
        "LP-3", "10.00", "2026-11-20", account=HARMFUL.account, currency=HARMFUL.currency
    )
    ports.invoices.add(gulls)
    enter(ports, HARMFUL, lambda position: invoice_entries(position, gulls, gulls.invoice_on))
    return ports


def _tern_harbor(ports: FakePorts) -> None:
    first, second = first_invoice(), invoice("LP-2", "50.00", "2026-11-20", "2026-11-27")
    note = credit_note(second, "CN-1", "20.00", "2026-11-21")
    ports.invoices.add(first, second)
    ports.credit_notes.kept.append(note)
    wire = payment("A-1", "100.00", "2026-11-25", method=PaymentMethod.WIRE)
    check = payment("A-2", "50.00", "2026-12-01", method=PaymentMethod.CHECK)
    back = returned("30.00", "2026-11-28")

    def book(on: str, decide: Callable[[LedgerPosition], tuple[EntryDraft | None, ...]]) -> None:
        ports.clock.move_to(datetime.fromisoformat(f"{on}T18:00:00+00:00"))
        enter(ports, LEDGER, lambda position: tuple(filter(None, decide(position))))

    book("2026-11-15", lambda at: invoice_entries(at, first, first.invoice_on))
    book("2026-11-20", lambda at: invoice_entries(at, second, second.invoice_on))
    book("2026-11-21", lambda at: credit_note_entries(at, note, note.issued_on))
    book(
        "2026-11-25",
        lambda at: payment_entries(at, wire, wire.received_on, wire.received_on, "bank file"),
    )
    book(
        "2026-11-28",
        lambda at: return_entries(at, "bank:A-1", back, day("2026-11-28"), "bank file"),
    )
    fee = LateFee(amount=Decimal("5.00"))
    book(
        "2026-11-29",
        lambda at: (late_fee_entry(at, 1, "first", fee, day("2026-11-29"), "dunning"),),
    )
    book(
        "2026-11-30",
        lambda at: (
            write_off_entry(
                at, "small", "LP-1", Decimal("4.20"), day("2026-11-30"), "clerk", "not worth it"
            ),
        ),
    )
    book(
        "2026-12-01",
        lambda at: payment_entries(at, check, check.received_on, check.received_on, "bank file"),
    )
    book(
        "2026-12-02",
        lambda at: (
            refund_entry(
                at,
                "R-1",
                Decimal("10.00"),
                PaymentMethod.WIRE,
                day("2026-12-02"),
                "clerk",
                "paid too much",
            ),
        ),
    )
    ports.clock.move_to(datetime(2026, 12, 5, 18, tzinfo=UTC))


def unusual_books() -> FakePorts:
    """In November: LP-1 of 40.00 is given up, and 15.00 of it credited later; LP-2 is -30.00."""
    ports = FakePorts(
        policy(accounting=BOOKS), account(), now=datetime(2026, 11, 28, 18, tzinfo=UTC)
    )
    lost, below = invoice("LP-1", "40.00"), invoice("LP-2", "-30.00")
    note = credit_note(lost, "CN-1", "15.00", "2026-11-28")
    ports.invoices.add(lost, below)
    ports.credit_notes.kept.append(note)
    on, all_of_it = day("2026-11-28"), Decimal("40.00")
    for decide in (
        lambda at: invoice_entries(at, lost, on),
        lambda at: (
            write_off_entry(at, "gone", "LP-1", all_of_it, on, "clerk", "out of business"),
        ),
        lambda at: credit_note_entries(at, note, on),
        lambda at: invoice_entries(at, below, on),
    ):
        enter(ports, LEDGER, decide)
    return ports


def first_invoice() -> Invoice:
    """Lines that multiply out, that are rounded, that lower the invoice, and tax."""
    made = invoice("LP-1", "74.20", "2026-11-15", "2026-11-25")
    template = made.lines[0]

    def line(number: int, **changes: Any) -> InvoiceLine:
        arithmetic = changes.pop("arithmetic")
        reason = template.reason.model_copy(update={"arithmetic": arithmetic})
        return template.model_copy(update={"line": number, "reason": reason, **changes})

    lines = (
        line(
            1,
            product="COM4003",
            description="Hosted mailbox",
            category="cloud",
            quantity=Decimal(11),
            unit_price=usd("6.75"),
            amount=usd("74.25"),
            arithmetic="11 x 6.75 = 74.25",
        ),
        line(
            2,
            product="GB",
            description="Storage, GB",
            quantity=Decimal(3),
            unit_price=usd("0.125"),
            amount=usd("0.38"),
            arithmetic="3 x 0.125 = 0.38",
        ),
        line(
            3,
            kind=LineKind.DISCOUNT,
            product="TERM",
            description="Discount",
            unit_price=usd("-4.63"),
            amount=usd("-4.63"),
            arithmetic="-4.63",
        ),
        line(
            4,
            kind=LineKind.TAX,
            product="TAX",
            description="Minnesota sales tax",
            unit_price=usd("4.20"),
            amount=usd("4.20"),
            arithmetic="6% of 70.00 = 4.20",
        ),
    )
    return Invoice.model_validate(made.model_dump() | {"lines": [e.model_dump() for e in lines]})
