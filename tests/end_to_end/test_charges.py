"""One-time charges over cycles: billed once, late ones on the next, and free again when refused."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.accounts import Account
from msp_billing.domain.contracts.orders import Order
from msp_billing.domain.cycles import CycleState
from msp_billing.domain.price_book import Price
from tests.end_to_end.small_provider import account, birch, line
from tests.end_to_end.stage import OCTOBER, SEPTEMBER, Stage, cycle_id, open_stage

SEPTEMBER_CYCLE, OCTOBER_CYCLE = cycle_id(), cycle_id(period=OCTOBER)
ROUTER = "order:router:box"
EARLY, LATE = "2026-08-28", "2026-09-20"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with open_stage() as opened:
        yield opened


def ordering(*days: str, **changes: Any) -> Account:
    """Fir with three seats, and a seat ordered once on each of these days."""
    orders = [
        Order.model_validate(
            {
                "order": "router" if not number else f"router-{number}",
                "kind": "change",
                "ordered_on": day,
                "agreement": "main",
                "items": [{"item": "box", "product": "CARE", "quantity": 1}],
            }
        )
        for number, day in enumerate(days)
    ]
    return account("fir", line("SEAT", quantity=3), orders=tuple(orders), **changes)


def once(stage: Stage, cycle: object) -> list[str | None]:
    """The one-time charges on Fir's invoice of a cycle."""
    invoice = stage.invoices(cycle)["fir"]  # type: ignore[arg-type]
    return [entry.charge for entry in invoice.lines if entry.charge]


def claims(stage: Stage) -> dict[str, str]:
    return stage.ports.invoices.claims("birch", ["fir"])["fir"]


def test_an_order_is_billed_once_and_a_late_one_on_the_next_invoice(stage: Stage) -> None:
    provider = birch().with_accounts(ordering(EARLY))
    stage.set_up(provider, SEPTEMBER, OCTOBER)
    stage.run_until("2026-09-04T00:00:00")
    assert once(stage, SEPTEMBER_CYCLE) == [ROUTER]
    # Entered in September, dated August: too late for September's cycle, and not forgotten.
    stage.apply(birch().with_accounts(ordering(EARLY, EARLY, LATE)))
    stage.run_until("2026-10-04T00:00:00")
    assert once(stage, OCTOBER_CYCLE) == ["order:router-1:box", "order:router-2:box"]
    assert claims(stage) == {
        ROUTER: "managed/2026-09",
        "order:router-1:box": "managed/2026-10",
        "order:router-2:box": "managed/2026-10",
    }


def test_a_parked_account_claims_nothing_and_bills_the_order_later(stage: Stage) -> None:
    parked = ordering(EARLY)
    retired = line("DEVICE", price=Price(each=Decimal(1)), count_rule="users")
    main = parked.agreements[0]
    broken = parked.model_copy(
        update={"agreements": (main.model_copy(update={"lines": (*main.lines, retired)}),)}
    )
    stage.set_up(birch().with_accounts(broken), SEPTEMBER, OCTOBER)
    stage.run_until("2026-09-04T00:00:00")
    assert stage.records(SEPTEMBER_CYCLE)["fir"].problems, "Fir has no list of users"
    assert claims(stage) == {}
    stage.apply(birch().with_accounts(parked))
    stage.run_until("2026-10-04T00:00:00")
    assert once(stage, OCTOBER_CYCLE) == [ROUTER]


def test_a_refused_run_gives_a_charge_free_that_was_taken_out_since(stage: Stage) -> None:
    provider = birch(approval="person").with_accounts(ordering(EARLY, EARLY))
    stage.set_up(provider)
    stage.run_until("2026-09-01T15:00:00")
    assert set(claims(stage)) == {ROUTER, "order:router-1:box"}
    stage.decide(SEPTEMBER_CYCLE, "rejected")
    assert stage.cycle(SEPTEMBER_CYCLE).state is CycleState.FAILED
    stage.apply(birch(approval="person").with_accounts(ordering(EARLY)))
    stage.start(SEPTEMBER_CYCLE)
    stage.settle()
    assert claims(stage) == {ROUTER: "managed/2026-09"}
    stage.decide(SEPTEMBER_CYCLE, "approved")
    stage.run_until("2026-09-04T00:00:00")
    assert once(stage, SEPTEMBER_CYCLE) == [ROUTER]
    stage.assert_promises(SEPTEMBER_CYCLE)


def test_a_charge_that_another_cycle_bills_stops_the_batch_and_is_counted_anew(
    stage: Stage,
) -> None:
    stage.set_up(birch().with_accounts(ordering(EARLY)))
    # Between sealing and building somebody else bills the charge.
    stage.run_until("2026-09-01T13:00:00")
    stage.cloud.client("dynamodb").put_item(
        TableName=stage.environment["TABLE_NAME"],
        Item={
            "pk": {"S": "CHARGES#birch"},
            "sk": {"S": f"fir#{ROUTER}"},
            "claimed_by": {"S": "projects/2026-09"},
        },
    )
    stage.run_until("2026-09-04T00:00:00")
    failed = stage.cycle(SEPTEMBER_CYCLE)
    assert (failed.state, failed.error) == (CycleState.FAILED, "ChargeClaimedError")
    assert f"fir: {ROUTER} is billed by projects/2026-09" in (failed.failure or "")
    stage.start(SEPTEMBER_CYCLE)
    stage.run_until("2026-09-05T00:00:00")
    assert stage.cycle(SEPTEMBER_CYCLE).state is CycleState.CLOSED
    assert once(stage, SEPTEMBER_CYCLE) == []
