"""What an order's charges cost: the order's own price, else the list price of a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.charging.price_lookup import (
    NoPriceError,
    TwoPricesError,
    list_price,
    places_of,
)
from msp_billing.domain.charging.pricing import PriceInForce

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.contracts.agreements import Agreement
    from msp_billing.domain.price_book import Price, Product


def price_or_park(
    build: AccountBuild,
    product: Product,
    own: Price | None,
    day: date,
    who: str,
    subscriber: str | None,
    agreement: Agreement,
) -> PriceInForce | None:
    """The price, or None after the account was parked: a missing price never bills as zero.

    Neither does one of another currency or place stand in for it, nor is one of two chosen.

    Args:
        own: a price in place of the list price.
        day: the day whose list price counts.
        who: what is to be charged, in words: 'order o-17'.
        agreement: whose charge it is.
    """
    if own is not None:
        return PriceInForce(own, f"own price in {who}")
    context, currency = build.context, build.account.currency
    places = places_of(build.account, subscriber, context.policy.taxes)
    try:
        return list_price(product, context.price_book, day, currency, places)
    except NoPriceError:
        other = "" if currency == context.price_book.currency else f" in {currency}"
        build.park(
            "no-price",
            f"The {product.unit} of {product.code} in {who} has no price{other} on {day}.",
            f"Give {who} a price for it, or the product a list price{other} from that day.",
            agreement,
        )
    except TwoPricesError as error:
        build.park("two-prices", error.what, error.fix, agreement)
    return None
