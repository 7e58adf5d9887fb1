"""Orders: what a customer asked for on a day, and what it brings to the agreement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from msp_billing.domain.base import Code, Frozen, Identifier, Text
from msp_billing.domain.contracts.agreements import EACH_SUBSCRIBER, Agreement, AgreementLine
from msp_billing.domain.hardware import Hardware
from msp_billing.domain.price_book import Price

OrderKind = Literal["new-customer", "new-service", "change", "project"]
"""What sort of order it is; the policy's order rules and setup fees differ by it."""


class OrderItem(Frozen):
    """One thing that was ordered: a line of the agreement, or a product that is billed once."""

    item: Identifier
    line: Identifier | None = Field(
        default=None,
        description="The line of the order's agreement that it brings, billed month by month.",
    )
    product: Code | None = Field(default=None, description="A product that is billed once.")
    subscriber: Identifier | None = Field(
        default=None, description="Whose it is, where that is not the order's subscriber."
    )
    quantity: int = Field(ge=1, le=1_000_000, description="How many were ordered.")
    capacity: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="What the step of the price is chosen by, where the product says so: for a "
        "firewall the users at its site (KR-08).",
    )
    shipping: Identifier | None = Field(
        default=None, description="How each of them is sent, one of the policy's 'shipping'."
    )
    hardware: Hardware | None = Field(
        default=None, description="rented or owned, in place of what the product says (COL-28)."
    )
    price: Price | None = Field(default=None, description="In place of the list price.")
    note: Text | None = Field(default=None, description="Shown after the product's name.")

    @model_validator(mode="after")
    def _one_way_to_bill_it(self) -> OrderItem:
        if (self.line is None) == (self.product is None):
            raise ValueError(
                "an order's item has either the 'line' that bills it every month or the 'product' "
                "that is billed once: give exactly one"
            )
        if self.line is not None:
            given = [name for name in ("price", "capacity", "note") if getattr(self, name)]
            if given:
                raise ValueError(
                    f"the item {self.item} is billed by a line, and its {' and '.join(given)} "
                    "would have no effect: write it at the line"
                )
        return self


