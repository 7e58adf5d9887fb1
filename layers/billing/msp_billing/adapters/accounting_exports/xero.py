"""Files that Xero imports: sales invoices, credit notes, and bank statements with what was paid.

The columns are those of Xero's templates (docs/accounting-exports.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.accounting_exports.csv_tables import (
    Cell,
    Document,
    day_writer,
    number,
    paid_references,
    reference,
    write_tables,
)
from msp_billing.domain.accounting_policy import AccountingPolicy, BooksAccount
from msp_billing.domain.ledger.entries import EntryKind, LedgerAccount
from msp_billing.domain.ledger.statements import balance_effect

if TYPE_CHECKING:
    from msp_billing.domain.accounting.exported import (
        AccountingPeriod,
        ExportedEntry,
        ExportFile,
    )
    from msp_billing.domain.policy import ProviderPolicy

SALES_COLUMNS = (
    "*ContactName",
    "EmailAddress",
    "POAddressLine1",
    "POAddressLine2",
    "POAddressLine3",
    "POAddressLine4",
    "POCity",
    "PORegion",
    "POPostalCode",
    "POCountry",
    "*InvoiceNumber",
    "Reference",
    "*InvoiceDate",
    "*DueDate",
    "Total",
    "InventoryItemCode",
    "*Description",
    "*Quantity",
    "*UnitAmount",
    "Discount",
    "*AccountCode",
    "*TaxType",
    "TaxAmount",
    "TrackingName1",
    "TrackingOption1",
    "TrackingName2",
    "TrackingOption2",
    "Currency",
    "BrandingTheme",
)
STATEMENT_COLUMNS = ("*Date", "*Amount", "Payee", "Description", "Reference", "Check Number")
MOST_INVOICES = 500
MOST_STATEMENT_LINES = 1_000

_MONEY = frozenset({EntryKind.PAYMENT, EntryKind.PAYMENT_RETURNED, EntryKind.REFUND})
_Day = Callable[[date], str]
_SalesLine = tuple[str, Decimal, Decimal, BooksAccount]
"""Description, quantity, unit amount, account."""


def xero_files(period: AccountingPeriod, policy: ProviderPolicy) -> tuple[ExportFile, ...]:
    """Every entry of the period in one of the files, and in no other.

    Entries by which credit is used are in none: Xero applies a payment where it is reconciled.
    """
    books = policy.accounting
    day = day_writer(books.xero.dates, policy)
    invoices: list[Document] = []
    notes: list[Document] = []
    statements: dict[str, list[Document]] = {}
    for exported in period.entries:
        kind = exported.entry.kind
        if kind in _MONEY:
            code = books.cash_of(exported.method).code.replace("/", "-")
            row = _statement_row(exported, day)
            statements.setdefault(code, []).append(Document(exported, (row,)))
        elif kind not in {EntryKind.ALLOCATION, EntryKind.OPENING}:
            document = Document(exported, tuple(_sales_rows(exported, books, day)))
            (invoices if _is_invoice(exported) else notes).append(document)
    bank = [
        file
        for code, documents in sorted(statements.items())
        for file in write_tables(
            f"bank-statement-{code}",
            STATEMENT_COLUMNS,
            documents,
            MOST_STATEMENT_LINES,
            lambda row: -number(row["*Amount"]),
        )
    ]
    return (
        *write_tables("sales-invoices", SALES_COLUMNS, invoices, MOST_INVOICES, _billed),
        *write_tables("credit-notes", SALES_COLUMNS, notes, MOST_INVOICES, _billed),
        *bank,
    )


def _billed(row: dict[str, str]) -> Decimal:
    """What Xero will work out for a line."""
    return number(row["*Quantity"]) * number(row["*UnitAmount"])


def _is_invoice(exported: ExportedEntry) -> bool:
    """Whether it raises what is owed; Xero takes what is below zero for a credit note."""
    return (
        exported.entry.kind in {EntryKind.INVOICE, EntryKind.LATE_FEE}
        and balance_effect(exported.entry) >= 0
    )


def _sales_rows(
    exported: ExportedEntry, books: AccountingPolicy, day: _Day
) -> Iterator[tuple[Cell, ...]]:
    entry = exported.entry
    for description, quantity, unit_amount, account in _sales_lines(exported, books):
        values: dict[str, Cell] = {
            "*ContactName": exported.customer.name,
            "*InvoiceNumber": reference(exported),
            "Reference": exported.label or entry.document,
            "*InvoiceDate": day(entry.on),
            "*DueDate": day(entry.due_on or entry.on),
            "*Description": description,
            "*Quantity": quantity,
            "*UnitAmount": unit_amount,
            "*AccountCode": account.code,
            "*TaxType": books.xero.tax_type,
            "Currency": exported.customer.currency,
        }
        yield tuple(values.get(column) for column in SALES_COLUMNS)


def _sales_lines(exported: ExportedEntry, books: AccountingPolicy) -> Iterator[_SalesLine]:
    """The lines, and what was never owed of them because it had been given up before."""
    for line in exported.lines:
        account = books.tax if line.is_tax else books.revenue_of(line.product, line.category)
        yield f"{line.product} {line.description}", line.quantity, line.unit_price, account
    for posting in exported.entry.postings:
        if posting.on is LedgerAccount.LATE_FEES:
            yield exported.entry.title, Decimal(1), -posting.amount, books.late_fees
        elif posting.on is LedgerAccount.WRITTEN_OFF:
            yield exported.entry.title, Decimal(1), -posting.amount, books.written_off


def _statement_row(exported: ExportedEntry, day: _Day) -> tuple[Cell, ...]:
    """A line of a bank statement: what came in is positive."""
    entry = exported.entry
    return (
        day(entry.on),
        -balance_effect(entry),
        exported.customer.name,
        f"{entry.title}, {entry.document}",
        paid_references(exported) or entry.document,
        None,
    )
