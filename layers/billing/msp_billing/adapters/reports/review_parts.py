"""The parts of a quarterly review: plots and tables, as what is printed (KR-17)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from msp_billing.adapters.formatting import (
    format_day,
    format_money,
    format_month,
    format_quantity,
)
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.language import _, ngettext
from msp_billing.adapters.reports.plot_scale import round_steps, share
from msp_billing.adapters.reports.words import short_month
from msp_billing.domain.money import Money, total
from msp_billing.domain.reports.quarterly_review import (
    QuarterlyReview,
    ReviewedAgreement,
    change_over,
)

NOTHING = "–"
MOST_SERIES = 6  # lines that can still be told apart in one plot


def not_recorded() -> str:
    """Stands in place of payments that this system knows nothing of."""
    return _("Payments are not recorded here yet.")


# --- Amounts -------------------------------------------------------------------------------------


def _titles(told: QuarterlyReview) -> list[str]:
    return list(dict.fromkeys(title for month in told.months for title in month.invoiced or {}))


def invoiced_plot(told: QuarterlyReview) -> dict[str, Any]:
    """Columns of what each run invoiced, month by month."""
    totals = [month.invoiced_total(told.currency) for month in told.months]
    highest = max((amount.amount for amount in totals if amount is not None), default=Decimal(0))
    steps = round_steps(highest, whole=True)
    return {
        "kind": "bars",
        "title": _("Invoiced by month"),
        "unit": _("in {currency}, by service month").format(currency=told.currency),
        "alt": _("Columns of what was invoiced by service month: {values}.").format(
            values=_in_words(told, [_money(amount) for amount in totals])
        ),
        "months": [short_month(month.period) for month in told.months],
        "ticks": [[share(step, steps), format_quantity(step)] for step in steps],
        "series": [
            {
                "name": printable(title, 40),
                "shares": [_share_of(month.invoiced, title, steps) for month in told.months],
            }
            for title in _titles(told)
        ],
    }


def _share_of(
    invoiced: dict[str, Money] | None, title: str, steps: tuple[Decimal, ...]
) -> float | None:
    amount = (invoiced or {}).get(title)
    return None if amount is None else share(amount.amount, steps)


def invoiced_table(told: QuarterlyReview) -> dict[str, Any]:
    """The amounts behind the plot, and what was paid where that is recorded."""
    titles = _titles(told)
    rows = [
        [
            format_month(month.period),
            *(_money((month.invoiced or {}).get(title)) for title in titles),
            _money(month.invoiced_total(told.currency)),
            *([_money(month.paid)] if told.payments is not None else []),
        ]
        for month in told.months
        if month.invoiced is not None
    ]
    columns = [_column(_("Service month"), wide=True)]
    columns += [_column(printable(title, 40), right=True) for title in titles]
    columns.append(_column(_("Invoiced"), right=True))
    if told.payments is not None:
        columns.append(_column(_("Paid in the month"), right=True))
    earlier = len(told.months) - len(rows)
    notes = [] if told.payments is not None else [not_recorded()]
    if earlier:
        text = ngettext(
            "{number} of the twelve months was not billed with this system.",
            "{number} of the twelve months were not billed with this system.",
            earlier,
        )
        notes.append(text.format(number=earlier))
    return _table(
        _("Invoiced and paid"),
        columns,
        rows,
        total=_sums(told, titles) if len(rows) > 1 else None,
        note=" ".join(notes) or None,
    )


def _sums(told: QuarterlyReview, titles: list[str]) -> list[str]:
    """The last row of what was invoiced: every column of the shown months added up."""
    known = [month for month in told.months if month.invoiced is not None]

    def summed(amounts: Iterable[Money | None]) -> str:
        return _money(total((entry for entry in amounts if entry is not None), told.currency))

    text = ngettext("Total of {number} month", "Total of {number} months", len(known))
    return [
        text.format(number=len(known)),
        *(summed((month.invoiced or {}).get(title) for month in known) for title in titles),
        summed(month.invoiced_total(told.currency) for month in known),
        *([summed(month.paid for month in known)] if told.payments is not None else []),
    ]


def _money(amount: Money | None) -> str:
    return NOTHING if amount is None else format_money(amount.amount, amount.currency)


# --- Counts --------------------------------------------------------------------------------------


def count_plot(told: QuarterlyReview) -> dict[str, Any]:
    """A line for each of the first few counts."""
    shown = told.counts[:MOST_SERIES]
    highest = max((q for series in shown for q in series.quantities if q is not None), default=0)
    steps = round_steps(Decimal(highest), whole=True)
    words = "; ".join(
        f"{series.title}: "
        + _in_words(told, [NOTHING if q is None else str(q) for q in series.quantities])
        for series in shown
    )
    return {
        "kind": "lines",
        "title": _("Users and devices over time"),
        "unit": _("number counted, by service month"),
        "alt": _("Lines of counts by service month. {values}.").format(values=words),
        "months": [short_month(month.period) for month in told.months],
        "ticks": [[share(step, steps), format_quantity(step)] for step in steps],
        "series": [
            {
                "name": printable(series.title, 40),
                "shares": [share(quantity, steps) for quantity in series.quantities],
            }
            for series in shown
        ],
    }


def count_table(told: QuarterlyReview) -> dict[str, Any]:
    """The last six known months of every count, and how it changed."""
    known = [
        index
        for index in range(len(told.months))
        if any(series.quantities[index] is not None for series in told.counts)
    ][-6:]
    columns = [_column(_("Counted"), wide=True)]
    columns += [_column(short_month(told.months[index].period), right=True) for index in known]
    columns.append(_column(_("Change"), right=True))
    rows = []
    for series in told.counts:
        change = change_over(series)
        cells = [series.quantities[index] for index in known]
        rows.append(
            [
                printable(series.title, 60),
                *(NOTHING if cell is None else format_quantity(cell) for cell in cells),
                NOTHING if change is None else f"{change:+}" if change else "0",
            ]
        )
    return _table(
        _("Counts"),
        columns,
        rows,
        note=_("Change is from the first to the last month that is known."),
    )


# --- Holds and contracts -------------------------------------------------------------------------


def holds_table(told: QuarterlyReview) -> dict[str, Any]:
    """The holds that stand."""
    rows = [
        [printable(hold.state), format_day(hold.since_on), printable(hold.reason, 300)]
        for hold in told.holds
    ]
    columns = [_column(_("Hold")), _column(_("Since")), _column(_("Why"), wide=True)]
    return _table(_("Open holds"), columns, rows, if_empty=_("No hold is known."))


def agreement_table(told: QuarterlyReview) -> dict[str, Any]:
    """When each agreement ends, and until when notice must be given."""
    rows = [
        [
            printable(entry.title),
            format_day(entry.starts_on),
            _term(entry),
            format_day(entry.ends_on) if entry.ends_on else NOTHING,
            format_day(entry.notice_by) if entry.notice_by else NOTHING,
        ]
        for entry in told.agreements
    ]
    columns = [
        _column(_("Agreement"), wide=True),
        _column(_("Since")),
        _column(_("Term"), wide=True),
        _column(_("Ends")),
        _column(_("Notice by")),
    ]
    note = _("Notice that is given by this day ends the agreement with its term.")
    return _table(
        _("Contracts"),
        columns,
        rows,
        note=note,
        if_empty=_("No agreement stands in this month."),
    )


def _term(entry: ReviewedAgreement) -> str:
    """How long it binds, or why it ends."""
    if entry.ending or (entry.term and not entry.years):
        return printable(entry.ending or entry.term, 200)
    if not entry.years:
        return _("open")
    years = ngettext("{years} year", "{years} years", entry.years).format(years=entry.years)
    return _("renewed, {years}").format(years=years) if entry.renewed else years


def _table(
    title: str,
    columns: list[dict[str, Any]],
    rows: list[list[str]],
    *,
    total: list[str] | None = None,
    note: str | None = None,
    if_empty: str = "",
) -> dict[str, Any]:
    return {
        "kind": "table",
        "title": title,
        "columns": columns,
        "rows": rows,
        "total": total,
        "note": note,
        "if_empty": if_empty,
    }


def _column(title: str, *, right: bool = False, wide: bool = False) -> dict[str, Any]:
    return {"title": title, "right": right, "wide": wide}


def _in_words(told: QuarterlyReview, values: list[str]) -> str:
    return ", ".join(
        f"{short_month(month.period)} {value}"
        for month, value in zip(told.months, values, strict=True)
        if value != NOTHING
    )
