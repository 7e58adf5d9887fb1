"""Cells of a workbook: formulas with the values they have, and text that stays text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple

from xlsxwriter.utility import quote_sheetname, xl_col_to_name, xl_range, xl_rowcol_to_cell

if TYPE_CHECKING:
    from msp_billing.domain.money import Money

Kind = Literal[
    "text", "code", "quantity", "quantity_change", "money", "money_change", "percent", "day"
]

MAX_WIDTH = 48
"""Of a column, in characters; longer text goes on in the next line of its cell."""

_CHARACTERS_A_LINE = 44


class Formula(NamedTuple):
    """A formula and the value it has now, so that viewers that do not calculate show it too."""

    formula: str
    value: Decimal | int | str


Cell = str | int | Decimal | date | Formula | None


class Column(NamedTuple):
    """One column of a table."""

    title: str
    kind: Kind
    width: int = 8


@dataclass
class Table:
    """Where a table was written; rows and columns count from 0, as XlsxWriter does."""

    header_row: int
    first_row: int
    last_row: int
    columns: Sequence[Column]

    def body(self, column: int) -> str:
        """The column's cells between header and total, as a range without sheet: ``H5:H20``."""
        return str(xl_range(self.first_row, column, self.last_row, column))

    def sum_of(self, column: int, value: Decimal | int) -> Formula:
        """The column's sum, with the value that it has."""
        return Formula(f"=SUM({self.body(column)})", value)

    def sum_of_shown(self, column: int, value: Decimal | int) -> Formula:
        """The sum of the rows that a filter leaves in view; all of them as the file is made."""
        return Formula(f"=SUBTOTAL(109,{self.body(column)})", value)

    def sum_where(
        self,
        column: int,
        by_column: int,
        equals: str,
        value: Decimal | int,
        sheet: str | None = None,
    ) -> Formula:
        """The sum of the rows that have this text in another column.

        Args:
            sheet: the table's own, for a formula that stands in another.
        """
        before = "" if sheet is None else f"{quote_sheetname(sheet)}!"
        where, what = f"{before}{self.body(by_column)}", f"{before}{self.body(column)}"
        text = equals.replace('"', '""')
        return Formula(f'=SUMIF({where},"{text}",{what})', value)


def plain(text: str) -> str:
    """Text that XlsxWriter writes as it is.

    XlsxWriter takes a string between ``<r>`` and ``</r>`` for its own finished markup and does not
    escape it, so that a device of that name could break the file. A character without width at
    the end takes that meaning away.
    """
    return f"{text}\u200b" if text.startswith("<r>") and text.endswith("</r>") else text


def one_line(text: str) -> str:
    """Text for where a file has no place for line breaks and control characters."""
    return plain(" ".join("".join(c if c.isprintable() else " " for c in text).split()))


def in_margin(text: str) -> str:
    """Text for the head or foot of a page, in which an ampersand begins a code."""
    return one_line(text)[:80].replace("&", "&&")


def lines_of(column: Column, value: Cell) -> int:
    """How many lines a text takes in the widest column that there is.

    Not every program finds the height of a row by itself.
    """
    if column.kind != "text" or not isinstance(value, str):
        return 1
    return sum(max(1, -(-len(line) // _CHARACTERS_A_LINE)) for line in value.split("\n"))


def cell(row: int, column: int, sheet: str | None = None) -> str:
    """A cell's name, counted from 0: ``H5`` or ``Summary!$H$5``."""
    if sheet is None:
        return str(xl_rowcol_to_cell(row, column))
    return f"{quote_sheetname(sheet)}!${xl_col_to_name(column)}${row + 1}"


def amount_cells(
    row: int, column: int, before: Money, now: Money
) -> tuple[Decimal, Decimal, Formula, Formula]:
    """Previous, current, difference and share in four columns from ``column`` on."""
    first, second, third = (cell(row, column + offset) for offset in range(3))
    change = now.amount - before.amount
    share: Decimal | str = change / before.amount if before.amount else ""
    return (
        before.amount,
        now.amount,
        Formula(f"={second}-{first}", change),
        Formula(f'=IF({first}=0,"",{third}/{first})', share),
    )
