"""Contracts over three cycles: what the last invoice billed, a pay-out, and a free first month."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from msp_billing.domain.contracts.agreements import Ending
from msp_billing.domain.contracts.terms import ContractTerms
from msp_billing.domain.cycles import CycleState
from msp_billing.domain.periods import Period
from tests.end_to_end.small_provider import Provider, account, birch, line
from tests.end_to_end.stage import OCTOBER, SEPTEMBER, Stage, cycle_id, open_stage

NOVEMBER = Period(year=2026, month=11)
CYCLES = {period: cycle_id(period=period) for period in (SEPTEMBER, OCTOBER, NOVEMBER)}
TERMS = ContractTerms.model_validate(
    {
        "terms": "year",
        "title": "A year",
        "free_start": {"clause": "counts"},
        "notice": {"days": 60, "clause": "counts"},
        "change_window": {"every_months": 6, "clause": "counts"},
        "early_end": {"how": "pay_out_remainder", "clause": "counts"},
    }
)
# Alder leaves on 30 September in a year that runs to 31 December: 3 months of 120.00 are left.
LEAVES = Ending(notice_on=date(2026, 9, 20), ends_on=date(2026, 9, 30))


def contracts() -> Provider:
    """Birch, whose accounts follow the terms; Fir starts in September."""
    made = birch()
    accounts = (*made.accounts, account("fir", line("SEAT", quantity=2)))
    starts = {"alder": date(2026, 1, 1), "fir": date(2026, 9, 10)}
    bound = tuple(
        entry.model_copy(
            update={
                "agreements": tuple(
                    agreement.model_copy(
                        update={
                            "terms": "year",
                            "term_years": 1,
                            "starts_on": starts.get(entry.account, agreement.starts_on),
                            "ending": LEAVES if entry.account == "alder" else None,
                        }
                    )
                    for agreement in entry.agreements
                )
            }
        )
        for entry in accounts
    )
    return replace(made.with_policy(contract_terms=(TERMS,)), accounts=bound)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Three months. Beech has 3 users, then no export at all, then 2 users."""
    provider = contracts()
    fewer = replace(provider, users={"beech": ("ann", "bob")})
    with open_stage() as opened:
        opened.apply(provider)
        opened.put_feeds(provider, SEPTEMBER)
        opened.put_feeds(replace(provider, users={}), OCTOBER)
        opened.put_feeds(fewer, NOVEMBER)
        opened.settle()
        opened.run_until("2026-11-03T00:00:00")
        yield opened


def totals(stage: Stage, period: Period) -> dict[str, str]:
    found = stage.invoices(CYCLES[period])
    return {name: str(entry.total.amount) for name, entry in found.items()}


def outcomes(stage: Stage, period: Period) -> dict[str, list[str]]:
    return {
        name: [entry.kind.value for entry in record.agreements]
        for name, record in stage.records(CYCLES[period]).items()
    }


def test_every_cycle_closes_and_nobody_is_forgotten(stage: Stage) -> None:
    assert {stage.cycle(cycle).state for cycle in CYCLES.values()} == {CycleState.CLOSED}
    stage.assert_promises(*CYCLES.values())


@pytest.mark.rule("KR-10", "MSA-05")
def test_the_remainder_is_billed_once_on_a_closing_invoice(stage: Stage) -> None:
    assert totals(stage, SEPTEMBER)["alder"] == "120.00"
    closing = stage.invoices(CYCLES[OCTOBER])["alder"]
    assert [(entry.product, str(entry.amount.amount)) for entry in closing.lines] == [
        ("PAY-OUT", "360.00")  # 3 x 120.00
    ]
    assert outcomes(stage, OCTOBER)["alder"] == ["billed"]
    assert "alder" not in totals(stage, NOVEMBER)
    assert outcomes(stage, NOVEMBER)["alder"] == []


@pytest.mark.rule("KR-06")
def test_a_parked_month_does_not_lose_the_contracted_count(stage: Stage) -> None:
    assert totals(stage, SEPTEMBER)["beech"] == "21.00"  # 3 x 7.00
    assert outcomes(stage, OCTOBER)["beech"] == ["parked"]
    (users,) = stage.invoices(CYCLES[NOVEMBER])["beech"].lines
    assert str(users.amount.amount) == "21.00"  # 2 are counted, 3 contracted until January
    assert users.reason.contracted is not None
    assert (users.reason.contracted.counted, users.reason.contracted.billed) == (2, 3)


@pytest.mark.rule("INT-06")
def test_the_free_month_has_an_outcome_and_no_invoice(stage: Stage) -> None:
    assert outcomes(stage, SEPTEMBER)["fir"] == ["nothing_to_bill"]
    (outcome,) = stage.records(CYCLES[SEPTEMBER])["fir"].agreements
    assert outcome.reason == "2026-09 is free at the beginning of the agreement"
    assert totals(stage, OCTOBER)["fir"] == "10.00"  # 2 x 5.00
