"""Invoice lines for work by the hour: what the contract does not cover (KR-05, KR-12, COL-24)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.domain.contracts.standing import active_agreements
from msp_billing.domain.date_rules import resolve_day
from msp_billing.domain.findings import Finding, FindingItem
from msp_billing.domain.invoices import InvoiceLine, LineKind, LineReason, PriceBasis
from msp_billing.domain.periods import Period, ServicePeriod
from msp_billing.domain.work.time_charges import (
    ChargedHours,
    TimeCharge,
    WorkTerms,
    assess_work,
)
from msp_billing.domain.work.time_entries import Billing, TimeEntry
from msp_billing.domain.work.work_done import WorkDone, WorkSpan

if TYPE_CHECKING:
    from msp_billing.domain.building.account_build import AccountBuild
    from msp_billing.domain.building.build_context import BuildContext
    from msp_billing.domain.contracts.agreements import Agreement
    from msp_billing.domain.price_book import Product
    from msp_billing.domain.snapshots import FeedReading
    from msp_billing.domain.work.approvals import Decision
    from msp_billing.domain.work.run_work import RunWork
    from msp_billing.domain.work.work_rules import WorkRules


def time_lines(build: AccountBuild) -> Iterator[InvoiceLine]:
    """A line per time entry and rate, for everything that is approved and not billed yet.

    An informational run yields the same lines without claiming what they charge: the next regular
    run bills them, once (COL-24). What waits for an approval is reported by name (COL-25).
    """
    work = build.context.run.work
    if work is None:
        return
    rules = build.context.policy.work_rule(work.rules)
    reading = usable_reading(build, rules, work)
    if reading is None:
        return
    terms = work_terms(build, rules, work)
    assessed = assess_work(reading.rows, terms)
    for problem in assessed.problems:
        build.park(problem.code, problem.what, problem.fix)
    if assessed.held:
        _report_held(build, rules, assessed.held, terms.zone)
    if assessed.charges and build.account.currency != build.context.policy.currency:
        build.park(
            "work-currency",
            f"The account is billed in {build.account.currency}, and the rate card "
            f"{terms.card.card} is in {build.context.policy.currency}.",
            "Bill the work by hand, or bill the account in the provider's currency.",
        )
        return
    for charge, decision in assessed.charges:
        subscriber = _subscriber(build, charge.entry)
        for hours in charge.hours:
            product = build.context.price_book.find(hours.product)
            if product is None:
                _park_unknown_product(build, terms, hours)
            else:
                yield _line(build, terms, charge, hours, product, subscriber, decision)


def usable_reading(build: AccountBuild, rules: WorkRules, work: RunWork) -> FeedReading | None:
    """The time entries at the run's moment; None, and a problem, when they cannot be read."""
    reading = build.snapshot.reading(rules.feed, work.moment)
    if reading is None:
        build.park(
            "reading-missing",
            f"The feed '{rules.feed}' was not read at the moment '{work.moment}'.",
            "Put the export where the feed's exports belong, then run the account again.",
        )
        return None
    own_export = build.context.policy.feed(rules.feed).scope == "account"
    if own_export and reading.seal is None and not build.active:
        return None  # of a customer who has left nobody makes an export any more
    for problem in reading.problems:
        build.park_for(problem)
    return None if reading.problems else reading


def work_terms(build: AccountBuild, rules: WorkRules, work: RunWork) -> WorkTerms:
    """All that decides what the account's work costs in this cycle."""
    context = build.context
    until_on = context.charges_until
    if work.until is not None:
        until_on = min(until_on, resolve_day(work.until, context.period, context.calendar))
    return WorkTerms(
        rules=rules,
        card=context.policy.rate_card(rules.rate_card),
        account=build.account.account,
        account_terms=build.account.work,
        currency=context.policy.currency,
        calendar=context.calendar,
        zone=context.policy.zone,
        until_on=until_on,
        has_cover=lambda day: _has_cover(build, rules, day),
        may_bill=build.may_bill,
        from_on=_first_day(context, work),
    )


def _first_day(context: BuildContext, work: RunWork) -> date:
    """The first day of work that this system bills: after the last day of the run before its first.

    Later, what that day was matters no more: the work since has its claims.
    """
    first = context.first_period
    if work.until is None or first is None or context.period > first.shifted(12):
        return context.charges_from
    last_before = resolve_day(work.until, first.shifted(-1), context.calendar)
    return min(context.charges_from, last_before + timedelta(days=1))


def _has_cover(build: AccountBuild, rules: WorkRules, day: date) -> bool:
    """Whether an agreement that is in force on the day includes support after hours (KR-12)."""
    context = build.context
    standing = active_agreements(
        build.account, context.policy, context.price_book, context.calendar, Period.of(day)
    )
    return any(
        _includes_after_hours(entry, rules)
        for entry in standing
        if entry.starts_on <= day <= (build.life(entry).service_end.last_on or day)
    )


def _includes_after_hours(agreement: Agreement, rules: WorkRules) -> bool:
    if agreement.after_hours_support is not None:
        return agreement.after_hours_support
    return agreement.coverage in rules.after_hours_included_with


def _subscriber(build: AccountBuild, entry: TimeEntry) -> str | None:
    """The section that the work goes to; parks the account where its site is nobody's."""
    if entry.site is None or not build.account.subscribers:
        return None
    found = build.account.find_subscriber(entry.site)
    if found is None:
        build.park(
            "unknown-subscriber",
            f"Time entry {entry.entry} is for '{entry.site}', which is no subscriber of "
            f"{build.account.account}.",
            "Add the name to the account's subscribers, or to the 'known_as' of the right one, "
            "or correct it in the PSA.",
        )
    return found


