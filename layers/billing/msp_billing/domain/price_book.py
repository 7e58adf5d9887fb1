"""Products and what they cost, as data with the day from which a price applies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import combinations

from pydantic import Field, model_validator

from msp_billing.domain.base import Code, Frozen, Identifier, Text
from msp_billing.domain.contracts.terms import EndRule
from msp_billing.domain.hardware import Hardware
from msp_billing.domain.money import CurrencyCode, ExactDecimal

MAX_PRICE = 10_000_000
"""A limit on everything: with it, no invoice outgrows what amounts can be written as."""


MAX_STEPS = 40
"""Of one price; its arithmetic shows every step."""


class Tier(Frozen):
    """One step of a price that goes by quantity, volume or graduated."""

    up_to: int | None = Field(description="Last quantity of the step; null for no upper end.")
    each: ExactDecimal = Field(description="Price per unit in this step.")


class Price(Frozen):
    """What a product costs, in exactly one of four ways, and what is included in it.

    ``each``: per unit. ``flat``: per month, whatever the quantity (MSA-01). ``tiers``: volume
    tiers, all units at the price of the step that the quantity falls in (KR-07). ``graduated``:
    each unit at the price of its own step. With ``included``, the first units are covered by
    ``flat``, or free without it, and the other price is for the units beyond them.
    """

    each: ExactDecimal | None = Field(default=None, description="Price per unit and month.")
    flat: ExactDecimal | None = Field(default=None, description="Price per month.")
    tiers: tuple[Tier, ...] | None = Field(
        default=None, max_length=MAX_STEPS, description="Volume tiers, ascending."
    )
    graduated: tuple[Tier, ...] | None = Field(
        default=None,
        max_length=MAX_STEPS,
        description="Graduated tiers, ascending: each unit at the price of its own step.",
    )
    included: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="Units that 'flat' covers, or that are free without it; units beyond them "
        "are overage, a line of their own.",
    )

    @model_validator(mode="after")
    def _one_meaning(self) -> Price:
        self._check_meaning()
        for steps in (self.tiers, self.graduated):
            if steps is not None:
                _check_tiers(steps)
        amounts = [tier.each for tier in (*(self.tiers or ()), *(self.graduated or ()))]
        amounts += [self.each or Decimal(0), self.flat or Decimal(0)]
        if any(amount < 0 for amount in amounts):
            raise ValueError("a price is not negative: use a discount or a credit instead")
        if any(amount > MAX_PRICE for amount in amounts):
            raise ValueError(f"a price of more than {MAX_PRICE:,} is taken for a slip of the hand")
        return self

    def _check_meaning(self) -> None:
        names = ("each", "flat", "tiers", "graduated")
        given = [name for name in names if getattr(self, name) is not None]
        if self.included is None:
            if len(given) != 1:
                meanings = " and ".join(given) or "none of each, flat, tiers and graduated"
                raise ValueError(
                    f"a price has one meaning, this one has {meanings}: keep exactly one"
                )
        elif len(set(given) - {"flat"}) != 1:
            raise ValueError(
                "a price with 'included' needs the price of the units beyond them: add one of "
                "each, tiers and graduated"
            )

    @property
    def per_unit(self) -> bool:
        """Whether the price is the same for every unit, and for nothing but units."""
        return self.each is not None and self.included is None


def _check_tiers(tiers: tuple[Tier, ...]) -> None:
    if not tiers or tiers[-1].up_to is not None:
        raise ValueError("the last tier must be open at its upper end ('up_to: null')")
    bounds = [tier.up_to for tier in tiers[:-1]]
    if any(bound is None for bound in bounds):
        raise ValueError("only the last tier may be open at its upper end")
    numbers = [bound for bound in bounds if bound is not None]
    if numbers != sorted(set(numbers)) or any(number < 1 for number in numbers):
        raise ValueError("tiers must rise: each 'up_to' above the one before it")


class PriceFrom(Frozen):
    """A price, and when, where and in which currency it is the price."""

    from_on: date = Field(description="First day on which the price applies.")
    until_on: date | None = Field(
        default=None,
        description="Last day on which it applies; until the next one where nothing is said.",
    )
    currency: CurrencyCode | None = Field(
        default=None, description="The price book's own where nothing is said."
    )
    places: tuple[Identifier, ...] = Field(
        default=(),
        description="Tax places or jurisdictions that it is for, in place of the price for all.",
    )
    price: Price

    @model_validator(mode="after")
    def _consistent(self) -> PriceFrom:
        if self.until_on is not None and self.until_on < self.from_on:
            raise ValueError("the price ends before it starts")
        return self

    def valid_on(self, day: date) -> bool:
        """Whether the day lies between its first and its last."""
        return self.from_on <= day and (self.until_on is None or day <= self.until_on)


class Product(Frozen):
    """Something that can be on an invoice."""

    code: Code = Field(description="Product code, unique in the price book.")
    name: Text = Field(description="What the customer reads.")
    category: Identifier = Field(description="One of the price book's categories.")
    unit: Text = Field(default="unit", description="What is counted: user, device, mailbox.")
    count_rule: Identifier | None = Field(
        default=None, description="How the quantity is counted, where an agreement says nothing."
    )
    clause: Identifier | None = Field(
        default=None,
        description="The policy's clause that lines which are not counted refer to; the run's "
        "own where nothing is said.",
    )
    tax_class: Identifier | None = Field(
        default=None,
        description="One of the policy's tax classes, in place of the category's; needed where "
        "the provider charges sales tax.",
    )
    end_rule: EndRule | None = Field(
        default=None, description="How charges end when it is cancelled (COL-21)."
    )
    hardware: Hardware | None = Field(
        default=None,
        description="For hardware: rented or owned, where a line says nothing else (COL-28).",
    )
    tier_by: Text | None = Field(
        default=None,
        description="What chooses the step of a tiered price, where that is not the quantity: "
        "'users at the site' (KR-08). Orders give it as the item's 'capacity'.",
    )
    prices: tuple[PriceFrom, ...] = Field(
        default=(), description="List prices; empty when every agreement has its own price."
    )

    @model_validator(mode="after")
    def _one_price_a_day(self) -> Product:
        doubles = list(_double_prices(self, None))
        if doubles:
            raise ValueError("; ".join(doubles))
        return self


class Category(Frozen):
    """A group of products, in the order in which invoices list them (COL-06)."""

    category: Identifier
    title: Text
    tax_class: Identifier | None = Field(
        default=None,
        description="The tax class of its products that name none, and of its lines that are no "
        "product's, such as a minimum.",
    )


class PriceBook(Frozen):
    """All products of a provider. Versioned; a cycle pins the version it opened with."""

    version: Text = Field(description="Changes whenever the content does, for example 2026-11.")
    currency: CurrencyCode
    categories: tuple[Category, ...] = Field(min_length=1)
    products: tuple[Product, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _consistent(self) -> PriceBook:
        problems = list(_inconsistencies(self))
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def find(self, code: str) -> Product | None:
        """The product with this code, or None."""
        return self._by_code.get(code)

    def position(self, code: str) -> int:
        """Where the product stands in the price book; invoices list products in this order."""
        return self._positions[code]

    def list_prices(
        self, product: Product, day: date, currency: str, places: frozenset[str] = frozenset()
    ) -> tuple[PriceFrom, ...]:
        """The list prices in force on a day, for an account in some places.

        A price for one of the places goes before the price for all. More than one comes back when
        the account lies in two places that each have their own: which of them is meant nobody can
        tell from here, and so the caller must not choose.
        """
        rows = [entry for entry in product.prices if (entry.currency or self.currency) == currency]
        chains: dict[frozenset[str], list[PriceFrom]] = {}
        for entry in sorted(rows, key=lambda entry: entry.from_on):
            if entry.from_on <= day:
                chains.setdefault(frozenset(entry.places), []).append(entry)
        valid = {where: chain[-1] for where, chain in chains.items() if chain[-1].valid_on(day)}
        special = tuple(entry for where, entry in valid.items() if where & places)
        general = tuple(entry for where, entry in valid.items() if not where)
        return special or general

    def tax_class(self, product_code: str, category: str) -> str | None:
        """The tax class of a line: of its product, else of its category; None when neither says."""
        product = self.find(product_code)
        if product is not None and product.tax_class is not None:
            return product.tax_class
        return next(
            (entry.tax_class for entry in self.categories if entry.category == category), None
        )

    def category_title(self, category: str) -> str:
        """The title that invoices show for a category."""
        return next(entry.title for entry in self.categories if entry.category == category)

    @cached_property
    def _positions(self) -> dict[str, int]:
        order = {entry.category: index for index, entry in enumerate(self.categories)}
        ordered = sorted(self.products, key=lambda product: order[product.category])
        return {product.code: index for index, product in enumerate(ordered)}

    @cached_property
    def _by_code(self) -> dict[str, Product]:
        return {product.code: product for product in self.products}


def _inconsistencies(book: PriceBook) -> Iterator[str]:
    known = {entry.category for entry in book.categories}
    if len(known) != len(book.categories):
        yield "a category is listed twice"
    seen: set[str] = set()
    for product in book.products:
        if product.code in seen:
            yield f"product {product.code} is listed twice: keep one"
        seen.add(product.code)
        if product.category not in known:
            yield f"product {product.code} is in the unknown category '{product.category}'"
        if any(entry.currency == book.currency for entry in product.prices):
            yield from _double_prices(product, book.currency)


def _double_prices(product: Product, default_currency: str | None) -> Iterator[str]:
    """Prices of one product that are both valid on some day: nobody could say which is meant."""
    rows = sorted(product.prices, key=lambda entry: entry.from_on)
    ends: dict[int, date] = {}
    for index, entry in enumerate(rows):
        following = (
            other.from_on - timedelta(days=1)
            for other in rows[index + 1 :]
            if set(other.places) == set(entry.places)
            and (other.currency or default_currency) == (entry.currency or default_currency)
        )
        ends[index] = entry.until_on or next(following, date.max)
    for (first, one), (_, two) in combinations(enumerate(rows), 2):
        same_currency = (one.currency or default_currency) == (two.currency or default_currency)
        same_place = (not one.places and not two.places) or set(one.places) & set(two.places)
        if not same_currency or not same_place:
            continue
        if one.from_on == two.from_on:
            yield f"{product.code} has two prices from the same day: keep one"
        elif two.from_on <= ends[first]:
            yield (
                f"{product.code} has two prices on {two.from_on}: let the one from "
                f"{one.from_on} end before, or keep one"
            )
