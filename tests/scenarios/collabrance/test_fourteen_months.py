"""Fourteen months of Collabrance, billed and compared with what was worked out by hand.

``expected.md`` has the tables and the reasons. Every line that the program bills is in
``expected.csv``, and it bills no other.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from msp_billing.domain.cycles import plan_cycle
from msp_billing.domain.date_rules import DateRule
from msp_billing.domain.outcomes import AccountOutcome, OutcomeKind
from msp_billing.domain.periods import Period
from mspbill import replay
from tests.scenarios.collabrance.scenario_books import ACCOUNTS, MONTHS, RUNS
from tests.scenarios.collabrance.scenario_directory import read_table
from tests.scenarios.scenario_tools import Books, Row, lines_of

CENTRAL = ZoneInfo("America/Chicago")


@cache
def expected() -> tuple[Row, ...]:
    return tuple(read_table("expected.csv"))


def expected_rows(what: str, run: str, month: Period, account: str) -> list[Row]:
    key = (what, run, str(month), account)
    return [
        row for row in expected() if (row["what"], row["run"], row["month"], row["account"]) == key
    ]


ENDINGS = {
    "total": OutcomeKind.BILLED,
    "parked": OutcomeKind.PARKED,
    "nothing": OutcomeKind.NOTHING_TO_BILL,
}


def expected_endings(run: str, month: Period, account: str) -> list[OutcomeKind]:
    """How the account ends the month, which the table says exactly once."""
    rows = ((what, expected_rows(what, run, month, account)) for what in ENDINGS)
    return [ENDINGS[what] for what, found in rows for _ in found]


Figures = tuple[str, str, str, str, Decimal, Decimal, Decimal]


def figures_by_hand(run: str, month: Period, account: str) -> list[Figures]:
    return sorted(
        (
            row["subscriber"],
            row["product"],
            row["kind"],
            row["ownership"],
            Decimal(row["quantity"]),
            Decimal(row["unit_price"]),
            Decimal(row["amount"]),
        )
        for row in expected_rows("line", run, month, account)
    )


def figures_of(outcome: AccountOutcome) -> list[Figures]:
    return sorted(
        (
            line.subscriber or "",
            line.product,
            line.kind.value,
            line.ownership or "",
            line.quantity,
            line.unit_price.amount,
            line.amount.amount,
        )
        for line in lines_of(outcome)
    )


@pytest.mark.rule(
    *("COL-01", "COL-02", "COL-04", "COL-08", "COL-09", "COL-10", "COL-11", "COL-12", "COL-13"),
    *("COL-14", "COL-15", "COL-16", "COL-17", "COL-18", "COL-20", "COL-21", "COL-22", "COL-23"),
    *("COL-24", "COL-25", "COL-26", "COL-28"),
)
@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("month", MONTHS, ids=str)
@pytest.mark.parametrize("run", RUNS)
def test_each_month_bills_what_was_worked_out(
    books: Books, run: str, month: Period, account: str
) -> None:
    outcome = books[1][run, month, account]
    assert figures_of(outcome) == figures_by_hand(run, month, account), outcome.problems
    kinds = {entry.kind for entry in outcome.agreements}
    (how,) = expected_endings(run, month, account)
    for row in expected_rows("total", run, month, account):
        (invoice,) = outcome.invoices
        assert invoice.total.amount == Decimal(row["amount"])
        due_on = date.fromisoformat(row["due_on"]) if row["due_on"] else None
        assert (invoice.invoice_on, invoice.due_on) == (
            date.fromisoformat(row["invoice_on"]),
            due_on,
        )
        assert invoice.informational is (run == "project-work")
    assert kinds <= {how, OutcomeKind.NOTHING_TO_BILL}
    assert how in kinds


@pytest.mark.rule("COL-17")
def test_who_is_missing_on_the_vendors_invoice_is_named(books: Books) -> None:
    outcome = books[1]["monthly", Period(year=2028, month=6), "cedar-it"]
    (problem,) = outcome.problems
    assert problem.code == "not-on-vendor-invoice"
    assert "Cypress" in problem.what
    assert "vendor-invoice/2028-06-28.csv" in problem.what


@pytest.mark.rule("COL-04", "COL-11", "COL-13", "COL-22", "COL-25")
@pytest.mark.parametrize("month", MONTHS, ids=str)
def test_what_a_person_is_told(books: Books, month: Period) -> None:
    by_hand = sorted(
        (row["run"], row["account"], row["code"], row["subscriber"], row["items"])
        for row in read_table("expected-findings.csv")
        if row["month"] == str(month)
    )
    told = sorted(
        (
            run,
            account,
            finding.code,
            finding.subscriber or "",
            ";".join(item.item_id for item in finding.items),
        )
        for run in RUNS
        for account in ACCOUNTS
        for finding in books[1][run, month, account].findings
    )
    assert told == by_hand


@pytest.mark.rule("COL-01", "COL-02", "COL-24")
@pytest.mark.parametrize("row", read_table("expected-dates.csv"), ids=lambda row: row["month"])
def test_the_calendar_of_each_month(books: Books, row: Row) -> None:
    policy, month = books[0].policy, Period.parse(row["month"])
    plan = replay.plan_of(policy, "monthly", month)
    moments = {
        entry.moment: entry.moment_at.astimezone(CENTRAL).replace(tzinfo=None)
        for entry in plan.moments
    }
    assert {name: f"{at:%Y-%m-%d %H:%M}" for name, at in moments.items()} == {
        "devices": f"{row['devices_on']} 18:00",
        "work": f"{row['devices_on']} 18:00",
        "users": f"{row['users_on']} 20:00",
        "month-end": f"{row['month_end_on']} 00:00",
    }
    compared_at = plan.compare_at.astimezone(CENTRAL)
    assert f"{compared_at:%Y-%m-%d %H:%M}" == f"{row['compared_on']} 09:00"
    issued_at = plan.issue_at.astimezone(CENTRAL)
    assert f"{issued_at:%Y-%m-%d %H:%M}" == f"{row['invoice_on']} 08:00"
    assert (str(plan.invoice_on), str(plan.due_on)) == (row["invoice_on"], row["due_on"])
    work = replay.plan_of(policy, "project-work", month)
    assert (str(work.invoice_on), work.due_on) == (row["work_shown_on"], None)


@pytest.mark.rule("COL-01")
@pytest.mark.parametrize("day", range(10, 16))
@pytest.mark.parametrize("row", read_table("expected-issue-days.csv"), ids=lambda row: row["month"])
def test_every_issue_day_that_a_provider_may_choose(books: Books, row: Row, day: int) -> None:
    policy, month = books[0].policy, Period.parse(row["month"])
    run = policy.run_policy("monthly")
    assert isinstance(run.issue, DateRule)
    chosen = run.model_copy(update={"issue": run.issue.model_copy(update={"day": day})})
    plan = plan_cycle(policy, chosen, month, replay.calendar_of(policy, month))
    assert str(plan.invoice_on) == row[str(day)]


def test_the_table_has_no_row_that_is_not_compared() -> None:
    keys = {(run, str(month), account) for run in RUNS for month in MONTHS for account in ACCOUNTS}
    assert {(row["run"], row["month"], row["account"]) for row in expected()} == keys
    assert {row["what"] for row in expected()} == {"line", *ENDINGS}
