"""Which kind of export a file is, and its rows as they are to be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.adapters.importing.export_tables import (
    DELIMITERS,
    ExportText,
    Line,
    candidates,
    headings,
)
from msp_billing.adapters.importing.layouts import LAYOUTS, Layout, Old
from msp_billing.adapters.importing.old_records import Place
from msp_billing.domain.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from msp_billing.adapters.importing.cell_values import CellReader

_Nearest = tuple[tuple[int, bool, int], Line, Layout]
"""How like a layout a row is, the row, and the layout."""

_TOTAL = re.compile(r"^total(?: for)?\s*(.*)$", re.IGNORECASE)
_WITH_SITES = re.compile(r"\s+with sub-?customers$", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """A file of a known kind.

    Attributes:
        columns: which cell of a row each known column is.
    """

    export: ExportText
    layout: Layout
    header: Line
    rows: tuple[Line, ...]
    columns: dict[str, int]

    @property
    def file(self) -> str:
        """Its name."""
        return self.export.file


def find_layout(export: ExportText, old: Old) -> Found:
    """The kind of export that a file is, by the names of its columns.

    Raises:
        ProblemsError: when it is none of the system's, with the names that it has.
    """
    nearest: _Nearest | None = None
    for _, rows, index in candidates(export):
        names = headings(rows[index].cells)
        for layout in LAYOUTS:
            if layout.of not in {old, "template"} or layout.never & set(names):
                continue
            columns = _columns(layout, names)
            if layout.needed <= columns.keys():
                return Found(export, layout, rows[index], rows[index + 1 :], columns)
            missing = len(layout.needed - columns.keys())
            score = (-missing, layout.of == old, len(columns))
            if columns and (nearest is None or score > nearest[0]):
                nearest = (score, rows[index], layout)
    export.rows(DELIMITERS[0])  # says where a quotation mark is never closed
    raise ProblemsError([_unknown(export, old, nearest)])


def _columns(layout: Layout, names: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key, known in layout.columns.items():
        for name in known:
            if name in names:
                found[key] = names.index(name)
                break
    return found


def _unknown(export: ExportText, old: Old, nearest: _Nearest | None) -> Problem:
    if nearest is None:
        what = "No row of it looks like the header of a known export."
        line = 1
    else:
        _, header, layout = nearest
        missing = sorted(layout.needed - _columns(layout, headings(header.cells)).keys())
        wanted = ", ".join(f"'{layout.columns[key][0]}'" for key in missing)
        what = f"It is most like {layout.title}, and lacks the column {wanted}."
        line = header.number
    return Problem(
        code="export-unknown",
        what=what,
        fix=f"Export it with that column, or check --from {old}; docs/bringing-customers-in.md "
        "lists what is read.",
        file=export.file,
        line=line,
    )


@dataclass
class Row:
    """One row of a file, cell by cell."""

    found: Found
    line: Line
    cells: CellReader
    group: tuple[str, ...] = ()

    def place(self, column: str = "") -> Place:
        """Where it stands; with a column, where that cell does."""
        index = self.found.columns.get(column)
        title = self.found.header.cells[index] if index is not None else ""
        return Place(self.found.file, self.line.number, title)

    def text(self, column: str) -> str:
        """A cell; empty where the file has no such column."""
        index = self.found.columns.get(column)
        return self.line.cells[index] if index is not None and index < len(self.line.cells) else ""

    def day(self, column: str) -> date | None:
        """A cell as a day."""
        return self.cells.day(self.text(column), self.place(column))

    def amount(self, column: str, currency: str = "") -> Decimal | None:
        """A cell as an amount."""
        return self.cells.amount(self.text(column), self.place(column), currency)

    def quantity(self, column: str) -> Decimal | None:
        """A cell as a number."""
        return self.cells.quantity(self.text(column), self.place(column))

    def price(self, column: str) -> Decimal | None:
        """A cell as a price."""
        return self.cells.price(self.text(column), self.place(column))

    def yes(self, column: str, *, default: bool) -> bool:
        """A cell as yes or no."""
        return self.cells.yes(self.text(column), self.place(column), default=default)

    def emails(self, column: str) -> tuple[str, ...]:
        """A cell as mail addresses."""
        return self.cells.emails(self.text(column), self.place(column))


@dataclass
class Rows:
    """The rows of a file, with what is wrong about the file as a whole."""

    found: Found
    cells: CellReader
    problems: list[Problem] = field(default_factory=list)

    def __iter__(self) -> Iterator[Row]:
        return self._of_report() if self.found.layout.grouped else self._of_list()

    def _of_list(self) -> Iterator[Row]:
        """Rows of a table: each has as many cells as the header."""
        width = len(self.found.header.cells)
        given = [line for line in self.found.rows if not line.is_empty]
        for line in given:
            if len(line.cells) != width and len([c for c in line.cells if c]) > 0:
                has, wanted = len(line.cells), width
                self._note(
                    line,
                    "file-cut",
                    f"The row has {has} cells, and the header {wanted}: the file was cut, or a "
                    "text with the delimiter in it is not quoted.",
                )
            else:
                yield Row(self.found, line, self.cells)
        if given and not self.found.export.ends_in_line_end:
            what = "The file does not end in a line end: it was not written to its end."
            self._note(given[-1], "file-cut", what)

    def _of_report(self) -> Iterator[Row]:
        """Rows below headings, with totals that are compared with what stands above them."""
        groups: list[str] = []
        sums: list[Decimal] = []
        whole, closed, last = Decimal(0), False, self.found.header
        for line in self.found.rows:
            if line.is_empty:
                continue
            last = line
            row = Row(self.found, line, self.cells, tuple(groups))
            name = self._total_of(row, groups)
            if name is not None:
                if not name:
                    closed = True
                    self._check_closed(row, groups)
                    self._compare(row, whole, "all rows above")
                    break
                while groups:
                    group, summed = groups.pop(), sums.pop()
                    if sums:
                        sums[-1] += summed
                    if group.casefold() == name.casefold():
                        self._compare(row, summed, f"the rows of {group}")
                        break
                continue
            if self._is_heading(row):
                groups.append(line.cells[0])
                sums.append(Decimal(0))
                continue
            amount_column = "open" if "open" in self.found.columns else "amount"
            amount = row.amount(amount_column, row.text("currency").upper())
            whole += amount or 0
            if sums:
                sums[-1] += amount or 0
            yield row
        if not closed:
            what = "The report has no TOTAL row at its end: it was cut, or exported without totals."
            self._note(last, "file-cut", what)

    def _total_of(self, row: Row, groups: Sequence[str]) -> str | None:
        """Of which heading a row is the total, empty for that of all; None where it is none.

        A name alone may be of a customer that is called "Total Care": it is a total only where
        the rest of it is a heading that is open.
        """
        total = _TOTAL.match(row.line.cells[0])
        if total is None or row.text("kind"):
            return None
        name = _WITH_SITES.sub("", total[1]).strip()
        is_open = name.casefold() in {group.casefold() for group in groups}
        return None if name and self._is_heading(row) and not is_open else name

    def _check_closed(self, row: Row, groups: Sequence[str]) -> None:
        """What stands below a heading without a total would pass for that customer's."""
        for group in groups:
            what = f"There is no total for '{group}': rows of others may stand below its heading."
            self._note(row.line, "file-cut", what)

    def _is_heading(self, row: Row) -> bool:
        """The name of a customer, or of a span of days, alone in the first cell."""
        return bool(row.line.cells[0]) and not any(row.line.cells[1:])

    def _compare(self, row: Row, expected: Decimal, of_what: str) -> None:
        column = "open" if "open" in self.found.columns else "amount"
        text = row.text(column)
        found = self.cells.amount(text, row.place(column)) if text else None
        if found is not None and found != expected:
            self._note(
                row.line,
                "total-differs",
                f"'{row.line.cells[0]}' says {found}, and {of_what} come to {expected}: rows are "
                "missing, or stand twice.",
            )

    def _note(self, line: Line, code: str, what: str) -> None:
        fix = "Export it again, whole, and wait until the export has finished."
        self.problems.append(
            Problem(code=code, what=what, fix=fix, file=self.found.file, line=line.number)
        )
