"""Fourteen months of Integris, billed and compared with what was worked out by hand.

``expected.md`` has the tables and the reasons. Every line that the program bills is in
``expected.csv`` with the devices that it counts, and it bills no other.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from msp_billing.domain.invoices import Invoice, InvoiceLine, PriceBasis
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.periods import Period, ServicePeriod
from mspbill import replay
from tests.scenarios.integris.scenario_directory import (
    ACCOUNTS,
    CURRENCIES,
    MONTHS,
    RUN,
    read_table,
)
from tests.scenarios.scenario_tools import Books, Row

EASTERN = ZoneInfo("America/New_York")
EXPECTED = tuple(read_table("expected.csv"))
ENDINGS = {
    "total": [OutcomeKind.BILLED],
    "parked": [OutcomeKind.PARKED],
    "nothing": [OutcomeKind.NOTHING_TO_BILL],
    "absent": [],
}
STEPS = "steps"
"""Stands for the unit price of graduated steps, which is only an average."""

Figures = tuple[str, str, str, Decimal, str, Decimal, str]


def expected_rows(month: Period, account: str) -> list[Row]:
    return [row for row in EXPECTED if (row["month"], row["account"]) == (str(month), account)]


def figures_by_hand(month: Period, account: str) -> list[Figures]:
    return sorted(
        (
            row["subscriber"],
            row["product"],
            row["kind"],
            Decimal(row["quantity"]),
            row["unit_price"],
            Decimal(row["amount"]),
            ";".join(sorted(filter(None, row["items"].split(";")))),
        )
        for row in expected_rows(month, account)
        if row["what"] == "line"
    )


def figures_of(invoice: Invoice) -> list[Figures]:
    return sorted(
        (
            line.subscriber or "",
            line.product,
            line.kind.value,
            line.quantity,
            _unit_price(line),
            line.amount.amount,
            _items(invoice, line),
        )
        for line in invoice.lines
    )


def _unit_price(line: InvoiceLine) -> str:
    in_steps = line.reason.price_basis is PriceBasis.GRADUATED and " + " in line.reason.arithmetic
    return STEPS if in_steps else f"{line.unit_price.amount:.2f}"


def _items(invoice: Invoice, line: InvoiceLine) -> str:
    evidence = invoice.evidence(line)
    return ";".join(sorted(item.name for item in evidence.count.items)) if evidence else ""


@pytest.mark.rule(
    *("INT-01", "INT-02", "INT-03", "INT-04", "INT-05", "INT-06", "INT-07", "INT-08", "INT-09"),
    *("INT-10", "MSA-01", "MSA-04"),
)
@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_each_month_bills_what_was_worked_out(books: Books, month: Period, account: str) -> None:
    outcome = books[1][RUN, month, account]
    (end,) = [row for row in expected_rows(month, account) if row["what"] != "line"]
    assert [entry.kind for entry in outcome.agreements] == ENDINGS[end["what"]], outcome.problems
    figures = [entry for invoice in outcome.invoices for entry in figures_of(invoice)]
    assert figures == figures_by_hand(month, account)
    assert len(outcome.invoices) == (end["what"] == "total")
    for invoice in outcome.invoices:
        assert invoice.total.amount == Decimal(end["amount"])
        assert {line.amount.currency for line in invoice.lines} == {CURRENCIES[account]}
        assert invoice.total.currency == CURRENCIES[account]
        assert str(invoice.invoice_on) == end["invoice_on"]
        assert str(invoice.due_on) == end["due_on"]


@pytest.mark.rule("INT-03")
@pytest.mark.parametrize("row", read_table("expected-dates.csv"), ids=lambda row: row["month"])
def test_what_runs_over_time_is_of_the_invoices_own_month(books: Books, row: Row) -> None:
    month = Period.parse(row["month"])
    whole = ServicePeriod(
        starts_on=date.fromisoformat(f"{row['month']}-01"),
        ends_on=date.fromisoformat(row["service_until"]),
    )
    invoices = [it for account in ACCOUNTS for it in books[1][RUN, month, account].invoices]
    assert invoices
    for invoice in invoices:
        assert Period.of(invoice.invoice_on) == month
        assert {
            line.service_period for line in invoice.lines if line.kind.value != "adjustment"
        } == {whole}


@pytest.mark.rule("INT-01", "INT-03")
@pytest.mark.parametrize("row", read_table("expected-dates.csv"), ids=lambda row: row["month"])
def test_the_calendar_of_each_month(books: Books, row: Row) -> None:
    plan = replay.plan_of(books[0].policy, RUN, Period.parse(row["month"]))
    (inventory,) = plan.moments
    assert f"{inventory.moment_at.astimezone(UTC):%Y-%m-%d %H:%M}" == row["inventory_utc"]
    assert f"{inventory.moment_at.astimezone(EASTERN):%d %H:%M}" == "01 00:00"
    assert f"{plan.compare_at.astimezone(EASTERN):%Y-%m-%d %H:%M}" == f"{row['compared_on']} 12:00"
    assert f"{plan.issue_at.astimezone(EASTERN):%Y-%m-%d %H:%M}" == f"{row['invoice_on']} 08:00"
    assert (str(plan.invoice_on), str(plan.due_on)) == (row["invoice_on"], row["due_on"])


@pytest.mark.rule("INT-01")
@pytest.mark.parametrize("row", read_table("expected-dates.csv"), ids=lambda row: row["month"])
def test_a_count_says_its_export_with_checksum_and_age(books: Books, row: Row) -> None:
    book, outcomes = books
    month = Period.parse(row["month"])
    counts = [
        evidence
        for account in ACCOUNTS
        for invoice in outcomes[RUN, month, account].invoices
        for evidence in invoice.counts
    ]
    assert counts
    export = f"rmm-devices/{row['export']}.csv"
    path = book.feeds_root / export
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    for evidence in counts:
        seal = evidence.source
        assert seal.key.endswith(export)
        assert (seal.sha256, seal.age_hours) == (checksum, int(row["age_hours"]))
        assert f"{evidence.moment_at:%Y-%m-%d %H:%M}" == row["inventory_utc"]


@pytest.mark.rule("INT-08", "INT-09")
@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_what_a_person_is_told(books: Books, month: Period) -> None:
    by_hand = [
        (row["account"], row["code"], row["subscriber"], row["items"], row["since"])
        for row in read_table("expected-findings.csv")
        if row["month"] == str(month)
    ]
    told = [
        (
            account,
            finding.code,
            finding.subscriber or "",
            ";".join(item.name for item in finding.items if item.item_id == item.name)
            if finding.code != "adjustment-unapproved"
            else ";".join(item.item_id for item in finding.items),
            ";".join(str(item.since_on) for item in finding.items),
        )
        for account in ACCOUNTS
        for finding in books[1][RUN, month, account].findings
    ]
    assert sorted(told) == sorted(by_hand)


@pytest.mark.rule("INT-09")
def test_what_is_uncovered_says_where(books: Books) -> None:
    (finding,) = books[1][RUN, Period(year=2028, month=7), "ash-clinic"].findings
    assert [item.where for item in finding.items] == ["Ash Clinic South"]


@pytest.mark.rule("INT-02")
def test_the_kind_of_device_without_a_price_is_named(books: Books) -> None:
    (problem,) = books[1][RUN, Period(year=2028, month=5), "birch-bakery"].problems
    assert "birch-ph-1" in problem.what
    assert "Phone" in problem.what
    (problem,) = books[1][RUN, Period(year=2028, month=12), "birch-bakery"].problems
    assert problem.code == "tax-exemption-expired"
    assert "S-2028" in problem.what


def test_the_table_has_no_row_that_is_not_compared() -> None:
    keys = {(RUN, str(month), account) for month in MONTHS for account in ACCOUNTS}
    assert {(row["run"], row["month"], row["account"]) for row in EXPECTED} == keys
    assert {row["what"] for row in EXPECTED} == {"line", *ENDINGS}
