"""The quarterly review as a PDF with plots, and its mail (KR-17)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.formatting import (
    format_day,
    format_money,
    format_quantity,
)
from msp_billing.adapters.invoice_pdf.document_frame import document_frame, provider_block
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.adapters.language import _
from msp_billing.adapters.reports.review_parts import (
    NOTHING,
    agreement_table,
    count_plot,
    count_table,
    holds_table,
    invoiced_plot,
    invoiced_table,
    not_recorded,
)
from msp_billing.adapters.reports.words import document_name, quarter_name, short_day
from msp_billing.domain.documents import PDF, NamedDocument
from msp_billing.domain.reports.notices import (
    MadeReport,
    ReportEntry,
    ReportFact,
    ReportList,
    ReportNotice,
)

if TYPE_CHECKING:
    from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
    from msp_billing.domain.reports.content import ReportFrame
    from msp_billing.domain.reports.quarterly_review import QuarterlyReview
    from msp_billing.domain.reports.report_policy import ReportPolicy


def review_documents(
    told: QuarterlyReview, report: ReportPolicy, frame: ReportFrame, typst: TypstRenderer
) -> MadeReport:
    """The PDF and the mail's words."""
    content = typst.render("review.typ", present_review(told, report, frame))
    name = document_name(told.account, frame.period, report.report, "pdf")
    document = NamedDocument(file_name=name, media_type=PDF, content=content)
    return MadeReport(notice=_notice(told, report), documents=(document,))


def present_review(
    told: QuarterlyReview, report: ReportPolicy, frame: ReportFrame
) -> dict[str, Any]:
    """All that is printed of a review."""
    policy = frame.policy
    made_on = frame.made_at.astimezone(policy.zone).date()
    return {
        **document_frame(
            policy,
            heading=report.title,
            reference=quarter_name(told),
            account_name=told.account_name,
            dated_on=made_on,
            currency=told.currency,
            paper=told.paper,
        ),
        "provider": provider_block(policy),
        "heading": f"{printable(report.title)} {quarter_name(told)}",
        "account": printable(told.account_name),
        "headlines": _headlines(told),
        "parts": [
            invoiced_plot(told),
            invoiced_table(told),
            *([count_plot(told), count_table(told)] if told.counts else []),
            holds_table(told),
            agreement_table(told),
        ],
    }


def _headlines(told: QuarterlyReview) -> list[list[str]]:
    months = [entry for entry in told.months if entry.period in told.quarter_months]
    known = [entry for entry in months if entry.invoiced is not None]
    named = _("three months")
    if len(known) < len(months):
        named = _("{known} of {all} months").format(known=len(known), all=len(months))
    paid = NOTHING
    if told.payments is not None:
        amounts = [entry.paid for entry in months if entry.paid is not None]
        summed = sum((amount.amount for amount in amounts), Decimal(0))
        paid = format_money(summed, told.currency)
    notice = [entry.notice_by for entry in told.agreements if entry.notice_by is not None]
    return [
        [
            _invoiced_for(told),
            format_money(told.invoiced_in_quarter.amount, told.currency),
            named,
        ],
        [_("Paid in the quarter"), paid, "" if told.payments is not None else not_recorded()],
        [
            _("Next notice date"),
            short_day(min(notice)) if notice else NOTHING,
            _("of the committed agreements") if notice else _("nothing is committed"),
        ],
    ]


def _invoiced_for(told: QuarterlyReview) -> str:
    return _("Invoiced for {quarter}").format(quarter=quarter_name(told))


# --- Mail ----------------------------------------------------------------------------------------


def _notice(told: QuarterlyReview, report: ReportPolicy) -> ReportNotice:
    amount = format_money(told.invoiced_in_quarter.amount, told.currency)
    counts = []
    for series in told.counts:
        known = [quantity for quantity in series.quantities if quantity is not None]
        if known:
            counts.append(ReportEntry(what=series.title, amount=format_quantity(known[-1])))
    return ReportNotice(
        title=report.title,
        about=quarter_name(told),
        account_name=told.account_name,
        lead=report.note
        or _("Here is what the last quarters came to, for our next review together."),
        headline_label=_invoiced_for(told),
        headline=amount,
        facts=(
            ReportFact(label=_("Account"), value=told.account_name),
            *(
                ReportFact(
                    label=_("{agreement}: notice by").format(agreement=entry.title),
                    value=format_day(entry.notice_by),
                )
                for entry in told.agreements
                if entry.notice_by is not None
            ),
        ),
        lists=(
            ReportList(
                heading=_("Counted last"),
                entries=tuple(counts),
                if_empty=_("Nothing is counted."),
            ),
        ),
        closing=(_("The attached review has the last twelve months with plots."),),
    )
