"""Exports on the list: in time for somebody to put them there, and silent when all is well.

Birch counts as of 1 September, 0:00 in Chicago (5:00 UTC), and reads the exports at 11:00 UTC.
"""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.domain.attention import AttentionKind as Kind
from msp_billing.domain.cycles import CycleState
from msp_billing.domain.feeds.definitions import FeedExport
from msp_billing.usecases.attention.looking import needs_a_person
from tests.unit.usecases.attention.desk import (
    kinds,
    open_cycle,
    ports_at,
    the_one,
    utc,
    without_managed,
)


def put(ports: Any, feed: str, as_of: str, account: str | None = None) -> None:
    key = f"{feed}/{account or 'all'}/{as_of}.csv"
    at = utc(as_of)
    ports.feeds.kept.append(
        FeedExport(feed=feed, key=key, as_of_at=at, time_zone="UTC", account=account)
    )


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        ("2026-08-30T12:00:00", None),  # two days before: nobody is bothered yet
        ("2026-08-31T12:00:00", Kind.EXPORT_EXPECTED),
        ("2026-09-01T08:00:00", Kind.EXPORT_MISSING),
        ("2026-09-01T12:00:00", None),  # it was counted: the accounts are parked now
    ],
)
def test_a_missing_export_is_named_before_it_is_too_late(now: str, kind: Kind | None) -> None:
    """docs/faults.md 23."""
    ports = ports_at(now)
    found = [entry for entry in needs_a_person(ports, "birch") if entry.kind.value[:6] == "export"]
    assert [entry.kind for entry in found] == ([kind] if kind else [])
    assert ports.feeds.listed == (2 if kind else 0)
    for entry in found:
        assert "'Devices'" in entry.what
        assert "there is none at all" in entry.what
        assert "before Tuesday, 1 September 2026, 06:00" in entry.do
        assert entry.command == "mspbill feeds push DIR --feed devices"


def test_an_export_that_is_there_is_not_asked_for() -> None:
    ports = ports_at("2026-09-01T08:00:00")
    put(ports, "devices", "2026-09-01T05:00:00")
    assert kinds(ports) == []


def test_a_daily_export_is_expected_only_when_it_has_stopped() -> None:
    """docs/faults.md 25: of two days ago, where a day is allowed."""
    ports = ports_at("2026-08-31T12:00:00")
    put(ports, "devices", "2026-08-31T05:00:00")
    assert kinds(ports) == []
    ports.feeds.kept.clear()
    put(ports, "devices", "2026-08-29T05:00:00")
    entry = the_one(ports, Kind.EXPORT_EXPECTED)
    assert "the newest is as of Saturday, 29 August 2026, 00:00" in entry.what


def test_accounts_that_export_for_themselves_are_named_one_by_one() -> None:
    ports = ports_at("2026-09-01T08:00:00")
    put(ports, "devices", "2026-09-01T05:00:00")
    put(ports, "users", "2026-08-01T05:00:00", "beech")
    put(ports, "users", "2026-08-01T05:00:00", "elm")
    put(ports, "users", "2026-09-01T05:00:00", "elm")
    put(ports, "users", "2026-03-01T05:00:00", "alder")  # it left long ago
    entry = the_one(ports, Kind.EXPORT_MISSING)
    assert entry.account == "beech"
    assert "'Users' of beech" in entry.what


def test_a_cycle_that_failed_or_closed_needs_no_exports() -> None:
    ports = ports_at("2026-09-01T08:00:00")
    open_cycle(ports, state=CycleState.CLOSED)
    assert kinds(ports) == []
    assert ports.feeds.listed == 0


def test_what_an_open_cycle_needs_is_named_also_when_its_run_is_no_more() -> None:
    ports = ports_at("2026-09-01T10:30:00")
    open_cycle(ports)
    without_managed(ports)
    found = [entry for entry in needs_a_person(ports, "birch") if entry.run == "managed"]
    assert [(entry.kind, str(entry.period)) for entry in found] == [
        (Kind.EXPORT_MISSING, "2026-09")
    ]
