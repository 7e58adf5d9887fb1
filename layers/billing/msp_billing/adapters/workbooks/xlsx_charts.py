"""Charts of an account's comparison by category, with words for who cannot see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from msp_billing.adapters.formatting import format_change, format_money
from msp_billing.adapters.language import _
from msp_billing.adapters.workbooks.xlsx_cells import Table, one_line
from msp_billing.adapters.workbooks.xlsx_sheets import Sheet
from msp_billing.domain.money import Money

_MORE, _FEWER, _BEFORE = "#b45f06", "#2e7d4f", "#b8c2cc"
_WIDTH, _MOST_ROWS, _PIXELS_A_ROW = 760, 20, 20
_MAX_WORDS = 900


class CategorySums(NamedTuple):
    """What a category came to in both months."""

    title: str
    before: Money
    now: Money


def write_change_chart(sheet: Sheet, table: Table, sums: Sequence[CategorySums]) -> None:
    """The change by category: bars to the right for more, to the left for less."""
    chart = sheet.file.workbook.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": _("Difference"),
            **_cells(sheet, table, 3),
            "fill": {"color": _MORE},
            "invert_if_negative": True,
            "invert_if_negative_color": _FEWER,
            "data_labels": {
                "value": True,
                "num_format": sheet.file.number_formats["money_change"],
            },
            "gap": 60,
        }
    )
    chart.set_legend({"none": True})
    title = _("Change by category")
    told = "; ".join(
        f"{entry.title} {format_change((entry.now - entry.before).amount, entry.now.currency)}"
        for entry in sums
    )
    _insert(sheet, chart, title, _("Difference"), f"{title}: {told}", len(sums))


def write_amounts_chart(sheet: Sheet, table: Table, sums: Sequence[CategorySums]) -> None:
    """Both months by category, side by side."""
    chart = sheet.file.workbook.add_chart({"type": "bar"})
    for column, colour in ((1, _BEFORE), (2, sheet.file.policy.brand.primary)):
        chart.add_series(
            {
                "name": [sheet.name, table.header_row, column],
                **_cells(sheet, table, column),
                "fill": {"color": colour},
                "border": {"color": "#4a5560", "width": 0.5},
                "gap": 60,
            }
        )
    chart.set_legend({"position": "bottom"})
    title = _("Amounts by category")
    told = "; ".join(
        _("{category}: {before} before, {now} now").format(
            category=entry.title,
            before=format_money(entry.before.amount, entry.before.currency),
            now=format_money(entry.now.amount, entry.now.currency),
        )
        for entry in sums
    )
    _insert(sheet, chart, title, _("Amount"), f"{title}: {told}", 2 * len(sums))


def _cells(sheet: Sheet, table: Table, column: int) -> dict[str, Any]:
    first, last = table.first_row, table.last_row
    return {
        "categories": [sheet.name, first, 0, last, 0],
        "values": [sheet.name, first, column, last, column],
    }


def _insert(sheet: Sheet, chart: Any, title: str, measure: str, words: str, bars: int) -> None:
    """Place the chart below what is written, and go on below it."""
    chart.set_title({"name": title, "name_font": {"size": 12}})
    # Names at the edge, where no bar to the left covers them; the first category on top.
    chart.set_y_axis({"name": _("Category"), "reverse": True, "label_position": "low"})
    gridlines = {"visible": True, "line": {"color": "#dfe4e8"}}
    chart.set_x_axis({"name": measure, "num_format": "#,##0", "major_gridlines": gridlines})
    height = 170 + 22 * min(bars, 2 * _MOST_ROWS)
    chart.set_size({"width": _WIDTH, "height": height})
    words = one_line(words)[:_MAX_WORDS]
    sheet.sheet.insert_chart(sheet.row + 1, 0, chart, {"description": words})
    sheet.row += height // _PIXELS_A_ROW + 3
