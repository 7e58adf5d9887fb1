"""Birch on ports in memory, one hour into the day on which its September should have opened.

Birch opens on the 1st at 5:00 in Chicago (10:00 UTC), counts as of the 1st at 0:00 and issues on
the 2nd. September 2026 is its first month.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from msp_billing.domain.attention import Attention, AttentionKind
from msp_billing.domain.cycles import Cycle, CycleId, CycleState, plan_cycle
from msp_billing.domain.periods import Period
from msp_billing.usecases.attention.looking import needs_a_person
from msp_billing.usecases.context import calendar_around
from msp_billing.usecases.records import CurrentVersions
from tests.end_to_end.small_provider import birch
from tests.fakes.cycles import FakeCycles, FakeFeeds, FakeOutcomes
from tests.fakes.ports import FakePorts

SEPTEMBER = Period(year=2026, month=9)
OWNER = "arn:aws:states:us-east-1:123456789012:execution:billing-cycle:birch_managed_2026-09"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class _FromSeptember:
    """The fake's policies, with September as the first month and yesterday as the day applied."""

    def __init__(self, policies: Any, applied_at: datetime) -> None:
        self._policies = policies
        self._applied_at = applied_at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._policies, name)

    def current(self, provider: str) -> CurrentVersions:
        found: CurrentVersions = self._policies.current(provider)
        changes = {"first_period": SEPTEMBER, "applied_at": self._applied_at}
        return found.model_copy(update=changes)


def ports_at(now: str, provider: Any = None) -> Any:
    """Ports of Birch at an instant; nothing happened yet."""
    found = provider or birch()
    ports: Any = FakePorts(found.policy, *found.accounts, now=utc(now))
    ports.policies = _FromSeptember(ports.policies, utc(now))
    ports.cycles, ports.invoices, ports.feeds = FakeCycles(), FakeOutcomes(), FakeFeeds()
    return ports


def open_cycle(ports: Any, *, running: bool = True, **changes: Any) -> Cycle:
    """Birch's September, open and worked on unless said otherwise."""
    policy = ports.policies.policy("birch", ports.policies.current("birch").policy_version)
    cycle = Cycle(
        id=CycleId(provider="birch", run="managed", period=SEPTEMBER),
        owner=OWNER,
        state=CycleState.OPEN,
        policy_version=policy.version,
        price_book_version="1",
        plan=plan_cycle(policy, policy.runs[0], SEPTEMBER, calendar_around(ports, policy, 2026)),
        opened_at=utc("2026-09-01T10:00:00"),
    ).model_copy(update=changes)
    ports.cycles.put(cycle)
    if running:
        ports.executions.running.add(OWNER.rsplit(":", 1)[-1])
    return cycle


def without_managed(ports: Any) -> None:
    """Put a policy in force that has another run in place of September's."""
    policy = ports.policies.policy("birch", ports.policies.current("birch").policy_version)
    renamed = policy.runs[0].model_copy(update={"run": "agreements"})
    ports.policies.put(policy.model_copy(update={"version": "2", "runs": (renamed,)}))


def kinds(ports: Any) -> list[AttentionKind]:
    return [entry.kind for entry in needs_a_person(ports, "birch")]


def the_one(ports: Any, kind: AttentionKind) -> Attention:
    """The only entry of a kind."""
    (found,) = (entry for entry in needs_a_person(ports, "birch") if entry.kind is kind)
    return found
