"""Parking: what keeps an account from being billed, each reason by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msp_billing.domain.building.billable_lines import expand_lines
from msp_billing.domain.counting.counts import CountRule
from msp_billing.domain.money import total
from msp_billing.domain.outcomes import AccountOutcome, AgreementOutcome, OutcomeKind
from msp_billing.domain.problems import name_some

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
    from msp_billing.domain.feeds.definitions import FeedRow
    from msp_billing.domain.invoices import InvoiceLine
    from msp_billing.domain.run_policy import MustBePriced

_Counted = tuple[CountRule, str | None]
"""A rule, and the subscriber whose items it counts; None for the whole account."""


def parked(build: AccountBuild, agreements: Sequence[Agreement]) -> AccountOutcome:
    """The outcome of an account that a person has to look at first.

    Agreements that have nothing to do with the run are not held up by it.
    """
    context, problems = build.context, build.problems
    active = {entry.agreement for entry in build.active}
    concerned = {
        entry.agreement
        for entry in agreements
        if entry.agreement not in active or _has_lines(build, entry)
    }
    reason = f"{len(problems)} problem{'s' if len(problems) > 1 else ''} to mend"
    return AccountOutcome(
        account=build.account.account,
        account_name=build.account.name,
        agreements=tuple(
            AgreementOutcome(agreement=entry.agreement, kind=OutcomeKind.PARKED, reason=reason)
            if entry.agreement in concerned or not concerned
            else nothing_to_bill(build, entry)
            for entry in agreements
        ),
        problems=problems,
        revision=context.revision,
        findings=build.findings,
    )


def nothing_to_bill(build: AccountBuild, agreement: Agreement) -> AgreementOutcome:
    """The outcome of an agreement that this run has no line for."""
    free = build.life(agreement).is_free(build.context.period)
    return AgreementOutcome(
        agreement=agreement.agreement,
        kind=OutcomeKind.NOTHING_TO_BILL,
        reason=f"{build.context.period} is free at the beginning of the agreement"
        if free
        else f"no quantity in the run {build.context.run.run}",
    )


def _has_lines(build: AccountBuild, agreement: Agreement) -> bool:
    context, life = build.context, build.life(agreement)
    products = (
        context.price_book.find(line.product)
        for line in agreement.lines
        if life.provided_in(line, context.period)
    )
    return any(
        product is None or product.category in context.run.categories for product in products
    )


def park_negative_total(build: AccountBuild, part: str, lines: Sequence[InvoiceLine]) -> None:
    """An invoice is never negative: what is owed to a customer is a credit note, not a bill."""
    summed = total((line.amount for line in lines), build.account.currency)
    if summed.amount < 0:
        which = "The invoice" if part == "all" else f"The invoice of {part}"
        build.park(
            "negative-invoice",
            f"{which} would come to {summed}: its credits are more than its charges.",
            "Give the customer a credit note for the rest, or enter a smaller credit now and the "
            "other part with a later day.",
        )


def park_unpriced_items(build: AccountBuild) -> None:
    """Items of a kind that no line of the account counts stop the account (INT-02).

    What a line counts from next month on, once its agreement's free months are over, has its price
    and is free (INT-06). Where no agreement is in force nothing is counted, and what the feed still
    shows does not hold up the closing invoice (MSA-05).
    """
    if not build.active:
        return
    for demand in build.context.run.must_be_priced:
        kinds: dict[str, list[str]] = {}
        free = _free_counts(build, demand)
        for row in build.counter.items_left_over(demand):
            if _is_free(free, build, row):
                continue
            kinds.setdefault(row.attributes.get(demand.attribute, ""), []).append(row.name)
        for kind, names in sorted(kinds.items()):
            items = f"{len(names)} item{'s' if len(names) > 1 else ''}"
            build.park(
                "unpriced-items",
                f"{items} of {demand.attribute} '{kind}' without a price in the account's "
                f"agreements: {name_some(sorted(names))}.",
                f"Add a line with a price for {demand.attribute} '{kind}', or correct the feed.",
            )


def _is_free(free: Iterable[_Counted], build: AccountBuild, row: FeedRow) -> bool:
    section = build.account.find_subscriber(row.subscriber or "")
    return any(rule.matches(row) and subscriber in {None, section} for rule, subscriber in free)


def _free_counts(build: AccountBuild, demand: MustBePriced) -> list[_Counted]:
    """What agreements in their free months would count, each with its section."""
    context = build.context
    rules = {
        rule.rule: rule
        for rule in context.policy.count_rules
        if (rule.feed, rule.moment) == (demand.feed, demand.moment)
        and (not demand.priced_by or rule.rule in demand.priced_by)
    }
    found: list[_Counted] = []
    for agreement in build.active:
        if build.life(agreement).is_free(context.period):
            found += _counted(build, agreement, rules)
    return found


def _counted(
    build: AccountBuild, agreement: Agreement, rules: Mapping[str, CountRule]
) -> Iterator[_Counted]:
    life, period, book = build.life(agreement), build.context.period, build.context.price_book

    def stands(line: AgreementLine) -> bool:
        return line.bill_once_in is None and life.line_stands_in(line, period)

    for line, subscriber in expand_lines(agreement, build.account, stands):
        product = book.find(line.product)
        rule = rules.get(line.count_rule or (product and product.count_rule) or "")
        if rule is not None and line.quantity is None and stands(line):
            yield rule, subscriber
