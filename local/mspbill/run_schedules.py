"""Which schedules of a provider are left on the test clock: those of the cycles that are asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from local_cloud import LocalCloud
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.sync_schedules import schedule_name
from mspbill.planning import PlannedCycle

_MONTHLY, _SWEEPS = "BillingScheduleGroup", "SweepScheduleGroup"
_DAILY = (_SWEEPS, "DigestScheduleGroup")


def keep_only(cloud: LocalCloud, policy: ProviderPolicy, runs: Iterable[str]) -> None:
    """Take away every schedule that would start something else: the sweeps, and other runs'."""
    wanted = {schedule_name(policy, policy.run_policy(run)) for run in runs}
    for group in (_MONTHLY, *_DAILY):
        for name in _schedules(cloud, group):
            if name not in wanted:
                _delete(cloud, group, name)


class RunEndings:
    """Takes a run's schedule away when the last of its cycles has opened.

    The clock goes on for other runs and for payments; months without exports would only be built to
    be parked. What starts missed cycles goes with the first of them, because it would start those.
    """

    def __init__(
        self, cloud: LocalCloud, policy: ProviderPolicy, cycles: Iterable[PlannedCycle]
    ) -> None:
        self._cloud = cloud
        opens_at: dict[str, datetime] = {}
        for cycle in cycles:
            name = schedule_name(policy, policy.run_policy(cycle.id.run))
            opens_at[name] = max(cycle.plan.opens_at, opens_at.get(name, cycle.plan.opens_at))
        self._endings = sorted((at, name) for name, at in opens_at.items())

    def end(self) -> None:
        """Take away what has had its last turn; to be called whenever the clock has moved."""
        while self._endings and self._endings[0][0] < self._cloud.clock.now():
            _delete(self._cloud, _MONTHLY, self._endings.pop(0)[1])
            starter = self._cloud.resource_id("StartMissedCyclesFunction")
            for name, target in _schedules(self._cloud, _SWEEPS).items():
                if starter in target.split(":"):
                    _delete(self._cloud, _SWEEPS, name)


def _schedules(cloud: LocalCloud, group: str) -> dict[str, str]:
    """The target of every schedule in a group, by name."""
    pages = cloud.client("scheduler").get_paginator("list_schedules")
    found = pages.paginate(GroupName=cloud.resource_id(group))
    return {entry["Name"]: entry["Target"]["Arn"] for page in found for entry in page["Schedules"]}


def _delete(cloud: LocalCloud, group: str, name: str) -> None:
    cloud.client("scheduler").delete_schedule(Name=name, GroupName=cloud.resource_id(group))
