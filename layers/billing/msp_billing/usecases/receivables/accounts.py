"""Whose ledger it is, and what day it is there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.entries import LedgerId
from msp_billing.usecases.dunning.context import UnknownAccountError, policy_in_force

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports


def ledger_of(ports: Ports, provider: str, account: str) -> LedgerId:
    """The ledger of an account of the book. Raises UnknownAccountError."""
    found = ports.book.find(provider, account)
    if found is None:
        raise UnknownAccountError(provider, account)
    return LedgerId(provider=provider, account=account, currency=found.account.currency)


def kept_ledger(ports: Ports, provider: str, account: str) -> LedgerId:
    """As above, in the currency that the ledger began with: the book's may be another by now."""
    return ports.ledgers.position(ledger_of(ports, provider, account)).ledger


def today_of(ports: Ports, provider: str) -> date:
    """The day in the provider's zone. Raises UnknownProviderError."""
    policy = policy_in_force(ports, provider)
    return ports.clock.now().astimezone(policy.zone).date()
