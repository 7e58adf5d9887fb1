"""Work of a small provider in Chicago: an export row, the rules, and what an account agreed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.work.approval_terms import AccountWork
from msp_billing.domain.work.rate_cards import RateCard
from msp_billing.domain.work.time_charges import WorkTerms
from msp_billing.domain.work.work_rules import WorkRules

CHICAGO = ZoneInfo("America/Chicago")
PRESIDENTS_DAY = date(2026, 2, 16)
CALENDAR = BusinessCalendar(holidays=frozenset({PRESIDENTS_DAY}))
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]

Data = dict[str, Any]


def card_data(**changes: Any) -> Data:
    """Engineers at 150.00, after hours one and a half times as much; projects at 180.00."""
    return {
        "card": "standard",
        "title": "Fee schedule",
        "increment_minutes": 15,
        "rates": [
            {
                "role": "Engineer",
                "product": "T1",
                "per_hour": "150",
                "after_hours_multiplier": "1.5",
                "after_hours_product": "T2",
            },
            {"role": "Engineer", "work": "Project", "product": "T3", "per_hour": "180"},
        ],
    } | changes


def rules_data(**changes: Any) -> Data:
    return {
        "rules": "outside-contract",
        "title": "Work outside the contract",
        "feed": "time-entries",
        "rate_card": "standard",
        "billing": {"billable": ["Billable"], "covered": ["Covered"], "free": ["No Charge"]},
        "business_hours": [{"days": WEEKDAYS, "opens": "08:00", "closes": "17:00"}],
        "clause": "work-outside",
        "after_hours_clause": "after-hours",
    } | changes


def entry_row(entry: str, starts: str, ends: str, **attributes: str) -> FeedRow:
    """A row of the PSA's export; attributes with a hyphen are written with an underscore."""
    own = {
        "engineer": "Rosa Marin",
        "role": "Engineer",
        "work": "Support",
        "starts": starts,
        "ends": ends,
        "billing": "Billable",
        "note": "",
        "ticket": "",
        "approved-by": "",
        "approved-on": "",
    }
    site = attributes.pop("site", None)
    given = {name.replace("_", "-"): value for name, value in attributes.items()}
    return FeedRow(
        item_id=entry,
        name=f"Ticket of {entry}",
        account="acme",
        subscriber=site,
        attributes=own | given,
        row=int(entry.removeprefix("T-")) + 1,
    )


def nothing_is_billed_yet(_charge: str) -> bool:
    return True


def never_covered(_day: date) -> bool:
    return False


def always_covered(_day: date) -> bool:
    return True


def work_terms(
    *,
    rules: Data | None = None,
    card: Data | None = None,
    account: Data | None = None,
    until_on: date = date(2026, 2, 28),
    has_cover: Callable[[date], bool] = never_covered,
    may_bill: Callable[[str], bool] = nothing_is_billed_yet,
) -> WorkTerms:
    return WorkTerms(
        rules=WorkRules.model_validate(rules_data(**(rules or {}))),
        card=RateCard.model_validate(card_data(**(card or {}))),
        account="acme",
        account_terms=AccountWork.model_validate(account or {}),
        currency="USD",
        calendar=CALENDAR,
        zone=CHICAGO,
        until_on=until_on,
        has_cover=has_cover,
        may_bill=may_bill,
    )
