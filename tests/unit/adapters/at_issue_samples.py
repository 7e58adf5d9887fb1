"""What was true of the sample invoices when they were issued."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msp_billing.domain.at_issue import (
    Balance,
    Cause,
    Difference,
    InvoiceAtIssue,
    OpenItem,
    PreviousInvoice,
)
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.money import Money
from msp_billing.domain.parties import BankAccount, PayTo
from tests.unit.adapters.invoice_samples import NOVEMBER

ISSUED_ON = date(2026, 11, 15)
PAY_TO = PayTo(
    link="https://pay.northwind.example/{account}/{number}?amount={amount}",
    bank=BankAccount(
        bank="First Harbor Bank", routing_number="091000019", account_number="4400120087"
    ),
    cheques_to=("Northwind Managed IT", "PO Box 210", "Duluth, MN 55802"),
    slip=True,
)
EURO_BANK = BankAccount(
    holder="Nordlicht IT GmbH", bank="Nordbank", iban="DE89370400440532013000", bic="COBADEFFXXX"
)


def money(amount: str | Decimal, currency: str = "USD") -> Money:
    return Money(amount=Decimal(amount), currency=currency)


def balance_of(
    invoice: Invoice,
    brought_forward: str = "0",
    credit_held: str = "0",
    *,
    overdue: str = "0",
    documents: int = 0,
) -> Balance:
    """The balance around an invoice; as much of the credit is used on it as it can take."""

    def of(amount: str | Decimal) -> Money:
        return money(amount, invoice.currency)

    total = invoice.total.amount
    used = min(Decimal(credit_held), max(total, Decimal(0)))
    share = Decimal(brought_forward) / documents if documents else Decimal(0)
    return Balance(
        as_of=ISSUED_ON,
        brought_forward=of(brought_forward),
        overdue=of(overdue),
        open_items=tuple(
            OpenItem(
                document=f"NW-{90 + number:06}",
                on=date(2026, 10, 12),
                due_on=date(2026, 11, 12),
                open=of(share),
            )
            for number in range(min(documents, 10))
        ),
        open_count=documents,
        credit_held=of(credit_held),
        credit_used=of(used),
        to_pay=of(max(total, Decimal(0)) - used),
        credit_left=of(Decimal(credit_held) - used + max(-total, Decimal(0))),
    )


def issued(
    invoice: Invoice, balance: Balance | None = None, differences: tuple[Difference, ...] = ()
) -> InvoiceAtIssue:
    """With causes, the last invoice came to what they leave of this one's total."""
    frozen = InvoiceAtIssue(invoice=invoice.id, currency=invoice.currency, balance=balance)
    if not differences:
        return frozen
    change = Decimal(sum(entry.amount.amount for entry in differences))
    before = money(invoice.total.amount - change, invoice.currency)
    return InvoiceAtIssue(
        invoice=invoice.id,
        currency=invoice.currency,
        balance=balance,
        previous=PreviousInvoice(number="NW-000099", period=NOVEMBER, total=before),
        differences=differences,
        change=money(change, invoice.currency),
    )


def counted(title: str, before: int, now: int, price: str) -> Difference:
    """More or fewer of something at one price."""
    return Difference(
        cause=Cause.COUNT,
        title=title,
        product="FULLTIME",
        amount=money(Decimal(price) * (now - before)),
        quantity_before=Decimal(before),
        quantity_now=Decimal(now),
        price_before=money(price),
        price_now=money(price),
    )
