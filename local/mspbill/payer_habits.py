"""How the sample accounts pay, as data. Who is not listed here pays on time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class PaysAfter:
    """It pays everything by wire, some days after it got the letter of a step."""

    step: str
    days: int


@dataclass(frozen=True)
class Disputed:
    """It disputes an amount of its largest invoice of a due date, and pays it weeks later."""

    due_on: date
    amount: Decimal
    reason: str
    cleared_after_days: int
    cleared: str


@dataclass(frozen=True)
class Habit:
    """What an account does about its invoices.

    ``leaves`` are the due dates of invoices that it does not pay when the others do; with
    ``leaves_everything`` it pays none at all. ``returned`` is the due date of invoices that it pays
    on time by ACH, which the bank takes back. ``bounces`` is an address that does not exist any
    more. ``days_before_due`` says how early it pays; about a week, if left out.
    """

    leaves: frozenset[date] = frozenset()
    leaves_everything: bool = False
    pays_after: PaysAfter | None = None
    disputed: Disputed | None = None
    returned: date | None = None
    bounces: str | None = None
    days_before_due: int | None = None


ON_TIME = Habit()
"""Every invoice by ACH, about a week before it is due."""

HABITS: Mapping[str, Mapping[str, Habit]] = {
    "kr-group": {
        # On credit hold, and out of it again with two keys (KR-14, KR-16).
        "huron-title": Habit(
            leaves=frozenset({date(2026, 8, 30)}), pays_after=PaysAfter("credit-hold", 7)
        ),
        # On service hold 30 days after the credit hold, and it stays there (KR-15).
        "dune-grass-property": Habit(leaves_everything=True),
        # It pays the rest in time, and nobody writes to it about the disputed part (DUN-08).
        "lakeshore-orthopedics": Habit(
            disputed=Disputed(
                due_on=date(2026, 9, 30),
                amount=Decimal("85.50"),
                reason="One of the users on the invoice has never started, the account says.",
                cleared_after_days=28,
                cleared="The list of sign-ins shows the user; the account pays.",
            )
        ),
        # Nobody reads the first address any more: the letters go to the second one (DUN-09).
        "grand-river-brewing": Habit(
            leaves=frozenset({date(2026, 9, 30)}),
            pays_after=PaysAfter("credit-hold-warning", 2),
            bounces="bookkeeping@grand-river-brewing.example",
        ),
        # Paid in time, and the bank takes it back a week later.
        "iron-range-machining": Habit(
            returned=date(2026, 10, 30), pays_after=PaysAfter("past-due", 4), days_before_due=1
        ),
    },
    "collabrance": {
        # Suspended on the 1st (MSA-03), and back after it has paid.
        "bluestem-technology": Habit(
            leaves=frozenset({date(2026, 11, 5)}), pays_after=PaysAfter("suspension", 2)
        ),
    },
    "integris": {
        # Overlooked it: a friendly letter is enough.
        "harbor-point-legal": Habit(
            leaves=frozenset({date(2026, 10, 15)}), pays_after=PaysAfter("first-notice", 3)
        ),
    },
}
