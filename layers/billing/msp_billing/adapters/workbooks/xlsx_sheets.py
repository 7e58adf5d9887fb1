"""Sheets of a workbook: tables that print well, in the provider's colours, with fixed bytes.

XlsxWriter does the writing. This module adds what every sheet here needs: formats by currency,
widths that fit, colours for changes and a printer's set-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from xlsxwriter import Workbook

from msp_billing.adapters.colours import text_on
from msp_billing.adapters.csv_files import FORMULA_STARTS
from msp_billing.adapters.language import _
from msp_billing.adapters.workbooks.xlsx_cells import (
    MAX_WIDTH,
    Cell,
    Column,
    Formula,
    Kind,
    Table,
    in_margin,
    lines_of,
    one_line,
    plain,
)
from msp_billing.adapters.workbooks.xlsx_formats import number_formats

if TYPE_CHECKING:
    from msp_billing.domain.parties import Paper
    from msp_billing.domain.policy import ProviderPolicy

Style = Literal["body", "total", "remark"]

_INCREASE = {"font_color": "#7a4100", "bg_color": "#fdecc8"}
_DECREASE = {"font_color": "#14532d", "bg_color": "#d9f2e0"}
_ALARM = {"font_color": "#8a1c1c", "bg_color": "#f9d9d6"}
_GREY = "#5f6b76"
_PAPER_CODES: dict[Paper, int] = {"letter": 1, "a4": 9}
_LETTER_COUNTRIES = {"US", "CA", "MX"}
_OPTIONS = {
    # Rows go to a temporary file as they are written: memory does not grow with the rows.
    "constant_memory": True,
    # Text is text: nothing is guessed from what it looks like.
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


class WorkbookFile:
    """A workbook in the making, in a provider's currency and colours.

    Its formats are those of the language that is being written when it is made.

    Args:
        others: further currencies of its amounts. With any, amounts show no symbol, and a column
            has to say which is which.
        title: shown in the file's properties.
        made_at: the file's date; the only one in it, so that the same content is the same bytes.
        subject: what it is about, shown in the file's properties.
        paper: to print on; by the provider's country, if left out.
    """

    def __init__(
        self,
        policy: ProviderPolicy,
        currency: str,
        title: str,
        made_at: datetime,
        *,
        others: Sequence[str] = (),
        subject: str = "",
        paper: Paper | None = None,
    ) -> None:
        self._buffer = BytesIO()
        self.workbook: Any = Workbook(self._buffer, _OPTIONS)
        self.workbook.set_properties(
            {
                "title": one_line(title)[:200],
                "subject": one_line(subject)[:200],
                "author": one_line(policy.name)[:200],
                "company": one_line(policy.name)[:200],
                "created": made_at.astimezone(UTC),
            }
        )
        self.policy = policy
        self.title = title
        self.paper: Paper = paper or (
            "letter" if policy.holidays.country in _LETTER_COUNTRIES else "a4"
        )
        self._formats: dict[tuple[object, ...], Any] = {}
        self.number_formats = number_formats((currency, *others))

    def sheet(self, name: str, title: str, notes: Sequence[str]) -> Sheet:
        """Add a sheet with its heading: a title and lines under it."""
        return Sheet(self, self.workbook.add_worksheet(name), name, title, notes)

    def name_cell(self, name: str, where: str) -> None:
        """Give a cell a name that formulas of the reader's own can use."""
        self.workbook.define_name(name, f"={where}")

    def content(self) -> bytes:
        """Close the workbook and return its bytes."""
        self.workbook.close()
        return self._buffer.getvalue()

    def style(self, **properties: object) -> Any:
        """A cell format; equal ones are one, which keeps the file small."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(properties)
        return self._formats[key]

    def cell_style(self, kind: Kind, style: Style, value: Cell, *, first: bool) -> Any:
        """The format of a cell by its kind; a quantity that is no whole number shows decimals."""
        number = value.value if isinstance(value, Formula) else value
        parts = kind.startswith("quantity") and isinstance(number, Decimal) and bool(number % 1)
        # Text it is already; this keeps it text when somebody edits the cell, too.
        quoted = isinstance(value, str) and value.startswith(FORMULA_STARTS)
        key = (kind, style, parts, quoted, first)
        if key not in self._formats:
            self._formats[key] = self._cell_format(kind, style, parts, quoted, first)
        return self._formats[key]

    def _cell_format(self, kind: Kind, style: Style, parts: bool, quoted: bool, first: bool) -> Any:
        properties: dict[str, Any] = {"valign": "top", "quote_prefix": quoted}
        if kind in self.number_formats:
            shown = self.number_formats[kind]
            with_parts = shown.replace("#,##0", "#,##0.0###")
            properties |= {"num_format": with_parts if parts else shown, "align": "right"}
        else:
            properties |= {"text_wrap": kind == "text", "align": "left"}
            properties["indent"] = 0 if first else 1
        if style == "total":
            properties |= {"bold": True, "top": 1, "bottom": 6}
        if style == "remark":
            properties |= {"font_color": _GREY}
        return self.workbook.add_format(properties)


@dataclass
class Sheet:
    """A sheet, written from top to bottom."""

    file: WorkbookFile
    sheet: Any
    name: str
    title: str
    notes: Sequence[str]
    row: int = field(default=0, init=False)
    _widths: dict[int, int] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.sheet.hide_gridlines(2)
        self.sheet.set_row(0, 24)
        heading = self.file.style(
            bold=True, font_size=16, font_color=_on_paper(self.file.policy.brand.primary)
        )
        self.sheet.write_string(0, 0, plain(self.title), heading)
        grey = self.file.style(font_color=_GREY)
        for number, note in enumerate(self.notes, start=1):
            self.sheet.write_string(number, 0, plain(note), grey)
        self.row = len(self.notes) + 2

    def say(self, text: str) -> None:
        """Write a sentence that is read before everything else, in bold."""
        style = self.file.style(bold=True, font_size=12)
        self.sheet.write_string(self.row, 0, plain(text), style)
        self.row += 2

    def remark(self, text: str) -> None:
        """Write a grey line of the current row."""
        self.sheet.write_string(self.row, 0, plain(text), self.file.style(font_color=_GREY))
        self.row += 1

    def write(self, column: int, value: Cell, kind: Kind, style: Style = "body") -> None:
        """Write one cell of the current row. What is text stays text, whatever it begins with."""
        cell_format = self.file.cell_style(kind, style, value, first=column == 0)
        match value:
            case None | "":
                self.sheet.write_blank(self.row, column, None, cell_format)
            case Formula(formula, result):
                self.sheet.write_formula(self.row, column, formula, cell_format, result)
            case str():
                self.sheet.write_string(self.row, column, plain(value), cell_format)
            case date():
                self.sheet.write_datetime(self.row, column, value, cell_format)
            case _:
                self.sheet.write_number(self.row, column, value, cell_format)
        self._fit(column, value, kind)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Table:
        """Write a header and rows; the header is printed on every page."""
        brand = self.file.policy.brand.primary
        for index, column in enumerate(columns):
            header = self.file.style(
                bold=True,
                bg_color=brand,
                font_color=text_on(brand),
                text_wrap=True,
                valign="vcenter",
                align="left" if column.kind in {"text", "code"} else "right",
                indent=1 if index and column.kind in {"text", "code"} else 0,
            )
            self.sheet.write_string(self.row, index, plain(column.title), header)
            longest_word = max((len(word) for word in column.title.split()), default=0)
            self._widen(index, max(column.width, longest_word + 2))
        self.sheet.set_row(self.row, 32)
        header_row = self.row
        for row in rows:
            self.row += 1
            lines = max(map(lines_of, columns, row))
            if lines > 1:
                self.sheet.set_row(self.row, min(15 * lines, 400))
            for index, (column, value) in enumerate(zip(columns, row, strict=True)):
                self.write(index, value, column.kind)
        table = Table(header_row, header_row + 1, max(self.row, header_row + 1), columns)
        self.row = table.last_row + 1
        return table

    def totals(self, table: Table, cells: dict[int, Cell]) -> None:
        """Write the line under a table."""
        for index, column in enumerate(table.columns):
            self.write(index, cells.get(index), column.kind, "total")
        self.row += 1

    def totals_of_shown(self, table: Table, cells: dict[int, Decimal]) -> None:
        """Write a line that adds up only the rows which the reader's filter shows."""
        for index, column in enumerate(table.columns):
            shown: Cell = _("Shown by the filter") if index == 0 else None
            if index in cells:
                shown = table.sum_of_shown(index, cells[index])
            self.write(index, shown, column.kind, "remark")
        self.row += 1

    def browse(self, table: Table) -> None:
        """Let people filter the table, and keep its header in view and on every printed page."""
        last = len(table.columns) - 1
        self.sheet.autofilter(table.header_row, 0, table.last_row, last)
        self.sheet.freeze_panes(table.first_row, 0)
        self.sheet.repeat_rows(table.header_row)

    def colour_changes(self, table: Table) -> None:
        """Colour increases and decreases; the sign says it too, for print without colour."""
        for index, column in enumerate(table.columns):
            if column.kind not in {"quantity_change", "money_change", "percent"}:
                continue
            cells = table.body(index)
            for criteria, colours in ((">", _INCREASE), ("<", _DECREASE)):
                rule = {"type": "cell", "criteria": criteria, "value": 0}
                self.sheet.conditional_format(cells, rule | {"format": self.file.style(**colours)})

    def colour_text(self, table: Table, column: int, text: str) -> None:
        """Colour the cells of a column that say this and nothing else."""
        rule = {"type": "cell", "criteria": "==", "value": f'"{text}"'}
        colours = self.file.style(**_ALARM)
        self.sheet.conditional_format(table.body(column), rule | {"format": colours})

    def finish(self) -> None:
        """Set widths and the printer up; to be called when all is written."""
        for index, width in self._widths.items():
            self.sheet.set_column(index, index, min(width, MAX_WIDTH))
        self.sheet.set_paper(_PAPER_CODES[self.file.paper])
        self.sheet.set_landscape()
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        page = _("Page {page} of {pages}").format(page="&P", pages="&N")
        self.sheet.set_header(f"&R&8{in_margin(self.file.title)}")
        self.sheet.set_footer(f"&L&8{in_margin(self.file.policy.name)}&C&8&A&R&8{page}")

    def _fit(self, column: int, value: Cell, kind: Kind) -> None:
        shown = value.value if isinstance(value, Formula) else value
        match shown:
            case str():
                length = len(shown) + 3
            case int() | Decimal():
                # A currency symbol and a sign; a difference has an arrow before them.
                length = len(f"{shown:,.2f}") + (6 if kind.endswith("_change") else 4)
            case _:
                length = 16 if shown else 0
        self._widen(column, length)

    def _widen(self, column: int, width: int) -> None:
        self._widths[column] = max(self._widths.get(column, 0), width)


def _on_paper(colour: str) -> str:
    """The brand's colour where it can be read on white, else nearly black."""
    return colour if text_on(colour) == "#ffffff" else "#1a1a1a"
