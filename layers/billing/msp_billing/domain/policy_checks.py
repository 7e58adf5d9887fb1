"""Whether the parts of a policy fit together: every name that is used is there, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time
from typing import TYPE_CHECKING

from msp_billing.domain.charging.charging_checks import charging_clauses, charging_inconsistencies
from msp_billing.domain.contracts.order_policy import (
    order_clauses,
    order_policy_inconsistencies,
)
from msp_billing.domain.contracts.terms import terms_inconsistencies
from msp_billing.domain.counting.count_checks import count_rule_inconsistencies
from msp_billing.domain.counting.cross_check_policy import cross_check_inconsistencies
from msp_billing.domain.local_times import first_moved
from msp_billing.domain.reports.report_checks import report_clauses, report_inconsistencies
from msp_billing.domain.work.work_checks import work_clauses, work_inconsistencies

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy

_KEPT_NAMES = {
    "contacts": "mails about contacts",
    "statements": "mailed statements",
}
"""What the mails of no cycle have in place of a run."""

_MAX_CYCLE_NAMES_LENGTH = 64  # of the 80 of an execution name; the rest is month and attempt


def policy_inconsistencies(policy: ProviderPolicy) -> Iterator[str]:
    """What does not fit together, one sentence each."""
    if not 0 <= policy.parked_share_limit <= 1:
        yield "parked_share_limit is a share between 0 and 1"
    yield from _doubles("run", [entry.run for entry in policy.runs])
    yield from _doubles("feed", [entry.feed for entry in policy.feeds])
    yield from _doubles("count rule", [entry.rule for entry in policy.count_rules])
    yield from _doubles("clause", [entry.clause for entry in policy.clauses])
    billed = [category for entry in policy.runs for category in entry.categories]
    yield from _doubles("category billed by a run", billed)
    feeds = {entry.feed for entry in policy.feeds}
    if "payments" in feeds:
        yield "a feed cannot be called 'payments': the bank's files have that folder"
    moments = {moment.moment for entry in policy.runs for moment in entry.moments}
    for rule in policy.count_rules:
        if rule.feed not in feeds:
            yield f"count rule {rule.rule} uses the unknown feed '{rule.feed}'"
        elif unknown := sorted(set(rule.where) - set(policy.feed(rule.feed).columns.attributes)):
            yield f"count rule {rule.rule} filters by {', '.join(unknown)}, which the feed lacks"
        if rule.moment not in moments:
            yield f"count rule {rule.rule} uses the unknown moment '{rule.moment}'"
    yield from count_rule_inconsistencies(policy)
    yield from cross_check_inconsistencies(policy)
    yield from _unknown_must_be_priced(policy, feeds)
    yield from charging_inconsistencies(policy)
    yield from report_inconsistencies(policy)
    yield from terms_inconsistencies(policy.contract_terms)
    for run in policy.runs:
        if len(policy.provider) + len(run.run) > _MAX_CYCLE_NAMES_LENGTH:
            yield (
                f"the names of the provider and of run {run.run} have more than "
                f"{_MAX_CYCLE_NAMES_LENGTH} characters together: execution names are made of them"
            )
    yield from order_policy_inconsistencies(policy)
    yield from work_inconsistencies(policy)
    yield from _kept_names(policy)
    known = {entry.clause for entry in policy.clauses}
    for clause in sorted(set(_clause_references(policy)) - known):
        yield f"the clause '{clause}' is referred to but not listed under 'clauses'"


def _kept_names(policy: ProviderPolicy) -> Iterator[str]:
    if policy.dunning is not None and any(entry.run == "dunning" for entry in policy.runs):
        yield "a run cannot be called 'dunning': the letters about unpaid invoices have that name"
    for run in policy.runs:
        if run.run in _KEPT_NAMES:
            yield f"a run cannot be called '{run.run}': {_KEPT_NAMES[run.run]} have that name"


def inconsistencies_of_new(policy: ProviderPolicy) -> Iterator[str]:
    """What a policy that is put in force from now on may not say either.

    One that is stored may: it was applied by an older release, or before a country changed the law
    about its clocks. Refusing to read it would bill nobody; as it is, the daily sweep starts what a
    schedule left out.
    """
    if any(run.run == "digest" for run in policy.runs):
        yield "a run cannot be called 'digest': daily digests have that name"
    for run in policy.runs:
        on = first_moved(policy.time_zone, run.opens.at, run.opens.day)
        if on is not None:
            yield _moved(f"run {run.run} opens", run.opens.at, policy.time_zone, on)
    on = first_moved(policy.time_zone, policy.digest.at)
    if on is not None and policy.digest.enabled:
        yield _moved("the digest goes", policy.digest.at, policy.time_zone, on)


def _moved(what: str, at: time, zone: str, on: date) -> str:
    return f"{what} at {at:%H:%M}, which the clocks of {zone} skip or repeat on {on}"


def _unknown_must_be_priced(policy: ProviderPolicy, feeds: set[str]) -> Iterator[str]:
    for run in policy.runs:
        moments = {entry.moment for entry in run.moments}
        for entry in run.must_be_priced:
            if entry.feed not in feeds:
                yield f"must_be_priced of run {run.run} uses the unknown feed '{entry.feed}'"
            elif entry.attribute not in policy.feed(entry.feed).columns.attributes:
                yield f"must_be_priced of run {run.run}: the feed has no '{entry.attribute}'"
            if entry.moment not in moments:
                yield f"must_be_priced of run {run.run} uses the unknown moment '{entry.moment}'"
            for rule in sorted(set(entry.priced_by) - {rule.rule for rule in policy.count_rules}):
                yield f"must_be_priced of run {run.run} names the unknown count rule '{rule}'"


def _clause_references(policy: ProviderPolicy) -> Iterator[str]:
    yield from charging_clauses(policy)
    yield from report_clauses(policy)
    for run in policy.runs:
        yield run.clause
        yield from (entry.clause for entry in run.must_be_priced)
    yield from (entry.clause for entry in policy.count_rules)
    yield from (entry.clause for entry in policy.cross_checks)
    yield from (entry.clause for entry in policy.term_discounts)
    for terms in policy.contract_terms:
        yield from terms.clauses()
    yield from order_clauses(policy)
    yield from work_clauses(policy)
    if policy.dunning is not None:
        yield from policy.dunning.clauses()


def _doubles(what: str, names: list[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the {what} '{name}' is listed twice: keep one"
