"""Lines for what an agreement falls short of the minimum that it promises (MSA-04)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.building.billable_lines import billable_lines, lines_in_period, provided
from msp_billing.domain.charging.minimums import amount_shortfall
from msp_billing.domain.charging.price_lookup import (
    NoPriceError,
    TwoPricesError,
    own_or_list_price,
    places_of,
)
from msp_billing.domain.charging.pricing import PartRole, PriceInForce, price_parts
from msp_billing.domain.invoices import InvoiceLine, LineKind, LineReason, PriceBasis
from msp_billing.domain.money import Money
from msp_billing.domain.periods import ServicePeriod

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
    from msp_billing.domain.contracts.minimums import AgreementMinimum
    from msp_billing.domain.price_book import Product

_UNITS = (LineKind.RECURRING, LineKind.SHORTFALL)
"""Lines whose quantity counts towards a minimum quantity."""

_MONTHLY = (*_UNITS, LineKind.RECONCILIATION, LineKind.DISCOUNT)
"""What counts towards a minimum amount: the month's charges, and what is taken off them."""


def quantity_shortfalls(
    build: AccountBuild, agreements: Sequence[Agreement], lines: Sequence[InvoiceLine]
) -> Iterator[InvoiceLine]:
    """One line for each product of which an agreement has fewer than it promises.

    They come before the term discounts, which they share in: who has fewer must not pay more.
    """
    for agreement, minimum in _in_force(build, agreements):
        product = build.context.price_book.find(minimum.product or "")
        if product is None or product.category not in build.context.run.categories:
            continue
        of_it = [
            line
            for line in lines
            if line.reason.agreement == agreement.agreement
            and line.product == product.code
            and line.kind in _UNITS
        ]
        found = _one_price(build, agreement, minimum, product)
        if found is not None:
            counted = sum((line.quantity for line in of_it), Decimal(0))
            counted += _beyond_order(build, agreement, product)
            yield from _quantity_line(build, agreement, minimum, product, found, counted)


def _beyond_order(build: AccountBuild, agreement: Agreement, product: Product) -> Decimal:
    """The units that a first invoice has beyond those ordered or promised by a line (COL-09).

    The line that reconciles them may be one amount, or none where more units cost less: its
    quantity does not tell.
    """
    units = Decimal(0)
    for entry in billable_lines(build, agreement, product.code):
        if entry.counted is not None:
            least = max(entry.quantity, Decimal(entry.line.minimum_quantity or 0))
            units += max(entry.counted - least, Decimal(0))
    return units


def _quantity_line(
    build: AccountBuild,
    agreement: Agreement,
    minimum: AgreementMinimum,
    product: Product,
    found: PriceInForce,
    counted: Decimal,
) -> Iterator[InvoiceLine]:
    assert minimum.quantity is not None, "a minimum of a product has a quantity"
    for part in price_parts(found.price, counted, build.account.currency, minimum.quantity):
        if part.role is PartRole.SHORTFALL:
            yield InvoiceLine(
                line=1,
                kind=LineKind.SHORTFALL,
                subscriber=None,
                product=product.code,
                description=f"{product.name}, missing to the minimum of {minimum.quantity}",
                category=product.category,
                quantity=part.quantity,
                unit=product.unit,
                unit_price=part.unit_price,
                amount=part.amount,
                service_period=ServicePeriod.of_month(build.context.period),
                reason=LineReason(
                    clause=minimum.clause or build.context.run.clause,
                    agreement=agreement.agreement,
                    agreement_line=None,
                    quantity_from=f"minimum '{minimum.minimum}' in the agreement",
                    price_basis=part.basis,
                    price_from=found.found_in,
                    arithmetic=part.arithmetic,
                ),
            )


def _one_price(
    build: AccountBuild, agreement: Agreement, minimum: AgreementMinimum, product: Product
) -> PriceInForce | None:
    """The price of a missing unit; None, and a problem, when the agreement leaves it open.

    None as well while every line of the product waits for its start, or for the first invoice of
    its order (COL-08): nothing is missing yet.
    """
    context = build.context
    found: list[PriceInForce] = []
    lines = [line for line in agreement.lines if line.product == product.code]
    if _all_wait(build, agreement, lines):
        return None
    for line in lines:
        if not _begun(build, agreement, line):
            continue
        places = places_of(build.account, line.subscriber, context.policy.taxes)
        try:
            price = own_or_list_price(
                line,
                product,
                context.price_book,
                build.price_day(agreement, line, line.subscriber),
                build.account.currency,
                places,
            )
        except (NoPriceError, TwoPricesError):
            continue  # the line itself parks the account, if it bills anything
        if all(price.price != other.price for other in found):
            found.append(price)
    if len(found) == 1 and found[0].price.flat is None and found[0].price.included is None:
        return found[0]
    what = "has no price per unit" if len(found) < 2 else f"has {len(found)} prices"
    build.park(
        "minimum-price",
        f"The minimum '{minimum.minimum}' of agreement {agreement.agreement} is a quantity of "
        f"{product.code}, which {what} in the agreement.",
        "Give its lines one price per unit, or write the minimum as an 'amount'.",
    )
    return None


