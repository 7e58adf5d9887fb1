from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from local_cloud.clock import ClockMovedBackwardsError, SettableClock
from local_cloud.cooperative import (
    NO_TIMEOUT_SECONDS,
    CooperativeEvent,
    CooperativeScheduler,
    CooperativeThread,
    DeadlockError,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def scheduler() -> CooperativeScheduler:
    return CooperativeScheduler(SettableClock(START))


def drive(scheduler: CooperativeScheduler) -> None:
    scheduler.run_ready()
    while scheduler.next_due_at() is not None:
        scheduler.fire_next()
        scheduler.run_ready()


def test_the_clock_only_moves_forward() -> None:
    clock = SettableClock(START)
    clock.move_by(timedelta(seconds=1))
    with pytest.raises(ClockMovedBackwardsError):
        clock.move_to(START)
    with pytest.raises(ValueError, match="aware"):
        clock.move_to(datetime(2027, 1, 1))


def test_threads_take_turns_in_the_order_of_their_start(scheduler: CooperativeScheduler) -> None:
    seen: list[str] = []

    def work(name: str) -> None:
        seen.append(f"{name} begins")
        scheduler.sleep(1)
        seen.append(f"{name} ends")

    for name in ("a", "b"):
        CooperativeThread(scheduler, target=work, args=(name,)).start()
    assert seen == []
    scheduler.run_ready()
    assert seen == ["a begins", "b begins"]
    drive(scheduler)
    assert seen == ["a begins", "b begins", "a ends", "b ends"]
    assert scheduler.clock.now() == START + timedelta(seconds=1)


def test_equal_deadlines_fire_in_the_order_they_were_made(scheduler: CooperativeScheduler) -> None:
    seen: list[int] = []
    for number in range(5):
        scheduler.call_at(START + timedelta(seconds=1), partial(seen.append, number))
    drive(scheduler)
    assert seen == [0, 1, 2, 3, 4]


def test_a_wait_ends_with_the_event_and_its_deadline_is_forgotten(
    scheduler: CooperativeScheduler,
) -> None:
    event, outcomes = CooperativeEvent(scheduler), []
    CooperativeThread(scheduler, target=lambda: outcomes.append(event.wait(60))).start()
    scheduler.run_ready()
    event.set()
    event.clear()
    scheduler.run_ready()
    assert outcomes == [True]
    assert scheduler.next_due_at() is None


def test_a_wait_ends_false_at_its_timeout(scheduler: CooperativeScheduler) -> None:
    event, outcomes = CooperativeEvent(scheduler), []
    CooperativeThread(scheduler, target=lambda: outcomes.append(event.wait(60))).start()
    drive(scheduler)
    assert outcomes == [False]
    assert scheduler.clock.now() == START + timedelta(seconds=60)


def test_the_default_timeout_of_step_functions_is_no_deadline(
    scheduler: CooperativeScheduler,
) -> None:
    event = CooperativeEvent(scheduler)
    CooperativeThread(scheduler, target=lambda: event.wait(NO_TIMEOUT_SECONDS)).start()
    scheduler.run_ready()
    assert scheduler.next_due_at() is None


def test_waiting_from_outside_drives_the_clock_or_finds_the_deadlock(
    scheduler: CooperativeScheduler,
) -> None:
    thread = CooperativeThread(scheduler, target=lambda: scheduler.sleep(5))
    thread.start()
    thread.join()
    assert scheduler.clock.now() == START + timedelta(seconds=5)
    with pytest.raises(DeadlockError):
        CooperativeEvent(scheduler).wait()


def test_an_error_in_a_thread_reaches_whoever_drives(scheduler: CooperativeScheduler) -> None:
    def fail() -> None:
        raise KeyError("lost")

    CooperativeThread(scheduler, target=fail).start()
    with pytest.raises(KeyError, match="lost"):
        scheduler.run_ready()


def test_stopping_ends_blocked_threads_and_runs_their_cleanup(
    scheduler: CooperativeScheduler,
) -> None:
    cleaned = []

    def work() -> None:
        try:
            CooperativeEvent(scheduler).wait()
        finally:
            cleaned.append(True)

    CooperativeThread(scheduler, target=work).start()
    scheduler.run_ready()
    scheduler.stop()
    assert cleaned == [True]
