"""What holds in each of the fourteen months, whatever the figures are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from msp_billing.domain.invoices import LineKind
from msp_billing.domain.outcomes import OutcomeKind, find_gaps
from msp_billing.domain.periods import Period
from tests.scenarios.integris.scenario_directory import (
    ACCOUNTS,
    CURRENCIES,
    MONTHS,
    RUN,
    read_table,
    write_directory,
)
from tests.scenarios.scenario_tools import (
    Books,
    check_sums,
    compare_with_month_before,
    lines_of,
    read_rows,
)

START, END = Period(year=2028, month=2), Period(year=2028, month=12)
"""Of Cedar's agreement; the others run on."""


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_comparisons_tie_out_to_both_invoices(books: Books, month: Period, account: str) -> None:
    found = compare_with_month_before(books[1], RUN, month, account, CURRENCIES[account])
    compared = 0
    for row in found.rows:
        # What begins or ends as a whole is not told by its items.
        if row.product in {"PC", "SERVER"} and row.previous_quantity and row.current_quantity:
            by_hand = (account, row.product) == ("ash-clinic", "PC") and row.subscriber is None
            missing = (account, row.product) == ("birch-bakery", "SERVER")
            if not by_hand and not missing:
                assert row.quantity_change == len(row.joined) - len(row.left)
                compared += 1
    before = books[1].get((RUN, month.shifted(-1), account))
    if before and before.invoices and books[1][RUN, month, account].invoices:
        assert compared


@pytest.mark.rule("INT-10")
def test_counts_are_the_devices_that_they_name(books: Books) -> None:
    named = {row["device"] for row in read_table("devices.csv")}
    for (_, _, account), outcome in books[1].items():
        check_sums(outcome, CURRENCIES[account])
        for invoice in outcome.invoices:
            by_count: Counter[str] = Counter()
            for line in invoice.lines:
                evidence = invoice.evidence(line)
                if evidence is None:
                    continue
                items = [item.name for item in evidence.count.items]
                assert len(items) == len(set(items))
                assert set(items) <= named
                assert all(item.startswith(account.split("-")[0]) for item in items)
                if line.product != "MOBILE":  # its quantity is what the allowance leaves
                    by_count[evidence.key] += int(line.quantity)
                    assert by_count[evidence.key] == len(items)


@pytest.mark.rule("INT-09")
def test_nothing_is_billed_for_what_is_uncovered(books: Books) -> None:
    uncovered = 0
    for outcome in books[1].values():
        billed = {
            item.name.casefold()
            for invoice in outcome.invoices
            for evidence in invoice.counts
            for item in evidence.count.items
        }
        for finding in outcome.findings:
            if finding.code == "uncovered":
                assert not billed & {item.name.casefold() for item in finding.items}
                uncovered += len(finding.items)
    assert uncovered == 4


@pytest.mark.rule("INT-08")
def test_what_is_pending_is_billed(books: Books) -> None:
    pending = 0
    for outcome in books[1].values():
        for finding in outcome.findings:
            if finding.code == "offboarding-pending":
                (invoice,) = outcome.invoices
                counted = {
                    item.name for evidence in invoice.counts for item in evidence.count.items
                }
                assert {item.name for item in finding.items} <= counted
                pending += len(finding.items)
    assert pending == 3


def test_no_agreement_is_billed_twice_or_forgotten(books: Books) -> None:
    for month in MONTHS:
        wanted = [
            (account, "managed-services")
            for account in ACCOUNTS
            if account != "cedar-design" or START <= month <= END
        ]
        recorded = [
            (account, entry.agreement)
            for account in ACCOUNTS
            for entry in books[1][RUN, month, account].agreements
        ]
        assert find_gaps(wanted, recorded) == ()


@pytest.mark.rule("INT-06")
def test_the_free_first_month_and_the_paid_last_one_balance_out(books: Books) -> None:
    touched = [month for month in MONTHS if START <= month <= END]
    kinds = [books[1][RUN, month, "cedar-design"].agreements[0].kind for month in touched]
    assert kinds == [OutcomeKind.NOTHING_TO_BILL] + [OutcomeKind.BILLED] * 10


def test_every_charge_by_hand_is_billed_once_or_waits(books: Books) -> None:
    charges = Counter(
        (account, line.charge)
        for month in MONTHS
        for account in ACCOUNTS
        for line in lines_of(books[1][RUN, month, account])
        if line.kind is LineKind.ADJUSTMENT
    )
    assert charges == {
        ("ash-clinic", "adjustment:outage"): 1,
        ("ash-clinic", "adjustment:spare-pcs"): 1,
        ("ash-clinic", "adjustment:cabling"): 1,
        ("birch-bakery", "adjustment:on-site-visit"): 1,
        ("cedar-design", "adjustment:late-start"): 1,
    }


@pytest.mark.rule("MSA-01")
def test_setup_fees_are_billed_in_their_month_only(books: Books) -> None:
    setup = [
        (str(month), account)
        for month in MONTHS
        for account in ACCOUNTS
        for line in lines_of(books[1][RUN, month, account])
        if line.product == "SETUP"
    ]
    assert setup == [("2028-03", "ash-clinic"), ("2028-03", "cedar-design")]


@pytest.mark.rule("INT-01")
def test_a_later_export_is_there_and_would_change_every_count(tmp_path: Path) -> None:
    directory = write_directory(tmp_path / "again")
    exports = directory / "feeds" / "rmm-devices"
    assert len(list(exports.glob("*.csv"))) == 2 * len(MONTHS)
    for month in MONTHS:
        names = {row["Device Name"] for row in read_rows(exports / f"{month}-01T0600.csv")}
        assert {"ash-clinic-too-late", "birch-bakery-too-late"} <= names
