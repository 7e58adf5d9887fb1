"""Pre-invoices, quarterly reviews and workbooks of the gallery."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from msp_billing.adapters.reports.report_maker import ReportMaker
from msp_billing.adapters.workbooks.xlsx_workbooks import XlsxWorkbooks
from msp_billing.domain.comparison import compare
from msp_billing.domain.money import Money
from msp_billing.domain.periods import Period, ServicePeriod
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.reports.content import ReportFrame
from msp_billing.domain.reports.pre_invoices import PreInvoice, PreInvoiceLine, PreInvoices
from msp_billing.domain.reports.quarterly_review import (
    CountSeries,
    QuarterlyReview,
    ReviewedAgreement,
    ReviewMonth,
    ReviewPayment,
    months_until,
    quarter_of,
)
from msp_billing.domain.reports.report_policy import ReportPolicy
from msp_billing.domain.reports.resale import Resale
from tests.unit.adapters.invoice_samples import (
    DECEMBER,
    PEOPLE,
    InvoiceMaker,
    price_book,
    users_by_kind,
)
from tools.gallery import images
from tools.gallery.europeans import GERMAN
from tools.gallery.samples import ASSETS, american
from tools.gallery.shown import Shown, pdf

_REPORTS = "Reports, and documents for an account's own customers"
_MAKER = ReportMaker(ASSETS)
_QUARTER_END = Period(year=2026, month=9)
_ENGLISH = (
    *("Quarterly review", "Managed services", "Recurring charges", "Projects"),
    *("Full-time users", "Workstations", "Tern Harbor (sample)"),
)
_IN_GERMAN = (
    *("Quartalsbericht", "Betreuung", "Laufende Lizenzen", "Projekte"),
    *("Benutzer in Vollzeit", "Arbeitsplätze", "Zahnarztpraxis am Hafen (Muster)"),
)
_MADE_AT = datetime(2026, 10, 2, 11, 0, tzinfo=UTC)


def reports() -> Iterator[Shown]:
    """Every one that is shown."""
    yield pdf(
        "pre-invoice",
        _REPORTS,
        _pre_invoice,
        (1, "A pre-invoice, in the name of the account that resells to its own customer."),
    )
    yield pdf(
        "review-en",
        _REPORTS,
        lambda: _review(american(), "en-US", _ENGLISH),
        (1, "A quarterly review: the quarter at a glance, with plots."),
        (2, "A quarterly review, second page: counts over time, holds and contracts."),
    )
    yield pdf(
        "review-de",
        _REPORTS,
        lambda: _review(GERMAN.policy, "de", _IN_GERMAN),
        (1, "A quarterly review in German, A4."),
    )
    yield pdf(
        "comparison-workbook",
        _REPORTS,
        _comparison,
        (1, "The comparison workbook as LibreOffice shows it: totals by category, and a chart."),
        (2, "The comparison workbook: a row for each product that changed."),
    )


def _policy_of(kind: str, title: str = "") -> ReportPolicy:
    return ReportPolicy.model_validate(
        {
            "report": kind.replace("_", "-"),
            "kind": kind,
            "title": title or kind.replace("_", " ").capitalize(),
            "goes_with": "invoices",
            "clause": "calendar",
        }
    )


def _usd(amount: str | Decimal) -> Money:
    return Money(amount=Decimal(amount), currency="USD").rounded()


def _frame(policy: ProviderPolicy, locale: str = "en-US") -> ReportFrame:
    return ReportFrame(policy=policy, period=_QUARTER_END, made_at=_MADE_AT, locale=locale)


def _pre_invoice() -> bytes:
    rows = (
        ("COM4003", "Hosted mailbox, Exchange plan 1", "mailbox", 11, "9.45"),
        ("SEC1153", "Endpoint detection and response", "device", 14, "14.75"),
        ("BKP2210", "Cloud backup, per server", "server", 2, "119"),
    )
    service = ServicePeriod.of_month(_QUARTER_END)
    lines = tuple(
        PreInvoiceLine(
            product=code,
            description=name,
            category="cloud",
            quantity=Decimal(quantity),
            unit=unit,
            unit_price=_usd(price),
            amount=_usd(Decimal(price) * quantity),
            service_period=service,
        )
        for code, name, unit, quantity, price in rows
    )
    total = _usd(sum((line.amount.amount for line in lines), Decimal(0)))
    one = PreInvoice(
        subscriber="oakdale",
        bill_to=("Oakdale Vets (sample)", "9 Sample Lane"),
        invoice_on=date(2026, 10, 20),
        due_on=date(2026, 11, 19),
        terms="net 30",
        currency="USD",
        service_period=service,
        lines=lines,
        total=total,
    )
    resale = Resale(
        name="Tern Harbor IT (sample)",
        address=("1 Sample Pier Road", "Sampletown, MN 00000"),
        contact=("billing@tern.example",),
        payment=("Checks to Tern Harbor IT (sample)",),
        terms="net 30",
        primary="#5b2333",
        accent="#8a5a00",
    )
    told = PreInvoices(
        account="tern-harbor",
        account_name="Tern Harbor IT (sample)",
        period=_QUARTER_END,
        resale=resale,
        invoices=(one,),
        cost=_usd("400"),
        total=total,
    )
    made = _MAKER.make(told, _policy_of("pre_invoices"), _frame(american()))
    with zipfile.ZipFile(io.BytesIO(made.documents[1].content)) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith(".pdf")))


def _review(policy: ProviderPolicy, locale: str, words: tuple[str, ...]) -> bytes:
    def money(amount: int) -> Money:
        return Money(amount=Decimal(amount), currency=policy.currency)

    title, care, recurring, projects, users, workstations, account = words
    quarter, quarter_months = quarter_of(_QUARTER_END)
    months = tuple(
        ReviewMonth(
            period=period,
            invoiced={
                care: money(1900 + 95 * number),
                recurring: money(310 + 12 * (number % 5)),
                projects: money(1450 if number in {4, 9} else 0),
            },
            paid=money(2210 + 95 * number),
        )
        for number, period in enumerate(months_until(_QUARTER_END))
    )
    told = QuarterlyReview(
        account="tern-harbor",
        account_name=account,
        quarter=quarter,
        quarter_months=quarter_months,
        currency=policy.currency,
        months=months,
        counts=(
            CountSeries(title=users, quantities=tuple(range(28, 40))),
            CountSeries(title=workstations, quantities=(None, None, *range(31, 41))),
        ),
        payments=tuple(
            ReviewPayment(
                received_on=date(2026, month, 5), amount=money(2900), reference=f"ACH {month}"
            )
            for month in (7, 8, 9)
        ),
        agreements=(
            ReviewedAgreement(
                title=care,
                starts_on=date(2024, 3, 1),
                term="the term of 3 years from 2024-03-01 to 2027-02-28",
                years=3,
                ends_on=date(2027, 2, 28),
                notice_by=date(2026, 12, 30),
            ),
        ),
    )
    (document,) = _MAKER.make(
        told, _policy_of("quarterly_review", title), _frame(policy, locale)
    ).documents
    return document.content


def _comparison() -> bytes:
    now = users_by_kind()
    maker = InvoiceMaker().section("Harbor Dental Group")
    before = maker.line("FULLTIME", 16, maker.count("Full-time users", (*PEOPLE[:15], "M. Holt")))
    before.line("PARTTIME", 4).line("SERVER", 2).line("COM4003", 9)
    given: dict[str, Any] = {"id": now.id.model_copy(update={"period": DECEMBER.shifted(-1)})}
    compared = compare(
        "harbor-dental",
        "Harbor Dental Group (sample)",
        DECEMBER,
        "USD",
        (now,),
        (before.make(**given),),
    )
    book = XlsxWorkbooks().account_workbook(compared, american(), price_book(), _MADE_AT)
    return images.workbook(book)
