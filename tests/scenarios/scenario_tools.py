"""What the scenarios share: tables, billing all months of a directory, and what always holds."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msp_billing.adapters.directory.provider_directory import (
    ProviderDirectory,
    load_provider_directory,
)
from msp_billing.domain.comparison import Comparison, compare
from msp_billing.domain.invoices import (
    InvoiceLine,
    summarise_by_category,
    summarise_by_product,
)
from msp_billing.domain.money import total
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from mspbill import replay

Row = dict[str, str]
Outcomes = dict[tuple[str, Period, str], AccountOutcome]
Books = tuple[ProviderDirectory, Outcomes]


def read_rows(path: Path) -> list[Row]:
    """A table, row by row."""
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """An export; all rows have the columns of the first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def bill(directory: Path, runs: Iterable[str], months: Sequence[Period]) -> Books:
    """Load the directory and bill every month of every run of it, in memory."""
    book = load_provider_directory(directory)
    billed = replay.Replay(replay.Snapshots(book), months[0])
    return book, {
        (run, month, account): outcome
        for run in runs
        for month in months
        for account, outcome in billed.outcomes(run, month).items()
    }


def lines_of(outcome: AccountOutcome) -> Iterator[InvoiceLine]:
    for invoice in outcome.invoices:
        yield from invoice.lines


def compare_with_month_before(
    outcomes: Outcomes, run: str, month: Period, account: str, currency: str
) -> Comparison:
    """The comparison with the month before; its totals are checked against both invoices."""
    outcome = outcomes[run, month, account]
    before = outcomes.get((run, month.shifted(-1), account))
    previous = before.invoices if before else ()
    found = compare(account, outcome.account_name, month, currency, outcome.invoices, previous)
    for side, invoices in (("current", outcome.invoices), ("previous", previous)):
        summed = total((invoice.total for invoice in invoices), currency)
        assert getattr(found, f"{side}_total") == summed
        rows = (getattr(row, f"{side}_amount") for row in found.rows)
        assert total(rows, currency) == summed
    return found


def check_sums(outcome: AccountOutcome, currency: str) -> None:
    """Lines, sections and summaries come to the total, and counts to the items that they name."""
    for invoice in outcome.invoices:
        assert invoice.total == total((line.amount for line in invoice.lines), currency)
        by_product = summarise_by_product(invoice.lines, currency)
        assert total((entry.amount for entry in by_product), currency) == invoice.total
        by_category = summarise_by_category(invoice.lines, currency)
        assert total((amount for _, amount in by_category), currency) == invoice.total
        sections = [entry.subscriber for entry in invoice.sections]
        assert len(sections) == len(set(sections))
        assert total(map(invoice.section_total, sections), currency) == invoice.total
        for line in invoice.lines:
            evidence = invoice.evidence(line)
            if evidence is not None:
                count = evidence.count
                assert count.units == sum(item.quantity for item in count.items)
                assert evidence.subscriber == line.subscriber
