"""Which price is in force: the agreement's own, else the list price of the day, money and place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.charging.pricing import PriceInForce

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.charging.tax_policy import TaxPolicy
    from msp_billing.domain.contracts.agreements import AgreementLine
    from msp_billing.domain.price_book import PriceBook, PriceFrom, Product

NOWHERE: frozenset[str] = frozenset()


class NoPriceError(LookupError):
    """A product has no price on a day; the account is parked, for it must never bill as zero."""

    def __init__(self, product: str, day: date, currency: str) -> None:
        super().__init__(f"{product} has no price in {currency} on {day}")


class TwoPricesError(LookupError):
    """Two list prices are valid on the same day for the same account: which is meant is open."""

    def __init__(self, product: str, day: date, rows: Sequence[PriceFrom]) -> None:
        said = " and ".join(f"one in {', '.join(row.places)} from {row.from_on}" for row in rows)
        self.what = f"{product} has two prices that are valid on {day} for this account: {said}."
        self.fix = "Let one of them end before, or give the account's agreement its own price."
        super().__init__(f"{self.what} {self.fix}")


def places_of(account: Account, subscriber: str | None, taxes: TaxPolicy | None) -> frozenset[str]:
    """Where prices see a subscriber: its tax place, and the jurisdictions that this lies in."""
    place = tax_place_of(account, subscriber)
    if place is None:
        return NOWHERE
    found = None if taxes is None else taxes.place(place)
    return frozenset((place, *(found.jurisdictions if found is not None else ())))


def tax_place_of(account: Account, subscriber: str | None) -> str | None:
    """The tax place of a subscriber, or of the account where it has none of its own."""
    own = next((e.tax_place for e in account.subscribers if e.subscriber == subscriber), None)
    return own or account.tax_place


def list_price(
    product: Product,
    book: PriceBook,
    day: date,
    currency: str,
    places: frozenset[str] = NOWHERE,
) -> PriceInForce:
    """The list price in force on a day, in a currency, for an account in these places.

    No price of another currency, place or day stands in for one that is missing.

    Raises:
        NoPriceError: when there is none (INT-02).
        TwoPricesError: when there are two, which only shows for an account in two places that
            each have a price of their own.
    """
    found = book.list_prices(product, day, currency, places)
    if not found:
        raise NoPriceError(product.code, day, currency)
    if len(found) > 1:
        raise TwoPricesError(product.code, day, found)
    row = found[0]
    where = f" in {', '.join(row.places)}" if row.places else ""
    return PriceInForce(row.price, f"price book {book.version}, from {row.from_on}{where}")


def own_or_list_price(
    line: AgreementLine,
    product: Product,
    book: PriceBook,
    day: date,
    currency: str,
    places: frozenset[str] = NOWHERE,
) -> PriceInForce:
    """The agreement's own price, which is in the account's currency, else the list price.

    Raises:
        NoPriceError, TwoPricesError: as :func:`list_price` does.
    """
    if line.price is not None:
        return PriceInForce(line.price, f"own price in agreement line {line.line}")
    return list_price(product, book, day, currency, places)
