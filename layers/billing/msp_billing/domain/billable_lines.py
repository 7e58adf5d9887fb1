"""Which lines of an account's agreements bill in a period, and how many of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from msp_billing.domain.account_build import AccountBuild
from msp_billing.domain.accounts import Account
from msp_billing.domain.contracts.agreements import EACH_SUBSCRIBER, Agreement, AgreementLine
from msp_billing.domain.periods import Period
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


def billable_lines(build: AccountBuild, agreement: Agreement) -> Iterator[BillableLine]:
    """The lines of an agreement that this run bills in this period, with their quantities.

    Lines of quantity zero are left out: nothing is sold by them. Counts that are not known leave
    a problem in the counter.
    """
    context, counter = build.context, build.counter
    for line, subscriber in expand_lines(agreement, build.account, context.period):
        if not line.provided_in(context.period):
            continue
        product = context.price_book.find(line.product)
        if product is None:
            counter.note_unknown_product(agreement, line, context.price_book.version)
        elif product.category in context.run.categories:
            found = _with_quantity(build, agreement, line, product, subscriber)
            if found is not None and found.quantity:
                yield found


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
    return BillableLine(
        agreement,
        line,
        product,
        subscriber,
        Decimal(count.quantity),
        f"counted: {rule.title}",
        key,
    )


def expand_lines(
    agreement: Agreement, account: Account, period: Period | None = None
) -> Iterator[tuple[AgreementLine, str | None]]:
    """Every line with its section; a line for each subscriber becomes one per subscriber.

    A line that names a subscriber stands in for the 'each' line of the same product there, which
    is how one site gets a price or a quantity of its own. It does so in the months in which it is
    provided, so that a site is never left without both; a one-time charge stands in for nothing.

    Args:
        period: the service month; None for all months, in which such a line stands in for good.
    """
    own = {
        (line.product, line.subscriber)
        for line in agreement.lines
        if line.subscriber not in {None, EACH_SUBSCRIBER}
        and line.bill_once_in is None
        and (period is None or line.provided_in(period))
    }
    for line in agreement.lines:
        if line.subscriber != EACH_SUBSCRIBER:
            yield line, line.subscriber
            continue
        for entry in account.subscribers:
            if (line.product, entry.subscriber) not in own:
                yield line, entry.subscriber
