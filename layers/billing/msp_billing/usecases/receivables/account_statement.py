"""The statement of an account: what it was billed and paid from one day to another."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.statements import Statement, statement
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.receivables.accounts import kept_ledger, today_of

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports


def state_account(
    ports: Ports,
    provider: str,
    account: str,
    from_on: date | None = None,
    to_on: date | None = None,
) -> Statement:
    """An account's statement out of the entries of its ledger, and nothing else.

    Args:
        from_on: its first day; the first day of the month before last, if left out.
        to_on: its last day; today in the provider's zone, if left out.

    Raises:
        UnknownProviderError: for a provider that was never applied.
        UnknownAccountError: when the book does not have the account.
        ProblemsError: when it ends before it begins.
    """
    to_on = to_on or today_of(ports, provider)
    ledger = kept_ledger(ports, provider, account)
    from_on = from_on or Period.of(to_on).shifted(-2).first_day
    if from_on > to_on:
        problem = Problem(
            code="ends-before-it-begins",
            what=f"A statement from {from_on} cannot end on {to_on}.",
            fix="Give the earlier day first.",
        )
        raise ProblemsError([problem])
    return statement(ledger, ports.ledgers.entries(ledger), from_on, to_on)
