"""The quarterly review: a year of an account at a glance (KR-17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.money import CurrencyCode, Money, total
from msp_billing.domain.parties import Paper
from msp_billing.domain.periods import Period

if TYPE_CHECKING:
    from msp_billing.domain.contracts.lifetimes import Lifetime
    from msp_billing.domain.invoices import CountEvidence, Invoice, InvoiceId

MONTHS_SHOWN = 12
_MONTHS_A_QUARTER = 3


class ReviewPayment(Frozen):
    """Money that came in."""

    received_on: date
    amount: Money
    reference: str


class ReviewHold(Frozen):
    """A hold that stands."""

    state: str
    since_on: date
    reason: str


class ReviewMonth(Frozen):
    """One service month; amounts are None where the month was not billed with this system."""

    period: Period
    invoiced: dict[str, Money] | None = Field(
        description="By the run's title, less what credit notes took back."
    )
    paid: Money | None = Field(default=None, description="None while payments are not recorded.")

    def invoiced_total(self, currency: str) -> Money | None:
        """What all runs invoiced for the month."""
        return None if self.invoiced is None else total(self.invoiced.values(), currency)


class CountSeries(Frozen):
    """How a count went over the months; None where it is not known."""

    title: str
    quantities: tuple[int | None, ...]


class ReviewedAgreement(Frozen):
    """When an agreement ends, and until when notice must be given."""

    title: str
    starts_on: date
    term: str = Field(description="In words; empty where nothing is committed.")
    years: int = Field(default=0, ge=0, description="Of the committed term; 0 where there is none.")
    renewed: bool = Field(default=False, description="Whether it is not the first term.")
    ends_on: date | None
    notice_by: date | None
    ending: str = Field(default="", description="Why it ends, when it does.")


class QuarterlyReview(Frozen):
    """What the account and its advisor look at together each quarter."""

    account: Identifier
    account_name: str
    quarter: str = Field(description="'Q4 2026'.")
    quarter_months: tuple[Period, ...]
    currency: CurrencyCode
    paper: Paper | None = Field(default=None, description="By the currency, where it is not said.")
    months: tuple[ReviewMonth, ...] = Field(description="The last twelve, oldest first.")
    counts: tuple[CountSeries, ...]
    payments: tuple[ReviewPayment, ...] | None = Field(description="None: not recorded.")
    holds: tuple[ReviewHold, ...] = ()
    agreements: tuple[ReviewedAgreement, ...]

    @property
    def invoiced_in_quarter(self) -> Money:
        """What the quarter's months were invoiced."""
        return total(
            (
                amount
                for month in self.months
                if month.period in self.quarter_months
                if (amount := month.invoiced_total(self.currency)) is not None
            ),
            self.currency,
        )


def quarter_of(period: Period) -> tuple[str, tuple[Period, ...]]:
    """The calendar quarter that a month lies in: its name and its months."""
    number = (period.month - 1) // _MONTHS_A_QUARTER
    first = Period(year=period.year, month=number * _MONTHS_A_QUARTER + 1)
    months = tuple(first.shifted(offset) for offset in range(_MONTHS_A_QUARTER))
    return f"Q{number + 1} {period.year}", months


def months_until(period: Period) -> tuple[Period, ...]:
    """The twelve months that a review shows, up to this one."""
    return tuple(period.shifted(offset) for offset in range(1 - MONTHS_SHOWN, 1))


def quarterly_review(  # noqa: PLR0913 - a review needs what it tells
    account: str,
    account_name: str,
    currency: str,
    period: Period,
    invoices: Mapping[Period, Mapping[str, Sequence[Invoice]]],
    lifetimes: Sequence[Lifetime],
    payments: tuple[ReviewPayment, ...] | None = None,
    holds: tuple[ReviewHold, ...] = (),
    *,
    credited: Mapping[InvoiceId, Sequence[Money]] = MappingProxyType({}),
) -> QuarterlyReview | None:
    """Put together what an account's invoices of a year say; None for one without any.

    Args:
        invoices: numbered invoices by service month and run title; a month that is missing was not
            billed with this system, one with an empty list had nothing to bill.
        lifetimes: of the agreements that stand in the month.
        payments: None while payments are not recorded.
        credited: what credit notes took back of the invoices.
    """
    months = months_until(period)
    if not any(found for of_month in invoices.values() for found in of_month.values()):
        return None
    quarter, quarter_months = quarter_of(period)
    return QuarterlyReview(
        account=account,
        account_name=account_name,
        quarter=quarter,
        quarter_months=quarter_months,
        currency=currency,
        months=tuple(
            _month(month, invoices.get(month), credited, currency, payments) for month in months
        ),
        counts=_series(months, invoices),
        payments=payments,
        holds=holds,
        agreements=tuple(_agreement(entry, period) for entry in lifetimes),
    )


def _month(
    period: Period,
    invoices: Mapping[str, Sequence[Invoice]] | None,
    credited: Mapping[InvoiceId, Sequence[Money]],
    currency: str,
    payments: tuple[ReviewPayment, ...] | None,
) -> ReviewMonth:
    invoiced = (
        None
        if invoices is None
        else {
            title: total((invoice.total for invoice in found), currency)
            - total((note for entry in found for note in credited.get(entry.id, ())), currency)
            for title, found in invoices.items()
        }
    )
    paid = (
        None
        if payments is None
        else total(
            (entry.amount for entry in payments if Period.of(entry.received_on) == period), currency
        )
    )
    return ReviewMonth(period=period, invoiced=invoiced, paid=paid)


def _series(
    months: Sequence[Period], invoices: Mapping[Period, Mapping[str, Sequence[Invoice]]]
) -> tuple[CountSeries, ...]:
    """Every count that lines were billed by, added up over sections; each evidence once.

    The quantities are those that were billed: after a ratio (COL-14), and of what an item stands
    for (COL-17).
    """
    counted: dict[str, dict[Period, int]] = {}
    billed: set[Period] = set()
    for period, of_month in invoices.items():
        for found in of_month.values():
            if found:
                billed.add(period)
            for invoice in found:
                for evidence in _evidence(invoice):
                    series = counted.setdefault(evidence.title, {})
                    series[period] = series.get(period, 0) + evidence.count.quantity
    return tuple(
        CountSeries(
            title=title,
            quantities=tuple(series.get(month, 0 if month in billed else None) for month in months),
        )
        for title, series in counted.items()
    )


def _evidence(invoice: Invoice) -> list[CountEvidence]:
    """The counts behind the invoice's lines."""
    used = {line.reason.count for line in invoice.lines}
    return [entry for entry in invoice.counts if entry.key in used]


def _agreement(lifetime: Lifetime, period: Period) -> ReviewedAgreement:
    term = lifetime.term_in(period)
    end = lifetime.end
    committed = term is not None and bool(term.years)
    return ReviewedAgreement(
        title=lifetime.agreement.title,
        starts_on=lifetime.agreement.starts_on,
        term=term.in_words() if term is not None and committed else "",
        years=term.years if term is not None and committed else 0,
        renewed=term is not None and committed and term.number > 1,
        ends_on=end.last_on or (term.ends_on if term is not None and committed else None),
        notice_by=lifetime.notice_deadline(period),
        ending=end.why if end.last_on is not None else "",
    )


def change_over(series: CountSeries) -> Decimal | None:
    """How a count changed from the first to the last month that it is known for."""
    known = [quantity for quantity in series.quantities if quantity is not None]
    return Decimal(known[-1] - known[0]) if len(known) > 1 else None
