"""Keeping the monthly schedules in step with the policy: one per provider and run."""

from __future__ import annotations

import hashlib
import json

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.run_policy import RunPolicy
from msp_billing.usecases.ports import Ports

_MAX_NAME_LENGTH = 64
"""Of a schedule in EventBridge Scheduler; a provider's name has 40 at most."""


class SyncRequest(Frozen):
    """Whose schedules."""

    provider: Identifier


class SyncResult(Frozen):
    """What was done to the schedules."""

    created_or_changed: tuple[str, ...]
    removed: tuple[str, ...]


def sync_schedules(ports: Ports, request: SyncRequest) -> SyncResult:
    """Create, change and remove schedules until they say what the current policy says.

    Idempotent; it looks at what is there, so that a lost event or an earlier failure is healed by
    the next call.
    """
    current = ports.policies.current(request.provider)
    policy = ports.policies.policy(request.provider, current.policy_version)
    there = ports.schedules.of_provider(request.provider)
    changed: list[str] = []
    wanted: set[str] = set()
    for run in policy.runs:
        name = schedule_name(policy, run)
        wanted.add(name)
        cron, payload = monthly_cron(run), schedule_payload(policy, run)
        fingerprint = schedule_fingerprint(policy, run)
        if there.get(name) != fingerprint:
            ports.schedules.put(
                name, cron=cron, zone=policy.time_zone, payload=payload, fingerprint=fingerprint
            )
            changed.append(name)
    removed = sorted(set(there) - wanted)
    for name in removed:
        ports.schedules.delete(name)
    return SyncResult(created_or_changed=tuple(changed), removed=tuple(removed))


def schedule_name(policy: ProviderPolicy, run: RunPolicy) -> str:
    """The name of a run's schedule; identifiers have no underscore, so names do not clash.

    It begins with the whole name of the provider, by which its schedules are found again.
    """
    name = f"{policy.provider}_{run.run}"
    if len(name) <= _MAX_NAME_LENGTH:
        return name
    room = _MAX_NAME_LENGTH - len(policy.provider) - 1
    return f"{policy.provider}_{_fingerprint(run.run)[:room]}"


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
            "scheduled_at": "<aws.scheduler.scheduled-time>",
            "started_by": "schedule",
        }
    )


def schedule_fingerprint(policy: ProviderPolicy, run: RunPolicy) -> str:
    """What tells whether a run's schedule says what the policy says."""
    return _fingerprint(monthly_cron(run), policy.time_zone, schedule_payload(policy, run))


def _fingerprint(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def sync_all_schedules(ports: Ports) -> None:
    """Sync every provider; the daily sweep does so, should an event have been lost."""
    for provider in ports.policies.providers():
        sync_schedules(ports, SyncRequest(provider=provider))
