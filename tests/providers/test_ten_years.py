"""Ten years of calendars: every schedule and every wait hits the dates that the policy's words say.

What is expected is worked out here from the words of ``provider.yaml`` with datetime, zoneinfo and
the holidays package, and shares nothing with the program: not its models, not its calendar.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest
import yaml

from local_cloud.schedules import next_fire_at
from msp_billing.adapters.holiday_calendar import business_calendar
from msp_billing.domain.cycles import CyclePlan, plan_cycle
from msp_billing.domain.periods import Period
from msp_billing.usecases.open_cycle import wait_timestamp
from msp_billing.usecases.start_cycle import StartRequest, start_cycle
from msp_billing.usecases.sync_schedules import SyncRequest, sync_schedules
from tests.end_to_end.small_provider import birch
from tests.fakes.cycles import FakeCycles
from tests.fakes.ports import FakePorts
from tests.frame.repository import ROOT
from tests.providers.sample_billing import sample_book

FIRST, MONTHS = date(2026, 1, 1), 120
SATURDAY = 5


@cache
def words(provider: str) -> dict[str, Any]:
    """The policy as it is written."""
    text = (ROOT / "providers" / provider / "provider.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


RUNS = [
    (provider, run["run"])
    for provider in ("collabrance", "integris", "kr-group")
    for run in words(provider)["runs"]
]


# --- What the words mean, by the standard library ------------------------------------------------


@cache
def closed_days(provider: str) -> frozenset[date]:
    """The holidays that the provider keeps, as observed, and its own."""
    kept = words(provider)["holidays"]
    years = range(FIRST.year - 2, FIRST.year + MONTHS // 12 + 3)
    found = set(
        holidays.country_holidays(kept["country"], subdiv=kept.get("subdivision"), years=years)
    )
    for text in kept.get("also_closed", ()):
        month, day = (int(part) for part in text.split("-"))
        found |= {date(year, month, day) for year in years}
    return frozenset(found)


def is_open(provider: str, day: date) -> bool:
    return day.weekday() < SATURDAY and day not in closed_days(provider)


def month_of(first: date, months: int) -> tuple[int, int]:
    index = first.year * 12 + first.month - 1 + months
    return index // 12, index % 12 + 1


def in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def day_by(provider: str, rule: dict[str, Any], service_month: date) -> date:
    """The date that a rule of the policy means for a service month."""
    year, month = month_of(service_month, rule.get("month", 0))
    if "business_day" in rule:
        days = [date(year, month, n + 1) for n in range(calendar.monthrange(year, month)[1])]
        business = [day for day in days if is_open(provider, day)]
        number = rule["business_day"]
        found = business[number - 1 if number > 0 else number]
    else:
        found = in_month(year, month, rule["day"])
        step = {"next_business_day": 1, "previous_business_day": -1}.get(
            rule.get("when_closed", "keep")
        )
        while step and not is_open(provider, found):
            found += timedelta(days=step)
    if "no_later_than_day" in rule:
        latest = in_month(year, month, rule["no_later_than_day"])
        if found > latest:
            found = latest
            while not is_open(provider, found):
                found -= timedelta(days=1)
    return found


def instant(provider: str, rule: dict[str, Any], service_month: date) -> datetime:
    hour, minute = (int(part) for part in str(rule.get("at", "08:00")).split(":"))
    day = day_by(provider, rule, service_month)
    zone = ZoneInfo(words(provider)["time_zone"])
    return datetime.combine(day, time(hour, minute), tzinfo=zone).astimezone(UTC)


# --- What the program does -----------------------------------------------------------------------


@cache
def ports_of(provider: str) -> Any:
    """The provider on ports in memory, its schedules made."""
    policy = sample_book(provider).policy
    ports: Any = FakePorts(policy, now=datetime(2025, 12, 1, tzinfo=UTC))
    ports.cycles = FakeCycles()
    sync_schedules(ports, SyncRequest(provider=provider))
    return ports


@cache
def firings(provider: str, run: str) -> tuple[datetime, ...]:
    """Every instant at which the run's schedule fires in the ten years, by AWS's cron rules."""
    cron, zone, _ = ports_of(provider).schedules.kept[f"{provider}_{run}"]
    found: list[datetime] = []
    at = datetime.combine(FIRST, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    at -= timedelta(seconds=1)
    while len(found) < MONTHS:
        following = next_fire_at(cron, zone, at, at)
        assert following is not None
        found.append(following)
        at = following
    return tuple(found)


def run_words(provider: str, run: str) -> dict[str, Any]:
    found: dict[str, Any] = next(e for e in words(provider)["runs"] if e["run"] == run)
    return found


@cache
def plan_of(provider: str, run: str, period: Period) -> CyclePlan:
    policy = sample_book(provider).policy
    days = business_calendar(policy.holidays, range(period.year - 2, period.year + 3))
    return plan_cycle(policy, policy.run_policy(run), period, days)


@pytest.mark.parametrize(("provider", "run"), RUNS)
def test_each_service_month_is_fired_once_at_the_policys_local_time(
    provider: str, run: str
) -> None:
    """docs/faults.md 2 and 6: in the provider's zone, through daylight saving and leap years."""
    opens = run_words(provider, run)["opens"]
    zone = ZoneInfo(words(provider)["time_zone"])
    ports = ports_of(provider)
    months: list[str] = []
    for fired_at in firings(provider, run):
        local = fired_at.astimezone(zone)
        assert (local.day, f"{local:%H:%M}") == (opens["day"], str(opens["at"]))
        assert local.replace(fold=1).utcoffset() == local.utcoffset(), "this hour comes once"
        request = StartRequest(provider=provider, run=run, scheduled_at=fired_at)
        months.append(str(start_cycle(ports, request).period))
    first = month_of(FIRST, -opens.get("month", 0))
    year_months = [month_of(date(*first, 1), offset) for offset in range(MONTHS)]
    assert months == [f"{year:04}-{month:02}" for year, month in year_months]
    started = [name for name in ports.executions.started if name.startswith(f"{provider}_{run}_")]
    assert started == [f"{provider}_{run}_{month}" for month in months]


