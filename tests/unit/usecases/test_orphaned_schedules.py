"""Schedules without a provider are removed, and never those of one that is applied meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import combinations_with_replacement
from typing import Any

import pytest

from msp_billing.usecases.sync_schedules import SyncRequest, remove_orphans, sync_schedules
from tests.end_to_end.small_provider import birch
from tests.fakes.ports import FakePorts

CALLS = 12
"""As many as one removal makes, and more."""

OLD = ("cron(0 1 9 * ? *)", "UTC", "{}")


class Interrupted:
    """A port whose every call is preceded by whatever others do just then."""

    def __init__(self, port: Any, others: Others) -> None:
        self._port = port
        self._others = others

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self._others.move()
            found = getattr(self._port, name)(*arguments, **named)
            return frozenset(found) if name == "providers" else found

        return call


class Others:
    """Somebody who applies Elm before one call, and the function that makes its schedules."""

    def __init__(self, ports: Any, applied_before: int, synced_before: int) -> None:
        self._ports = ports
        self._todo = [(applied_before, self._apply), (synced_before, self._sync)]
        self._calls = 0

    def move(self) -> None:
        self._calls += 1
        while self._todo and self._todo[0][0] <= self._calls:
            self._todo.pop(0)[1]()

    def finish(self) -> None:
        for _, do in self._todo:
            do()

    def _apply(self) -> None:
        self._ports.policies.put(birch("elm").policy)

    def _sync(self) -> None:
        sync_schedules(self._ports, SyncRequest(provider="elm"))


def ports() -> Any:
    made: Any = FakePorts(birch().policy, now=datetime(2026, 9, 2, 12, tzinfo=UTC))
    sync_schedules(made, SyncRequest(provider="birch"))
    return made


@pytest.mark.parametrize("had_old_ones", [False, True], ids=["new", "in a restored table"])
@pytest.mark.parametrize("moments", [*combinations_with_replacement(range(1, CALLS), 2)])
def test_a_provider_that_is_applied_at_any_moment_keeps_its_schedules(
    moments: tuple[int, int], had_old_ones: bool
) -> None:
    """docs/faults.md 2: without them nobody starts its runs until the next day's sweep."""
    kept = ports()
    if had_old_ones:
        kept.schedules.kept["elm_managed"] = OLD
        kept.digest_schedules.kept["elm_digest"] = OLD
    others = Others(kept, *moments)
    seen: Any = FakePorts(birch().policy, now=kept.clock.now())
    for name in ("policies", "schedules", "digest_schedules"):
        setattr(seen, name, Interrupted(getattr(kept, name), others))
    remove_orphans(seen)
    others.finish()
    wanted = ports()
    wanted.policies.put(birch("elm").policy)
    sync_schedules(wanted, SyncRequest(provider="elm"))
    assert kept.schedules.kept == wanted.schedules.kept
    assert kept.digest_schedules.kept == wanted.digest_schedules.kept


def test_nothing_is_asked_twice_where_no_schedule_is_left_over() -> None:
    """Two groups are listed, and the providers: that is all on a day like any other."""
    kept, calls = ports(), []

    class Counted(Interrupted):
        def __getattr__(self, name: str) -> Any:
            calls.append(name)
            return super().__getattr__(name)

    seen: Any = FakePorts(birch().policy, now=kept.clock.now())
    for name in ("policies", "schedules", "digest_schedules"):
        setattr(seen, name, Counted(getattr(kept, name), Others(kept, 99, 99)))
    assert remove_orphans(seen) == ()
    assert calls == ["providers"] * 3
