"""What the counts of a report come to, for one account: quantities that will bill, by name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.accounts import feed_key
from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.building.billable_lines import lines_in_period, provided
from msp_billing.domain.counting.counts import CountedItem
from msp_billing.domain.money import ExactDecimal

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.price_book import Product
    from msp_billing.domain.problems import Problem

ACCOUNT_ITSELF = "–"
"""Stands where an item belongs to no subscriber or site."""


ItemKey = tuple[str, str]
"""Subscriber and id: an item's id is its own at a subscriber, not in an account."""


class ReportedCount(Frozen):
    """A quantity that will bill, with the items that it is made of."""

    subscriber: Identifier | None
    subscriber_name: str
    product: str
    description: str
    counted_as: str = Field(description="The count rule's title.")
    quantity: ExactDecimal
    items: tuple[CountedItem, ...]

    def item_keys(self) -> set[ItemKey]:
        """What tells the items from those of other counts: the same whichever section counts."""
        return {(self.subscriber or item.subscriber or "", item.item_id) for item in self.items}


class UnknownCountError(LookupError):
    """A report cannot be made, because something that it counts is not known."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(f"{problem.what} {problem.fix}" for problem in problems))


def reported_counts(build: AccountBuild, rules: tuple[str, ...]) -> tuple[ReportedCount, ...]:
    """The counts by these rules that the account's agreements bill, in their order.

    Args:
        rules: names of count rules; others of the account are not looked at, because at the time
            of a report their exports may not be there yet.

    Raises:
        UnknownCountError: when one of them is not known; a report never says 0 then.
    """
    found = tuple(_counts(build, frozenset(rules)))
    if build.counter.problems:
        raise UnknownCountError(tuple(build.counter.problems.values()))
    return found


def billed_sections(
    build: AccountBuild, rules: tuple[str, ...]
) -> dict[str, frozenset[str | None]]:
    """The rules that any line of the account is counted by, with the sections; None is all of it.

    An account that has none is not written to, and an export that it does not need is not missed.
    """
    sections: dict[str, set[str | None]] = {}
    for _, rule, subscriber in _lines(build, frozenset(rules)):
        sections.setdefault(rule, set()).add(subscriber)
    return {rule: frozenset(found) for rule, found in sections.items()}


def _counts(build: AccountBuild, rules: frozenset[str]) -> Iterator[ReportedCount]:
    for product, rule_name, subscriber in _lines(build, rules):
        rule = build.context.policy.count_rule(rule_name)
        counted = build.counter.count(rule, subscriber)
        if counted is not None and counted[1].items:
            yield ReportedCount(
                subscriber=subscriber,
                subscriber_name=subscriber_name(build, subscriber),
                product=product.code,
                description=product.name,
                counted_as=rule.title,
                quantity=Decimal(counted[1].quantity),
                items=counted[1].items,
            )


def _lines(build: AccountBuild, rules: frozenset[str]) -> Iterator[tuple[Product, str, str | None]]:
    """Product, count rule and section of every line of this run that is counted by the rules."""
    context = build.context
    for agreement in build.active:
        life = build.life(agreement)
        for line, subscriber in lines_in_period(build, agreement):
            product = context.price_book.find(line.product)
            if product is None or product.category not in context.run.categories:
                continue
            rule_name = line.count_rule or product.count_rule
            if rule_name not in rules or line.quantity is not None:
                continue
            ordered = build.ordered_lines.of_line(agreement, line, subscriber)
            if provided(life, line, ordered, context):
                yield product, rule_name, subscriber


def subscriber_name(build: AccountBuild, subscriber: str | None) -> str:
    """The name that people know a subscriber by; the account's own where there is none."""
    for entry in build.account.subscribers:
        if entry.subscriber == subscriber:
            return entry.name
    return build.account.name


def place_name(build: AccountBuild, feed_name: str | None) -> str:
    """The name of the subscriber that a feed means, or what the feed says."""
    known = build.account.find_subscriber(feed_name or "")
    return subscriber_name(build, known) if known else feed_name or ACCOUNT_ITSELF


def item_key(build: AccountBuild, feed_name: str | None, item_id: str) -> ItemKey:
    """The key of an item by what a feed or a count calls its subscriber."""
    name = feed_name or ""
    return build.account.find_subscriber(name) or feed_key(name), item_id


def counted_before(
    build: AccountBuild, rule_names: Collection[str]
) -> Iterator[tuple[str, str, CountedItem]]:
    """Rule, subscriber (or what stands for one) and item of the last count, for these rules."""
    for key, items in build.previous.items.items():
        name, _, section = key.partition(":")
        if name in rule_names:
            place = "" if section == "-" else section
            yield from ((name, item.subscriber or place, item) for item in items)
