"""Reading exports of the old system into one book: all of it, or everything that is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from msp_billing.adapters.importing.cell_values import CellReader, CellRules
from msp_billing.adapters.importing.export_tables import read_export
from msp_billing.adapters.importing.finding_layouts import Found, Row, Rows, find_layout
from msp_billing.adapters.importing.old_records import (
    CREDITS,
    WHOLE_BALANCE,
    OldAgreement,
    OldBook,
    OldCustomer,
    OldLine,
    OldOpenItem,
)
from msp_billing.domain.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from msp_billing.adapters.importing.layouts import Old

SAMPLE = "SAMPLE"
"""How the note of a sample row in a template begins: such a row is never taken."""

_NOT_BILLED = frozenset({"no charge", "nocharge", "do not bill", "donotbill", "no", "false", "0"})
_TOTALS = frozenset({"total", "totals"})
_INACTIVE = frozenset({"inactive", "not-active", "not active", "cancelled", "canceled", "expired"})


@dataclass(frozen=True)
class ReadExport:
    """A file that was read: what it was taken for."""

    file: str
    title: str
    content: str


def read_book(
    files: Sequence[Path], old: Old, rules: CellRules, encoding: str | None
) -> tuple[OldBook, tuple[ReadExport, ...]]:
    """Everything that the files say.

    Raises:
        ProblemsError: with every problem of every file, by file and line.
    """
    book = OldBook()
    read: list[ReadExport] = []
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    for path in files:
        try:
            export = read_export(path, encoding)
            if export.text in texts:
                raise ProblemsError([_given_twice(path, texts[export.text])])
            texts[export.text] = path.name
            found = find_layout(export, old)
        except ProblemsError as error:
            problems += error.problems
            continue
        cells = CellReader(rules)
        rows = Rows(found, cells)
        _read(found, rows, book)
        problems += sorted([*cells.problems, *rows.problems], key=lambda entry: entry.line or 0)
        read.append(ReadExport(found.file, found.layout.title, found.layout.content))
    if problems:
        raise ProblemsError(_unique(problems))
    return book, tuple(read)


def _given_twice(path: Path, before: str) -> Problem:
    return Problem(
        code="file-twice",
        what=f"It says the same as {before}, to the letter: everything in it would count twice.",
        fix="Give it once.",
        file=path.name,
    )


def _unique(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each problem once: a cell of a report is read for its row, and for the sum."""
    return tuple({str(problem.model_dump()): problem for problem in problems}.values())


def _read(found: Found, rows: Rows, book: OldBook) -> None:
    for row in rows:
        if row.text("note").upper().startswith(SAMPLE):
            book.pass_over("row", row.text("name") or row.text("customer"), row.place(), "a sample")
            continue
        match found.layout.content:
            case "customers":
                _customer(row, book)
            case "agreements":
                _agreement(row, book)
            case "lines":
                _line(row, book)
            case "open-items" | "balances":
                _open_item(row, book)
            case "invoice-lines":
                book.pass_over("row", row.text("customer"), row.place(), "a line of an invoice")


# --- Customers -----------------------------------------------------------------------------------


def _customer(row: Row, book: OldBook) -> None:
    layout = row.found.layout.name
    name = row.text("name")
    if layout == "qb-iif" and row.text("mark").upper() != "CUST":
        return
    if not name:
        book.leave("customer", "", row.place("name"), "the row has no name", "Add the name.")
        return
    if name.casefold() in _TOTALS:
        book.pass_over("row", name, row.place("name"), "a total")
        return
    # Only QuickBooks writes a job behind its customer; elsewhere a colon is part of a name.
    has_jobs = row.found.layout.of == "quickbooks"
    parent, _, own = name.rpartition(":") if has_jobs else ("", "", name)
    ids = (name, row.text("id"), row.text("account_id"), row.text("company"))
    known = [part.strip() for part in row.text("known_as").split(";")]
    book.customers.append(
        OldCustomer(
            name=own.strip() or name,
            place=row.place("name"),
            parent=(row.text("parent") or parent.partition(":")[0]).strip(),
            ids=tuple(dict.fromkeys(text for text in (*ids, *known) if text)),
            account=row.text("account"),
            active=_is_active(row),
            emails=row.emails("email"),
            address=_address(row),
            country=row.text("country"),
            currency=row.text("currency").upper(),
            purchase_order=row.text("purchase_order"),
        )
    )


