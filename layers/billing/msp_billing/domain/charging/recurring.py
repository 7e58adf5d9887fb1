"""Recurring lines: what the agreements provide month by month, and discounts on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from msp_billing.domain.account_build import AccountBuild
from msp_billing.domain.billable_lines import BillableLine, billable_lines
from msp_billing.domain.charging.pricing import (
    PriceInForce,
    apply_term_discount,
    price_in_force,
    price_quantity,
)
from msp_billing.domain.contracts.agreements import Agreement
from msp_billing.domain.hardware import described
from msp_billing.domain.invoices import InvoiceLine, LineKind, LineReason, PriceBasis
from msp_billing.domain.money import Money
from msp_billing.domain.periods import ServicePeriod
from msp_billing.domain.policy import TermDiscount


def recurring_lines(build: AccountBuild) -> Iterator[InvoiceLine]:
    """The lines of every agreement that is active, with quantity and price.

    A quantity without a price stops the account; it never bills zero (INT-02).
    """
    unpriced: dict[tuple[str, str, str], list[BillableLine]] = {}
    for agreement in build.active:
        for entry in billable_lines(build, agreement):
            found = price_in_force(
                entry.line, entry.product, build.context.price_book, build.context.period
            )
            if found is None:
                key = (entry.agreement.agreement, entry.line.line, entry.product.code)
                unpriced.setdefault(key, []).append(entry)
            else:
                yield _line(build, entry, found)
    for (agreement_id, line, product), entries in unpriced.items():
        quantity = sum(entry.quantity for entry in entries)
        build.park(
            "no-price",
            f"{quantity} {entries[0].product.unit} of {product} have no price on "
            f"{build.context.period.first_day}.",
            f"Give line {line} of agreement {agreement_id} a price, or the product a list price.",
        )


def _line(build: AccountBuild, entry: BillableLine, found: PriceInForce) -> InvoiceLine:
    context = build.context
    priced = price_quantity(found.price, entry.quantity, build.account.currency)
    once = entry.line.bill_once_in is not None
    return InvoiceLine(
        line=1,
        kind=LineKind.ONE_TIME if once else LineKind.RECURRING,
        subscriber=entry.subscriber,
        product=entry.product.code,
        description=described(entry.product.name, entry.line.note, entry.hardware),
        category=entry.product.category,
        quantity=priced.quantity,
        unit=entry.product.unit,
        unit_price=priced.unit_price,
        amount=priced.amount,
        service_period=ServicePeriod.of_month(context.period),
        ownership=entry.hardware,
        reason=LineReason(
            clause=_clause(build, entry),
            agreement=entry.agreement.agreement,
            agreement_line=entry.line.line,
            quantity_from=entry.quantity_from,
            count=entry.count_key,
            price_basis=priced.basis,
            price_from=found.found_in,
            arithmetic=priced.arithmetic,
        ),
    )


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
    """One line per agreement, term discount and category, on recurring lines only (KR-09)."""
    for agreement in agreements:
        yield from _discounts_of(build, agreement, lines)


def _discounts_of(
    build: AccountBuild, agreement: Agreement, lines: Iterable[InvoiceLine]
) -> Iterator[InvoiceLine]:
    context = build.context
    groups: dict[tuple[TermDiscount, str], list[Money]] = {}
    for line in lines:
        if line.reason.agreement != agreement.agreement or line.kind is not LineKind.RECURRING:
            continue
        discount = context.policy.term_discount(agreement.term_years, line.category)
        if discount is not None:
            groups.setdefault((discount, line.category), []).append(line.amount)
    for (discount, category), amounts in groups.items():
        worked_out = apply_term_discount(discount, amounts, build.account.currency)
        yield InvoiceLine(
            line=1,
            kind=LineKind.DISCOUNT,
            subscriber=None,
            product=f"TERM-{discount.years}Y",
            description=f"{agreement.term_years}-year term discount, {discount.percent}% of "
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
                quantity_from=f"term of {agreement.term_years} years in the agreement",
                price_basis=PriceBasis.PERCENT,
                price_from=f"policy {context.policy.version}",
                arithmetic=worked_out.arithmetic,
            ),
        )
