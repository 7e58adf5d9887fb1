"""Bills the scenario's directory, month after month, in memory."""

from __future__ import annotations

from pathlib import Path

from msp_billing.domain.periods import Period
from tests.scenarios.collabrance.scenario_directory import read_table, write_directory
from tests.scenarios.scenario_tools import Books, bill

MONTHS = tuple(Period.parse(row["month"]) for row in read_table("expected-dates.csv"))
ACCOUNTS = ("alder-it", "birch-it", "cedar-it")
RUNS = ("monthly", "project-work")


def billed_books(target: Path) -> Books:
    """Write the directory and bill every month of every run of it."""
    return bill(write_directory(target), RUNS, MONTHS)
