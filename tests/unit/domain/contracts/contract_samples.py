"""Contracts to test with: the terms of the three sources, as data, and agreements under them."""

from __future__ import annotations

from datetime import date
from typing import Any

from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
from msp_billing.domain.contracts.lifetimes import Lifetime
from msp_billing.domain.contracts.terms import ContractTerms
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import (
    Data,
    agreement_data,
    line_data,
    price_book,
    price_book_data,
    product_data,
)

# The federal holidays of the United States, as observed, by hand.
_HOLIDAYS = {
    2025: "11-11 11-27 12-25",
    2026: "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
    2027: "01-01 01-18 02-15",
}
US_HOLIDAYS = BusinessCalendar(
    holidays=frozenset(
        date.fromisoformat(f"{year}-{found}")
        for year, days in _HOLIDAYS.items()
        for found in days.split()
    )
)

KR_TERMS: Data = {
    "terms": "managed-it",
    "title": "Managed IT services contract",
    "trial": {"days": 90, "clause": "calendar"},
    "renewal": {"how": "term", "clause": "term"},
    "prices": {"how": "fixed_for_term", "clause": "term"},
    "change_window": {"every_months": 6, "clause": "calendar"},
    "notice": {"days": 60, "clause": "calendar"},
    "early_end": {"how": "pay_out_remainder", "clause": "term"},
}
COLLABRANCE_TERMS: Data = {
    "terms": "service-provider",
    "title": "Service provider agreement",
    "notice": {"business_days": 30, "clause": "calendar"},
}
INTEGRIS_TERMS: Data = {
    "terms": "master-service-agreement",
    "title": "Master Service Agreement",
    "free_start": {"months": 1, "clause": "calendar"},
}


def month(text: str) -> Period:
    return Period.parse(text)


def day(text: str) -> date:
    return date.fromisoformat(text)


def kr_agreement(**changes: Any) -> Data:
    """A contract of one year from 1 October 2026 on, which renews itself for another year."""
    data = agreement_data(line_data("PC"), terms="managed-it", starts_on="2026-10-01", term_years=1)
    return data | changes


def collabrance_agreement(*lines: Data, **changes: Any) -> Data:
    """An agreement without a term."""
    data = agreement_data(*lines, terms="service-provider", starts_on="2025-01-01")
    return data | changes


BOOK = price_book(
    products=[
        *price_book_data()["products"],
        product_data(
            "FIREWALL",
            "support",
            {"each": "95"},
            end_rule={"returned_and_verified": True, "clause": "calendar"},
        ),
        product_data(
            "DATTO",
            "backup",
            {"each": "140"},
            end_rule={"notice_by_day": 10, "clause": "calendar"},
        ),
    ]
)


def life(
    agreement: Data, terms: Data | None = None, calendar: BusinessCalendar = US_HOLIDAYS
) -> Lifetime:
    """The life of an agreement under its terms, which are found by their name."""
    by_name = {entry["terms"]: entry for entry in (KR_TERMS, COLLABRANCE_TERMS, INTEGRIS_TERMS)}
    found = terms or by_name.get(agreement.get("terms", ""))
    return Lifetime(
        Agreement.model_validate(agreement),
        None if found is None else ContractTerms.model_validate(found),
        calendar,
        BOOK,
    )


def only_line(of: Lifetime) -> AgreementLine:
    (line,) = of.agreement.lines
    return line


def billed_months(of: Lifetime, line: AgreementLine, first: str, last: str) -> list[str]:
    """The months from one to another in which a line bills."""
    period, found = month(first), []
    while period <= month(last):
        if of.provided_in(line, period):
            found.append(str(period))
        period = period.shifted(1)
    return found
