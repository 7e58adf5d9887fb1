"""The life of an agreement: its terms, its prices, its change windows, and its one end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from msp_billing.domain.contracts.agreements import Agreement, AgreementLine, overlaps
from msp_billing.domain.contracts.endings import (
    RUNS_ON,
    End,
    EndCause,
    agreement_end,
    line_end,
)
from msp_billing.domain.contracts.term_dates import Term, term_on
from msp_billing.domain.periods import Period

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.contracts.terms import ContractTerms
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook


@dataclass(frozen=True)
class Lifetime:
    """One agreement under the terms that it follows; pure, and the same whenever it is asked.

    An agreement without terms lives by its own dates alone.

    Args:
        terms: the agreement's terms; None when it names none, or none that the policy has.
        book: for the end rules of the products.
    """

    agreement: Agreement
    terms: ContractTerms | None
    calendar: BusinessCalendar
    book: PriceBook

    @property
    def lacks_terms(self) -> bool:
        """Whether the agreement names terms that the policy does not have."""
        return self.terms is None and self.agreement.terms is not None

    @cached_property
    def service_end(self) -> End:
        """The end of the agreement without what single lines are held by."""
        return agreement_end(self.agreement, self.terms, self.calendar)

    @cached_property
    def end(self) -> End:
        """The effective end: the last day on which any line of the agreement is billed."""
        held = self.held_lines.values()
        open_end = next((end for end in held if end.last_on is None), None)
        if open_end is not None:
            return open_end
        return max((self.service_end, *held), key=lambda end: end.last_on or date.max)

    @cached_property
    def held_lines(self) -> dict[str, End]:
        """The lines that are billed on in months after the agreement's own end, by name."""
        service = self.service_end
        if service.last_on is None or self.agreement.ending is None:
            return {}
        ends = {
            line.line: self.line_end(line)
            for line in self.agreement.lines
            if line.bill_once_in is None
        }
        last_day = Period.of(service.last_on).last_day
        return {
            line: end for line, end in ends.items() if end.last_on is None or end.last_on > last_day
        }

    def line_end(self, line: AgreementLine) -> End:
        """The end of one line, and why."""
        if line.cancelled is None and self.agreement.ending is None:
            if line.ends_on is None:
                return self.service_end
            if self.service_end is RUNS_ON:
                return End(line.ends_on, EndCause.AGREED, f"line agreed to end on {line.ends_on}")
        product = self.book.find(line.product)
        rule = product.end_rule if product else None
        return line_end(self.agreement, line, rule, self.terms, self.calendar)

    def active_in(self, period: Period) -> bool:
        """Whether any day of the month is provided by the agreement; the whole month bills then."""
        return overlaps(self.agreement.starts_on, self.end.last_on, period)

    def in_service(self, period: Period) -> bool:
        """Whether the agreement itself stands in the month, single lines that are held apart."""
        return overlaps(self.agreement.starts_on, self.service_end.last_on, period)

    def is_free(self, period: Period) -> bool:
        """Whether the month is one of the free ones at the beginning (INT-06)."""
        free = self.terms.free_start if self.terms else None
        started = Period.of(self.agreement.starts_on)
        return free is not None and started <= period < started.shifted(free.months)

    def provided_in(self, line: AgreementLine, period: Period) -> bool:
        """Whether the line bills in the month.

        A one-time charge bills in its month, whatever became of the agreement (MSA-05).
        """
        if line.bill_once_in is not None:
            return line.bill_once_in == period
        if self.is_free(period) or not self.active_in(period):
            return False
        return self.line_stands_in(line, period)

    def line_stands_in(self, line: AgreementLine, period: Period) -> bool:
        """Whether a monthly line's own life reaches into the month, also a free one."""
        return overlaps(line.starts_on, self.line_end(line).last_on, period)

    def term_in(self, period: Period) -> Term | None:
        """The term in force on the first day of the month, or on the agreement's first day.

        None for an agreement without terms, and before it starts.
        """
        if self.terms is None or period < Period.of(self.agreement.starts_on):
            return None
        return term_on(self.agreement, self.terms, max(period.first_day, self.agreement.starts_on))

    def committed_years(self, period: Period) -> int:
        """The years of the term in force, which the term discount goes by (KR-09, KR-11)."""
        term = self.term_in(period)
        return self.agreement.term_years if term is None else term.years

    def price_day(
        self, line: AgreementLine, period: Period, ordered_on: date | None = None
    ) -> date:
        """The day whose price list applies to a line in a month (KR-11).

        Where prices are fixed for the term it is the first day of the term, or of the line when it
        came later; else the first day of the month.

        Args:
            ordered_on: the day of the order that brought the line: it began on that day, whenever
                it went live (COL-10).
        """
        prices = self.terms.prices if self.terms else None
        term = self.term_in(period)
        if prices is None or prices.how == "current" or term is None:
            return period.first_day
        begins_on = max(term.starts_on, ordered_on or line.starts_on or term.starts_on)
        # A line that begins in the middle of a month bills that month whole, at that day's price.
        return min(begins_on, period.last_day)

    def notice_deadline(self, period: Period) -> date | None:
        """The last day on which notice ends the agreement with the term of this month.

        None where nothing is committed, or where it ends anyway.
        """
        term = self.term_in(period)
        if term is None or not term.years or self.service_end.last_on is not None:
            return None
        notice = self.terms.notice if self.terms else None
        return term.ends_on if notice is None else notice.deadline(term.ends_on, self.calendar)

    def pay_out_months(self) -> tuple[Period, ...]:
        """The service months that an early end pays out: from the last one to the contract's end.

        Empty when the agreement does not end early, or in the last month of its contract.
        """
        end = self.service_end
        if end.contract_until is None or end.last_on is None:
            return ()
        months = self.months_left(Period.of(end.last_on), end.contract_until)
        return tuple(months)

    @staticmethod
    def months_left(after: Period, until: date) -> Iterator[Period]:
        """The service months after one month, up to the one that a last day lies in."""
        month = after.shifted(1)
        while month.first_day <= until:
            yield month
            month = month.shifted(1)

    def remaining_months(self, period: Period) -> int | None:
        """How many months are left after this one until the contract ends by what is known now.

        None while nothing is committed: an agreement by the month may run for ever.
        """
        end = self.service_end
        until = end.contract_until or end.last_on
        if until is None:
            term = self.term_in(period)
            if term is None or not term.years:
                return None
            until = term.ends_on
        return sum(1 for _ in self.months_left(period, until))


def lifetime(
    agreement: Agreement, policy: ProviderPolicy, book: PriceBook, calendar: BusinessCalendar
) -> Lifetime:
    """The life of an agreement under the terms that it names in a policy.

    Where the policy lacks them the agreement is taken to run on by its own dates, and
    :attr:`Lifetime.lacks_terms` says so: whoever bills it must park the account.
    """
    return Lifetime(agreement, policy.find_terms(agreement.terms), calendar, book)
