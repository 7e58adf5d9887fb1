"""The file that a statement carries: its entries as CSV, for whoever reconciles them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.adapters.csv_files import csv_file, inert
from msp_billing.adapters.invoice_pdf.attachments import Attachment
from msp_billing.adapters.language import _

if TYPE_CHECKING:
    from msp_billing.domain.ledger.account_statement import AccountStatement
    from msp_billing.domain.policy import ProviderPolicy

ENTRIES_FILE = "entries.csv"

_COLUMNS = (
    "date",
    "kind",
    "document",
    "of_document",
    "method",
    "description",
    "due_date",
    "amount",
    "balance",
    "currency",
)


def statement_files(told: AccountStatement, policy: ProviderPolicy) -> Iterator[Attachment]:
    """The entries as CSV; nothing where there are none, or the provider wants no files in PDFs."""
    if policy.e_invoices and told.statement.lines:
        yield Attachment(
            name=ENTRIES_FILE,
            content=entries_csv(told),
            media_type="text/csv",
            relationship="data",
            description=_("The entries of the statement, for spreadsheets"),
        )


def entries_csv(told: AccountStatement) -> bytes:
    """A row per entry between one for the balance before and one for the balance at the end.

    Numbers with a point and without separators, columns in English whatever the statement's
    language, so that programs find them; UTF-8 with its mark, lines end in CRLF (RFC 4180). Text
    that a spreadsheet would take for a formula begins with an apostrophe.
    """
    return csv_file(_COLUMNS, _rows(told))


def _rows(told: AccountStatement) -> Iterator[tuple[str, ...]]:
    of = told.statement
    yield _balance_row(str(of.from_on), "opening_balance", f"{of.opening_balance:f}", of.currency)
    for line in of.lines:
        yield (
            str(line.on),
            line.kind.value,
            inert(line.document),
            inert(line.lowers or ""),
            inert(line.method or ""),
            inert(line.title),
            str(line.due_on or ""),
            f"{line.amount:f}",
            f"{line.balance:f}",
            of.currency,
        )
    yield _balance_row(str(of.to_on), "closing_balance", f"{of.closing_balance:f}", of.currency)


def _balance_row(day: str, kind: str, balance: str, currency: str) -> tuple[str, ...]:
    return (day, kind, "", "", "", "", "", "", balance, currency)
