"""Whose documents the gallery shows, and what was true of an invoice at issue."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

from msp_billing.adapters.directory.provider_directory import (
    ProviderDirectory,
    load_provider_directory,
)
from msp_billing.domain.at_issue import Cause, Difference, InvoiceAtIssue
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.money import Money
from msp_billing.domain.parties import Logo
from msp_billing.domain.policy import Brand, ProviderPolicy
from mspbill.repository import repository_root
from tests.unit.adapters.at_issue_samples import PAY_TO, balance_of, issued
from tests.unit.adapters.invoice_samples import policy

ROOT = repository_root()
ASSETS = ROOT / "layers" / "rendering"
EVERYTHING = frozenset({"items", "summary_by_product", "summary_by_category"})

_LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">
  <rect width="96" height="96" rx="18" fill="{primary}"/>
  <path d="M22 74V50h12v24zM42 74V36h12v38zM62 74V22h12v52z" fill="#ffffff"/>
  <path d="M22 82h52v4H22z" fill="{accent}"/>
</svg>
"""


def brand(primary: str = "#17365d", accent: str = "#0f7c74") -> Brand:
    """Two colours, and a mark in them."""
    drawing = _LOGO.format(primary=primary, accent=accent).encode()
    logo = Logo(
        media_type="image/svg+xml", base64=base64.b64encode(drawing).decode(), text="Sample logo"
    )
    return Brand(primary=primary, accent=accent, logo=logo)


def american(**changes: Any) -> ProviderPolicy:
    """Northwind, which sells in dollars, with every way of paying and every appendix."""
    return policy(
        **{
            "brand": brand(),
            "pay_to": PAY_TO,
            "show": EVERYTHING,
            "remittance": ("Please write the invoice number on your payment.",),
            "invoice_note": "SAMPLE. Every name, amount and bank detail is invented. Something "
            "does not look right? Write to accounts@northwind.example before the due date.",
            **changes,
        }
    )


def provider(name: str) -> ProviderDirectory:
    """One of the sample providers of the repository."""
    return load_provider_directory(ROOT / "providers" / name)


def at_issue(invoice: Invoice) -> InvoiceAtIssue:
    """An older invoice is open, some credit is used, and users and servers came and went."""

    def cause(kind: Cause, title: str, amount: str, before: str, now: str) -> Difference:
        price = Money(amount=abs(Decimal(amount)), currency=invoice.currency)
        counted = kind is Cause.COUNT
        return Difference(
            cause=kind,
            title=title,
            amount=Money(amount=Decimal(amount), currency=invoice.currency),
            quantity_before=Decimal(before) if before else None,
            quantity_now=Decimal(now) if now else None,
            price_before=price if counted or kind is Cause.ENDED else None,
            price_now=price if counted or kind is Cause.NEW else None,
        )

    names = {line.product: line.description for line in invoice.lines}
    changes = (
        cause(Cause.COUNT, names["FULLTIME"], "95.00", "16", "17"),
        cause(Cause.NEW, names["BKP2210"], "89.00", "", "1"),
        cause(Cause.COUNT, names["PARTTIME"], "-55.50", "4", "3"),
    )
    balance = balance_of(invoice, "607.50", "100", overdue="607.50", documents=1)
    return issued(invoice, balance, changes)
