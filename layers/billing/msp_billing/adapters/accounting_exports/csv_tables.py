"""Tables as CSV for accounting programs: text stays text, and the sums are read back.

UTF-8 without a mark at its begin, which an importer would take for a part of the first heading.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.accounting_exports.plain_text import plain_text
from msp_billing.adapters.csv_files import csv_file, inert
from msp_billing.domain.accounting.exported import ExportedEntry, ExportFile
from msp_billing.domain.ledger.entries import EntryKind

if TYPE_CHECKING:
    from msp_billing.domain.accounting_policy import DateOrder
    from msp_billing.domain.policy import ProviderPolicy

Cell = str | Decimal | None
Effect = Callable[[dict[str, str]], Decimal]
"""By how much a row, as it was read back, raises what its customer owes."""

_REFERENCE_PREFIXES = {
    EntryKind.PAYMENT: "PAY",
    EntryKind.PAYMENT_RETURNED: "RET",
    EntryKind.REFUND: "REF",
    EntryKind.LATE_FEE: "LF",
    EntryKind.WRITE_OFF: "WO",
}


@dataclass(frozen=True)
class Document:
    """Rows that belong together and must not be torn apart: an invoice, a journal entry."""

    exported: ExportedEntry
    rows: tuple[tuple[Cell, ...], ...]


def write_tables(
    name: str, columns: Sequence[str], documents: Iterable[Document], most: int, effect: Effect
) -> tuple[ExportFile, ...]:
    """Files of at most so many documents, each of one currency; none, where there is no document.

    Args:
        name: of the file without its ending; where there are several, the currency and a number
            tell them apart.
    """
    by_currency: dict[str, list[Document]] = {}
    for document in documents:
        by_currency.setdefault(document.exported.customer.currency, []).append(document)
    files = []
    for currency, of_it in sorted(by_currency.items()):
        of_currency = f"{name}-{currency}" if len(by_currency) > 1 else name
        parts = [of_it[start : start + most] for start in range(0, len(of_it), most)]
        for number, part in enumerate(parts, start=1):
            file_name = f"{of_currency}-{number}" if len(parts) > 1 else of_currency
            files.append(_file(f"{file_name}.csv", columns, part, effect))
    return tuple(files)


def _file(
    name: str, columns: Sequence[str], documents: Sequence[Document], effect: Effect
) -> ExportFile:
    content = _csv(columns, (row for document in documents for row in document.rows))
    whose = [
        (document.exported.entry.kind, document.exported.customer.currency)
        for document in documents
        for _ in document.rows
    ]
    sums: dict[tuple[EntryKind, str], Decimal] = {}
    for key, row in zip(whose, read_table(content), strict=True):
        sums[key] = sums.get(key, Decimal(0)) + effect(row)
    return ExportFile(name=name, content=content, rows=len(whose), sums=sums)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    cells = ([_cell(value) for _, value in zip(columns, row, strict=True)] for row in rows)
    return csv_file(columns, cells, encoding="utf-8")


def read_table(content: bytes) -> list[dict[str, str]]:
    """The rows of a file, by heading."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def _cell(value: Cell) -> str:
    """A number as it is; a text that a spreadsheet would take for a formula as text."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    return inert(" ".join(plain_text(value).split()))


def number(cell: str) -> Decimal:
    """An amount that was read back; nothing for an empty cell."""
    return Decimal(cell) if cell else Decimal(0)


def reference(exported: ExportedEntry) -> str:
    """A number for an entry, at most 21 characters long as QuickBooks has it, and never twice."""
    return _reference(exported, exported.entry.kind, exported.entry.document)


def paid_references(exported: ExportedEntry) -> str:
    """The numbers of what a payment was used for."""
    return ", ".join(_reference(exported, kind, document) for kind, document in exported.paid)


def _reference(exported: ExportedEntry, kind: EntryKind, document: str) -> str:
    """Invoices and credit notes have numbers.

    What else is entered is named by a customer's ledger or by a bank, which may use a name twice,
    or a long one: it gets a number that follows from it, the same in every export.
    """
    prefix = _REFERENCE_PREFIXES.get(kind)
    if prefix is None:
        return document
    told = f"{exported.customer.account}/{kind}/{document}"
    return f"{prefix}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def day_writer(order: DateOrder | None, policy: ProviderPolicy) -> Callable[[date], str]:
    """How days are written: as the policy says, else as the provider's country does."""
    chosen = order or ("MM/DD/YYYY" if policy.country == "US" else "DD/MM/YYYY")
    pattern = {"MM/DD/YYYY": "%m/%d/%Y", "DD/MM/YYYY": "%d/%m/%Y", "YYYY-MM-DD": "%Y-%m-%d"}
    return lambda day: day.strftime(pattern[chosen])
