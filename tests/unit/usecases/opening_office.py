"""What was open in a system before, of an account that is followed afterwards."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from msp_billing.domain.ledger.openings import OpeningItem
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.money import Money
from msp_billing.usecases.receivables.opening_balances import (
    OpeningPlan,
    OpeningRequest,
)
from tests.mspbill.followed_account import Followed

TODAY = date(2026, 12, 1)
ACCOUNT = "bayfront-dental"


def item(document: str, amount: str, **changes: Any) -> OpeningItem:
    facts = {
        "account": ACCOUNT,
        "document": document,
        "kind": "invoice",
        "on": "2026-09-01",
        "due_on": "2026-10-01",
        "amount": amount,
        "currency": "USD",
    }
    return OpeningItem.model_validate(facts | changes)


OLD = (
    item("10457", "1200.00"),
    item("10512", "300.50", on="2026-11-20", due_on="2026-12-20"),
    item("CM-77", "200.00", kind="credit", due_on=None, on="2026-11-25"),
)


def request(*items: OpeningItem, total: str = "1300.50", **changes: Any) -> OpeningRequest:
    facts: dict[str, Any] = {
        "provider": "integris",
        "taken_over_on": date(2026, 11, 30),
        "items": items or OLD,
        "totals": (Money(amount=Decimal(total), currency="USD"),),
        "entered_by": "clerk",
    }
    return OpeningRequest.model_validate(facts | changes)


def position(office: Followed) -> LedgerPosition:
    found: LedgerPosition = office.ports.ledgers.position(office.ledger)
    return found


def state(office: Followed) -> str:
    return office.standing.state.value


def whats_wrong(plan: OpeningPlan) -> str:
    return "\n".join(str(problem) for problem in plan.problems)