def _begun(build: AccountBuild, agreement: Agreement, line: AgreementLine) -> bool:
    """Whether the line bills in the month, in any of its sections."""
    context, orders = build.context, build.ordered_lines
    sections = [section for entry, section in lines_in_period(build, agreement) if entry is line]
    return any(
        provided(build.life(agreement), line, orders.of_line(agreement, line, section), context)
        for section in sections or [None]
    )


def _all_wait(build: AccountBuild, agreement: Agreement, lines: Sequence[AgreementLine]) -> bool:
    """Whether there are monthly lines, of which none has begun to bill and none has ended."""
    first_day, life = build.context.period.first_day, build.life(agreement)
    monthly = [line for line in lines if line.bill_once_in is None]
    return bool(monthly) and all(
        (life.line_end(line).last_on or first_day) >= first_day
        and not _begun(build, agreement, line)
        for line in monthly
    )


def _of_categories(
    build: AccountBuild, agreement: Agreement, minimum: AgreementMinimum
) -> list[AgreementLine]:
    book = build.context.price_book
    return [
        line
        for line in agreement.lines
        if (product := book.find(line.product)) is not None
        and product.category in minimum.categories
    ]


def amount_shortfalls(
    build: AccountBuild, agreements: Sequence[Agreement], lines: Sequence[InvoiceLine]
) -> Iterator[InvoiceLine]:
    """One line for each minimum monthly amount that an agreement does not come to.

    They come after the term discounts: the minimum is what the month comes to at least, before
    tax. One-time charges, work and adjustments do not fill it up. There is none while every line
    of its categories waits to begin.
    """
    categories = set(build.context.run.categories)
    for agreement, minimum in _in_force(build, agreements):
        if minimum.amount is None or not categories & set(minimum.categories):
            continue
        if not categories >= set(minimum.categories):
            build.park(
                "minimum-across-runs",
                f"The minimum '{minimum.minimum}' of agreement {agreement.agreement} counts "
                f"{', '.join(minimum.categories)}, which are not all billed by one run.",
                "Write a minimum for the categories of each run.",
            )
            continue
        if _all_wait(build, agreement, _of_categories(build, agreement, minimum)):
            continue
        billed = [
            line.amount
            for line in lines
            if line.reason.agreement == agreement.agreement
            and line.category in minimum.categories
            and line.kind in _MONTHLY
        ]
        yield from _amount_line(build, agreement, minimum, billed)


def _amount_line(
    build: AccountBuild, agreement: Agreement, minimum: AgreementMinimum, billed: Sequence[Money]
) -> Iterator[InvoiceLine]:
    assert minimum.amount is not None, "called for amounts only"
    floor = Money(amount=minimum.amount, currency=build.account.currency).rounded()
    missing = amount_shortfall(floor, billed)
    if missing is None:
        return
    yield InvoiceLine(
        line=1,
        kind=LineKind.SHORTFALL,
        subscriber=None,
        product="MINIMUM",
        description=f"Missing to the monthly minimum of {floor.amount:,} {floor.currency}",
        category=minimum.categories[0],
        quantity=Decimal(1),
        unit="minimum",
        unit_price=missing.amount,
        amount=missing.amount,
        service_period=ServicePeriod.of_month(build.context.period),
        reason=LineReason(
            clause=minimum.clause or build.context.run.clause,
            agreement=agreement.agreement,
            agreement_line=None,
            quantity_from=f"minimum '{minimum.minimum}' in the agreement",
            price_basis=PriceBasis.MINIMUM,
            price_from=f"agreement {agreement.agreement}",
            arithmetic=missing.arithmetic,
        ),
    )


def _in_force(
    build: AccountBuild, agreements: Sequence[Agreement]
) -> Iterator[tuple[Agreement, AgreementMinimum]]:
    """The minimums of the month: of agreements in service, and not in their free months."""
    period = build.context.period
    for agreement in agreements:
        life = build.life(agreement)
        if life.in_service(period) and not life.is_free(period):
            for minimum in agreement.minimums:
                if minimum.applies_in(period):
                    yield agreement, minimum
