"""Invoices of the old system line by line, for a month that is billed by both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from msp_billing.adapters.importing.cell_values import CellReader, CellRules
from msp_billing.adapters.importing.export_tables import read_export
from msp_billing.adapters.importing.finding_layouts import Row, Rows, find_layout
from msp_billing.adapters.importing.old_records import CREDITS
from msp_billing.adapters.importing.reading import SAMPLE
from msp_billing.domain.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from msp_billing.adapters.importing.layouts import Old
    from msp_billing.adapters.importing.old_records import Place


@dataclass(frozen=True)
class OldInvoiceLine:
    """A line of an invoice of the old system."""

    customer: str
    number: str
    product: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    currency: str
    place: Place
    is_tax: bool = False
    on: date | None = None


def read_invoice_lines(
    files: Sequence[Path], old: Old, rules: CellRules, encoding: str | None
) -> tuple[OldInvoiceLine, ...]:
    """Every line of the files.

    Raises:
        ProblemsError: with every problem, by file and line; also for another kind of export.
    """
    found_lines: list[OldInvoiceLine] = []
    problems: list[Problem] = []
    for path in files:
        try:
            found = find_layout(read_export(path, encoding), old)
        except ProblemsError as error:
            problems += error.problems
            continue
        if found.layout.content != "invoice-lines":
            problems.append(_other(found.file, found.header.number, found.layout.title))
            continue
        cells = CellReader(rules)
        rows = Rows(found, cells)
        for row in rows:
            line = _line(row, rules.currency)
            if line is not None:
                found_lines.append(line)
        problems += [*cells.problems, *rows.problems]
    if problems:
        unique = {str(problem.model_dump()): problem for problem in problems}
        raise ProblemsError(tuple(unique.values()))
    return tuple(found_lines)


def _line(row: Row, currency: str) -> OldInvoiceLine | None:
    if row.text("note").upper().startswith(SAMPLE):
        return None
    code = row.text("currency").upper() or currency
    amount = row.amount("amount", code)
    quantity, price = row.quantity("quantity"), row.price("unit_price")
    product = row.text("product")
    if amount is None or (not amount and not product):
        return None  # a text line of an invoice
    kind = row.text("kind").casefold()
    if kind in CREDITS and amount > 0:
        amount = -amount
    return OldInvoiceLine(
        customer=row.text("customer") or ":".join(row.group),
        number=row.text("number"),
        product=product,
        description=row.text("description"),
        quantity=Decimal(1) if quantity is None else quantity,
        unit_price=amount if price is None else price,
        amount=amount,
        currency=code,
        place=row.place("amount"),
        is_tax=kind == "tax" or product.casefold() in {"tax", "sales tax"},
        on=row.day("on"),
    )


def _other(file: str, line: int, title: str) -> Problem:
    return Problem(
        code="export-unknown",
        what=f"This is {title}, and not invoices line by line.",
        fix="Export 'Sales by Customer Detail' (QuickBooks) or the invoiced products "
        "(ConnectWise), or fill in invoice-lines.csv (mspbill import --template).",
        file=file,
        line=line,
    )
