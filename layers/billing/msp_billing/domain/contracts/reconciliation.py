"""First invoices as ordered, and what was counted beyond it as a line of its own (COL-09)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.building.billable_lines import BillableLine, billable_lines
from msp_billing.domain.charging.pricing import PriceInForce, price_parts
from msp_billing.domain.contracts.order_prices import price_or_park
from msp_billing.domain.invoices import InvoiceLine, LineKind, LineReason, PriceBasis
from msp_billing.domain.money import Money, total
from msp_billing.domain.periods import ServicePeriod

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.contracts.ordered_lines import OrderedLine


def reconciliation_lines(build: AccountBuild) -> Iterator[InvoiceLine]:
    """One line for every counted line that is billed for the first time and ordered too few of.

    It brings the first month up to what was counted, at the price that the count has; so the
    first invoice comes to as much as one by the count would. Where more was ordered than counted
    there is no line: nothing is given back.
    """
    context = build.context
    if not build.ordered_lines.any_billed_as_ordered(
        context.planned_invoice_on, context.invoice_before_on
    ):
        return
    for agreement in build.billing:
        for entry in billable_lines(build, agreement):
            ordered = entry.ordered
            if ordered is None or entry.counted is None or entry.counted <= entry.quantity:
                continue
            found = price_or_park(
                build,
                entry.product,
                entry.line.price,
                build.price_day(agreement, entry.line, entry.subscriber),
                f"agreement line {entry.line.line}",
                entry.subscriber,
                agreement,
            )
            if found is None:
                continue
            line = _line(build, entry, ordered, entry.counted, found)
            if line is not None:
                yield line


def _line(
    build: AccountBuild,
    entry: BillableLine,
    ordered: OrderedLine,
    counted: Decimal,
    found: PriceInForce,
) -> InvoiceLine | None:
    rule, item = ordered.rule.reconcile, ordered.item
    assert rule is not None, "only what is reconciled is billed as ordered"
    assert item is not None, "only what an item orders has a quantity"
    charge = f"reconciliation:{ordered.order.order}:{item.item}"
    if not build.may_bill(charge):
        return None
    currency = build.account.currency
    missing, minimum = counted - entry.quantity, entry.line.minimum_quantity or 0
    as_counted, as_ordered = (
        total(
            (part.amount for part in price_parts(found.price, units, currency, minimum)), currency
        )
        for units in (counted, entry.quantity)
    )
    amount = as_counted - as_ordered
    if amount.amount <= 0:
        return None
    if found.price.each is not None and found.price.per_unit and entry.quantity >= minimum:
        quantity, basis = missing, PriceBasis.EACH
        unit_price = Money(amount=found.price.each, currency=currency)
        said = f"{missing} x {unit_price.amount}"
    else:
        quantity, basis, unit_price = Decimal(1), PriceBasis.AMOUNT, amount
        said = f"{as_counted.amount} for {counted} - {as_ordered.amount} for {entry.quantity}"
    return InvoiceLine(
        line=1,
        kind=LineKind.RECONCILIATION,
        subscriber=entry.subscriber,
        product=entry.product.code,
        description=f"{entry.product.name}, {rule.title}",
        category=entry.product.category,
        quantity=quantity,
        unit=entry.product.unit,
        unit_price=unit_price,
        amount=amount,
        service_period=ServicePeriod.of_month(build.context.period),
        charge=charge,
        reason=LineReason(
            clause=rule.clause,
            agreement=entry.agreement.agreement,
            agreement_line=entry.line.line,
            quantity_from=f"counted {counted}, ordered {entry.quantity} with order "
            f"{ordered.order.order} of {ordered.order.ordered_on}",
            price_basis=basis,
            price_from=found.found_in,
            arithmetic=f"{said} = {amount.amount}",
        ),
    )
