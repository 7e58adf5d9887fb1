"""Setup fees: how many of a fee an order costs, or what has to be known first (COL-11, MSA-01)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.domain.contracts.agreements import Agreement
    from msp_billing.domain.contracts.order_policy import SetupFee
    from msp_billing.domain.contracts.orders import Order


@dataclass(frozen=True)
class Units:
    """A quantity, in words that a person can check, and the key of its count if it has one."""

    quantity: int
    quantity_from: str
    count: str | None = None


@dataclass(frozen=True)
class FactMissing:
    """What an order does not say although it should: the account waits for it, by name."""

    code: str
    what: str
    fix: str


CountUnits = Callable[[str, str | None], Units | None]
"""Counts by a rule's name for a subscriber; None when the count is unknown, which parks."""


def fee_due_on(fee: SetupFee, order: Order) -> date | None:
    """The day from which the next cycle bills the fee; None while the service is not activated.

    A fee per active user cannot be known before there are any; all others are charged in the month
    in which the order is received.
    """
    return order.activated_on if fee.waits_for_activation else order.ordered_on


def fee_units(
    fee: SetupFee, order: Order, agreement: Agreement, count: CountUnits
) -> Units | FactMissing | None:
    """How many of the fee a due order costs; None when its count is unknown.

    Args:
        agreement: the order's, whose lines say what the order's items stand for.
        count: asked only for a fee that is counted.
    """
    asked = f"order {order.order} of {order.ordered_on}"
    match fee.per:
        case "order":
            return Units(1, f"once for {asked}")
        case "ordered-unit":
            return Units(_ordered_units(fee, order, agreement), f"ordered with {asked}")
        case "migrated-mailbox":
            return Units(order.migrated_mailboxes, f"mailboxes that are moved with {asked}")
        case "user-at-activation":
            return _users(fee, order, asked)
        case "counted-at-activation":
            assert fee.count_rule is not None, "the model admits no such fee without its rule"
            return count(fee.count_rule, order.subscriber)


def _users(fee: SetupFee, order: Order, asked: str) -> Units | FactMissing:
    if order.users_at_activation is None:
        return FactMissing(
            "users-at-activation-unknown",
            f"The {asked} was activated on {order.activated_on}, and how many active users there "
            f"were on that day is not known, which the setup fee '{fee.fee}' is charged by.",
            "Write 'users_at_activation' into the order.",
        )
    mobile = order.mobile_users_at_activation
    free = f", {mobile} mobile users are free" if mobile else ""
    return Units(
        order.users_at_activation,
        f"active users at the activation on {order.activated_on}, {asked}{free}",
    )


def _ordered_units(fee: SetupFee, order: Order, agreement: Agreement) -> int:
    products = {line.line: line.product for line in agreement.lines}
    return sum(
        item.quantity
        for item in order.items
        if (item.product or products.get(item.line or "")) in fee.ordering
    )
