"""Words and names that the reports share."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from babel.dates import format_date, format_skeleton

from msp_billing.adapters.formatting import format_day
from msp_billing.adapters.language import _, current_locale

if TYPE_CHECKING:
    from msp_billing.domain.periods import Period
    from msp_billing.domain.reports.content import ReportFrame
    from msp_billing.domain.reports.quarterly_review import QuarterlyReview


def day_or_not(day: date | None) -> str:
    """A day, or that it is not known more closely: the export does not say it."""
    return format_day(day) if day else _("since the last count")


def document_name(account: str, period: Period, report: str, ending: str) -> str:
    """``prairie-it-partners-2026-10-device-report.xlsx``."""
    return f"{account}-{period}-{report}.{ending}"


def made_by(frame: ReportFrame) -> str:
    """Who made a document, and on which day, for its head."""
    made_on = frame.made_at.astimezone(frame.policy.zone).date()
    return _("Made by {provider} on {moment}").format(
        provider=frame.policy.name, moment=format_day(made_on)
    )


def short_day(day: date) -> str:
    """``30 Dec 2026``, where there is no room for the whole month's name."""
    locale = current_locale()
    pattern = "d MMM y" if locale.language == "en" else "medium"
    return format_date(day, pattern, locale=locale)


def short_month(period: Period) -> str:
    """``Dec 26``, below a plot and above a narrow column."""
    return format_date(period.first_day, "LLL yy", locale=current_locale())


def quarter_name(told: QuarterlyReview) -> str:
    """``Q4 2026``, ``T4 2026`` in French."""
    first = told.quarter_months[0].first_day
    return str(format_skeleton("yQQQ", first, locale=current_locale()))
