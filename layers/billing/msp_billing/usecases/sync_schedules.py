"""Keeping schedules in step with the policy: one per provider and run, and one for the digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.attention import AttentionKind
from msp_billing.domain.base import Frozen, Identifier
from msp_billing.usecases.attention.incidents import report_incident
from msp_billing.usecases.dunning.context import policy_in_force

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.run_policy import RunPolicy
    from msp_billing.usecases.ports import Ports, Schedules

_MAX_NAME_LENGTH = 64
"""Of a schedule in EventBridge Scheduler; a provider's name has 40 at most."""

_SCHEDULED_AT = "<aws.scheduler.scheduled-time>"
"""Scheduler puts in its place when the schedule was to fire."""

_MADE_WITHIN = timedelta(hours=1)
"""The event that a provider was applied has its schedules made within seconds."""


class SyncRequest(Frozen):
    """Whose schedules."""

    provider: Identifier


class SyncResult(Frozen):
    """What was done to the schedules."""

    created_or_changed: tuple[str, ...]
    removed: tuple[str, ...]
    changed_by_hand: tuple[str, ...] = Field(
        default=(), description="Of those: somebody had changed them outside of this program."
    )
    not_there: tuple[str, ...] = Field(default=(), description="Runs that had none.")


def sync_schedules(ports: Ports, request: SyncRequest) -> SyncResult:
    """Create, change and remove schedules until they say what the current policy says.

    Idempotent; it looks at what is there, so that a lost event, an earlier failure or a change by
    hand is healed by the next call.
    """
    return _synced(ports, policy_in_force(ports, request.provider))


def _synced(ports: Ports, policy: ProviderPolicy) -> SyncResult:
    months = _in_step(ports.schedules, policy.provider, _monthly(policy))
    digest = _in_step(ports.digest_schedules, policy.provider, _daily(policy))
    return SyncResult(
        created_or_changed=(*months.created_or_changed, *digest.created_or_changed),
        removed=(*months.removed, *digest.removed),
        changed_by_hand=(*months.changed_by_hand, *digest.changed_by_hand),
        not_there=months.not_there,
    )


def mend_schedules(ports: Ports, provider: str) -> SyncResult:
    """The same for the daily sweep, which keeps for a person what was not as it had been left.

    A schedule that is gone although the policy was applied a while ago was removed by hand, or its
    making failed; both are worth a look. That a newer release makes one otherwise is none of it,
    nor the first digest of a provider that an older release applied.
    """
    current = ports.policies.current(provider)
    result = _synced(ports, ports.policies.policy(provider, current.policy_version))
    settled = ports.clock.now() - current.applied_at > _MADE_WITHIN
    for name in result.created_or_changed if settled else ():
        if name in result.changed_by_hand:
            what = "had been changed by hand"
        elif name in result.not_there:
            what = "was not there"
        else:
            continue
        words = f"The schedule {name} {what}. It is as the policy says again."
        report_incident(ports, AttentionKind.SCHEDULE_CHANGED, provider, name, words)
    return result


def remove_orphans(ports: Ports) -> tuple[str, ...]:
    """Remove the schedules of providers that are no more; their groups hold nothing else.

    A provider may be applied at this very moment: it is listed first, and then gets its schedules.
    So schedules are looked at before providers are: whoever had one is listed by then. And who is
    listed only after its old ones were removed, as in a table that was restored, gets them again:
    its own making of them may lie behind us. Who comes later still makes them later still.
    """
    groups = (ports.schedules, ports.digest_schedules)
    there = [schedules.providers() for schedules in groups]
    gone = set().union(*there) - set(ports.policies.providers())
    removed: list[str] = []
    for schedules, providers in zip(groups, there, strict=True):
        for provider in sorted(providers & gone):
            for name in schedules.look(provider):
                schedules.delete(name)
                removed.append(name)
    for provider in sorted(gone.intersection(ports.policies.providers()) if removed else ()):
        sync_schedules(ports, SyncRequest(provider=provider))
    return tuple(removed)


def _in_step(schedules: Schedules, provider: str, wanted: dict[str, Timetable]) -> SyncResult:
    there = schedules.look(provider)
    changed: list[str] = []
    for name, timetable in wanted.items():
        found = there.get(name)
        if found is None or found.fingerprint != timetable.fingerprint:
            schedules.put(
                name,
                cron=timetable.cron,
                zone=timetable.zone,
                payload=timetable.payload,
                fingerprint=timetable.fingerprint,
            )
            changed.append(name)
    removed = sorted(set(there) - set(wanted))
    for name in removed:
        schedules.delete(name)
    by_hand = tuple(name for name, found in there.items() if found.changed_by_hand)
    return SyncResult(
        created_or_changed=tuple(changed),
        removed=tuple(removed),
        changed_by_hand=by_hand,
        not_there=tuple(name for name in changed if name not in there),
    )


@dataclass(frozen=True)
class Timetable:
    """When a schedule fires, and what it hands over."""

    cron: str
    zone: str
    payload: str

    @property
    def fingerprint(self) -> str:
        """What tells it from another; a schedule in AWS has it as its description."""
        return fingerprint_of(self.cron, self.zone, self.payload)


def _monthly(policy: ProviderPolicy) -> dict[str, Timetable]:
    return {
        schedule_name(policy, run): Timetable(
            monthly_cron(run), policy.time_zone, schedule_payload(policy, run)
        )
        for run in policy.runs
    }


def _daily(policy: ProviderPolicy) -> dict[str, Timetable]:
    """The schedule of the digest; without a digest too: alarms hang on what its function sees."""
    digest = policy.digest
    told = {"provider": policy.provider, "scheduled_at": _SCHEDULED_AT}
    cron = f"cron({digest.at.minute} {digest.at.hour} * * ? *)"
    return {f"{policy.provider}_digest": Timetable(cron, policy.time_zone, json.dumps(told))}


def schedule_name(policy: ProviderPolicy, run: RunPolicy) -> str:
    """The name of a run's schedule; identifiers have no underscore, so names do not clash.

    It begins with the whole name of the provider, by which its schedules are found again.
    """
    name = f"{policy.provider}_{run.run}"
    if len(name) <= _MAX_NAME_LENGTH:
        return name
    room = _MAX_NAME_LENGTH - len(policy.provider) - 1
    return f"{policy.provider}_{fingerprint_of(run.run)[:room]}"


def monthly_cron(run: RunPolicy) -> str:
    """EventBridge Scheduler's cron expression of the day and local time on which a run opens."""
    opens = run.opens
    return f"cron({opens.at.minute} {opens.at.hour} {opens.day} * ? *)"


def schedule_payload(policy: ProviderPolicy, run: RunPolicy) -> str:
    """What the schedule hands to the starting function."""
    return json.dumps(
        {
            "provider": policy.provider,
            "run": run.run,
            "scheduled_at": _SCHEDULED_AT,
            "started_by": "schedule",
        }
    )


def schedule_fingerprint(policy: ProviderPolicy, run: RunPolicy) -> str:
    """What tells whether a run's schedule says what the policy says."""
    return fingerprint_of(monthly_cron(run), policy.time_zone, schedule_payload(policy, run))


def fingerprint_of(*parts: str) -> str:
    """Of a schedule's expression, time zone and payload."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
