"""What orders are charged once: their items, shipping and setup fees, each as a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.charging.pricing import PricedQuantity, PriceInForce, price_quantity
from msp_billing.domain.contracts.order_policy import ShippingSpeed, known_traits
from msp_billing.domain.contracts.order_prices import price_or_park
from msp_billing.domain.hardware import Hardware, described
from msp_billing.domain.invoices import InvoiceLine, LineKind, LineReason
from msp_billing.domain.periods import ServicePeriod
from msp_billing.domain.price_book import Price, Product

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.contracts.agreements import Agreement
    from msp_billing.domain.contracts.orders import Order, OrderItem


@dataclass(frozen=True)
class OrderedOnce:
    """A one-time charge of an order, before its price."""

    order: Order
    agreement: Agreement
    charge: str
    product: str
    subscriber: str | None
    quantity: int
    quantity_from: str
    clause: str | None = None
    note: str | None = None
    count: str | None = None
    own_price: Price | None = None
    capacity: int | None = None
    hardware: Hardware | None = None


def item_charges(build: AccountBuild, order: Order, agreement: Agreement) -> Iterator[OrderedOnce]:
    """The items that are billed once, and the shipping of all items."""
    asked = f"order {order.order} of {order.ordered_on}"
    products = {line.line: line.product for line in agreement.lines}
    for item in order.items:
        section = order.subscriber_of(item)
        if item.product is not None:
            yield OrderedOnce(
                order=order,
                agreement=agreement,
                charge=f"order:{order.order}:{item.item}",
                product=item.product,
                subscriber=section,
                quantity=item.quantity,
                quantity_from=asked,
                note=item.note,
                own_price=item.price,
                capacity=item.capacity,
                hardware=item.hardware,
            )
        shipped = item.product or products.get(item.line or "")
        speed = _speed(build, order, item, agreement)
        if speed is not None and shipped is not None:
            yield OrderedOnce(
                order=order,
                agreement=agreement,
                charge=f"shipping:{order.order}:{item.item}",
                product=speed.product,
                subscriber=section,
                quantity=item.quantity,
                quantity_from=f"devices sent with {asked}",
                clause=speed.clause,
                note=_name(build, shipped),
            )


def _speed(
    build: AccountBuild, order: Order, item: OrderItem, agreement: Agreement
) -> ShippingSpeed | None:
    if item.shipping is None:
        return None
    known = build.context.policy.shipping
    for entry in known:
        if entry.shipping == item.shipping:
            return entry
    names = ", ".join(entry.shipping for entry in known) or "none"
    build.park(
        "unknown-shipping",
        f"The item {item.item} of order {order.order} is sent by '{item.shipping}', which the "
        f"policy {build.context.policy.version} does not know.",
        f"Write one of the policy's ways of shipping ({names}).",
        agreement,
    )
    return None


def _name(build: AccountBuild, code: str) -> str:
    product = build.context.price_book.find(code)
    return code if product is None else product.name


def park_unknown_traits(build: AccountBuild, order: Order, agreement: Agreement) -> None:
    """A trait that no fee asks for is a slip of the hand, and a fee would be wrong by it."""
    known = known_traits(build.context.policy)
    for trait in order.traits:
        if trait not in known:
            build.park(
                "unknown-trait",
                f"The order {order.order} has the trait '{trait}', which no setup fee of the "
                f"policy {build.context.policy.version} asks for.",
                f"Write one of those that the setup fees name ({', '.join(known) or 'none'}).",
                agreement,
            )


def billed_here(build: AccountBuild, once: OrderedOnce) -> Product | None:
    """The product of a charge that this run bills in this cycle; None when it is not for it.

    A charge that another cycle has billed is left alone, also when its product is gone since.
    """
    if not build.may_bill(once.charge):
        return None
    product = build.context.price_book.find(once.product)
    if product is None:
        build.park(
            "unknown-product",
            f"The order {once.order.order} is charged for '{once.product}', which the price book "
            f"{build.context.price_book.version} lacks.",
            "The cycle keeps the versions that it opened with: let the order be of the next "
            "period, or correct the product.",
            once.agreement,
        )
        return None
    return product if product.category in build.context.run.categories else None


def charge_line(build: AccountBuild, once: OrderedOnce) -> InvoiceLine | None:
    """The line of a charge; None when it is not for this cycle, or when it parks the account."""
    product = billed_here(build, once)
    if product is None:
        return None
    # The price of the day of the order, so that it costs the same in whichever month it is billed.
    found = price_or_park(
        build,
        product,
        once.own_price,
        once.order.ordered_on,
        f"order {once.order.order}",
        once.subscriber,
        once.agreement,
    )
    if found is None or _parks_allowance(build, once, found.price):
        return None
    priced = _priced(build, once, product, found)
    if priced is None:
        return None
    hardware = once.hardware or product.hardware
    return InvoiceLine(
        line=1,
        kind=LineKind.ONE_TIME,
        subscriber=once.subscriber,
        product=product.code,
        description=described(product.name, once.note, hardware),
        category=product.category,
        quantity=priced.quantity,
        unit=product.unit,
        unit_price=priced.unit_price,
        amount=priced.amount,
        service_period=ServicePeriod.of_month(build.context.period),
        charge=once.charge,
        ownership=hardware,
        reason=LineReason(
            clause=once.clause or product.clause or build.context.run.clause,
            agreement=once.order.agreement,
            agreement_line=None,
            quantity_from=once.quantity_from,
            count=once.count,
            price_basis=priced.basis,
            price_from=found.found_in,
            arithmetic=priced.arithmetic,
        ),
    )


def _parks_allowance(build: AccountBuild, once: OrderedOnce, price: Price) -> bool:
    """What is included is so every month: of a one-time charge it would not be known how often."""
    if price.included is None:
        return False
    build.park(
        "allowance-in-order",
        f"The price of {once.product} in order {once.order.order} includes {price.included} units "
        "every month, and an order is charged once.",
        "Give the item of the order a price of its own, without 'included'.",
        once.agreement,
    )
    return True


def _priced(
    build: AccountBuild, once: OrderedOnce, product: Product, found: PriceInForce
) -> PricedQuantity | None:
    quantity, currency = Decimal(once.quantity), build.account.currency
    if product.tier_by is None or found.price.tiers is None:
        return price_quantity(found.price, quantity, currency)
    if once.capacity is None:
        build.park(
            "capacity-unknown",
            f"The price of {product.code} in order {once.order.order} depends on the "
            f"{product.tier_by}, and the order does not say how many.",
            "Write it into the item as 'capacity'.",
            once.agreement,
        )
        return None
    step = price_quantity(found.price, Decimal(once.capacity), currency)
    priced = price_quantity(Price(each=step.unit_price.amount), quantity, currency)
    tier = step.arithmetic.partition("(")[2].partition(")")[0]
    return PricedQuantity(
        quantity=priced.quantity,
        unit_price=priced.unit_price,
        amount=priced.amount,
        basis=step.basis,
        arithmetic=f"{quantity} x {step.unit_price.amount} ({tier}, for {once.capacity} "
        f"{product.tier_by}) = {priced.amount.amount}",
    )