def _park_unknown_product(build: AccountBuild, terms: WorkTerms, hours: ChargedHours) -> None:
    build.park(
        "unknown-product",
        f"The rate card {terms.card.card} bills {hours.rate.role} as '{hours.product}', which the "
        f"price book {build.context.price_book.version} lacks.",
        "Add the product to the price book, or correct the rate's product.",
    )


def _line(
    build: AccountBuild,
    terms: WorkTerms,
    charge: TimeCharge,
    hours: ChargedHours,
    product: Product,
    subscriber: str | None,
    decision: Decision,
) -> InvoiceLine:
    entry, zone = charge.entry, terms.zone
    own_product = hours.rate.after_hours_product is not None
    after = ", after hours" if hours.after_hours and not own_product else ""
    covered_late = hours.after_hours and entry.billing is Billing.COVERED
    return InvoiceLine(
        line=1,
        kind=LineKind.TIME,
        subscriber=subscriber,
        product=product.code,
        description=f"{product.name}, {entry.title}{after}",
        category=product.category,
        quantity=hours.hours,
        unit=product.unit,
        unit_price=hours.per_hour,
        amount=hours.amount,
        service_period=ServicePeriod(
            starts_on=hours.parts[0].starts_at.astimezone(zone).date(),
            ends_on=_last_day(hours.parts[-1].ends_at, zone),
        ),
        work=_work_done(entry, hours, decision),
        charge=None if build.context.run.informational else entry.charge,
        reason=LineReason(
            clause=terms.rules.after_hours_clause if covered_late else terms.rules.clause,
            agreement=build.agreement_for_charges().agreement,
            agreement_line=None,
            quantity_from=_quantity_from(charge, hours, terms),
            price_basis=PriceBasis.EACH,
            price_from=_price_from(hours, terms),
            arithmetic=f"{hours.hours} x {hours.per_hour.amount} = {hours.amount.amount}",
        ),
    )


def _last_day(ends_at: datetime, zone: ZoneInfo) -> date:
    return (ends_at.astimezone(zone) - timedelta(microseconds=1)).date()


def _work_done(entry: TimeEntry, hours: ChargedHours, decision: Decision) -> WorkDone:
    return WorkDone(
        entry=entry.entry,
        engineer=entry.engineer,
        role=entry.role,
        work=entry.work,
        ticket=entry.ticket,
        note=entry.note,
        after_hours=hours.after_hours,
        spans=tuple(
            WorkSpan(starts_at=part.starts_at, ends_at=part.ends_at) for part in hours.parts
        ),
        approval=decision.said,
    )


def _quantity_from(charge: TimeCharge, hours: ChargedHours, terms: WorkTerms) -> str:
    """``time entry T-1 of Rosa Marin: 65 minutes, 1.25 hours by quarters of 15 minutes``."""
    entry = charge.entry
    worked = sum(part.seconds for each in charge.hours for part in each.parts) // 60
    rounded = f"rounded up to {terms.card.increment_minutes} minutes"
    if terms.card.minimum_minutes:
        rounded += f", at least {terms.card.minimum_minutes}"
    share = f", of which {hours.hours} here" if len(charge.hours) > 1 else ""
    return (
        f"time entry {entry.entry} of {entry.engineer}: {worked} minutes charged as "
        f"{charge.total_hours} hours ({rounded}){share}"
    )


def _price_from(hours: ChargedHours, terms: WorkTerms) -> str:
    rate = hours.rate
    kind = f", {rate.work}" if rate.work else ""
    since = f", from {rate.from_on}" if rate.from_on else ""
    after = ""
    if hours.after_hours:
        times = rate.after_hours_multiplier
        after = ", after hours" + (f" ({rate.per_hour} x {times})" if times is not None else "")
    return f"rate card {terms.card.card}: {rate.role}{kind}{since}{after}"


def _report_held(
    build: AccountBuild,
    rules: WorkRules,
    held: tuple[tuple[TimeCharge, Decision], ...],
    zone: ZoneInfo,
) -> None:
    """Name what waits for an approval, by subscriber (COL-25)."""
    clause = rules.approval.clause if rules.approval is not None else rules.clause
    sites = [(build.account.find_subscriber(one[0].entry.site or ""), one) for one in held]
    sites.sort(key=lambda each: each[0] or "")
    for subscriber, group in groupby(sites, key=lambda each: each[0]):
        entries = [one for _, one in group]
        amount = sum((charge.amount for charge, _ in entries), start=entries[0][0].amount * 0)
        count = f"{len(entries)} time entr{'ies' if len(entries) > 1 else 'y'}"
        build.report(
            Finding(
                code="held-for-approval",
                clause=clause,
                title="Work held for approval",
                subscriber=subscriber,
                what=f"{count} of {amount} {build.context.policy.currency} will be billed when "
                "approved.",
                items=tuple(
                    FindingItem(
                        item_id=charge.entry.entry,
                        name=f"{charge.entry.title}: {charge.total_hours} hours of "
                        f"{charge.entry.engineer}, {charge.amount}; {decision.said}",
                        where=charge.entry.ticket,
                        since_on=charge.entry.starts_at.astimezone(zone).date(),
                    )
                    for charge, decision in entries
                ),
            )
        )
