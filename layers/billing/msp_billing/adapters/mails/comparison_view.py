"""What the mail that brings a comparison sheet says, as finished text for its templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.adapters.composed_texts import description_in_words
from msp_billing.adapters.formatting import (
    format_change,
    format_day,
    format_due_day,
    format_month,
    format_quantity,
)
from msp_billing.adapters.language import _
from msp_billing.adapters.mails.mail_text import one_line
from msp_billing.adapters.mails.mail_views import (
    MAX_LINES,
    Entry,
    Fact,
    attached,
    compare_amounts,
    money,
)
from msp_billing.domain.run_summary import count_changed_items

if TYPE_CHECKING:
    from msp_billing.domain.comparison import Comparison, ComparisonRow
    from msp_billing.domain.cycles import Cycle
    from msp_billing.domain.documents import NamedDocument
    from msp_billing.domain.policy import ProviderPolicy


def comparison_view(
    comparison: Comparison, policy: ProviderPolicy, workbook: NamedDocument, cycle: Cycle
) -> dict[str, object]:
    """The values of its templates, with its subject; in the language that is being written."""
    month = format_month(comparison.period)
    before = format_month(comparison.previous_period)
    name, now = one_line(comparison.account_name), comparison.current_total
    issue_on = format_day(cycle.plan.invoice_on)
    difference = (
        compare_amounts(now, comparison.previous_total, before) if comparison.has_previous else None
    )
    facts = [Fact(_("Account"), name)]
    what = [_("nothing to invoice")]
    if comparison.has_current:
        what = [money(now), _("to be invoiced {day}").format(day=issue_on)]
        facts.append(Fact(_("To be invoiced on"), issue_on))
        facts.append(Fact(_("Due on"), format_due_day(cycle.plan.due_on)))
    if comparison.has_previous:
        joined, left = (format_quantity(count) for count in count_changed_items(comparison))
        items = _("{joined} joined, {left} left").format(joined=joined, left=left)
        facts.append(Fact(_("Items"), items))
    first = _("Before we invoice: {month}").format(month=month)
    return {
        "subject": " · ".join((first, *what, one_line(name, 60))),
        "preview": _preview(comparison, month, issue_on, difference),
        "month": month,
        "before": before,
        "account": name,
        "amount": money(now),
        "difference": difference,
        "issue_on": issue_on,
        "billed": comparison.has_current,
        "facts": tuple(facts),
        "entries": largest_changes(comparison) if comparison.has_previous else (),
        "document": attached(workbook, policy.zone),
    }


def _preview(comparison: Comparison, month: str, issue_on: str, difference: str | None) -> str:
    text = _("Not an invoice: nothing will be billed for {month}.").format(month=month)
    if comparison.has_current:
        text = _("Not an invoice: what the invoice of {day} will bill.").format(day=issue_on)
    if difference is None:
        return text
    return f"{text} {_('Difference: {difference}').format(difference=difference)}"


def largest_changes(comparison: Comparison) -> tuple[Entry, ...]:
    """The rows whose amount changed most, either way."""
    changed = [row for row in comparison.rows if row.amount_change.amount]
    changed.sort(key=lambda row: -abs(row.amount_change.amount))
    several = len({row.subscriber_name for row in comparison.rows}) > 1
    return tuple(_change_entry(row, several=several) for row in changed[:MAX_LINES])


def _change_entry(row: ComparisonRow, *, several: bool) -> Entry:
    """What changed, and where, unless there is one place only."""
    what = one_line(description_in_words(row.description))
    change = row.amount_change
    now = format_quantity(row.current_quantity)
    detail = _("{quantity}, other price").format(quantity=now)
    if row.quantity_change:
        detail = _("{before} → {now}").format(
            before=format_quantity(row.previous_quantity), now=now
        )
    return Entry(
        what=f"{what}, {one_line(row.subscriber_name)}" if several else what,
        amount=format_change(change.amount, change.currency),
        detail=detail,
    )