def _is_active(row: Row) -> bool:
    if row.text("hidden").upper() == "Y":
        return False
    status = row.text("status") or row.text("active")
    if status.casefold() in _INACTIVE:
        return False
    return True if row.text("status") else row.yes("active", default=True)


def _address(row: Row) -> tuple[str, ...]:
    """Lines of an address, as a letter has them."""
    lines = [row.text(f"address_{number}") for number in range(1, 6)]
    block = row.text("address_block")
    region = " ".join(part for part in (row.text("state"), row.text("zip")) if part)
    place = ", ".join(part for part in (row.text("city"), region) if part)
    told = [*([block] if block and not any(lines) else []), *lines, place]
    name = row.text("name").casefold()
    return tuple(line for line in told if line and line.casefold() != name)


# --- Agreements ----------------------------------------------------------------------------------


def _agreement(row: Row, book: OldBook) -> None:
    book.agreements.append(
        OldAgreement(
            customer=row.text("customer"),
            name=row.text("name"),
            place=row.place("name"),
            starts_on=row.day("starts_on"),
            ends_on=row.day("ends_on"),
            active=row.text("status").casefold() not in _INACTIVE,
            kind=row.text("kind"),
            cycle=row.text("cycle"),
            amount=row.amount("amount"),
        )
    )


def _line(row: Row, book: OldBook) -> None:
    template = row.found.layout.of == "template"
    starts_on = row.day("starts_on")
    ends_on = row.day("ends_on")
    agreement = None
    if template:
        agreement = OldAgreement(
            customer=row.text("customer"),
            name=row.text("agreement"),
            place=row.place("agreement"),
            starts_on=starts_on,
            ends_on=ends_on,
        )
        book.agreements.append(agreement)
        starts_on, ends_on = row.day("line_starts_on"), row.day("line_ends_on")
    quantity = row.quantity("quantity")
    included = row.quantity("included") or Decimal(0)
    of_agreement = row.text("agreement_status").casefold()
    statuses = {row.text("status").casefold(), of_agreement}
    bill = row.text("bill").casefold()
    book.lines.append(
        OldLine(
            customer=row.text("customer"),
            agreement=row.text("agreement"),
            product=row.text("product"),
            place=row.place("product"),
            description=row.text("description"),
            quantity=None if quantity is None else quantity - included,
            unit_price=row.price("unit_price"),
            starts_on=starts_on,
            ends_on=ends_on,
            active=not statuses & _INACTIVE,
            billable=bill not in _NOT_BILLED,
            subscriber=row.text("subscriber"),
            agreement_runs=bool(of_agreement) and of_agreement not in _INACTIVE,
            row_agreement=agreement,
        )
    )


# --- What is open --------------------------------------------------------------------------------


def _open_item(row: Row, book: OldBook) -> None:
    currency = row.text("currency").upper()
    amount = row.amount("open", currency)
    on = row.day("on")
    due_on = row.day("due_on")
    customer = row.text("customer") or ":".join(row.group)
    number = row.text("number")
    kind = row.text("kind")
    if amount is None or on is None:
        missing = "amount" if amount is None else "date"
        if row.text("open" if amount is None else "on") in {"", "-"}:
            fix = "Leave the row out if it is none; else add what is missing."
            book.leave("open item", number or customer, row.place(), f"it has no {missing}", fix)
        return
    if row.found.layout.content == "balances":
        number = f"{WHOLE_BALANCE}{on}"
        due_on = on
    if not amount:
        book.pass_over("open item", number, row.place("open"), "nothing is open")
        return
    if kind.casefold() in CREDITS and amount > 0:
        amount = -amount
    book.open_items.append(
        OldOpenItem(customer, number, on, amount, row.place("open"), kind, due_on, currency)
    )
