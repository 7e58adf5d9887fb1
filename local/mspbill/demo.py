"""``mspbill demo``: four months of every sample provider, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from msp_billing.adapters.directory.provider_directory import ProviderDirectory
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.approve_run import Decision
from msp_billing.usecases.records import Approval
from mspbill.billing_run import LocalBilling
from mspbill.collecting import collect_provider
from mspbill.console import Steps
from mspbill.payer_habits import HABITS, Habit
from mspbill.payers import Payers
from mspbill.planning import PlannedCycle, plan_cycles, start_of_clock
from mspbill.receivables_report import with_receivables
from mspbill.reports import ProviderReport
from mspbill.run_command import step_text
from mspbill.saved_state import save_state
from mspbill.shelf import Shelf
from mspbill.thumbnails import draw_thumbnail

MONTHS = tuple(Period(year=2026, month=month) for month in (9, 10, 11, 12))
"""The service months that the sample exports are for."""

_EXTRA_STEPS = 3
_AFTER_LAST_DUE = timedelta(days=10)  # long enough for every story of the demo to end
_messages: Any = None  # the queue of a worker process


@dataclass(frozen=True)
class DemoJob:
    """One provider's four months."""

    directory: ProviderDirectory
    folder: Path
    months: tuple[Period, ...] = MONTHS
    habits: Mapping[str, Habit] | None = None  # how its accounts pay; as the samples do


def run_demo(jobs: Sequence[DemoJob], steps: Steps) -> tuple[ProviderReport, ...]:
    """Bill every provider at the same time and return the reports in the order of the jobs.

    A local cloud is one per process, and its work is pure computing: a process for each provider
    keeps all cores busy until the last one is done.
    """
    context = multiprocessing.get_context("spawn")
    messages = context.Queue()
    with (
        ProcessPoolExecutor(
            max_workers=len(jobs), mp_context=context, initializer=_take_queue, initargs=(messages,)
        ) as pool,
        _cancelled_on_error(pool),
    ):
        futures = [pool.submit(_work, job) for job in jobs]
        waiting: set[Future[ProviderReport]] = set(futures)
        while waiting:
            done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            _show(messages, steps)
            for future in done:
                future.result()
        _show(messages, steps)
        return tuple(future.result() for future in futures)


def bill_months(job: DemoJob, say: Any) -> ProviderReport:
    """The months of one provider, from its schedules to the documents in ``job.folder``."""
    directory = job.directory
    policy = directory.policy
    cycles = plan_cycles(policy, [run.run for run in policy.runs], job.months)
    say("begin", policy.name, _EXTRA_STEPS + sum(len(cycle.milestones()) for cycle in cycles))
    with LocalBilling(start_of_clock(cycles)) as billing:
        say("step", policy.name, "reading the directory into the local cloud")
        billing.load(directory, job.months[0])
        billing.end_with(policy, cycles)
        habits = HABITS.get(policy.provider, {}) if job.habits is None else job.habits
        billing.accompany(Payers(billing, policy, directory.accounts, habits))
        results = billing.run(
            cycles,
            _approve,
            lambda at, what: say("step", policy.name, step_text(at, policy.zone, what)),
        )
        until = _end_of_stories(policy, cycles)
        say("step", policy.name, step_text(until, policy.zone, "payments and letters until then"))
        billing.live_on(until)
        say("step", policy.name, "writing the documents")
        report = collect_provider(billing, policy, results, job.folder, folder_per_cycle=True)
        names = {account.account: account.name for account in directory.accounts}
        shelf = Shelf(job.folder, f"providers/{policy.provider}")
        report = with_receivables(report, billing, policy, names, shelf)
        save_state(billing, policy.provider, job.folder / shelf.folder / "state")
        report = draw_thumbnail(report, policy, directory.price_book, job.folder)
    say("end", policy.name, f"{len(report.invoices)} invoices")
    return report


def _end_of_stories(policy: ProviderPolicy, cycles: Sequence[PlannedCycle]) -> datetime:
    """Some days after the last invoice was due."""
    last = max(cycle.plan.due_on or cycle.plan.invoice_on for cycle in cycles)
    return datetime.combine(last + _AFTER_LAST_DUE, time(12, 0), policy.zone)


def _approve(_cycle: CycleId, approval: Approval) -> Decision:
    why = "The demo approves on behalf of the approver."
    return Decision(decision="approved", decided_by=approval.approvers[0], why=why)


def _take_queue(messages: Any) -> None:
    global _messages  # noqa: PLW0603 - the only way to hand a queue to a pool's process
    _messages = messages


def _work(job: DemoJob) -> ProviderReport:
    return bill_months(job, lambda *message: _messages.put(message))


def _show(messages: Any, steps: Steps) -> None:
    while True:
        try:
            kind, task, what = messages.get_nowait()
        except queue.Empty:
            return
        match kind:
            case "begin":
                steps.begin(task, what)
            case "step":
                steps.step(task, what)
            case _:
                steps.end(task, what)


@contextmanager
def _cancelled_on_error(pool: ProcessPoolExecutor) -> Iterator[None]:
    """When one provider fails, or somebody interrupts, the others are not waited for."""
    try:
        yield
    except BaseException:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
