"""Bills the scenario's directory, month after month, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from msp_billing.adapters.directory.provider_directory import (
    ProviderDirectory,
    load_provider_directory,
)
from msp_billing.domain.contracts.lifetimes import Lifetime, lifetime
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from mspbill import replay
from tests.scenarios.kr_group import scenario_directory

MONTHS = tuple(map(Period.parse, scenario_directory.MONTHS))
RUNS = ("recurring-charges", "agreement", "service")
ACCOUNTS = ("alder-clinic", "birch-works", "cedar-yard")


@dataclass(frozen=True)
class Books:
    """The directory, and every outcome by run, month and account."""

    directory: ProviderDirectory
    outcomes: dict[tuple[str, Period, str], AccountOutcome]

    def invoices(self, account: str | None = None) -> Iterator[Invoice]:
        """Every invoice, month by month and run by run."""
        for month in MONTHS:
            for run in RUNS:
                for name in ACCOUNTS if account is None else (account,):
                    yield from self.outcomes[run, month, name].invoices

    def life(self, account: str, agreement: str) -> Lifetime:
        """The life of an agreement under the policy."""
        owner = next(one for one in self.directory.accounts if one.account == account)
        found = next(one for one in owner.agreements if one.agreement == agreement)
        policy = self.directory.policy
        calendar = replay.calendar_of(policy, MONTHS[6])
        return lifetime(found, policy, self.directory.price_book, calendar)


def billed_books(target: Path) -> Books:
    """Write the directory and bill every month of every run of it."""
    directory = load_provider_directory(scenario_directory.write_directory(target))
    billed = replay.Replay(replay.Snapshots(directory), MONTHS[0])
    return Books(
        directory,
        {
            (run, month, account): outcome
            for run in RUNS
            for month in MONTHS
            for account, outcome in billed.outcomes(run, month).items()
        },
    )


def part_of(invoice: Invoice) -> str:
    """The agreement that has the invoice to itself; empty for one of the whole account."""
    return "" if invoice.id.part == "all" else invoice.id.part
