"""Whether the parts of a policy that speak of work fit together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.domain.work.time_entries import (
    APPROVED_BY,
    APPROVED_ON,
    REQUIRED_ATTRIBUTES,
)

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.work.work_rules import WorkRules


def work_inconsistencies(policy: ProviderPolicy) -> Iterator[str]:
    """What does not fit together, one sentence each."""
    yield from _doubles("work rules", [entry.rules for entry in policy.work_rules])
    yield from _doubles("rate card", [entry.card for entry in policy.rate_cards])
    cards = {entry.card for entry in policy.rate_cards}
    for rules in policy.work_rules:
        if rules.rate_card not in cards:
            yield f"the work rules {rules.rules} use the unknown rate card '{rules.rate_card}'"
        yield from _feed_inconsistencies(policy, rules)
    known = {entry.rules for entry in policy.work_rules}
    for run in policy.runs:
        if run.work is not None and run.work.rules not in known:
            yield f"run {run.run} bills by the unknown work rules '{run.work.rules}'"
        if run.number_prefix == policy.invoice_number_prefix:
            yield (
                f"run {run.run} is for information and cannot share the invoices' number prefix "
                f"'{run.number_prefix}'"
            )
    yield from _billed_twice(policy)


def work_clauses(policy: ProviderPolicy) -> Iterator[str]:
    """Every clause that work refers to."""
    for rules in policy.work_rules:
        yield rules.clause
        yield rules.after_hours_clause
        if rules.approval is not None:
            yield rules.approval.clause


def _feed_inconsistencies(policy: ProviderPolicy, rules: WorkRules) -> Iterator[str]:
    feed = next((entry for entry in policy.feeds if entry.feed == rules.feed), None)
    if feed is None:
        yield f"the work rules {rules.rules} read the unknown feed '{rules.feed}'"
        return
    needed = list(REQUIRED_ATTRIBUTES)
    if rules.approval is not None:
        needed += [APPROVED_BY, APPROVED_ON]
    missing = [name for name in needed if name not in feed.columns.attributes]
    if missing:
        yield (
            f"the feed {rules.feed} has time entries, but no attribute {', '.join(missing)}: name "
            "their columns"
        )


def _billed_twice(policy: ProviderPolicy) -> Iterator[str]:
    """Work that two regular runs bill would go to whichever comes first."""
    billing: dict[str, list[str]] = {}
    for run in policy.runs:
        if run.work is not None and not run.informational:
            billing.setdefault(run.work.rules, []).append(run.run)
    for rules, runs in billing.items():
        if len(runs) > 1:
            yield f"the work of '{rules}' is billed by {' and '.join(runs)}: keep one"


def _doubles(what: str, names: list[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the {what} '{name}' is listed twice: keep one"
