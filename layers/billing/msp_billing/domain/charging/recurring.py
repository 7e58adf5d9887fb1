"""Recurring lines: what the agreements provide month by month, and discounts on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.building.billable_lines import BillableLine, billable_lines
from msp_billing.domain.charging.price_lookup import (
    NoPriceError,
    TwoPricesError,
    own_or_list_price,
    places_of,
)
from msp_billing.domain.charging.pricing import (
    PartRole,
    PricedQuantity,
    PriceInForce,
    apply_term_discount,
    price_parts,
)
from msp_billing.domain.hardware import described
from msp_billing.domain.invoices import InvoiceLine, LineKind, LineReason, PriceBasis
from msp_billing.domain.periods import ServicePeriod

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.contracts.agreements import Agreement
    from msp_billing.domain.money import Money
    from msp_billing.domain.policy import TermDiscount

DISCOUNTED = (LineKind.RECURRING, LineKind.RECONCILIATION, LineKind.SHORTFALL)
"""Kinds of lines that a term discount is a share of; one-time charges and work are not.

What a first invoice reconciles is: it is recurring units that were counted, not ordered (COL-09).
"""


def recurring_lines(build: AccountBuild) -> Iterator[InvoiceLine]:
    """The lines of every agreement that is active, with quantity and price.

    A quantity without a price stops the account; it never bills zero (INT-02).
    """
    unpriced: dict[tuple[str, str, str], list[BillableLine]] = {}
    for agreement in build.billing:
        for entry in billable_lines(build, agreement):
            try:
                yield from _lines(build, entry, _price(build, entry))
            except NoPriceError:
                key = (entry.agreement.agreement, entry.line.line, entry.product.code)
                unpriced.setdefault(key, []).append(entry)
            except TwoPricesError as error:
                build.park("two-prices", error.what, error.fix)
    for (agreement_id, line, product), entries in unpriced.items():
        quantity = sum(max(e.quantity, Decimal(e.line.minimum_quantity or 0)) for e in entries)
        currency = build.account.currency
        other = "" if currency == build.context.price_book.currency else f" in {currency}"
        build.park(
            "no-price",
            f"{quantity} {entries[0].product.unit} of {product} have no price{other} on "
            f"{_price_day(build, entries[0])}.",
            f"Give line {line} of agreement {agreement_id} a price, or the product a list "
            f"price{other}.",
        )


def _price(build: AccountBuild, entry: BillableLine) -> PriceInForce:
    """The line's own price, else the list price of the day that its agreement goes by."""
    return own_or_list_price(
        entry.line,
        entry.product,
        build.context.price_book,
        _price_day(build, entry),
        build.account.currency,
        places_of(build.account, entry.subscriber, build.context.policy.taxes),
    )


def _price_day(build: AccountBuild, entry: BillableLine) -> date:
    return build.price_day(entry.agreement, entry.line, entry.subscriber)


def _lines(build: AccountBuild, entry: BillableLine, found: PriceInForce) -> Iterator[InvoiceLine]:
    """One line for each part that the price comes to."""
    minimum = entry.line.minimum_quantity or 0
    for part in price_parts(found.price, entry.quantity, build.account.currency, minimum):
        yield _line(build, entry, found, part)


def _line(
    build: AccountBuild, entry: BillableLine, found: PriceInForce, part: PricedQuantity
) -> InvoiceLine:
    context = build.context
    kind, counted, quantity_from = LineKind.RECURRING, entry.count_key, entry.quantity_from
    if part.role is PartRole.SHORTFALL:
        kind, counted = LineKind.SHORTFALL, None
        quantity_from = f"minimum of {entry.line.minimum_quantity} in the agreement"
    if entry.line.bill_once_in is not None:
        kind = LineKind.ONE_TIME
    return InvoiceLine(
        line=1,
        kind=kind,
        subscriber=entry.subscriber,
        product=entry.product.code,
        description=_description(entry, part),
        category=entry.product.category,
        quantity=part.quantity,
        unit=entry.product.unit,
        unit_price=part.unit_price,
        amount=part.amount,
        service_period=ServicePeriod.of_month(context.period),
        ownership=entry.hardware,
        reason=LineReason(
            clause=_clause(build, entry),
            agreement=entry.agreement.agreement,
            agreement_line=entry.line.line,
            quantity_from=quantity_from,
            count=counted,
            contracted=entry.contracted if kind is LineKind.RECURRING else None,
            price_basis=part.basis,
            price_from=found.found_in,
            arithmetic=part.arithmetic,
        ),
    )


def _description(entry: BillableLine, part: PricedQuantity) -> str:
    """The product's name with the line's note, and what the part is where it is not the whole."""
    note = f", {entry.line.note}" if entry.line.note else ""
    match part:
        case PricedQuantity(role=PartRole.OVERAGE):
            note += ", beyond what is included"
        case PricedQuantity(role=PartRole.SHORTFALL):
            note += f", missing to the minimum of {entry.line.minimum_quantity}"
        case PricedQuantity(basis=PriceBasis.INCLUDED):
            note += ", included"
        case _:
            pass
    return described(f"{entry.product.name}{note}", None, entry.hardware)


def _clause(build: AccountBuild, entry: BillableLine) -> str:
    if entry.ordered is not None:
        return entry.ordered.rule.clause
    if entry.count_key is None:
        return entry.product.clause or build.context.run.clause
    rule = entry.line.count_rule or entry.product.count_rule
    assert rule is not None, "a counted line has its rule"
    return build.context.policy.count_rule(rule).clause


def term_discounts(
    build: AccountBuild, agreements: Sequence[Agreement], lines: Sequence[InvoiceLine]
) -> Iterator[InvoiceLine]:
    """One line per agreement, term discount and category, on recurring lines only (KR-09).

    The term in force decides: one that has renewed itself by the month is no committed term.

    Units that are missing to a minimum quantity are discounted like those that are there: a
    customer who has fewer must not pay more.
    """
    for agreement in agreements:
        yield from _discounts_of(build, agreement, lines)


def _discounts_of(
    build: AccountBuild, agreement: Agreement, lines: Iterable[InvoiceLine]
) -> Iterator[InvoiceLine]:
    context = build.context
    years = build.life(agreement).committed_years(context.period)
    groups: dict[tuple[TermDiscount, str], list[Money]] = {}
    for line in lines:
        if line.reason.agreement != agreement.agreement or line.kind not in DISCOUNTED:
            continue
        discount = context.policy.term_discount(years, line.category)
        if discount is not None:
            groups.setdefault((discount, line.category), []).append(line.amount)
    for (discount, category), amounts in groups.items():
        worked_out = apply_term_discount(discount, amounts, build.account.currency)
        yield InvoiceLine(
            line=1,
            kind=LineKind.DISCOUNT,
            subscriber=None,
            product=f"TERM-{discount.years}Y",
            description=f"{years}-year term discount, {discount.percent}% of "
            f"{worked_out.base.amount:,} {build.account.currency}",
            category=category,
            quantity=Decimal(1),
            unit="discount",
            unit_price=worked_out.amount,
            amount=worked_out.amount,
            service_period=ServicePeriod.of_month(context.period),
            reason=LineReason(
                clause=discount.clause,
                agreement=agreement.agreement,
                agreement_line=None,
                quantity_from=f"term of {years} years in the agreement",
                price_basis=PriceBasis.PERCENT,
                price_from=f"policy {context.policy.version}",
                arithmetic=worked_out.arithmetic,
            ),
        )
