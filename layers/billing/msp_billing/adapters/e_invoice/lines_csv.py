"""The lines of an invoice as CSV, for a bookkeeper's own calculations."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from msp_billing.adapters.workbooks.xlsx_cells import FORMULA_STARTS
from msp_billing.domain.invoices import Invoice

LINES_CSV_MEDIA_TYPE = "text/csv"

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
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(_COLUMNS)
    writer.writerows(_rows(invoice))
    return buffer.getvalue().encode("utf-8-sig")


def _rows(invoice: Invoice) -> Iterator[tuple[str, ...]]:
    titles = {entry.subscriber: entry.title for entry in invoice.sections}
    for line in invoice.lines:
        yield (
            _inert(invoice.number or ""),
            str(invoice.invoice_on),
            str(invoice.due_on or ""),
            invoice.id.account,
            str(line.line),
            _inert(titles[line.subscriber]),
            line.kind.value,
            line.category,
            _inert(line.product),
            _inert(line.description),
            f"{line.quantity:f}",
            _inert(line.unit),
            f"{line.unit_price.amount:f}",
            f"{line.amount.amount:f}",
            line.amount.currency,
            str(line.service_period.starts_on),
            str(line.service_period.ends_on),
            line.reason.clause,
            _inert(line.reason.arithmetic),
        )


def _inert(text: str) -> str:
    """Text that a spreadsheet does not take for a formula when it opens the file."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
