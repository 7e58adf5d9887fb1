"""What holds in each of the fourteen months, whatever the figures are."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from msp_billing.domain.invoices import InvoiceLine, LineKind
from msp_billing.domain.outcomes import find_gaps
from msp_billing.domain.periods import Period
from tests.scenarios.collabrance.scenario_books import ACCOUNTS, MONTHS, RUNS
from tests.scenarios.collabrance.scenario_directory import write_directory
from tests.scenarios.scenario_tools import Books, check_sums, compare_with_month_before, lines_of


@pytest.mark.rule("COL-05")
@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_comparisons_tie_out_to_both_invoices(books: Books, month: Period, account: str) -> None:
    found = compare_with_month_before(books[1], "monthly", month, account, "USD")
    for row in found.rows:
        named = len(row.joined) - len(row.left)
        per_item = {"RMM2101", "RMM2002", "SAS3401", "SAS3301", "SEC1201", "COM4004"}
        # What begins or ends as a whole is not told by its items.
        if row.product in per_item and row.previous_quantity and row.current_quantity:
            assert row.quantity_change == named


@pytest.mark.rule("COL-02", "COL-06")
def test_lines_sections_summaries_and_counts_add_up(books: Books) -> None:
    for outcome in books[1].values():
        check_sums(outcome, "USD")
        for invoice in outcome.invoices:
            for line in invoice.lines:
                evidence = invoice.evidence(line)
                if evidence is not None and not _as_ordered(line):
                    assert line.quantity == evidence.count.quantity


def _as_ordered(line: InvoiceLine) -> bool:
    """Whether a first invoice bills what was ordered, in place of what was counted (COL-09)."""
    return line.reason.quantity_from.startswith("as ordered")


def test_no_agreement_is_billed_twice_or_forgotten(books: Books) -> None:
    for run in RUNS:
        for month in MONTHS:
            wanted = [(account, "services") for account in ACCOUNTS]
            if month < MONTHS[-1]:  # the print agreement has ended then
                wanted.append(("birch-it", "print"))
            ended = [
                (account, entry.agreement)
                for account in ACCOUNTS
                for entry in books[1][run, month, account].agreements
            ]
            assert find_gaps(wanted, ended) == ()


@pytest.mark.rule("COL-09", "COL-11", "COL-23", "COL-24")
def test_every_one_time_charge_is_billed_once(books: Books) -> None:
    charges = [
        (account, charge)
        for month in MONTHS
        for account in ACCOUNTS
        for charge in books[1]["monthly", month, account].charges
    ]
    assert len(charges) == len(set(charges))
    assert not any(books[1]["project-work", month, "cedar-it"].charges for month in MONTHS)


@pytest.mark.rule("COL-24")
def test_work_is_shown_before_it_is_billed_and_billed_once(books: Books) -> None:
    def entries(run: str, month: Period) -> set[str]:
        lines = lines_of(books[1][run, month, "cedar-it"])
        return {line.work.entry for line in lines if line.work is not None}

    billed = [entry for month in MONTHS for entry in sorted(entries("monthly", month))]
    assert billed == ["T-01", "T-02", "T-04", "T-05", "T-03", "T-07", "T-08", "T-09", "T-10"]
    for month in MONTHS:
        if month != Period(year=2028, month=6):  # parked: shown again in July, and billed then
            assert entries("project-work", month) == entries("monthly", month)
    assert entries("project-work", Period(year=2028, month=6)) == {"T-07"}


@pytest.mark.rule("COL-26")
def test_hours_in_nights_of_clock_changes_are_hours_that_passed(books: Books) -> None:
    def hours(month: int) -> Decimal:
        lines = lines_of(books[1]["monthly", Period(year=2028, month=month), "cedar-it"])
        return sum((line.quantity for line in lines if line.kind is LineKind.TIME), Decimal(0))

    assert hours(3) == Decimal(1)
    assert hours(11) == Decimal(3)


def test_the_directory_is_only_the_scenarios(books: Books, tmp_path: Path) -> None:
    assert tuple(account.account for account in books[0].accounts) == ACCOUNTS
    again = write_directory(tmp_path / "again")
    assert len(list(again.glob("feeds/**/*.csv"))) == len(MONTHS) * 9
