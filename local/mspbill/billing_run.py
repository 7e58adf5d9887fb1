"""Billing on this machine: a provider directory in the local cloud, on the test clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self

from local_cloud import ExecutionRecord, LocalCloud, SentMail
from msp_billing import wiring
from msp_billing.adapters.clock import SystemClock
from msp_billing.adapters.directory.provider_directory import ProviderDirectory
from msp_billing.adapters.feeds.feed_files import CHECKSUM_SUFFIX
from msp_billing.domain.cycles import Cycle, CycleId, CycleState
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.apply_provider import apply_provider
from msp_billing.usecases.approve_run import Decision, decide_run
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.records import Approval
from mspbill import environment, run_schedules
from mspbill.planning import PlannedCycle
from mspbill.repository import repository_root
from mspbill.run_schedules import RunEndings

PERSON_NEEDS = timedelta(hours=3)
"""How long after being asked a person decides, on the test clock."""

_AFTERWARDS = timedelta(minutes=10)  # what a step leaves to do: retries, events of SES
_LATEST = timedelta(days=14)  # after the issue day: longer than any wait of the state machine

Decide = Callable[[CycleId, Approval], Decision | None]
"""Asks a person about a run; None when nobody is there to decide."""

Progress = Callable[[datetime, str], None]
"""Is told what is due next on the test clock."""

LeftWaiting = Callable[["CycleResult"], None]
"""Is told of a cycle that waits for a person in vain, while the clock still stands there."""


class Outside(Protocol):
    """People outside of the system, who do something of their own while the clock moves."""

    @property
    def next_at(self) -> datetime:
        """When somebody does something next."""

    def act(self) -> None:
        """Let them do it; the clock stands at ``next_at`` and what was due before has happened."""


@dataclass(frozen=True)
class CycleResult:
    """Where a cycle stands after the run."""

    planned: PlannedCycle
    cycle: Cycle | None
    waiting_for: Approval | None
    failure: str | None

    @property
    def closed(self) -> bool:
        """Whether it went its whole way."""
        return self.cycle is not None and self.cycle.state is CycleState.CLOSED


class LocalBilling:
    """A local cloud with a provider in it. For its lifetime it owns the process's environment."""

    def __init__(self, start_at: datetime) -> None:
        """Prepare; the cloud opens when the context is entered.

        Args:
            start_at: where the test clock starts.
        """
        self._start_at = start_at
        self._stack = ExitStack()
        self._cloud: LocalCloud | None = None
        self._left_waiting: dict[CycleId, CycleResult] = {}
        self._outside: Outside | None = None
        self._endings: RunEndings | None = None

    def __enter__(self) -> Self:
        root = repository_root()
        with ExitStack() as stack:
            stack.enter_context(environment.away_from_aws())
            stack.enter_context(environment.rare_collections())
            stack.callback(wiring.use_clock, SystemClock())
            cloud = stack.enter_context(
                LocalCloud(
                    root / "template.yaml",
                    start_at=self._start_at,
                    parameters={"LogLevel": "CRITICAL"},
                    on_start=wiring.use_clock,
                )
            )
            values = {
                "ASSETS_DIRECTORY": str(root / "layers" / "rendering"),
                "POWERTOOLS_METRICS_DISABLED": "true",
            }
            for function in environment.function_names():
                values.update(cloud.function_environment(function))
            stack.enter_context(environment.variables(values))
            self._cloud = cloud
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cloud = None
        self._stack.close()

    @property
    def cloud(self) -> LocalCloud:
        """The cloud, while it is open."""
        assert self._cloud is not None, "enter the context first"
        return self._cloud

    @property
    def ports(self) -> Ports:
        """The ports that the functions use."""
        return wiring.ports()

    # --- Doing -------------------------------------------------------------------------------

    def load(self, directory: ProviderDirectory, first_period: Period) -> None:
        """Upload the exports and put policy, price book and accounts in force.

        The event that this sends makes the monthly schedules, as it does on AWS.
        """
        s3 = self.cloud.client("s3")
        bucket = self.cloud.resource_id("FeedsBucket")
        for export in directory.exports:
            for name in (export.key, f"{export.key}{CHECKSUM_SUFFIX}"):
                path = directory.feeds_root / name
                if path.is_file():
                    key = f"{directory.policy.provider}/{name}"
                    s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())
        apply_provider(
            self.ports, directory.policy, directory.price_book, directory.accounts, first_period
        )
        self.cloud.run_until(self.cloud.clock.now())

    def keep_only(self, policy: ProviderPolicy, runs: Iterable[str]) -> None:
        """Take away every schedule that would start another run: the sweeps, and other runs'."""
        run_schedules.keep_only(self.cloud, policy, runs)

    def end_with(self, policy: ProviderPolicy, cycles: Iterable[PlannedCycle]) -> None:
        """Let no run start another cycle after the last one of these."""
        self._endings = RunEndings(self.cloud, policy, cycles)

    def accompany(self, outside: Outside) -> None:
        """From now on these people do what they do while the clock moves."""
        self._outside = outside

    def run(
        self,
        cycles: Sequence[PlannedCycle],
        decide: Decide,
        progress: Progress = lambda _at, _what: None,
        left_waiting: LeftWaiting = lambda _result: None,
    ) -> tuple[CycleResult, ...]:
        """Move the clock until every cycle is closed or failed, or waits for a person in vain.

        A cycle that nobody decides about is reported as it stands when it is left: the clock goes
        on for the others, and the question expires in the cloud meanwhile.
        """
        due = sorted((at, what, cycle.id) for cycle in cycles for at, what in cycle.milestones())
        for at, what, cycle in due:
            if cycle in self._left_waiting or self._has_failed(cycle):
                continue
            progress(at, what)
            self._run_until(at + _AFTERWARDS)
            self._decide_all(cycles, decide, progress, left_waiting)
        limit = max(at for at, _, _ in due) + _LATEST
        while self._unfinished(cycles) and self.cloud.clock.now() < limit:
            self._run_until(self.cloud.clock.now() + timedelta(hours=6))
            self._decide_all(cycles, decide, progress, left_waiting)
        return self._results(cycles)

    def live_on(self, until: datetime) -> None:
        """Move the clock on after the last cycle, for what becomes of its invoices."""
        self._run_until(until)

    def _run_until(self, instant: datetime) -> None:
        while self._outside is not None and self._outside.next_at <= instant:
            self.cloud.run_until(max(self._outside.next_at, self.cloud.clock.now()))
            self._outside.act()
        self.cloud.run_until(max(instant, self.cloud.clock.now()))
        if self._endings is not None:
            self._endings.end()

    def _decide_all(
        self,
        cycles: Sequence[PlannedCycle],
        decide: Decide,
        progress: Progress,
        left_waiting: LeftWaiting,
    ) -> None:
        """Let a person decide what waits, and leave what nobody decides."""
        for cycle in cycles:
            approval = self._undecided(cycle.id)
            if approval is None or cycle.id in self._left_waiting:
                continue
            decision = decide(cycle.id, approval)
            if decision is None:
                (result,) = self._results((cycle,))
                self._left_waiting[cycle.id] = result
                left_waiting(result)
                continue
            at = approval.asked_at + PERSON_NEEDS
            progress(at, f"{decision.decision} by {decision.decided_by}")
            self._run_until(at)
            decide_run(self.ports, cycle.id, decision)
            self._run_until(self.cloud.clock.now())

    def _undecided(self, cycle: CycleId) -> Approval | None:
        stored = self.ports.cycles.find(cycle)
        if stored is None or stored.state is not CycleState.OPEN:
            return None
        approval = self.ports.cycles.approval(cycle)
        return approval if approval is not None and approval.decision is None else None

    def _has_failed(self, cycle: CycleId) -> bool:
        stored = self.ports.cycles.find(cycle)
        return stored is not None and stored.state is CycleState.FAILED

    def _unfinished(self, cycles: Sequence[PlannedCycle]) -> bool:
        return any(
            result.cycle is not None
            and result.cycle.state is CycleState.OPEN
            and result.planned.id not in self._left_waiting
            for result in self._results(cycles)
        )

    # --- What came of it ---------------------------------------------------------------------

    def execution(self, cycle: CycleId) -> ExecutionRecord | None:
        """The execution of a cycle, if it was started."""
        name = cycle.execution_name
        return next((entry for entry in self.cloud.executions() if entry.name == name), None)

    def history(self, execution: ExecutionRecord) -> list[dict[str, Any]]:
        """What Step Functions wrote down about an execution, in order."""
        pages = (
            self.cloud.client("stepfunctions")
            .get_paginator("get_execution_history")
            .paginate(executionArn=execution.arn)
        )
        return [event for page in pages for event in page["events"]]

    def mails(self) -> dict[str, SentMail]:
        """Every mail that SES took, by the message id it gave."""
        return {mail.message_id: mail for mail in self.cloud.sent_mail}

    def _results(self, cycles: Sequence[PlannedCycle]) -> tuple[CycleResult, ...]:
        found = self.ports.cycles.find_many([cycle.id for cycle in cycles])
        return tuple(
            self._left_waiting.get(cycle.id)
            or CycleResult(
                planned=cycle,
                cycle=found.get(cycle.id),
                waiting_for=self._undecided(cycle.id),
                failure=self._failure(cycle.id, found.get(cycle.id)),
            )
            for cycle in cycles
        )

    def _failure(self, cycle_id: CycleId, cycle: Cycle | None) -> str | None:
        if cycle is not None:
            return cycle.failure
        execution = self.execution(cycle_id)
        if execution is None:
            return "its schedule did not start it"
        return f"{execution.error}: {execution.cause}"
