"""Threads that take turns: everything that runs at the same time in AWS runs here one at a time.

The Step Functions interpreter of moto is written with threads, events and sleeps. It gets the
classes of this module instead. Each "thread" is a greenlet that runs until it waits for something;
then the next one in line runs. When nobody can run, the system is quiet, known exactly and without
polling, and only then may the clock move on to the earliest deadline. Equal deadlines fire in the
order in which they were made, so two runs are alike.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from greenlet import GreenletExit, getcurrent, greenlet

from local_cloud.clock import SettableClock

#: A timeout of this many seconds or more is no timeout: Step Functions' default is 99,999,999.
NO_TIMEOUT_SECONDS = 99_999_999


class DeadlockError(RuntimeError):
    """The caller waits for something that nothing under way can bring about."""


class BlockedInsideFunctionError(RuntimeError):
    """A Lambda function waited for another thread of the local cloud; it must run through."""


@dataclass(order=True)
class Timer:
    """Something to do at an instant of the test clock."""

    due_at: datetime
    number: int
    action: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)


class CooperativeScheduler:
    """Runs the threads in turn and holds the timers. One per local cloud, one real thread."""

    def __init__(self, clock: SettableClock) -> None:
        self.clock = clock
        self.may_block = True
        self._ready: deque[greenlet] = deque()
        self._timers: list[Timer] = []
        self._numbers = itertools.count()
        self._alive: dict[greenlet, None] = {}
        self._hub: greenlet | None = None

    def spawn(self, work: Callable[[], None]) -> greenlet:
        """Put `work` at the end of the line; it starts when its turn comes."""

        def run() -> None:
            try:
                work()
            finally:
                self._alive.pop(task, None)

        task = greenlet(run)
        self._alive[task] = None
        self._ready.append(task)
        return task

    def call_at(self, due_at: datetime, action: Callable[[], None]) -> Timer:
        """Call `action` when the test clock reaches `due_at` (at once if that is past)."""
        timer = Timer(max(due_at, self.clock.now()), next(self._numbers), action)
        heapq.heappush(self._timers, timer)
        return timer

    def call_after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Call `action` after so many seconds of the test clock."""
        return self.call_at(self.clock.now() + timedelta(seconds=seconds), action)

    def next_due_at(self) -> datetime | None:
        """The earliest deadline that still counts, or None."""
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        return self._timers[0].due_at if self._timers else None

    def fire_next(self) -> None:
        """Move the clock to the earliest deadline and do its action. There must be one."""
        if self.next_due_at() is None:
            raise DeadlockError("no deadline is left")
        timer = heapq.heappop(self._timers)
        if timer.due_at > self.clock.now():
            self.clock.move_to(timer.due_at)
        timer.action()

    def run_ready(self) -> None:
        """Let everybody run until all are blocked or done. The clock stands still meanwhile."""
        if getcurrent() in self._alive:
            raise BlockedInsideFunctionError("run_ready() was called from inside an execution")
        outer_hub, self._hub = self._hub, getcurrent()
        try:
            while self._ready:
                task = self._ready.popleft()
                task.parent = self._hub
                task.switch()
        finally:
            self._hub = outer_hub

    def make_ready(self, task: greenlet) -> None:
        """Put a task that waited at the end of the line."""
        self._ready.append(task)

    def block(self, is_done: Callable[[], bool]) -> None:
        """Wait in the present task until somebody calls `make_ready`; outside of tasks, drive on.

        A caller outside (a test that starts a synchronous execution, say) has nobody to hand over
        to, so it fires deadlines itself until `is_done()`.
        """
        if not self.may_block:
            raise BlockedInsideFunctionError("a Lambda function may not wait for other threads")
        if getcurrent() in self._alive:
            assert self._hub is not None
            self._hub.switch()
            return
        self.run_ready()
        while not is_done():
            self.fire_next()
            self.run_ready()

    def sleep(self, seconds: float) -> None:
        """Let the present task pause."""
        CooperativeEvent(self).wait(seconds)

    def stop(self) -> None:
        """End every task that is still blocked, as when a process ends: their `finally` run."""
        self._timers.clear()
        self._ready.clear()
        for task in list(self._alive):
            if task:
                task.parent = getcurrent()
                task.throw(GreenletExit)
        self._alive.clear()
        self._ready.clear()


class CooperativeEvent:
    """`threading.Event` on the test clock."""

    def __init__(self, scheduler: CooperativeScheduler) -> None:
        self._scheduler = scheduler
        self._is_set = False
        self._waiters: list[_Waiter] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> CooperativeEvent:
        raise TypeError("an event cannot be copied")

    def is_set(self) -> bool:
        """Whether `wait` would return at once."""
        return self._is_set

    def set(self) -> None:
        """Let everybody who waits go on, and all who come until `clear`."""
        self._is_set = True
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.wake(was_set=True)

    def clear(self) -> None:
        """Let those who come from now on wait."""
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the event is set, or `timeout` seconds of the test clock are over."""
        if self._is_set:
            return True
        if timeout is not None and timeout <= 0:
            return False
        waiter = _Waiter(self._scheduler, getcurrent())
        self._waiters.append(waiter)
        if timeout is not None and timeout < NO_TIMEOUT_SECONDS:
            waiter.timer = self._scheduler.call_after(timeout, waiter.time_out)
        try:
            self._scheduler.block(lambda: waiter.is_done)
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
        return waiter.was_set


class _Waiter:
    """One task that waits for one event."""

    def __init__(self, scheduler: CooperativeScheduler, task: greenlet) -> None:
        self._scheduler = scheduler
        self._task = task
        self.timer: Timer | None = None
        self.is_done = False
        self.was_set = False

    def time_out(self) -> None:
        self.wake(was_set=False)

    def wake(self, *, was_set: bool) -> None:
        if self.is_done:
            return
        self.is_done = True
        self.was_set = was_set
        if self.timer is not None:
            self.timer.cancelled = True
        if self._task in self._scheduler._alive:
            self._scheduler.make_ready(self._task)


class CooperativeThread:
    """`threading.Thread` as a task of the scheduler."""

    def __init__(
        self,
        scheduler: CooperativeScheduler,
        target: Callable[..., object],
        name: str | None = None,
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
        daemon: bool | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._target = target
        self._arguments = (tuple(args), dict(kwargs or {}))
        self._ended = CooperativeEvent(scheduler)
        self._is_started = False
        self.name = name or "task"
        self.daemon = daemon
        self.native_id = 0

    def start(self) -> None:
        """Take a place at the end of the line."""
        self._is_started = True
        self._scheduler.spawn(self._run)

    def _run(self) -> None:
        try:
            positional, named = self._arguments
            self._target(*positional, **named)
        finally:
            self._ended.set()

    def is_alive(self) -> bool:
        """Whether the work has begun and not ended."""
        return self._is_started and not self._ended.is_set()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the work."""
        self._ended.wait(timeout)