@pytest.mark.parametrize(("provider", "run"), RUNS)
def test_every_date_of_every_cycle_is_the_policys_own(provider: str, run: str) -> None:
    """docs/faults.md 5 and 6: snapshots, comparison, issue and due day, holidays and all."""
    told = run_words(provider, run)
    due = told.get("due")
    for fired_at in firings(provider, run):
        local = fired_at.astimezone(ZoneInfo(words(provider)["time_zone"])).date()
        month = date(*month_of(local, -told["opens"].get("month", 0)), 1)
        plan = plan_of(provider, run, Period.of(month))
        assert plan.opens_at == fired_at
        assert {e.moment: (e.moment_at, e.take_at) for e in plan.moments} == {
            entry["moment"]: (
                (at := instant(provider, entry["at"], month)),
                at + timedelta(hours=entry.get("wait_hours", 6)),
            )
            for entry in told.get("moments", ())
        }
        assert plan.compare_at == instant(provider, told["compare"], month)
        assert plan.issue_at == instant(provider, told["issue"], month)
        assert plan.invoice_on == day_by(provider, told["issue"], month)
        if due is None:
            assert plan.due_on is None
        elif "days_after_issue" in due:
            assert plan.due_on == plan.invoice_on + timedelta(days=due["days_after_issue"])
        else:
            assert plan.due_on == day_by(provider, due, month)
        waits = [*(e.take_at for e in plan.moments), plan.compare_at, plan.issue_at]
        assert fired_at <= min(waits)
        assert waits == sorted(waits)
        assert [datetime.fromisoformat(wait_timestamp(at)) for at in waits] == waits


@pytest.mark.parametrize("provider", ["collabrance", "integris", "kr-group"])
def test_the_digest_goes_every_day_at_a_time_that_exists_once(provider: str) -> None:
    """docs/faults.md 2."""
    cron, zone_name, _ = ports_of(provider).digest_schedules.kept[f"{provider}_digest"]
    minute, hour, *rest = cron.removeprefix("cron(").removesuffix(")").split()
    assert rest == ["*", "*", "?", "*"]
    zone, at = ZoneInfo(zone_name), time(int(hour), int(minute))
    assert zone_name == words(provider)["time_zone"]
    for number in range(3653):
        local = datetime.combine(FIRST + timedelta(days=number), at, tzinfo=zone)
        assert local.replace(fold=1).utcoffset() == local.utcoffset()


@pytest.mark.parametrize(
    "zone",
    [
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
        "Pacific/Chatham",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "Europe/Helsinki",
        "Africa/Casablanca",
    ],
)
def test_zones_with_odd_clocks_fire_each_month_once(zone: str) -> None:
    """docs/faults.md 2 and 6: half hours, quarter hours, the far side of the date line."""
    policy = birch(zone=zone).policy
    ports: Any = FakePorts(policy, now=datetime(2025, 12, 1, tzinfo=UTC))
    ports.cycles = FakeCycles()
    sync_schedules(ports, SyncRequest(provider="birch"))
    cron, zone_name, _ = ports.schedules.kept["birch_managed"]
    at = datetime(2025, 12, 31, 23, 59, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    for offset in range(MONTHS):
        found = next_fire_at(cron, zone_name, at, at)
        assert found is not None
        at = found
        year, month = month_of(FIRST, offset)
        assert at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == datetime(year, month, 1, 5)
        request = StartRequest(provider="birch", run="managed", scheduled_at=at)
        assert start_cycle(ports, request).period == Period(year=year, month=month)
        days = business_calendar(policy.holidays, range(year - 1, year + 2))
        plan = plan_cycle(policy, policy.runs[0], Period(year=year, month=month), days)
        assert plan.opens_at == at
