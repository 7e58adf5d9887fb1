"""What asks for no payment is shown, and never added to what was billed (COL-24)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.money import Money
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.periods import Period
from mspbill.index_page import index_page
from mspbill.reports import (
    AccountReport,
    CycleReport,
    CycleStatus,
    InvoiceReport,
    ProviderReport,
    RunReport,
)
from mspbill.summary import summarise

MARCH = Period(year=2026, month=3)


def usd(amount: str) -> Money:
    return Money(amount=Decimal(amount), currency="USD")


def run(name: str, number: str, amount: str, due_on: date | None) -> RunReport:
    invoice = InvoiceReport(
        number=number,
        part="all",
        label=name.title(),
        total=usd(amount),
        lines=1,
        invoice_on=date(2026, 3, 15),
        due_on=due_on,
        mail=None,
        pdf=f"{number}.pdf",
        data=f"{number}.json",
    )
    account: dict[str, Any] = {
        "account": "harbor",
        "name": "Harbor",
        "outcome": OutcomeKind.BILLED,
        "reasons": (),
        "total": usd(amount),
        "previous_total": None,
        "joined": 0,
        "left": 0,
        "invoices": (invoice,),
    }
    cycle = CycleReport(
        run=name,
        period=MARCH,
        status=CycleStatus.CLOSED,
        invoice_on=date(2026, 3, 15),
        due_on=due_on,
        totals=(usd(amount),),
        previous_totals=None,
        accounts=(AccountReport(**account),),
    )
    return RunReport(run=name, title=name.title(), calendar=(), cycles=(cycle,))


@pytest.fixture
def report() -> ProviderReport:
    """An invoice of 500.00, and project work of 63.75 that the next invoice will bill."""
    return ProviderReport(
        provider="lantern",
        name="Lantern",
        primary="#1f3a5f",
        accent="#2f7f79",
        time_zone="America/Chicago",
        currency="USD",
        policy_version="1",
        price_book_version="1",
        runs=(
            run("monthly", "LP-000001", "500.00", date(2026, 4, 5)),
            run("project-work", "PW-000001", "63.75", None),
        ),
    )


@pytest.mark.rule("COL-24")
def test_the_summary_counts_it_apart(report: ProviderReport) -> None:
    told = summarise([report])
    assert (told["invoices"], told["for_information"]) == (1, 1)
    assert told["totals"] == {"USD": "500.00"}
    cycles = told["providers"][0]["cycles"]
    assert [cycle["informational"] for cycle in cycles] == [False, True]


def test_the_page_adds_up_what_was_billed_only(report: ProviderReport) -> None:
    page = index_page([report])
    assert "1 invoice, $500.00" in page
    assert "and 1 document for information" in page
    assert "563.75" not in page
    assert "$63.75" in page
