"""What the policy says of orders: when their lines begin to bill, and which fees they cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from msp_billing.domain.base import Code, Frozen, Identifier, Text
from msp_billing.domain.contracts.orders import Order, OrderKind
from msp_billing.domain.periods import Period

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy


class OrderStart(Frozen):
    """On which invoice what was ordered is billed first, by that invoice's date.

    The line is billed in full from that invoice on and nothing before it: nothing is prorated.
    """

    days_after_order: int | None = Field(
        default=None,
        ge=0,
        le=366,
        description="The first invoice dated so many days after the order, or later (COL-08).",
    )
    months_after_order: int | None = Field(
        default=None,
        ge=0,
        le=12,
        description="The first invoice dated in that month or later: 1 is the month after the "
        "order's, whenever the service goes live (COL-10).",
    )

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> OrderStart:
        if (self.days_after_order is None) == (self.months_after_order is None):
            raise ValueError(
                "an order's lines start by days or by months: give either 'days_after_order' or "
                "'months_after_order'"
            )
        return self

    def earliest_invoice_on(self, ordered_on: date) -> date:
        """The first invoice date that bills it, itself included."""
        if self.days_after_order is not None:
            return ordered_on + timedelta(days=self.days_after_order)
        assert self.months_after_order is not None, "the model admits exactly one of the two"
        return Period.of(ordered_on).shifted(self.months_after_order).first_day


class Reconciliation(Frozen):
    """How a first invoice is brought up to what was counted (COL-09).

    The line bills what was ordered, this one-time line what was counted beyond it. Where more was
    ordered than counted nothing is given back.
    """

    title: Text = Field(description="What the customer reads: 'MRR reconciliation'.")
    clause: Identifier


class OrderRule(Frozen):
    """When the monthly lines that an order of this kind brings begin to bill."""

    kind: OrderKind
    starts: OrderStart
    covers: Literal["items", "subscriber"] = Field(
        default="items",
        description="Which lines it brings: those that its items name, or, for a new customer, "
        "all of the agreement's lines for the order's subscriber.",
    )
    reconcile: Reconciliation | None = Field(
        default=None,
        description="Bill the first invoice as ordered, and what was counted beyond it apart; "
        "left out, the first invoice bills what was counted.",
    )
    clause: Identifier


SetupFeeBasis = Literal[
    "order", "ordered-unit", "user-at-activation", "migrated-mailbox", "counted-at-activation"
]
"""What a setup fee is charged per."""


class SetupFee(Frozen):
    """A one-time fee that orders cost, in full, on the next cycle's invoice (COL-11, MSA-01)."""

    fee: Identifier
    product: Code = Field(description="The product that the invoice shows; its price is the fee.")
    per: SetupFeeBasis
    kinds: tuple[OrderKind, ...] = Field(min_length=1, description="Orders that cost it.")
    ordering: tuple[Code, ...] = Field(
        default=(), description="For 'ordered-unit': the products whose units are counted."
    )
    count_rule: Identifier | None = Field(
        default=None, description="For 'counted-at-activation': how the units are counted."
    )
    only_with: tuple[Identifier, ...] = Field(
        default=(), description="Only orders that have one of these traits cost it."
    )
    not_with: tuple[Identifier, ...] = Field(
        default=(), description="Orders that have one of these traits do not cost it."
    )
    clause: Identifier

    @model_validator(mode="after")
    def _says_what_is_counted(self) -> SetupFee:
        if (self.per == "ordered-unit") != bool(self.ordering):
            raise ValueError(
                f"the setup fee {self.fee}: 'ordering' lists the products of 'per: ordered-unit', "
                "and only of it"
            )
        if (self.per == "counted-at-activation") != (self.count_rule is not None):
            raise ValueError(
                f"the setup fee {self.fee}: 'count_rule' belongs to 'per: counted-at-activation', "
                "and only to it"
            )
        return self

    @property
    def waits_for_activation(self) -> bool:
        """Whether it is not known how much it is before the service goes live."""
        return self.per in {"user-at-activation", "counted-at-activation"}

    def applies_to(self, order: Order) -> bool:
        """Whether an order of this kind and with these traits costs the fee."""
        traits = set(order.traits)
        wanted = not self.only_with or not traits.isdisjoint(self.only_with)
        return order.kind in self.kinds and wanted and traits.isdisjoint(self.not_with)


class ShippingSpeed(Frozen):
    """A way of sending hardware, and the product that bills it for each device (COL-23)."""

    shipping: Identifier
    product: Code
    clause: Identifier


class RequiredProduct(Frozen):
    """A product of which every account has at least so many (COL-22).

    An account that has fewer is billed for the least number, in its internal section, and is
    reported by name. One whose line is still to start is not: it is billed from its start.
    """

    product: Code
    minimum: int = Field(default=1, ge=1, le=1000)
    clause: Identifier


def order_policy_inconsistencies(policy: ProviderPolicy) -> Iterator[str]:
    """What does not fit together in what the policy says of orders, one sentence each."""
    for noun, names in (
        ("order rule", [entry.kind for entry in policy.order_rules]),
        ("setup fee", [entry.fee for entry in policy.setup_fees]),
        ("way of shipping", [entry.shipping for entry in policy.shipping]),
        ("required product", [entry.product for entry in policy.required_products]),
    ):
        for name, times in sorted(Counter(names).items()):
            if times > 1:
                yield f"the {noun} '{name}' is listed twice: keep one"
    rules = {entry.rule for entry in policy.count_rules}
    for fee in policy.setup_fees:
        if fee.count_rule is not None and fee.count_rule not in rules:
            yield f"the setup fee {fee.fee} uses the unknown count rule '{fee.count_rule}'"


def order_clauses(policy: ProviderPolicy) -> Iterator[str]:
    """Every clause that what the policy says of orders refers to."""
    for rule in policy.order_rules:
        yield rule.clause
        if rule.reconcile is not None:
            yield rule.reconcile.clause
    yield from (entry.clause for entry in policy.setup_fees)
    yield from (entry.clause for entry in policy.shipping)
    yield from (entry.clause for entry in policy.required_products)


def known_traits(policy: ProviderPolicy) -> tuple[str, ...]:
    """The traits of orders that some setup fee asks for, in alphabetical order."""
    names = (name for fee in policy.setup_fees for name in (*fee.only_with, *fee.not_with))
    return tuple(sorted(set(names)))
