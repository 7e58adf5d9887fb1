"""Lines for manual credits and charges, each billed once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.charging.adjustments import Adjustment, AdjustmentPolicy, adjusted_amount
from msp_billing.domain.charging.price_lookup import (
    NoPriceError,
    TwoPricesError,
    list_price,
    own_or_list_price,
    places_of,
)
from msp_billing.domain.contracts.agreements import EACH_SUBSCRIBER, Agreement, AgreementLine
from msp_billing.domain.findings import Finding, FindingItem
from msp_billing.domain.invoices import InvoiceLine, LineKind, LineReason, PriceBasis
from msp_billing.domain.money import Money
from msp_billing.domain.periods import Period, ServicePeriod

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.charging.pricing import PriceInForce
    from msp_billing.domain.price_book import Product


@dataclass(frozen=True)
class WorkedOut:
    """An adjustment with its amount and where that comes from."""

    product: str
    category: str
    quantity: Decimal
    unit: str
    unit_price: Money
    amount: Money
    basis: PriceBasis
    price_from: str
    arithmetic: str


def adjustment_lines(build: AccountBuild) -> Iterator[InvoiceLine]:
    """The account's adjustments that are due, approved where they must be, and not billed yet.

    One that waits for its approval is held back and reported by name: it goes on the invoice of
    the first cycle after the approval, whichever that is.
    """
    limits = build.context.policy.adjustments
    for entry in build.account.adjustments:
        if entry.dated_on > build.context.charges_until:
            continue
        if not build.may_bill(entry.charge, entry.dated_on):
            continue
        worked = worked_out(build, entry)
        if worked is None or worked.category not in build.context.run.categories:
            continue
        if (
            limits is not None
            and entry.approved_by is None
            and limits.needs_approval(worked.amount)
        ):
            build.report(_waiting(entry, worked.amount, limits))
        else:
            yield _line(build, entry, worked)


def worked_out(build: AccountBuild, entry: Adjustment) -> WorkedOut | None:
    """The amount; None, and a problem, when it cannot be known or would never be billed."""
    if entry.product is not None:
        return _of_product(build, entry, entry.product)
    assert entry.amount is not None, "an adjustment is an amount or a product"
    assert entry.category is not None, "an adjustment by amount has its category"
    billed = {category for run in build.context.policy.runs for category in run.categories}
    if entry.category not in billed:
        build.park(
            "adjustment-category",
            f"The adjustment '{entry.adjustment}' is of the category '{entry.category}', which no "
            "run bills.",
            f"Write one of {', '.join(sorted(billed))}.",
        )
        return None
    amount = Money(amount=entry.amount, currency=build.account.currency).rounded()
    return WorkedOut(
        product="CREDIT" if amount.amount < 0 else "CHARGE",
        category=entry.category,
        quantity=Decimal(1),
        unit="adjustment",
        unit_price=amount,
        amount=amount,
        basis=PriceBasis.AMOUNT,
        price_from=f"adjustment {entry.adjustment}",
        arithmetic=f"{amount.amount} as entered",
    )


def _of_product(build: AccountBuild, entry: Adjustment, code: str) -> WorkedOut | None:
    assert entry.quantity is not None, "an adjustment of a product has its quantity"
    product = build.context.price_book.find(code)
    if product is None:
        build.park(
            "unknown-product",
            f"The adjustment '{entry.adjustment}' is for '{code}', which the price book "
            f"{build.context.price_book.version} lacks.",
            "Correct the product, or write an 'amount' with its 'category'.",
        )
        return None
    if product.category not in build.context.run.categories:
        return None  # another run bills it
    each, price_from = _price_each(build, entry, product)
    if each is None:
        return None
    amount, arithmetic = adjusted_amount(entry.quantity, each, build.account.currency)
    return WorkedOut(
        product=product.code,
        category=product.category,
        quantity=Decimal(entry.quantity),
        unit=product.unit,
        unit_price=Money(amount=each, currency=build.account.currency),
        amount=amount,
        basis=PriceBasis.EACH,
        price_from=price_from,
        arithmetic=arithmetic,
    )


def _price_each(
    build: AccountBuild, entry: Adjustment, product: Product
) -> tuple[Decimal | None, str]:
    """The price of one unit: the adjustment's, the agreements' own, else the day's list price.

    A price by steps has no price of one unit, and two agreements may have two: nobody can tell
    then what is meant, and the adjustment has to say it.
    """
    if entry.each is not None:
        return entry.each, f"adjustment {entry.adjustment}"
    found = {price.price.each: price for price in _prices(build, entry, product)}
    if len(found) == 1 and (price := next(iter(found.values()))).price.per_unit:
        return price.price.each, price.found_in
    build.park(
        "adjustment-price",
        f"The adjustment '{entry.adjustment}' is {entry.quantity} of {product.code}, which has no "
        f"single price per unit on {entry.dated_on}.",
        "Write the price of a unit into the adjustment as 'each'.",
    )
    return None, ""


def _prices(build: AccountBuild, entry: Adjustment, product: Product) -> Iterator[PriceInForce]:
    """What a unit costs by the agreements' lines for it, or by the list where there are none.

    A line's price is the one that it has in the month of the adjustment: a credit takes back what
    was billed.
    """
    context = build.context
    places = places_of(build.account, entry.subscriber, context.policy.taxes)
    currency = build.account.currency
    try:
        lines = _lines_of(build, entry, product)
        for agreement, line in lines:
            section = entry.subscriber if line.subscriber == EACH_SUBSCRIBER else line.subscriber
            day = build.price_day(agreement, line, section, Period.of(entry.dated_on))
            yield own_or_list_price(line, product, context.price_book, day, currency, places)
        if not lines:
            yield list_price(product, context.price_book, entry.dated_on, currency, places)
    except (NoPriceError, TwoPricesError):
        return  # the caller parks: there is no single price


def _lines_of(
    build: AccountBuild, entry: Adjustment, product: Product
) -> list[tuple[Agreement, AgreementLine]]:
    """The agreements' lines for the product, in the adjustment's section where it names one."""
    lines = [
        (agreement, line)
        for agreement in build.account.agreements
        for line in agreement.lines
        if line.product == product.code and entry.agreement in {None, agreement.agreement}
    ]
    if entry.subscriber is None:
        return lines
    exact = [found for found in lines if found[1].subscriber == entry.subscriber]
    return exact or [found for found in lines if found[1].subscriber in {None, EACH_SUBSCRIBER}]


def _waiting(entry: Adjustment, amount: Money, limits: AdjustmentPolicy) -> Finding:
    kind = "credit" if amount.amount < 0 else "charge"
    return Finding(
        code="adjustment-unapproved",
        clause=limits.clause,
        title="Adjustments that wait for approval",
        subscriber=entry.subscriber,
        what=f"A {kind} of {abs(amount.amount):,} {amount.currency}, entered by "
        f"{entry.entered_by}, is above what one person may enter: it is not billed before "
        "'approved_by' says who agreed.",
        items=(
            FindingItem(
                item_id=entry.adjustment,
                name=entry.description,
                where=None,
                since_on=entry.dated_on,
            ),
        ),
    )


def _line(build: AccountBuild, entry: Adjustment, worked: WorkedOut) -> InvoiceLine:
    policy = build.context.policy
    approved = f", approved by {entry.approved_by}" if entry.approved_by else ""
    return InvoiceLine(
        line=1,
        kind=LineKind.ADJUSTMENT,
        subscriber=entry.subscriber,
        product=worked.product,
        description=entry.description,
        category=worked.category,
        quantity=worked.quantity,
        unit=worked.unit,
        unit_price=worked.unit_price,
        amount=worked.amount,
        service_period=ServicePeriod(starts_on=entry.dated_on, ends_on=entry.dated_on),
        charge=entry.charge,
        reason=LineReason(
            clause=policy.adjustments.clause if policy.adjustments else build.context.run.clause,
            agreement=entry.agreement or build.agreement_for_charges().agreement,
            agreement_line=None,
            quantity_from=f"entered by {entry.entered_by}{approved}: {entry.reason}",
            price_basis=worked.basis,
            price_from=worked.price_from,
            arithmetic=worked.arithmetic,
        ),
    )
