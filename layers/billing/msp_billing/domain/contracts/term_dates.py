"""The terms of an agreement one after the other: where each begins and ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.contracts.terms import ContractTerms, months_after

if TYPE_CHECKING:
    from msp_billing.domain.contracts.agreements import Agreement

_MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Term:
    """One term of an agreement: its first one, or a renewal.

    ``years`` is 0 where the agreement runs by the month and nothing is committed; the term is one
    month then.
    """

    number: int
    starts_on: date
    ends_on: date
    years: int

    def in_words(self) -> str:
        """'the term of 3 years from 2024-03-01 to 2027-02-28'."""
        if not self.years:
            return f"the month from {self.starts_on} to {self.ends_on}"
        years = "1 year" if self.years == 1 else f"{self.years} years"
        which = "the term" if self.number == 1 else "the renewed term"
        return f"{which} of {years} from {self.starts_on} to {self.ends_on}"


def renewal_years(agreement: Agreement, terms: ContractTerms) -> int:
    """The years of each further term; 0 when the agreement goes on by the month (KR-11).

    What the agreement says comes before what its terms say. A term that renews itself is as long
    as the one before where nothing else is agreed.
    """
    how = agreement.renews or (terms.renewal.how if terms.renewal else "monthly")
    if how == "monthly":
        return 0
    return agreement.renewal_years or agreement.term_years


def first_term(agreement: Agreement) -> Term:
    """The term that was signed."""
    months = agreement.term_years * _MONTHS_A_YEAR or 1
    return _term(1, agreement.starts_on, 0, months, agreement.term_years)


def term_on(agreement: Agreement, terms: ContractTerms, day: date) -> Term:
    """The term that a day lies in.

    Terms follow each other without a gap and without an overlap: all are counted in months from
    the agreement's first day, so that one that starts on the 29th to 31st keeps its day.

    Once notice was given nothing is renewed: what follows the term in which it was given runs by
    the month until the agreement ends.

    Args:
        day: the first day of the agreement or later.
    """
    ending = agreement.ending
    if ending is None or day <= ending.notice_on:
        return _renewed_term(agreement, renewal_years(agreement, terms), day)
    last = _renewed_term(agreement, renewal_years(agreement, terms), ending.notice_on)
    if day <= last.ends_on:
        return last
    first_months = _months_from_start(agreement, last.ends_on + timedelta(days=1))
    return _tile(agreement, first_months, 1, 0, last.number, day)


def _renewed_term(agreement: Agreement, years: int, day: date) -> Term:
    first = first_term(agreement)
    if day <= first.ends_on:
        return first
    first_months = agreement.term_years * _MONTHS_A_YEAR or 1
    return _tile(agreement, first_months, years * _MONTHS_A_YEAR or 1, years, 1, day)


def _tile(
    agreement: Agreement, first: int, months: int, years: int, before: int, day: date
) -> Term:
    """The term, of so many months each from month ``first`` on, that the day lies in."""
    passed = (_months_from_start(agreement, day) - first) // months
    found = _term(before + passed + 1, agreement.starts_on, first + passed * months, months, years)
    if day < found.starts_on:  # before the anchor day of its month
        passed -= 1
        found = _term(
            before + passed + 1, agreement.starts_on, first + passed * months, months, years
        )
    assert found.starts_on <= day <= found.ends_on, "terms have neither gaps nor overlaps"
    return found


def _months_from_start(agreement: Agreement, day: date) -> int:
    start = agreement.starts_on
    return (day.year - start.year) * _MONTHS_A_YEAR + day.month - start.month


def _term(number: int, anchor: date, first: int, months: int, years: int) -> Term:
    ends_on = months_after(anchor, first + months) - timedelta(days=1)
    return Term(number, months_after(anchor, first), ends_on, years)
