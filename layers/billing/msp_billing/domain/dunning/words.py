"""Days and amounts in the sentences that are kept about an account, as people read them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition


def written_day(day: date) -> str:
    """A day as people read it: 30 November 2026."""
    return f"{day.day} {day:%B %Y}"


def written_amount(position: LedgerPosition, amount: Decimal) -> str:
    """An amount of the account as people read it: 1,434.50 USD."""
    money = position.money(amount)
    return f"{money.amount:,f} {money.currency}"