class Order(Frozen):
    """An order with its day and its items.

    What is not known yet is left out: a service that was not activated has no ``activated_on``.
    """

    order: Identifier
    kind: OrderKind
    ordered_on: date
    agreement: Identifier = Field(description="The agreement that it is billed with.")
    subscriber: Identifier | None = Field(
        default=None, description="For whom; nothing for the account as a whole."
    )
    activated_on: date | None = Field(default=None, description="Day on which it went live.")
    users_at_activation: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="Active users on that day, mobile users not among them (COL-11).",
    )
    mobile_users_at_activation: int | None = Field(
        default=None, ge=0, le=1_000_000, description="Mobile users on that day; they cost no fee."
    )
    migrated_mailboxes: int = Field(
        default=0, ge=0, le=1_000_000, description="Mailboxes that are moved with the order."
    )
    traits: tuple[Identifier, ...] = Field(
        default=(),
        description="What the policy's setup fees tell orders apart by: migration, workgroup.",
    )
    items: tuple[OrderItem, ...] = Field(default=(), max_length=200)

    @model_validator(mode="after")
    def _consistent(self) -> Order:
        problems = list(_own_inconsistencies(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def subscriber_of(self, item: OrderItem) -> str | None:
        """Whose the item is."""
        return item.subscriber or self.subscriber


def _own_inconsistencies(order: Order) -> Iterator[str]:
    named = f"the order {order.order}"
    listed = Counter(entry.item for entry in order.items)
    for item in sorted(name for name, times in listed.items() if times > 1):
        yield f"the item '{item}' of the order {order.order} is listed twice: keep one"
    if EACH_SUBSCRIBER in {order.subscriber, *(entry.subscriber for entry in order.items)}:
        yield (
            f"{named} is for the unknown subscriber '{EACH_SUBSCRIBER}': name the one that ordered"
        )
    if order.activated_on is None:
        if order.users_at_activation is not None or order.mobile_users_at_activation is not None:
            yield f"{named} has users at its activation and no day of it: add 'activated_on'"
    elif order.activated_on < order.ordered_on:
        yield (
            f"{named} was activated on {order.activated_on}, before it was ordered on "
            f"{order.ordered_on}: correct one of the days"
        )


def order_inconsistencies(
    orders: Sequence[Order], agreements: Sequence[Agreement], subscribers: frozenset[str]
) -> Iterator[str]:
    """What does not fit together in an account's orders, one sentence each."""
    listed = Counter(entry.order for entry in orders)
    for name in sorted(name for name, times in listed.items() if times > 1):
        yield f"the order '{name}' is listed twice: keep one"
    by_name = {entry.agreement: entry for entry in agreements}
    for order in orders:
        agreement = by_name.get(order.agreement)
        if agreement is None:
            yield f"the order {order.order} is for the unknown agreement '{order.agreement}'"
        else:
            yield from _misfit_lines(order, agreement)
            yield from _commitments_without_first_day(order, agreement)
        whose = {order.subscriber, *(entry.subscriber for entry in order.items)}
        for subscriber in sorted(name for name in whose if name and name not in subscribers):
            yield f"the order {order.order} is for the unknown subscriber '{subscriber}'"
    yield from _brought_twice(orders, by_name)


def _misfit_lines(order: Order, agreement: Agreement) -> Iterator[str]:
    lines = {entry.line: entry for entry in agreement.lines}
    for item in order.items:
        if item.line is None:
            continue
        named = f"the item {item.item} of the order {order.order}"
        line = lines.get(item.line)
        if line is None:
            yield f"{named} is billed by the unknown line '{item.line}' of {agreement.agreement}"
        else:
            yield from _misfit(order, item, line, named)


def _misfit(order: Order, item: OrderItem, line: AgreementLine, named: str) -> Iterator[str]:
    section = order.subscriber_of(item)
    if line.bill_once_in is not None:
        yield f"{named} is billed by line {line.line}, which bills once: give its 'product' instead"
    if line.hardware is not None and item.hardware not in {None, line.hardware}:
        yield (
            f"{named} is {item.hardware}, and line {line.line} is {line.hardware}: correct one of "
            "them"
        )
    if line.subscriber == EACH_SUBSCRIBER:
        if section is None:
            yield (
                f"{named} is billed by line {line.line}, which is for each subscriber: name the "
                "subscriber that ordered it"
            )
    elif line.subscriber != section:
        yield (
            f"{named} is for {section or 'the account'}, and line {line.line} is for "
            f"{line.subscriber or 'the account'}: correct one of them"
        )


def _commitments_without_first_day(order: Order, agreement: Agreement) -> Iterator[str]:
    """Lines that an order brings and that are committed for months from an unknown day.

    They would be counted from the agreement's first day, which may be years before the order: the
    commitment would be over before it began (COL-16).
    """
    named = {item.line for item in order.items}
    new = order.subscriber if order.kind == "new-customer" else None
    for line in agreement.lines:
        brought = line.line in named or (new is not None and line.subscriber == new)
        if brought and line.commitment_months is not None and line.starts_on is None:
            yield (
                f"line {line.line} of {agreement.agreement} is committed for "
                f"{line.commitment_months} months and brought by the order {order.order}, and "
                "from which day is not known: give the line its 'starts_on'"
            )


def _brought_twice(orders: Sequence[Order], agreements: dict[str, Agreement]) -> Iterator[str]:
    """Lines and customers that two orders bring: it would be open which of them decides."""
    lines: dict[tuple[str, str, str | None], str] = {}
    customers: dict[tuple[str, str | None], str] = {}
    for order in orders:
        if order.kind == "new-customer" and order.agreement in agreements:
            first = customers.setdefault((order.agreement, order.subscriber), order.order)
            if first != order.order:
                yield (
                    f"the orders {first} and {order.order} are both of the new customer "
                    f"'{order.subscriber or order.agreement}': a customer is new once, make one "
                    "of them a new-service"
                )
        for item in order.items:
            if item.line is None:
                continue
            here = f"{order.order}/{item.item}"
            key = (order.agreement, item.line, order.subscriber_of(item))
            first = lines.setdefault(key, here)
            if first != here:
                yield (
                    f"line {item.line} of {order.agreement} is brought by two items of orders, "
                    f"{first} and {here}: keep one"
                )
