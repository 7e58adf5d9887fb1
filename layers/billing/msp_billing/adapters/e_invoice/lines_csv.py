"""The lines of an invoice as CSV, for a bookkeeper's own calculations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.csv_files import csv_file, inert

if TYPE_CHECKING:
    from msp_billing.domain.invoices import Invoice

_COLUMNS = (
    "invoice",
    "invoice_date",
    "due_date",
    "account",
    "line",
    "section",
    "kind",
    "category",
    "product",
    "description",
    "quantity",
    "unit",
    "unit_price",
    "amount",
    "currency",
    "service_from",
    "service_to",
    "clause",
    "arithmetic",
)


def lines_csv(invoice: Invoice) -> bytes:
    """One row per line, numbers with a point and without separators; the amounts sum to the total.

    UTF-8 with its mark, without which Excel takes accents for two letters each; lines end in CRLF
    (RFC 4180). Text that a spreadsheet would take for a formula begins with an apostrophe.
    """
    return csv_file(_COLUMNS, _rows(invoice))


def _rows(invoice: Invoice) -> Iterator[tuple[str, ...]]:
    titles = {entry.subscriber: entry.title for entry in invoice.sections}
    for line in invoice.lines:
        yield (
            inert(invoice.number or ""),
            str(invoice.invoice_on),
            str(invoice.due_on or ""),
            invoice.id.account,
            str(line.line),
            inert(titles[line.subscriber]),
            line.kind.value,
            line.category,
            inert(line.product),
            inert(line.description),
            f"{line.quantity:f}",
            inert(line.unit),
            f"{line.unit_price.amount:f}",
            f"{line.amount.amount:f}",
            line.amount.currency,
            str(line.service_period.starts_on),
            str(line.service_period.ends_on),
            line.reason.clause,
            inert(line.reason.arithmetic),
        )
