"""What holds in each of the fourteen months, whatever the figures are."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from msp_billing.domain.comparison import compare
from msp_billing.domain.invoices import (
    InvoiceLine,
    LineKind,
    summarise_by_category,
    summarise_by_product,
)
from msp_billing.domain.money import total
from msp_billing.domain.outcomes import find_gaps
from msp_billing.domain.periods import Period
from tests.scenarios.collabrance.scenario_books import ACCOUNTS, MONTHS, RUNS, Books, lines_of
from tests.scenarios.collabrance.scenario_directory import write_directory


@pytest.mark.rule("COL-05")
@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_comparisons_tie_out_to_both_invoices(books: Books, month: Period, account: str) -> None:
    outcome = books[1]["monthly", month, account]
    before = books[1].get(("monthly", month.shifted(-1), account))
    previous = before.invoices if before else ()
    found = compare(account, outcome.account_name, month, "USD", outcome.invoices, previous)
    for side, invoices in (("current", outcome.invoices), ("previous", previous)):
        summed = total((invoice.total for invoice in invoices), "USD")
        assert getattr(found, f"{side}_total") == summed
        rows = (getattr(row, f"{side}_amount") for row in found.rows)
        assert total(rows, "USD") == summed
    for row in found.rows:
        named = len(row.joined) - len(row.left)
        per_item = {"RMM2101", "RMM2002", "SAS3401", "SAS3301", "SEC1201", "COM4004"}
        # What begins or ends as a whole is not told by its items.
        if row.product in per_item and row.previous_quantity and row.current_quantity:
            assert row.quantity_change == named


@pytest.mark.rule("COL-02")
def test_counts_are_the_items_that_they_name(books: Books) -> None:
    for outcome in books[1].values():
        for invoice in outcome.invoices:
            assert invoice.total == total((line.amount for line in invoice.lines), "USD")
            for line in invoice.lines:
                evidence = invoice.evidence(line)
                if evidence is None:
                    continue
                count = evidence.count
                assert count.units == sum(item.quantity for item in count.items)
                assert evidence.subscriber == line.subscriber
                if not _as_ordered(line):
                    assert line.quantity == count.quantity


@pytest.mark.rule("COL-06")
def test_summaries_and_sections_come_to_the_total(books: Books) -> None:
    for outcome in books[1].values():
        for invoice in outcome.invoices:
            by_product = summarise_by_product(invoice.lines, "USD")
            assert total((entry.amount for entry in by_product), "USD") == invoice.total
            by_category = summarise_by_category(invoice.lines, "USD")
            assert total((amount for _, amount in by_category), "USD") == invoice.total
            sections = [entry.subscriber for entry in invoice.sections]
            assert len(sections) == len(set(sections))
            assert total(map(invoice.section_total, sections), "USD") == invoice.total


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
