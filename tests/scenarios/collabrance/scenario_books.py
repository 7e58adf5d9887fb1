"""Bills the scenario's directory, month after month, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msp_billing.adapters.directory.provider_directory import (
    ProviderDirectory,
    load_provider_directory,
)
from msp_billing.domain.invoices import InvoiceLine
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from mspbill import replay
from tests.scenarios.collabrance.scenario_directory import read_table, write_directory

MONTHS = tuple(Period.parse(row["month"]) for row in read_table("expected-dates.csv"))
ACCOUNTS = ("alder-it", "birch-it", "cedar-it")
RUNS = ("monthly", "project-work")

Books = tuple[ProviderDirectory, dict[tuple[str, Period, str], AccountOutcome]]


def billed_books(target: Path) -> Books:
    """Write the directory and bill every month of every run of it."""
    book = load_provider_directory(write_directory(target))
    billed = replay.Replay(replay.Snapshots(book), MONTHS[0])
    return book, {
        (run, month, account): outcome
        for run in RUNS
        for month in MONTHS
        for account, outcome in billed.outcomes(run, month).items()
    }


def lines_of(outcome: AccountOutcome) -> Iterator[InvoiceLine]:
    for invoice in outcome.invoices:
        yield from invoice.lines
