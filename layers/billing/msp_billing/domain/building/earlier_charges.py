"""Charges from before a provider's first cycle: not billed here, and never passed over in silence.

The first cycles name them, so that somebody can look whether they were billed before at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from msp_billing.domain.building.account_build import AccountBuild
from msp_billing.domain.charging.adjustment_lines import worked_out
from msp_billing.domain.contracts.order_charges import OrderedOnce, charge_line, item_charges
from msp_billing.domain.contracts.setup_fees import Units, fee_due_on, fee_units
from msp_billing.domain.findings import Finding, FindingItem
from msp_billing.domain.money import Money
from msp_billing.domain.work.time_charges import assess_work
from msp_billing.domain.work.time_lines import usable_reading, work_terms

BEFORE_START = "charges-before-start"
"""The code of the finding."""

TOLD_IN_MONTHS = 3
"""How many of the first service months tell of earlier charges; work is approved weeks later."""


@dataclass(frozen=True)
class _Earlier:
    """A charge that is left to whatever billed before this system.

    ``amount`` is None where it cannot be known any more: a price list may begin later.
    """

    charge: str
    what: str
    dated_on: date
    amount: Money | None
    where: str | None = None


def report_earlier_charges(build: AccountBuild) -> None:
    """Report the charges that this run would bill if they were not from before its first cycle.

    What waits for an approval is among them: it was ready before, and nobody may have billed it.
    """
    context = build.context
    first = context.first_period
    if first is None or context.run.informational:
        return
    if context.period >= first.shifted(TOLD_IN_MONTHS):
        return
    # Built as if every charge were this system's. What it parks or reports is nobody's concern.
    apart = AccountBuild(replace(context, charges_from=date.min), build.snapshot, build.previous)
    found = [
        entry
        for entry in (*_orders(build, apart), *_adjustments(build, apart), *_work(build, apart))
        if apart.may_bill(entry.charge)
    ]
    if found:
        build.report(_finding(build, sorted(found, key=lambda one: (one.dated_on, one.charge))))


def _finding(build: AccountBuild, found: list[_Earlier]) -> Finding:
    several = len(found) > 1
    return Finding(
        code=BEFORE_START,
        clause=build.context.run.clause,
        title="Charges from before the first cycle, not billed here",
        what=f"{len(found)} charge{'s are' if several else ' is'} from before the first cycle "
        f"({build.context.first_period}) and taken as billed before this system. What was not "
        "billed then is never billed unless it is entered as an adjustment with a later date.",
        items=tuple(
            FindingItem(
                item_id=entry.charge,
                name=f"{entry.what}, {_amount(entry.amount)}",
                where=entry.where,
                since_on=entry.dated_on,
            )
            for entry in found
        ),
    )


def _amount(amount: Money | None) -> str:
    return "amount not known" if amount is None else f"{amount.amount:,} {amount.currency}"


def _orders(build: AccountBuild, apart: AccountBuild) -> Iterator[_Earlier]:
    """Items, shipping and setup fees, each by the day that decides when it is billed."""
    agreements = {entry.agreement: entry for entry in build.account.agreements}
    begins_on = build.context.charges_from
    for order in build.account.orders:
        agreement = agreements[order.agreement]
        if order.ordered_on < begins_on:
            for once in item_charges(apart, order, agreement):
                yield from _ordered(apart, once, order.ordered_on)
        for fee in build.context.policy.setup_fees:
            due_on = fee_due_on(fee, order) if fee.applies_to(order) else None
            if due_on is None or due_on >= begins_on:
                continue
            # What was counted at the activation cannot be counted any more.
            units = fee_units(fee, order, agreement, lambda _rule, _section: None)
            quantity = units.quantity if isinstance(units, Units) else None
            if quantity == 0:
                continue
            once = OrderedOnce(
                order=order,
                agreement=agreement,
                charge=f"setup:{order.order}:{fee.fee}",
                product=fee.product,
                subscriber=order.subscriber,
                quantity=quantity or 1,
                quantity_from="a fee",
                clause=fee.clause,
            )
            yield from _ordered(apart, once, due_on, known=quantity is not None)


def _ordered(
    apart: AccountBuild, once: OrderedOnce, day: date, *, known: bool = True
) -> Iterator[_Earlier]:
    """The charge, where this run bills its product; ``known`` says whether its quantity is."""
    product = apart.context.price_book.find(once.product)
    if product is not None and product.category not in apart.context.run.categories:
        return
    line = charge_line(apart, once) if known else None
    name = once.product if product is None else product.name
    yield _Earlier(
        charge=once.charge,
        what=f"{once.quantity} x {name}" if known else name,
        dated_on=day,
        amount=None if line is None else line.amount,
        where=once.subscriber,
    )


def _adjustments(build: AccountBuild, apart: AccountBuild) -> Iterator[_Earlier]:
    for entry in build.account.adjustments:
        if entry.dated_on >= build.context.charges_from:
            continue
        product = build.context.price_book.find(entry.product or "")
        category = entry.category if product is None else product.category
        if category is not None and category not in build.context.run.categories:
            continue
        worked = worked_out(apart, entry)
        yield _Earlier(
            charge=entry.charge,
            what=entry.description,
            dated_on=entry.dated_on,
            amount=None if worked is None else worked.amount,
            where=entry.subscriber,
        )


def _work(build: AccountBuild, apart: AccountBuild) -> Iterator[_Earlier]:
    """Work that was ready before, approved or not: its approval may have come since (COL-25)."""
    work = build.context.run.work
    if work is None:
        return
    rules = build.context.policy.work_rule(work.rules)
    reading = usable_reading(apart, rules, work)
    if reading is None:
        return
    terms = work_terms(build, rules, work)
    assessed = assess_work(reading.rows, replace(terms, from_on=date.min))
    for charge, decision in (*assessed.charges, *assessed.held):
        entry = charge.entry
        ready_on = entry.ready_on(terms.zone)
        if ready_on < terms.from_on:
            yield _Earlier(
                charge=entry.charge,
                what=f"{entry.title}: {charge.total_hours} hours of {entry.engineer}, "
                f"{decision.said}",
                dated_on=ready_on,
                amount=Money(amount=charge.amount, currency=terms.currency),
                where=entry.ticket,
            )
