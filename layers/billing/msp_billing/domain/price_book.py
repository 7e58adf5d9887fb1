"""Products and what they cost, as data with the day from which a price applies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cached_property

from pydantic import Field, model_validator

from msp_billing.domain.base import Code, Frozen, Identifier, Text
from msp_billing.domain.contracts.terms import EndRule
from msp_billing.domain.hardware import Hardware
from msp_billing.domain.money import CurrencyCode, ExactDecimal

MAX_PRICE = 10_000_000
"""A limit on everything: with it, no invoice outgrows what amounts can be written as."""


class Tier(Frozen):
    """One step of a volume price: it applies to all units when the quantity is in the step."""

    up_to: int | None = Field(description="Last quantity of the step; null for no upper end.")
    each: ExactDecimal = Field(description="Price per unit for every unit, in this step.")


class Price(Frozen):
    """What a product costs, in exactly one of three ways.

    ``each``: per unit. ``flat``: per month, whatever the quantity (MSA-01). ``tiers``: volume
    tiers, all units at the price of the step that the quantity falls in (KR-07).
    """

    each: ExactDecimal | None = Field(default=None, description="Price per unit and month.")
    flat: ExactDecimal | None = Field(default=None, description="Price per month.")
    tiers: tuple[Tier, ...] | None = Field(default=None, description="Volume tiers, ascending.")

    @model_validator(mode="after")
    def _one_meaning(self) -> Price:
        given = [name for name in ("each", "flat", "tiers") if getattr(self, name) is not None]
        if len(given) != 1:
            meanings = " and ".join(given) if given else "none of each, flat and tiers"
            raise ValueError(f"a price has one meaning, this one has {meanings}: keep exactly one")
        if self.tiers is not None:
            _check_tiers(self.tiers)
        amounts = [tier.each for tier in self.tiers or ()] + [self.each or Decimal(0)]
        amounts.append(self.flat or Decimal(0))
        if any(amount < 0 for amount in amounts):
            raise ValueError("a price is not negative: use a discount or a credit instead")
        if any(amount > MAX_PRICE for amount in amounts):
            raise ValueError(f"a price of more than {MAX_PRICE:,} is taken for a slip of the hand")
        return self


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
    """A price and the first day of the service periods that it applies to."""

    from_on: date = Field(description="First day on which the price applies.")
    price: Price


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
    hardware: Hardware | None = Field(
        default=None,
        description="For hardware: rented or owned, where a line says nothing else (COL-28).",
    )
    tier_by: Text | None = Field(
        default=None,
        description="What chooses the step of a tiered price, where that is not the quantity: "
        "'users at the site' (KR-08). Orders give it as the item's 'capacity'.",
    )
    end_rule: EndRule | None = Field(
        default=None, description="How charges end when it is cancelled (COL-21)."
    )
    prices: tuple[PriceFrom, ...] = Field(
        default=(), description="List prices; empty when every agreement has its own price."
    )

    @model_validator(mode="after")
    def _one_price_a_day(self) -> Product:
        days = [entry.from_on for entry in self.prices]
        if len(days) != len(set(days)):
            raise ValueError(f"{self.code} has two prices from the same day: keep one")
        return self

    def price_on(self, day: date) -> PriceFrom | None:
        """The list price in force on a day, or None when there is none yet."""
        in_force = [entry for entry in self.prices if entry.from_on <= day]
        return max(in_force, key=lambda entry: entry.from_on, default=None)


class Category(Frozen):
    """A group of products, in the order in which invoices list them (COL-06)."""

    category: Identifier
    title: Text


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
