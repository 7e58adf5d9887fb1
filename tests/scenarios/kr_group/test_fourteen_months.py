"""Fourteen months of The KR Group, line by line against the table that was worked out by hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal

import pytest

from msp_billing.domain.periods import Period
from mspbill import replay
from tests.scenarios.kr_group.scenario_books import ACCOUNTS, MONTHS, RUNS, Books, part_of
from tests.scenarios.kr_group.scenario_directory import Row, read_table

Figures = Counter[tuple[str, ...]]


def figure(value: Decimal | str) -> str:
    """A number without regard to how many noughts it is written with; text as it is."""
    return f"{Decimal(value).normalize():f}" if value else ""


def expected(run: str, month: Period, account: str) -> Figures:
    return Counter(
        (
            row["agreement"],
            row["product"],
            *(figure(row[name]) for name in ("quantity", "unit_price", "amount")),
            row["label"],
        )
        for row in read_table("expected.csv")
        if (row["run"], row["month"], row["account"]) == (run, str(month), account)
    )


def billed(books: Books, run: str, month: Period, account: str) -> Figures:
    found: Figures = Counter()
    for invoice in books.outcomes[run, month, account].invoices:
        for line in invoice.lines:
            numbers = (line.quantity, line.unit_price.amount, line.amount.amount)
            found[part_of(invoice), line.product, *map(figure, numbers), ""] += 1
        amount = figure(invoice.total.amount)
        found[part_of(invoice), "TOTAL", "", "", amount, invoice.label] += 1
    return found


@pytest.mark.rule("KR-02", "KR-03", "KR-07", "KR-09", "KR-10", "KR-11", "MSA-04")
@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_agreement_invoices(kr_books: Books, month: Period, account: str) -> None:
    found = billed(kr_books, "agreement", month, account)
    assert found == expected("agreement", month, account)


@pytest.mark.rule("KR-04", "KR-08", "MSA-01", "MSA-05")
@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_recurring_charges_invoices(kr_books: Books, month: Period, account: str) -> None:
    found = billed(kr_books, "recurring-charges", month, account)
    assert found == expected("recurring-charges", month, account)


@pytest.mark.rule("KR-05", "KR-12", "MSA-02", "MSA-05")
@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_service_invoices(kr_books: Books, month: Period, account: str) -> None:
    found = billed(kr_books, "service", month, account)
    assert found == expected("service", month, account)


def _name_of(row: Row) -> str:
    return f"{row['run']}-{row['month']}"


@pytest.mark.rule("KR-01", "KR-04")
@pytest.mark.parametrize("row", read_table("expected-dates.csv"), ids=_name_of)
def test_dates(kr_books: Books, row: Row) -> None:
    month = Period.parse(row["month"])
    plan = replay.plan_of(kr_books.directory.policy, row["run"], month)
    assert (str(plan.invoice_on), str(plan.due_on)) == (row["invoice_on"], row["due_on"])
    if month in MONTHS:
        for account in ACCOUNTS:
            for invoice in kr_books.outcomes[row["run"], month, account].invoices:
                assert (invoice.invoice_on, invoice.due_on) == (plan.invoice_on, plan.due_on)


@pytest.mark.rule("KR-02", "KR-06")
def test_counted_contracted_and_billed(kr_books: Books) -> None:
    wanted = [
        (
            *(row[name] for name in ("month", "account", "agreement", "product")),
            *(int(row[name]) for name in ("counted", "contracted", "billed")),
        )
        for row in read_table("expected-counts.csv")
    ]
    found = []
    lower_from = {}
    for invoice in kr_books.invoices():
        for line in invoice.lines:
            contracted = line.reason.contracted
            if contracted is not None:
                key = (str(invoice.id.period), invoice.id.account, part_of(invoice), line.product)
                found.append((*key, contracted.counted, contracted.contracted, contracted.billed))
                lower_from[key] = str(contracted.next_window_on)
                assert line.quantity == contracted.billed
    assert sorted(found) == sorted(wanted)
    for row in read_table("expected-counts.csv"):
        if row["lower_from"]:
            key = (row["month"], row["account"], row["agreement"], row["product"])
            assert lower_from[key] == row["lower_from"]


@pytest.mark.rule("KR-12")
def test_what_is_put_aside_or_found(kr_books: Books) -> None:
    wanted = {tuple(row.values()) for row in read_table("expected-findings.csv")}
    found = set()
    for (run, month, account), outcome in kr_books.outcomes.items():
        found |= {(str(month), run, account, "parked", one.code) for one in outcome.problems}
        found |= {(str(month), run, account, "finding", one.code) for one in outcome.findings}
    assert found == wanted


def test_the_table_adds_up() -> None:
    """The hand-made table is consistent with itself, whatever the program says."""
    sums: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    totals = {}
    for row in read_table("expected.csv"):
        assert row["run"] in RUNS
        key = (row["month"], row["run"], row["account"], row["agreement"])
        if row["product"] == "TOTAL":
            totals[key] = Decimal(row["amount"])
        else:
            sums[key] += Decimal(row["amount"])
            exact = Decimal(row["quantity"]) * Decimal(row["unit_price"])
            assert exact == Decimal(row["amount"])
    assert sums == totals
