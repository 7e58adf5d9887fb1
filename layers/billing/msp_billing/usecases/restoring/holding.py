"""Cycles that no table knows any more, by what is sealed of them.

A lock that was lost with the table in use, and is younger than the time restored to, is in neither
table: the daily sweep would start its month again, and customers have its invoices. The same goes
for a lock that the table in use has, and nobody can read. Nobody can change or delete what is
sealed, so the records bucket says of which cycles there are documents.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.domain.cycles import (
    Cycle,
    CycleId,
    CyclePlanError,
    CycleState,
    first_day_of_charges,
    plan_cycle,
)
from msp_billing.domain.periods import Period
from msp_billing.usecases.context import calendar_around
from msp_billing.usecases.restoring.sealed_names import document_of

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.errors import CycleUnreadableError
    from msp_billing.usecases.ports import Ports
    from msp_billing.usecases.records import CurrentVersions

HELD = "RestoredToEarlierTime"
"""The name of the error that a cycle has failed with which is held for a person."""

_AT_ONCE = 100


def hold_by_seals(ports: Ports, provider: str, why: str) -> Iterator[CycleId]:
    """Hold the cycles of which invoices are sealed and that the table does not have; name each.

    One whose lock is there and cannot be read is left: nobody comes past it. Only runs of the
    policy in force are looked at: nothing starts a cycle of another one.

    Args:
        why: how the table came to be the one in use, as a sentence begins.
    """
    current = ports.policies.current(provider)
    policy = ports.policies.policy(provider, current.policy_version)
    runs = {run.run for run in policy.runs}
    sealed = [cycle for cycle in _sealed(ports, provider) if cycle.run in runs]
    for start in range(0, len(sealed), _AT_ONCE):
        some = sealed[start : start + _AT_ONCE]
        unreadable: dict[CycleId, CycleUnreadableError] = {}
        there = ports.cycles.find_many(some, unreadable.__setitem__).keys() | unreadable.keys()
        for cycle in some:
            if cycle in there:
                continue
            held = _held(ports, current, policy, cycle, why)
            if held is not None and ports.cycles.take_lock(held) == held:
                yield cycle


def _held(
    ports: Ports, current: CurrentVersions, policy: ProviderPolicy, cycle: CycleId, why: str
) -> Cycle | None:
    """The cycle as it would open today, failed; None where with this policy it cannot open."""
    run, first_period = policy.run_policy(cycle.run), current.begins_with(cycle.run)
    try:
        plan = plan_cycle(policy, run, cycle.period, _calendar(ports, policy, cycle.period))
        charges_from = first_day_of_charges(
            policy, run, first_period, _calendar(ports, policy, first_period)
        )
    except CyclePlanError:
        return None
    now = ports.clock.now()
    return Cycle(
        id=cycle,
        owner="restore",
        state=CycleState.FAILED,
        policy_version=current.policy_version,
        price_book_version=current.price_book_version,
        plan=plan,
        first_period=first_period,
        charges_from=charges_from,
        opened_at=now,
        numbered_at=now,
        error=HELD,
        failure=f"{why}, and neither table says how this cycle stands, of which invoices are "
        "sealed: customers may have them. See docs/recovery.md before it is started again.",
    )


def _calendar(ports: Ports, policy: ProviderPolicy, period: Period) -> BusinessCalendar:
    return calendar_around(ports, policy, period.year)


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
