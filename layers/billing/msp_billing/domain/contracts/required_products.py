"""Products of which every account has at least so many: StreamlineIT and IT Glue (COL-22)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.building.billable_lines import billable_lines
from msp_billing.domain.charging.pricing import price_parts
from msp_billing.domain.contracts.order_prices import price_or_park
from msp_billing.domain.findings import Finding
from msp_billing.domain.hardware import described
from msp_billing.domain.invoices import InvoiceLine, LineKind, LineReason
from msp_billing.domain.periods import ServicePeriod

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.contracts.order_policy import RequiredProduct
    from msp_billing.domain.price_book import Product


def required_product_lines(build: AccountBuild) -> Iterator[InvoiceLine]:
    """What an account has fewer of than the policy requires, billed and reported by name.

    A license is billed from the month in which it is provisioned. So an account whose line is
    still to start lacks nothing; one without any such line was forgotten, and a person is told.
    """
    if not any(build.life(entry).in_service(build.context.period) for entry in build.active):
        return
    for required in build.context.policy.required_products:
        product = build.context.price_book.find(required.product)
        if product is None:
            build.park(
                "unknown-product",
                f"Every account has '{required.product}' by the policy "
                f"{build.context.policy.version}, and the price book "
                f"{build.context.price_book.version} lacks it.",
                "Correct 'required_products', or add the product.",
            )
        elif product.category in build.context.run.categories:
            missing = required.minimum - _had(build, required)
            if missing > 0 and not _still_to_start(build, required):
                yield from _shortfall(build, required, product, missing)


def _had(build: AccountBuild, required: RequiredProduct) -> Decimal:
    return sum(
        (
            entry.quantity
            for agreement in build.billing
            for entry in billable_lines(build, agreement, only=required.product)
        ),
        Decimal(0),
    )


def _still_to_start(build: AccountBuild, required: RequiredProduct) -> bool:
    last_day = build.context.period.last_day
    for agreement in build.account.agreements:
        for line in agreement.lines:
            if line.product != required.product:
                continue
            ordered = build.ordered_lines.of_line(agreement, line, line.subscriber)
            later = max(agreement.starts_on, line.starts_on or agreement.starts_on) > last_day
            if later or (ordered and not ordered.billed_by(build.context.planned_invoice_on)):
                return True
    return False


def _shortfall(
    build: AccountBuild, required: RequiredProduct, product: Product, missing: Decimal
) -> Iterator[InvoiceLine]:
    """What is missing at its list price, each part of that price a line, and the finding."""
    account, section = build.account, _internal_section(build.account)
    agreement = build.agreement_for_charges()
    first_day = build.context.period.first_day
    found = price_or_park(
        build, product, None, first_day, f"the agreement {agreement.agreement}", section, agreement
    )
    if found is None:
        return
    had = required.minimum - missing
    build.report(_forgotten(build, required, product, missing))
    for part in price_parts(found.price, missing, account.currency):
        yield InvoiceLine(
            line=1,
            kind=LineKind.RECURRING,
            subscriber=section,
            product=product.code,
            description=described(product.name, None, product.hardware),
            category=product.category,
            quantity=part.quantity,
            unit=product.unit,
            unit_price=part.unit_price,
            amount=part.amount,
            service_period=ServicePeriod.of_month(build.context.period),
            ownership=product.hardware,
            reason=LineReason(
                clause=required.clause,
                agreement=agreement.agreement,
                agreement_line=None,
                quantity_from=f"at least {required.minimum} for every account, {had} in the "
                "agreements",
                price_basis=part.basis,
                price_from=found.found_in,
                arithmetic=part.arithmetic,
            ),
        )


def _forgotten(
    build: AccountBuild, required: RequiredProduct, product: Product, missing: Decimal
) -> Finding:
    return Finding(
        code="required-product-missing",
        clause=required.clause,
        title="Accounts with fewer of a product than every account has",
        what=f"{build.account.name} has {required.minimum - missing} {product.name} in its "
        f"agreements, and every account has at least {required.minimum}: the missing "
        f"{missing} are billed. Add a line with the day from which it was provisioned.",
    )


def _internal_section(account: Account) -> str | None:
    """The account's own environment (COL-06); the account itself where it has none listed."""
    internal = (entry.subscriber for entry in account.subscribers if entry.internal)
    return next(internal, None)
