"""Files that QuickBooks Online imports: invoices and late fees, and journal entries for the rest.

The columns are those of Intuit's sample files (docs/accounting-exports.md).
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
from msp_billing.domain.accounting.bookings import bookings_for_programs
from msp_billing.domain.accounting.exported import (
    AccountingPeriod,
    ExportedEntry,
    ExportedLine,
    ExportFile,
)
from msp_billing.domain.ledger.entries import EntryKind, LedgerAccount
from msp_billing.domain.ledger.statements import balance_effect

if TYPE_CHECKING:
    from msp_billing.domain.accounting_policy import AccountingPolicy
    from msp_billing.domain.policy import ProviderPolicy

INVOICE_COLUMNS = (
    "*InvoiceNo",
    "*Customer",
    "*InvoiceDate",
    "*DueDate",
    "Terms",
    "Location",
    "Memo",
    "Item(Product/Service)",
    "ItemDescription",
    "ItemQuantity",
    "ItemRate",
    "*ItemAmount",
    "Service Date",
)
CREDIT_NOTE_COLUMNS = (
    "*CreditNoteNo",
    "*Customer",
    "*CreditNoteDate",
    "Memo",
    "Item(Product/Service)",
    "ItemDescription",
    "ItemQuantity",
    "ItemRate",
    "*ItemAmount",
)
JOURNAL_COLUMNS = (
    "*JournalNo",
    "*JournalDate",
    "*AccountName",
    "*Debits",
    "*Credits",
    "Description",
    "Name",
    "Currency",
    "Location",
    "Class",
)
MOST_INVOICES = 100
MOST_JOURNAL_ENTRIES = 300

_Day = Callable[[date], str]


def quickbooks_files(period: AccountingPeriod, policy: ProviderPolicy) -> tuple[ExportFile, ...]:
    """Every entry of the period in one of the files, and in no other."""
    books = policy.accounting
    day = day_writer(books.quickbooks.dates, policy)
    invoices: list[Document] = []
    notes: list[Document] = []
    journal: list[Document] = []
    for exported in period.entries:
        if exported.entry.kind is EntryKind.OPENING:
            continue  # the books have it; see formats.for_format
        if _is_invoice(exported):
            invoices.append(Document(exported, tuple(_invoice_rows(exported, books, day))))
        elif books.quickbooks.credit_notes == "file" and _is_plain_credit_note(exported):
            notes.append(Document(exported, tuple(_credit_note_rows(exported, day))))
        elif rows := tuple(_journal_rows(exported, books, day)):
            journal.append(Document(exported, rows))

    def owed(row: dict[str, str]) -> Decimal:
        of_customer = row["*AccountName"] == books.receivable.name
        return number(row["*Debits"]) - number(row["*Credits"]) if of_customer else Decimal(0)

    return (
        *write_tables("invoices", INVOICE_COLUMNS, invoices, MOST_INVOICES, _billed),
        *write_tables(
            "credit-notes", CREDIT_NOTE_COLUMNS, notes, MOST_INVOICES, lambda row: -_billed(row)
        ),
        *write_tables("journal-entries", JOURNAL_COLUMNS, journal, MOST_JOURNAL_ENTRIES, owed),
    )


def _billed(row: dict[str, str]) -> Decimal:
    """What QuickBooks will work out for a line."""
    return number(row["ItemQuantity"]) * number(row["ItemRate"])


def _is_invoice(exported: ExportedEntry) -> bool:
    """An invoice below zero is none in QuickBooks: it comes as a journal entry."""
    kind = exported.entry.kind
    return kind is EntryKind.LATE_FEE or (
        kind is EntryKind.INVOICE and balance_effect(exported.entry) >= 0
    )


def _is_plain_credit_note(exported: ExportedEntry) -> bool:
    """Whether all of it lowers what is owed, and nothing a debt that was given up before."""
    return exported.entry.kind is EntryKind.CREDIT_NOTE and not any(
        posting.on is LedgerAccount.WRITTEN_OFF for posting in exported.entry.postings
    )


def quickbooks_name(name: str) -> str:
    """A name in which a colon does not begin the name of something below it."""
    return name.replace(":", " -")


def _invoice_rows(
    exported: ExportedEntry, books: AccountingPolicy, day: _Day
) -> Iterator[tuple[Cell, ...]]:
    """A row a line; as in Intuit's sample, only the first tells what is true of all of them."""
    entry = exported.entry
    head: tuple[Cell, ...] = (
        quickbooks_name(exported.customer.name),
        day(entry.on),
        day(entry.due_on or entry.on),
        None,
        None,
        exported.label or entry.title,
    )
    for line in exported.lines or (_late_fee(exported, books),):
        yield (
            reference(exported),
            *head,
            quickbooks_name(line.product),
            line.description,
            line.quantity,
            line.unit_price,
            line.amount,
            day(line.service_on or entry.on),
        )
        head = (None,) * len(head)


def _late_fee(exported: ExportedEntry, books: AccountingPolicy) -> ExportedLine:
    amount = balance_effect(exported.entry)
    return ExportedLine(
        product=books.late_fees.name,
        description=exported.entry.title,
        category="",
        is_tax=False,
        quantity=Decimal(1),
        unit_price=amount,
        amount=amount,
    )


def _credit_note_rows(exported: ExportedEntry, day: _Day) -> Iterator[tuple[Cell, ...]]:
    head: tuple[Cell, ...] = (
        quickbooks_name(exported.customer.name),
        day(exported.entry.on),
        exported.entry.title,
    )
    for line in exported.lines:
        yield (
            reference(exported),
            *head,
            quickbooks_name(line.product),
            line.description,
            line.quantity,
            -line.unit_price,
            -line.amount,
        )
        head = (None,) * len(head)


def _journal_rows(
    exported: ExportedEntry, books: AccountingPolicy, day: _Day
) -> Iterator[tuple[Cell, ...]]:
    """A row for each account; one that uses credit for what is owed books nothing here."""
    entry = exported.entry
    about = f"{entry.document}: {entry.title}"
    if exported.paid:
        about = f"{about}, for {paid_references(exported)}"
    head: tuple[Cell, ...] = (day(entry.on), exported.customer.currency)
    for booking in bookings_for_programs(exported, books):
        yield (
            reference(exported),
            head[0],
            booking.account.name,
            booking.amount if booking.amount > 0 else None,
            -booking.amount if booking.amount < 0 else None,
            about,
            quickbooks_name(exported.customer.name) if booking.side != "ours" else None,
            head[1],
            None,
            None,
        )
        head = (None, None)
