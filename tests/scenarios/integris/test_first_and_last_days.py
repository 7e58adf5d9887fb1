"""The scenario with other first and last days of Birch's agreement, worked out by hand.

Birch comes to 636.00 in each of these months (``expected.md``). The month of onboarding is free,
whichever day of it is the first, also of its minimum; the month of the last day is paid in advance.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from msp_billing.domain.outcomes import AccountOutcome, OutcomeKind
from tests.scenarios.integris.scenario_directory import MONTHS, RUN, write_directory
from tests.scenarios.scenario_tools import bill

_STARTS = "    starts_on: 2024-01-01\n"


@pytest.mark.rule("INT-05", "INT-06")
@pytest.mark.parametrize(
    ("dates", "by_hand"),
    [
        # December 2027 to April 2028, month by month
        ("starts_on: 2027-12-01", "free 636.00 636.00 636.00 636.00"),
        ("starts_on: 2027-12-31", "free 636.00 636.00 636.00 636.00"),
        ("starts_on: 2028-01-01", "absent free 636.00 636.00 636.00"),
        ("starts_on: 2028-02-29", "absent absent free 636.00 636.00"),
        ("starts_on: 2028-03-01", "absent absent absent free 636.00"),
        ("{starts_on: 2024-01-01, ends_on: 2027-12-31}", "636.00 absent absent absent absent"),
        ("{starts_on: 2024-01-01, ends_on: 2028-01-01}", "636.00 636.00 absent absent absent"),
        ("{starts_on: 2024-01-01, ends_on: 2028-02-29}", "636.00 636.00 636.00 absent absent"),
        ("{starts_on: 2024-01-01, ends_on: 2028-03-01}", "636.00 636.00 636.00 636.00 absent"),
        ("{starts_on: 2027-12-31, ends_on: 2028-02-01}", "free 636.00 636.00 absent absent"),
    ],
)
def test_the_first_month_is_free_and_the_last_one_paid(
    tmp_path: Path, dates: str, by_hand: str
) -> None:
    directory = write_directory(tmp_path / "book")
    account = directory / "accounts" / "birch-bakery.yaml"
    text = account.read_text("utf-8")
    assert text.count(_STARTS) == 1
    lines = "".join(f"    {entry.strip()}\n" for entry in dates.strip("{}").split(","))
    account.write_text(text.replace(_STARTS, lines), "utf-8")
    months = MONTHS[:5]
    outcomes = bill(directory, (RUN,), months)[1]
    ends = [_end(outcomes[RUN, month, "birch-bakery"]) for month in months]
    assert " ".join(ends) == by_hand


def _end(outcome: AccountOutcome) -> str:
    assert not outcome.problems
    if not outcome.agreements:
        return "absent"
    (agreement,) = outcome.agreements
    if agreement.kind is OutcomeKind.NOTHING_TO_BILL:
        return "free"
    (invoice,) = outcome.invoices
    return str(invoice.total.amount)
