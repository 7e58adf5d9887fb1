"""Empty documents to fill in by hand: one sample row each, which is never taken."""

from __future__ import annotations

from msp_billing.adapters.csv_files import csv_file

_NOTE = "SAMPLE: delete this row"

_ACCOUNTS = {
    "old_id": "1042",
    "name": "Example Dental Group",
    "account": "",
    "parent": "",
    "active": "yes",
    "billing_email": "ap@example-dental.example; owner@example-dental.example",
    "address_1": "12 Harbor Street",
    "address_2": "Springfield, IL 00000",
    "address_3": "",
    "country": "US",
    "currency": "USD",
    "purchase_order": "",
    "known_as": "Example Dental; EXDENTAL",
}
_AGREEMENTS = {
    "customer": "1042",
    "agreement": "Managed services",
    "starts_on": "2024-05-01",
    "ends_on": "",
    "product": "MS-SERVER",
    "description": "Managed server",
    "quantity": "3",
    "unit_price": "145.00",
    "line_starts_on": "",
    "line_ends_on": "",
    "subscriber": "",
}
_OPEN_INVOICES = {
    "customer": "1042",
    "number": "10457",
    "date": "2026-10-01",
    "due_date": "2026-10-31",
    "open_amount": "1200.00",
    "currency": "USD",
    "kind": "invoice",
}
_BALANCES = {"customer": "1042", "as_of": "2026-11-30", "balance": "350.00", "currency": "USD"}
_INVOICE_LINES = {
    "customer": "1042",
    "number": "10620",
    "product": "MS-SERVER",
    "description": "Managed server",
    "quantity": "3",
    "unit_price": "145.00",
    "amount": "435.00",
    "currency": "USD",
    "kind": "line",
}

TEMPLATES = {
    "accounts.csv": _ACCOUNTS,
    "agreements.csv": _AGREEMENTS,
    "open-invoices.csv": _OPEN_INVOICES,
    "opening-balances.csv": _BALANCES,
    "invoice-lines.csv": _INVOICE_LINES,
}


def template_files() -> dict[str, bytes]:
    """Each document with its headings and one sample row."""
    return {
        name: csv_file([*sample, "note"], [[*sample.values(), _NOTE]])
        for name, sample in TEMPLATES.items()
    }
