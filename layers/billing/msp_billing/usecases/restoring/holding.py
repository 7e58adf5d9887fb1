"""Cycles that no table knows any more, by what is sealed of them.

A lock that was lost with the table in use, and is younger than the time restored to, is in neither
table: the daily sweep would start its month again, and customers have its invoices. Nobody can
change or delete what is sealed, so the records bucket says of which cycles there are documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.domain.cycles import Cycle, CycleId, CyclePlanError, CycleState, plan_cycle
from msp_billing.domain.periods import Period
from msp_billing.usecases.context import calendar_around
from msp_billing.usecases.restoring.sealed_names import document_of

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

HELD = "RestoredToEarlierTime"
"""The name of the error that a cycle has failed with which is held for a person."""

_AT_ONCE = 100


def hold_by_seals(ports: Ports, provider: str, why: str) -> Iterator[CycleId]:
    """Hold the cycles of which invoices are sealed and that the table does not know; name each.

    Only runs of the policy in force are looked at: nothing starts a cycle of another one.

    Args:
        why: how the table came to be the one in use, as a sentence begins.
    """
    current = ports.policies.current(provider)
    policy = ports.policies.policy(provider, current.policy_version)
    runs = {run.run for run in policy.runs}
    sealed = [cycle for cycle in _sealed(ports, provider) if cycle.run in runs]
    for start in range(0, len(sealed), _AT_ONCE):
        some = sealed[start : start + _AT_ONCE]
        known = ports.cycles.find_many(some)
        for cycle in some:
            if cycle in known:
                continue
            calendar = calendar_around(ports, policy, cycle.period.year)
            try:
                plan = plan_cycle(policy, policy.run_policy(cycle.run), cycle.period, calendar)
            except CyclePlanError:  # with this policy it cannot be opened either
                continue
            held = Cycle(
                id=cycle,
                owner="restore",
                state=CycleState.FAILED,
                policy_version=current.policy_version,
                price_book_version=current.price_book_version,
                plan=plan,
                opened_at=ports.clock.now(),
                numbered_at=ports.clock.now(),
                error=HELD,
                failure=f"{why}, and neither table knows this cycle, of which invoices are sealed: "
                "customers may have them. See docs/recovery.md before it is started again.",
            )
            if ports.cycles.take_lock(held) == held:
                yield cycle


def _sealed(ports: Ports, provider: str) -> list[CycleId]:
    """The cycles of which there is a sealed invoice."""
    found: set[tuple[str, str]] = set()
    for key in ports.records.keys(f"{provider}/", after=f"{provider}/"):
        document = document_of(key)
        if document is not None and document.kind == "invoices":
            found.add((document.run, document.period))
    return [
        CycleId(provider=provider, run=run, period=Period.parse(period))
        for run, period in sorted(found)
    ]
