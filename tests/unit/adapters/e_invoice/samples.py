"""Invoices with every sort of line that there is, of a provider in America and one in Europe."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from msp_billing.domain.at_issue import Balance, InvoiceAtIssue
from msp_billing.domain.corrections.credit_notes import CreditNote, CreditRequest, credit_note_for
from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind, LineReason, PriceBasis
from msp_billing.domain.money import Money, zero
from msp_billing.domain.parties import BankAccount, Buyer, PayTo, Seller
from msp_billing.domain.periods import ServicePeriod
from msp_billing.domain.policy import ProviderPolicy
from tests.unit.adapters.invoice_samples import DECEMBER, InvoiceMaker, policy

HOSTILE = (
    "<b>R&amp;D</b> #set page(0pt) {{ 7*7 }} \x00\x07\x1b[31m \u202eDSU 0\u202c \ufffe "
    "]]> 👩\u200d💻 " + "x" * 1000
)


def charge(
    kind: LineKind, quantity: str, price: str, amount: str, unit: str = "license", **changes: Any
) -> InvoiceLine:
    currency = changes.pop("currency", "USD")
    basis = changes.pop("basis", PriceBasis.EACH)
    fields: dict[str, Any] = {
        "line": 1,
        "kind": kind,
        "subscriber": None,
        "product": "CODE-1",
        "description": "Something that is billed",
        "category": "agreement",
        "quantity": Decimal(quantity),
        "unit": unit,
        "unit_price": Money(amount=Decimal(price), currency=currency),
        "amount": Money(amount=Decimal(amount), currency=currency),
        "service_period": ServicePeriod.of_month(DECEMBER),
        "reason": LineReason(
            clause="calendar",
            agreement="main",
            agreement_line=None,
            quantity_from="fixed in the agreement",
            price_basis=basis,
            price_from="agreement main",
            arithmetic=f"{quantity} at {price} is {amount}",
        ),
    }
    return InvoiceLine(**{**fields, **changes})


def invoice_of(*lines: InvoiceLine, currency: str = "USD", **changes: Any) -> Invoice:
    maker = InvoiceMaker(currency).section("Harbor Dental Group")
    maker.lines += [
        line.model_copy(update={"line": number}) for number, line in enumerate(lines, start=1)
    ]
    return maker.make(**changes)


def american_provider() -> ProviderPolicy:
    bank = BankAccount(
        bank="First Harbor Bank", routing_number="091000019", account_number="4400120087"
    )
    link = "https://pay.northwind.example/{number}?amount={amount}"
    return policy(
        seller=Seller(legal_name="Northwind Managed IT, LLC", tax_number="41-0000000"),
        pay_to=PayTo(link=link, bank=bank),
    )


def american_invoice() -> Invoice:
    """Two sections, every basis of a price, credits, discounts, three taxes, hostile text."""
    one, some = LineKind.ONE_TIME, LineKind.RECURRING
    lines = (
        charge(some, "17", "95", "1615.00", "user"),
        charge(some, "250", "0.12345", "30.86", "GB"),
        charge(some, "1", "500", "500.00", "month", basis=PriceBasis.FLAT),
        charge(some, "120", "4.1667", "500.01", "mailbox", basis=PriceBasis.GRADUATED),
        charge(some, "7", "3.3333", "25.00", "device", basis=PriceBasis.GRADUATED),
        charge(some, "10", "0", "0.00", basis=PriceBasis.INCLUDED),
        charge(some, "2", "9.99", "19.98", basis=PriceBasis.OVERAGE, subscriber="pier"),
        charge(one, "1", "300", "300.00", "fee", description=HOSTILE, product="<&>\x01" * 40),
        charge(LineKind.TIME, "1.75", "185.00", "323.75", "hour"),
        charge(LineKind.RECONCILIATION, "1", "61.50", "61.50", basis=PriceBasis.AMOUNT),
        charge(LineKind.PAY_OUT, "3", "880", "2640.00", "month"),
        charge(LineKind.SHORTFALL, "1", "12.34", "12.34", "minimum", basis=PriceBasis.MINIMUM),
        charge(LineKind.ADJUSTMENT, "1", "-75.00", "-75.00", "adjustment", basis=PriceBasis.AMOUNT),
        charge(LineKind.ADJUSTMENT, "-2", "10", "-20.00", "device"),
        charge(LineKind.DISCOUNT, "1", "-161.50", "-161.50", "discount", description="Term, 10%"),
        charge(LineKind.DISCOUNT, "1", "0", "0.00", "discount", description="Nothing off"),
        charge(LineKind.TAX, "1", "41.07", "41.07", "tax", description="State, 6% of 684.50 USD"),
        charge(LineKind.TAX, "1", "0.00", "0.00", "tax", description="County, exempt by C-1"),
        charge(LineKind.TAX, "1", "-1.20", "-1.20", "tax", description="City, 6% of -20.00 USD"),
    )
    maker = InvoiceMaker().section("Harbor Dental Group").section(f"Pier {HOSTILE[:90]}", "pier")
    maker.lines += [
        line.model_copy(update={"line": number}) for number, line in enumerate(lines, start=1)
    ]
    return maker.make(
        buyer=Buyer(registration_id="MN-1", vat_id="DE123456789", reference="04011000-1234-56"),
        recipients=("payables@harbor.example",),
        bill_to=(
            "Harbor Dental Group",
            "Attn: \x00 payables",
            "12 Pier Road",
            "Floor 2",
            "Superior",
        ),
    )


def with_credit(invoice: Invoice, used: str) -> InvoiceAtIssue:
    nothing = zero(invoice.currency)
    credit = Money(amount=Decimal(used), currency=invoice.currency)
    return InvoiceAtIssue(
        invoice=invoice.id,
        currency=invoice.currency,
        balance=Balance(
            as_of=invoice.invoice_on,
            brought_forward=nothing,
            overdue=nothing,
            credit_held=credit,
            credit_used=credit,
            to_pay=invoice.total - credit,
            credit_left=nothing,
        ),
    )


def credited(invoice: Invoice, *parts: dict[str, Any], reason: str = "Billed twice") -> CreditNote:
    request = CreditRequest.model_validate(
        {"request": "first", "reason": reason, "requested_by": "Jo", "parts": parts}
    )
    return credit_note_for(invoice, request, (), date(2026, 12, 3)).numbered("CN-7")
