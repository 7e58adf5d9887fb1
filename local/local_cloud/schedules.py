"""Schedules on the test clock: EventBridge Scheduler's and the scheduled rules of EventBridge.

Expressions are `cron(...)` with AWS's six fields (read by the aws-croniter library), `rate(...)`
and `at(...)`, in the schedule's time zone. As on AWS, a local time that daylight saving skips does
not fire, and one that comes twice fires the first time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from aws_croniter import AwsCroniter  # type: ignore[import-untyped]

from local_cloud.clock import Clock
from local_cloud.deliveries import Deliveries
from local_cloud.template import ACCOUNT_ID, REGION

_FORM = re.compile(r"(cron|rate|at)\((.+)\)")
_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


class ScheduleExpressionError(ValueError):
    """Not an expression that EventBridge Scheduler knows."""


@lru_cache(maxsize=4096)
def next_fire_at(
    expression: str, zone_name: str, after: datetime, rate_from: datetime
) -> datetime | None:
    """The first instant strictly after `after` (UTC), or None if there is none.

    `rate_from` is where a rate counts from: it fires one interval later, and so on.
    """
    match = _FORM.fullmatch(expression.strip())
    if match is None:
        raise ScheduleExpressionError(f"not a schedule: {expression!r}")
    form, content = match.groups()
    zone = ZoneInfo(zone_name)
    if form == "at":
        local = datetime.fromisoformat(content).replace(tzinfo=zone)
        instant = local.astimezone(UTC)
        return instant if instant > after else None
    if form == "rate":
        number, unit = content.split()
        interval = int(number) * _UNITS[unit.rstrip("s")]
        return rate_from + interval * max((after - rate_from) // interval + 1, 1)
    return _next_cron(AwsCroniter(content), zone, after)


def _next_cron(cron: Any, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Walk in local wall time, which the library is told is UTC, and come back to instants."""
    wall = after.astimezone(zone).replace(tzinfo=UTC, fold=0)
    while True:
        found = cron.get_next(wall, 1)
        if not found or found[0] is None:
            return None
        wall = found[0]
        local: datetime = wall.replace(tzinfo=zone)
        instant = local.astimezone(UTC)
        exists = instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
        if exists and instant > after:
            return instant


@dataclass
class _Known:
    """What is remembered of a schedule: how it looked, and up to when it has fired."""

    looks: str
    rate_from: datetime
    fired_until: datetime


@dataclass(frozen=True)
class Due:
    """A schedule that fires at `due_at`. Several at once fire in the order of their arns."""

    due_at: datetime
    arn: str
    fire: Callable[[], None]


@dataclass(frozen=True)
class _Timetable:
    """One schedule or rule, as both are needed here."""

    arn: str
    expression: str
    zone_name: str
    changed_at: datetime
    start_at: datetime | None
    end_at: datetime | None
    fire: Callable[[datetime], None]


