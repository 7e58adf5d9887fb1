"""A call that comes late does what it was scheduled for, whatever day it is by then."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from msp_billing.usecases.start_cycle import StartRequest, start_cycle
from tests.end_to_end.small_provider import birch
from tests.fakes.cycles import FakeCycles
from tests.fakes.ports import FakePorts


@pytest.mark.parametrize("late", ["2026-09-01T10:00:30", "2026-09-02T09:59:00", "2026-10-05T00:00"])
def test_a_schedule_whose_call_comes_late_bills_the_month_it_was_for(late: str) -> None:
    """docs/faults.md 7: Scheduler tries for a day; who calls by hand may come later still."""
    now = datetime.fromisoformat(late).replace(tzinfo=UTC)
    ports: Any = FakePorts(birch().policy, now=now)
    ports.cycles = FakeCycles()
    scheduled_at = datetime(2026, 9, 1, 10, tzinfo=UTC)
    request = StartRequest(provider="birch", run="managed", scheduled_at=scheduled_at)
    result = start_cycle(ports, request)
    assert (result.outcome, str(result.period)) == ("started", "2026-09")
    assert list(ports.executions.started) == ["birch_managed_2026-09"]
