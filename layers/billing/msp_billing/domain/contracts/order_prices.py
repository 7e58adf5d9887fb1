"""What an order's charges cost: the order's own price, else the list price of a day."""

from __future__ import annotations

from datetime import date

from msp_billing.domain.account_build import AccountBuild
from msp_billing.domain.charging.pricing import PriceInForce
from msp_billing.domain.price_book import Price, Product


def price_or_park(
    build: AccountBuild,
    product: Product,
    own: Price | None,
    day: date,
    who: str,
    subscriber: str | None,
) -> PriceInForce | None:
    """The price, or None after the account was parked: a missing price never bills as zero.

    Args:
        own: a price in place of the list price.
        day: the day whose list price counts.
        who: what is to be charged, in words: 'order o-17'.
    """
    if own is not None:
        return PriceInForce(own, f"own price in {who}")
    listed = product.price_on(day)
    if listed is None:
        build.park(
            "no-price",
            f"The {product.unit} of {product.code} in {who} has no price on {day}.",
            f"Give {who} a price for it, or the product a list price from that day.",
        )
        return None
    version = build.context.price_book.version
    return PriceInForce(listed.price, f"price book {version}, from {listed.from_on}")