class Schedules:
    """All timetables there are at the moment; they may come and go at run time."""

    def __init__(
        self,
        clock: Clock,
        deliveries: Deliveries,
        next_id: Callable[[], str],
        silent: Collection[str] = (),
    ) -> None:
        """Timetables of a cloud; those of functions in ``silent`` (logical ids) do not fire."""
        self._silent = tuple(silent)
        self._clock = clock
        self._deliveries = deliveries
        self._next_id = next_id
        self._known: dict[str, _Known] = {}

    def next_due(self) -> Due | None:
        """The schedule that fires next, or None."""
        dues = (self._due(timetable) for timetable in self._timetables())
        return min(
            (due for due in dues if due is not None),
            key=lambda due: (due.due_at, due.arn),
            default=None,
        )

    def _due(self, timetable: _Timetable) -> Due | None:
        looks = f"{timetable.expression} {timetable.zone_name} {timetable.changed_at}"
        known = self._known.get(timetable.arn)
        if known is None or known.looks != looks:
            start = timetable.start_at
            is_late_start = start is not None and start > timetable.changed_at
            begin = start - timedelta(microseconds=1) if start and is_late_start else None
            known = _Known(looks, begin or timetable.changed_at, begin or timetable.changed_at)
            self._known[timetable.arn] = known
        due_at = next_fire_at(
            timetable.expression, timetable.zone_name, known.fired_until, known.rate_from
        )
        if due_at is None or (timetable.end_at is not None and due_at > timetable.end_at):
            return None
        remembered = known

        def fire() -> None:
            remembered.fired_until = due_at
            timetable.fire(due_at)

        return Due(max(due_at, self._clock.now()), timetable.arn, fire)

    def _timetables(self) -> Iterator[_Timetable]:
        from moto.events.models import events_backends
        from moto.scheduler.models import scheduler_backends

        for group in scheduler_backends[ACCOUNT_ID][REGION].schedule_groups.values():
            for schedule in group.schedules.values():
                called = str(schedule.target["Arn"])
                if schedule.state == "ENABLED" and not any(f in called for f in self._silent):
                    yield self._of_scheduler(group, schedule)
        for rule in events_backends[ACCOUNT_ID][REGION].event_buses["default"].rules.values():
            if rule.scheduled_expression and rule.state == "ENABLED":
                yield self._of_rule(rule)

    def _of_scheduler(self, group: Any, schedule: Any) -> _Timetable:
        def fire(scheduled_at: datetime) -> None:
            self._fire_schedule(schedule, scheduled_at)
            is_once = schedule.schedule_expression.startswith("at(")
            if is_once and schedule.action_after_completion == "DELETE":
                group.schedules.pop(schedule.name, None)

        return _Timetable(
            arn=schedule.arn,
            expression=schedule.schedule_expression,
            zone_name=schedule.schedule_expression_timezone,
            changed_at=_instant(schedule.last_modified_date),
            start_at=_instant(schedule.start_date) if schedule.start_date else None,
            end_at=_instant(schedule.end_date) if schedule.end_date else None,
            fire=fire,
        )

    def _fire_schedule(self, schedule: Any, scheduled_at: datetime) -> None:
        execution_id = self._next_id()
        when = scheduled_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        default = {
            "version": "0",
            "id": execution_id,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": ACCOUNT_ID,
            "time": when,
            "region": REGION,
            "resources": [schedule.arn],
            "detail": "{}",
        }
        text = schedule.target.get("Input") or json.dumps(default)
        for placeholder, value in {
            "<aws.scheduler.schedule-arn>": schedule.arn,
            "<aws.scheduler.scheduled-time>": when,
            "<aws.scheduler.execution-id>": execution_id,
            "<aws.scheduler.attempt-number>": "1",
        }.items():
            text = text.replace(placeholder, value)
        queue_arn = schedule.target.get("DeadLetterConfig", {}).get("Arn")
        self._deliveries.send(schedule.target["Arn"], text, queue_arn)

    def _of_rule(self, rule: Any) -> _Timetable:
        def fire(scheduled_at: datetime) -> None:
            event = {
                "version": "0",
                "id": self._next_id(),
                "detail-type": "Scheduled Event",
                "source": "aws.events",
                "account": ACCOUNT_ID,
                "time": scheduled_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "region": REGION,
                "resources": [rule.arn],
                "detail": {},
            }
            for target in rule.targets:
                self._deliveries.send(target["Arn"], target.get("Input") or json.dumps(event))

        # Rules keep no time of their making: they count from when they are first seen.
        known = self._known.get(rule.arn)
        changed_at = known.rate_from if known else self._clock.now()
        return _Timetable(rule.arn, rule.scheduled_expression, "UTC", changed_at, None, None, fire)


def _instant(value: Any) -> datetime:
    """Read an instant as moto keeps it: seconds since 1970, or the text that came."""
    if isinstance(value, str):
        parsed = datetime.fromisoformat(value.replace("Z", "+00:00"))
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return datetime.fromtimestamp(float(value), tz=UTC)
