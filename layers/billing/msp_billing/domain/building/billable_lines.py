"""Which lines of an account's agreements bill in a period, and how many of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.contracts.agreements import EACH_SUBSCRIBER, Agreement, AgreementLine
from msp_billing.domain.contracts.change_windows import ContractedCount, contracted_count

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.building.build_context import BuildContext
    from msp_billing.domain.contracts.lifetimes import Lifetime
    from msp_billing.domain.contracts.ordered_lines import OrderedLine
    from msp_billing.domain.hardware import Hardware
    from msp_billing.domain.price_book import Product


@dataclass(frozen=True)
class BillableLine:
    """An agreement line for one section, with its quantity."""

    agreement: Agreement
    line: AgreementLine
    product: Product
    subscriber: str | None
    quantity: Decimal
    quantity_from: str
    count_key: str | None
    ordered: OrderedLine | None = None
    """The order by which the first invoice bills it, where it is not billed as counted (COL-09)."""
    counted: Decimal | None = None
    """What was counted of such a line."""
    ordered_hardware: Hardware | None = None
    contracted: ContractedCount | None = None
    """Where a decrease waits for a change window (KR-06)."""

    @property
    def hardware(self) -> Hardware | None:
        """Whose it is, where it is hardware: as the line says, its order, or the product."""
        return self.line.hardware or self.ordered_hardware or self.product.hardware


def billable_lines(
    build: AccountBuild, agreement: Agreement, only: str | None = None
) -> Iterator[BillableLine]:
    """The lines of an agreement that this run bills in this period, with their quantities.

    Lines of quantity zero are left out, but for those with a minimum: nothing is sold by them.
    Counts that are not known leave a problem in the counter.
    """
    context, counter, life = build.context, build.counter, build.life(agreement)
    for line, subscriber in lines_in_period(build, agreement):
        if only is not None and line.product != only:
            continue
        ordered = build.ordered_lines.of_line(agreement, line, subscriber)
        if not provided(life, line, ordered, context):
            continue
        product = context.price_book.find(line.product)
        if product is None:
            counter.note_unknown_product(agreement, line, context.price_book.version)
        elif product.category in context.run.categories:
            found = _with_quantity(build, agreement, line, product, subscriber)
            if found is not None and ordered is not None:
                found = _as_ordered(build, found, ordered)
            _park_unknown_capacity(build, agreement, line, product)
            if found is not None and (found.quantity or line.minimum_quantity):
                yield found


def _park_unknown_capacity(
    build: AccountBuild, agreement: Agreement, line: AgreementLine, product: Product
) -> None:
    """A price by the users at a site cannot be told from a quantity: only orders know (KR-08)."""
    if product.tier_by is not None and (line.price is None or line.price.tiers is not None):
        build.park(
            "capacity-unknown",
            f"Line {line.line} of {agreement.agreement} is for {product.code}, whose price depends "
            f"on the {product.tier_by}.",
            "Bill it with an order, whose item gives them as 'capacity', or give the line a price.",
        )


def provided(
    life: Lifetime, line: AgreementLine, ordered: OrderedLine | None, context: BuildContext
) -> bool:
    """Whether the line bills in the period, by its order where it has one, else by its own life.

    An item's line bills from its order's first invoice on, whenever it goes live (COL-10). What a
    new customer's order covers without naming it keeps its own dates besides (COL-08).
    """
    if ordered is None:
        return life.provided_in(line, context.period)
    if life.is_free(context.period) or not ordered.billed_by(context.planned_invoice_on):
        return False
    if ordered.item is None:
        return life.provided_in(line, context.period)
    last_on = life.line_end(line).last_on
    return last_on is None or last_on >= context.period.first_day


def _as_ordered(build: AccountBuild, entry: BillableLine, ordered: OrderedLine) -> BillableLine:
    """On its first invoice the line as it was ordered, where the policy reconciles (COL-09)."""
    context, item = build.context, ordered.item
    if item is None:
        return entry
    entry = replace(entry, ordered_hardware=item.hardware)
    if not ordered.first_billed_by(context.planned_invoice_on, context.invoice_before_on):
        return entry
    if entry.count_key is None and entry.quantity != item.quantity:
        build.park(
            "order-quantity",
            f"The order {ordered.order.order} brings {item.quantity} of line {entry.line.line}, "
            f"and the line bills {entry.quantity}.",
            "Correct the quantity of the line or of the order's item.",
        )
    if entry.count_key is None or ordered.ordered_quantity is None:
        return entry
    return replace(
        entry,
        quantity=Decimal(ordered.ordered_quantity),
        quantity_from=f"as ordered with order {ordered.order.order} of "
        f"{ordered.order.ordered_on}, for the first invoice; "
        f"{entry.quantity} {entry.quantity_from}",
        ordered=ordered,
        counted=entry.quantity,
        contracted=None,
    )


def _with_quantity(
    build: AccountBuild,
    agreement: Agreement,
    line: AgreementLine,
    product: Product,
    subscriber: str | None,
) -> BillableLine | None:
    """The line with its quantity; None (and a problem in the counter) when that is unknown."""
    policy, counter = build.context.policy, build.counter
    rule_name = line.count_rule or product.count_rule
    if line.quantity is not None or rule_name is None:
        fixed = Decimal(1 if line.quantity is None else line.quantity)
        return BillableLine(
            agreement, line, product, subscriber, fixed, "fixed in the agreement", None
        )
    rule = next((entry for entry in policy.count_rules if entry.rule == rule_name), None)
    if rule is None:
        counter.note_unknown_rule(agreement, line, rule_name)
        return None
    counted = counter.count(rule, subscriber)
    if counted is None:
        return None
    key, count = counted
    entry = BillableLine(
        agreement,
        line,
        product,
        subscriber,
        Decimal(count.quantity),
        f"counted: {rule.title}{f', {count.arithmetic}' if count.arithmetic else ''}",
        key,
    )
    return _as_contracted(build, entry)


def _as_contracted(build: AccountBuild, entry: BillableLine) -> BillableLine:
    """With change windows in its terms, the quantity that the contract lets bill (KR-06)."""
    agreement, line = entry.agreement, entry.line
    terms = build.life(agreement).terms
    if terms is None or terms.change_window is None or line.bill_once_in is not None:
        return entry
    last = build.previous.billed.get(agreement.agreement)
    known = None if last is None else last.counts.get((line.line, entry.subscriber))
    contracted = contracted_count(
        int(entry.quantity),
        None if last is None or known is None else (last.period, known),
        line.contracted_quantity,
        agreement.starts_on,
        terms.change_window.every_months,
        build.context.period,
    )
    return replace(
        entry,
        quantity=Decimal(contracted.billed),
        quantity_from=f"{entry.quantity_from}; {contracted.in_words()}",
        contracted=contracted,
    )


def lines_in_period(
    build: AccountBuild, agreement: Agreement
) -> Iterator[tuple[AgreementLine, str | None]]:
    """The lines of an agreement with their sections, as they are in the period that is built.

    A line of a section's own stands in while it lives, by its dates, its notice and what holds it,
    so that a site is never left without both. One that an order brings does so before it starts as
    well: until then nothing bills there.
    """
    life, period = build.life(agreement), build.context.period
    return expand_lines(
        agreement,
        build.account,
        lambda line: life.line_stands_in(line, period) or _waits_for_order(build, agreement, line),
    )


def expand_lines(
    agreement: Agreement,
    account: Account,
    stands: Callable[[AgreementLine], bool] | None = None,
) -> Iterator[tuple[AgreementLine, str | None]]:
    """Every line with its section; a line for each subscriber becomes one per subscriber.

    A line that names a subscriber stands in for the 'each' line of the same product there, which
    is how one site gets a price or a quantity of its own; a one-time charge stands in for nothing.

    Args:
        stands: whether such a line is there in the month in question; None for all months, in
            which it stands in for good.
    """
    own = {
        (line.product, line.subscriber)
        for line in agreement.lines
        if line.subscriber not in {None, EACH_SUBSCRIBER}
        and line.bill_once_in is None
        and (stands is None or stands(line))
    }
    for line in agreement.lines:
        if line.subscriber != EACH_SUBSCRIBER:
            yield line, line.subscriber
            continue
        for entry in account.subscribers:
            if (line.product, entry.subscriber) not in own:
                yield line, entry.subscriber


def _waits_for_order(build: AccountBuild, agreement: Agreement, line: AgreementLine) -> bool:
    """Whether an order's item brings the line, which has not ended."""
    found = build.ordered_lines.of_line(agreement, line, line.subscriber)
    last_on = build.life(agreement).line_end(line).last_on
    ended = last_on is not None and last_on < build.context.period.first_day
    return found is not None and found.item is not None and not ended
