"""The lines that orders cost once: items, shipping, setup fees, and what was ordered too few."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.contracts.order_charges import (
    OrderedOnce,
    billed_here,
    charge_line,
    item_charges,
    park_unknown_traits,
)
from msp_billing.domain.contracts.reconciliation import reconciliation_lines
from msp_billing.domain.contracts.setup_fees import FactMissing, Units, fee_due_on, fee_units
from msp_billing.domain.findings import Finding

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.contracts.agreements import Agreement
    from msp_billing.domain.contracts.order_policy import SetupFee
    from msp_billing.domain.contracts.orders import Order
    from msp_billing.domain.invoices import InvoiceLine


def order_lines(build: AccountBuild) -> Iterator[InvoiceLine]:
    """Everything that the account's orders cost once and that no cycle has billed yet.

    What was ordered up to the cycle's last day for charges is taken, so that an order that was
    entered late is billed by the next cycle, once (COL-11, COL-23, KR-08).
    """
    agreements = {entry.agreement: entry for entry in build.account.agreements}
    _park_lines_without_rule(build)
    for order in build.account.orders:
        if order.ordered_on > build.context.charges_until:
            continue
        agreement = agreements[order.agreement]
        park_unknown_traits(build, order, agreement)
        # A fee may fall due long after its order: it has a day of its own.
        items = item_charges(build, order, agreement) if is_ours(build, order.ordered_on) else ()
        for charge in (*items, *_fee_charges(build, order, agreement)):
            line = charge_line(build, charge)
            if line is not None:
                yield line
    yield from reconciliation_lines(build)


def is_ours(build: AccountBuild, day: date) -> bool:
    """Whether what falls on the day is for this system to bill, and not for the one before it."""
    return day >= build.context.charges_from


def _park_lines_without_rule(build: AccountBuild) -> None:
    active = {entry.agreement for entry in build.active}
    for order, item in build.ordered_lines.without_rule:
        if order.agreement not in active:
            continue
        build.park(
            "no-order-rule",
            f"Line {item.line} of {order.agreement} is brought by the order {order.order}, and the "
            f"policy {build.context.policy.version} does not say when a {order.kind} begins to "
            "bill.",
            f"Add an order rule for '{order.kind}' to the policy, or correct the order's kind.",
        )


def _fee_charges(build: AccountBuild, order: Order, agreement: Agreement) -> Iterator[OrderedOnce]:
    for fee in build.context.policy.setup_fees:
        if fee.applies_to(order):
            charge = _fee_charge(build, fee, order, agreement)
            if charge is not None:
                yield charge


def _fee_charge(
    build: AccountBuild, fee: SetupFee, order: Order, agreement: Agreement
) -> OrderedOnce | None:
    """The charge of a fee that is due, with its quantity; None when there is nothing to charge."""
    charge = OrderedOnce(
        order=order,
        agreement=agreement,
        charge=f"setup:{order.order}:{fee.fee}",
        product=fee.product,
        subscriber=order.subscriber,
        quantity=1,
        quantity_from="a fee",
        clause=fee.clause,
    )
    if billed_here(build, charge) is None:
        return None
    due_on = fee_due_on(fee, order)
    if due_on is None or due_on > build.context.charges_until:
        build.report(_waiting(fee, order, due_on))
        return None
    if not is_ours(build, due_on):
        return None
    units = fee_units(fee, order, agreement, lambda rule, who: _count(build, rule, who))
    if isinstance(units, FactMissing):
        build.park(units.code, units.what, units.fix, agreement)
        return None
    if units is None or not units.quantity:
        return None
    return OrderedOnce(
        order=order,
        agreement=agreement,
        charge=charge.charge,
        product=fee.product,
        subscriber=order.subscriber,
        quantity=units.quantity,
        quantity_from=units.quantity_from,
        clause=fee.clause,
        count=units.count,
    )


def _waiting(fee: SetupFee, order: Order, due_on: date | None) -> Finding:
    activated = "is not activated yet" if due_on is None else f"is activated on {due_on}"
    return Finding(
        code="setup-fee-waiting",
        clause=fee.clause,
        title="Setup fees that wait for the activation",
        subscriber=order.subscriber,
        what=f"The order {order.order} of {order.ordered_on} {activated}: its setup fee "
        f"'{fee.fee}' is billed by the cycle after that.",
    )


def _count(build: AccountBuild, rule_name: str, subscriber: str | None) -> Units | None:
    rule = build.context.policy.count_rule(rule_name)
    counted = build.counter.count(rule, subscriber)
    if counted is None:
        return None
    key, count = counted
    return Units(count.quantity, f"counted: {rule.title}", key)
