"""Charts of an account's comparison by category, with words for who cannot see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msp_billing.adapters.formatting import format_change, format_money
from msp_billing.adapters.language import _
from msp_billing.adapters.workbooks.xlsx_cells import Table, one_line

if TYPE_CHECKING:
    from msp_billing.adapters.workbooks.xlsx_sheets import Sheet
    from msp_billing.domain.money import Money

_MORE, _FEWER, _BEFORE = "#b45f06", "#2e7d4f", "#b8c2cc"
_WIDTH, _HEIGHT, _BAR, _MOST_BARS = 430, 190, 26, 40
_MAX_WORDS = 900


class CategorySums(NamedTuple):
    """What a category came to in both months."""

    title: str
    before: Money
    now: Money


def write_charts(
    sheet: Sheet, table: Table, sums: Sequence[CategorySums], *, changes: bool
) -> None:
    """The change by category, and the amounts behind it beside it, below what is written.

    Args:
        table: categories with the amounts of both months and their difference.
        changes: whether there is a difference to tell.
    """
    charts = [*([_change_chart] if changes else []), _amounts_chart]
    for number, write in enumerate(charts):
        write(sheet, table, sums, number * (_WIDTH + 10))


def _change_chart(sheet: Sheet, table: Table, sums: Sequence[CategorySums], left: int) -> None:
    """The change by category: bars to the right for more, to the left for less."""
    money = sheet.file.number_formats["money"].partition(";")[0]
    chart = sheet.file.workbook.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": _("Difference"),
            **_cells(sheet, table, 3),
            "fill": {"color": _MORE},
            "invert_if_negative": True,
            "invert_if_negative_color": _FEWER,
            "data_labels": {"value": True, "num_format": f"+{money};-{money};0"},
            "gap": 60,
        }
    )
    chart.set_legend({"none": True})
    title = _("Change by category")
    told = "; ".join(
        f"{entry.title} {format_change((entry.now - entry.before).amount, entry.now.currency)}"
        for entry in sums
    )
    _insert(sheet, chart, title, _("Difference"), f"{title}: {told}", len(sums), left)


def _amounts_chart(sheet: Sheet, table: Table, sums: Sequence[CategorySums], left: int) -> None:
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
    _insert(sheet, chart, title, _("Amount"), f"{title}: {told}", len(sums), left)


def _cells(sheet: Sheet, table: Table, column: int) -> dict[str, Any]:
    first, last = table.first_row, table.last_row
    return {
        "categories": [sheet.name, first, 0, last, 0],
        "values": [sheet.name, first, column, last, column],
    }


def _insert(
    sheet: Sheet, chart: Any, title: str, measure: str, words: str, categories: int, left: int
) -> None:
    chart.set_title({"name": title, "name_font": {"size": 12}})
    # The first category on top, and names at the edge, where no bar to the left covers them.
    chart.set_y_axis(
        {"name": _("Category"), "reverse": True, "crossing": "max", "label_position": "low"}
    )
    gridlines = {"visible": True, "line": {"color": "#dfe4e8"}}
    chart.set_x_axis({"name": measure, "num_format": "#,##0", "major_gridlines": gridlines})
    height = _HEIGHT + _BAR * min(categories, _MOST_BARS)
    chart.set_size({"width": _WIDTH, "height": height})
    described = {"description": one_line(words)[:_MAX_WORDS], "x_offset": left}
    sheet.sheet.insert_chart(sheet.row + 1, 0, chart, described)
