"""The late fee that a step adds: off unless the policy has one, once per step, never on fees."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.dunning.move_kinds import AddLateFee

if TYPE_CHECKING:
    from msp_billing.domain.dunning.coverage import Counting
    from msp_billing.domain.dunning.dunning_policy import DunningStep
    from msp_billing.domain.dunning.standing import DunningCase
    from msp_billing.domain.ledger.position import LedgerPosition


def fee_document(case: DunningCase, step: str) -> str:
    """The name of a step's fee in the ledger: the same name cannot be entered twice."""
    return f"LF-{case.case}-{step}"


def late_fee(
    step: DunningStep, case: DunningCase, position: LedgerPosition, counted: Counting
) -> AddLateFee | None:
    """The fee that a step adds, once per case and step; None without one, or when it is there.

    A percentage is taken of what counts, in which there are no fees: it does not compound.
    """
    rule = step.late_fee
    document = fee_document(case, step.step)
    if rule is None or document in position.items_by_document:
        return None
    plain = rule.amount if rule.amount is not None else Decimal(0)
    if rule.percent is not None:
        plain = counted.amount * rule.percent / 100
    amount = position.money(plain).amount
    return AddLateFee(step=step.step, document=document, amount=amount) if amount > 0 else None
