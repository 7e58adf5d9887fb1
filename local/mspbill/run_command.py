"""``mspbill run``: one service month of one provider directory, on this machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape

from msp_billing.adapters.directory.provider_directory import (
    ProviderDirectory,
    check_exports,
    load_provider_directory,
)
from msp_billing.adapters.formatting import format_moneys
from msp_billing.domain.cycles import CycleId, CyclePlanError
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.approve_run import Decision
from msp_billing.usecases.comparisons import run_rows, run_totals
from msp_billing.usecases.context import pinned
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.records import Approval
from mspbill.billing_run import CycleResult, LocalBilling
from mspbill.collecting import collect_cycle, collect_provider
from mspbill.console import Steps, at_a_terminal, notes, print_json, results, shown_steps
from mspbill.exit_codes import ExitCode, exit_code_of
from mspbill.output_folder import (
    OutputFolderError,
    check_output,
    check_outside,
    written_whole,
)
from mspbill.planning import PlannedCycle, plan_cycles, start_of_clock
from mspbill.reports import CycleReport, ProviderReport
from mspbill.run_result import named_accounts, print_result, write_results
from mspbill.shelf import Shelf
from mspbill.thumbnails import draw_thumbnail


@dataclass(frozen=True)
class RunOrder:
    """What to bill, and who approves."""

    directory: ProviderDirectory
    period: Period
    runs: tuple[str, ...]
    approved_by: str | None
    may_ask: bool

    @classmethod
    def of(
        cls,
        directory: ProviderDirectory,
        period: str,
        only_run: str | None,
        approved_by: str | None,
        *,
        may_ask: bool,
    ) -> RunOrder:
        """Check what was asked for. Raises ProblemsError."""
        try:
            month = Period.parse(period)
        except ValidationError:
            what = f"'{period}' is no month."
            fix = "Write --period as YYYY-MM, such as 2026-12."
            raise ProblemsError([Problem(code="no-month", what=what, fix=fix)]) from None
        runs = tuple(run.run for run in directory.policy.runs)
        if only_run is not None and only_run not in runs:
            what = f"The policy has no run '{only_run}'."
            fix = f"Its runs are {', '.join(runs)}."
            raise ProblemsError([Problem(code="unknown-run", what=what, fix=fix)])
        wanted = runs if only_run is None else (only_run,)
        if approved_by is not None and not approved_by.strip():
            what = "--approved-by names nobody."
            fix = "Give the name of the person who approves."
            raise ProblemsError([Problem(code="no-name", what=what, fix=fix)])
        name = None if approved_by is None else approved_by.strip()[:200]
        order = cls(directory, month, wanted, name, may_ask)
        try:
            order.cycles()
        except CyclePlanError as error:
            fix = "Correct the dates of the run in provider.yaml."
            problem = Problem(code="dates", what=f"{error}.", fix=fix, file="provider.yaml")
            raise ProblemsError([problem]) from error
        return order

    def cycles(self) -> tuple[PlannedCycle, ...]:
        """The cycles with their dates. Raises CyclePlanError."""
        return plan_cycles(self.directory.policy, self.runs, (self.period,))


@dataclass(frozen=True)
class RunOptions:
    """What the command was called with."""

    directory: Path
    period: str
    out: Path | None
    only_run: str | None
    approved_by: str | None
    strict: bool
    force: bool
    as_json: bool

    def order(self, *, may_ask: bool) -> RunOrder:
        """Read the directory. Raises ProblemsError."""
        loaded = load_provider_directory(self.directory)
        return RunOrder.of(loaded, self.period, self.only_run, self.approved_by, may_ask=may_ask)


def run_month(options: RunOptions) -> ExitCode:
    """Bill the month, leave the folder, and show what came of it.

    Raises:
        ProblemsError: for a directory that is not sound, or with ``strict`` an export.
        OutputFolderError: when the folder cannot take the results.
    """
    if options.out is None:
        raise OutputFolderError("Give the folder for the results with --out, or add --dry.")
    check_outside(options.out, options.directory)
    check_output(options.out, replace=options.force)
    order = options.order(may_ask=at_a_terminal() and not options.as_json)
    broken = check_exports(order.directory) if options.strict else ()
    if broken:
        raise ProblemsError(broken)
    with (
        written_whole(options.out, replace=options.force) as folder,
        shown_steps() as steps,
        redirect_stdout(sys.stderr),
    ):
        report = bill(order, folder, steps)
        summary = write_results(folder, (report,))
    code = exit_code_of((report,))
    if options.as_json:
        print_json({"exit_code": int(code), "out": str(options.out), **summary})
    else:
        print_result((report,), options.out, results())
    return code


def bill(order: RunOrder, folder: Path, steps: Steps) -> ProviderReport:
    """Bill the month in a local cloud of its own and write what it leaves into ``folder``."""
    cycles = order.cycles()
    policy = order.directory.policy
    steps.begin(policy.name, 2 + sum(len(cycle.milestones()) for cycle in cycles))
    waiting: dict[CycleId, CycleReport] = {}
    with LocalBilling(start_of_clock(cycles)) as billing:

        def left_waiting(result: CycleResult) -> None:
            waiting[result.planned.id] = collect_cycle(billing, policy, result, Shelf(folder, ""))

        steps.step(policy.name, "reading the directory into the local cloud")
        billing.load(order.directory, order.period)
        billing.keep_only(policy, order.runs)
        results = billing.run(
            cycles,
            lambda cycle, approval: decide(order, billing.ports, steps, cycle, approval),
            lambda at, what: steps.step(policy.name, step_text(at, policy.zone, what)),
            left_waiting,
        )
        steps.step(policy.name, "writing the documents")
        report = collect_provider(
            billing, policy, results, folder, folder_per_cycle=False, collected=waiting
        )
    report = draw_thumbnail(report, policy, order.directory.price_book, folder)
    steps.end(policy.name, "done")
    return report


def step_text(at: datetime, zone: ZoneInfo, what: str) -> str:
    """``2026-12-01 12:00  monthly due: opening``, in the provider's time."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}  {what}"


def decide(
    order: RunOrder, ports: Ports, steps: Steps, cycle: CycleId, approval: Approval
) -> Decision | None:
    """The decision of the person named, or of the one at the terminal; None without either."""
    if order.approved_by is not None:
        return Decision(decision="approved", decided_by=order.approved_by)
    if not order.may_ask:
        return None
    with steps.paused():
        return ask_person(ports, cycle, approval, notes(), _confirm)


def ask_person(
    ports: Ports,
    cycle: CycleId,
    approval: Approval,
    console: Console,
    confirm: Callable[[str], str],
) -> Decision | None:
    """Show what a run comes to and who is parked, and ask for a name or nothing."""
    stored = ports.cycles.find(cycle)
    assert stored is not None, "a cycle that asks is stored"
    context = pinned(ports, stored)
    totals = run_totals(ports, context)
    amount = format_moneys(totals.current_totals)
    console.print(
        f"\n[bold]{escape(context.run.title)}, {cycle.period}[/bold]: {totals.billed} accounts, "
        f"{totals.invoice_count} invoices, {amount}. {totals.nothing_to_bill} with nothing to "
        f"bill, {totals.parked} parked."
    )
    parked: dict[str, list[str]] = {}
    for row in run_rows(ports, context):
        if row.outcome is not OutcomeKind.PARKED:
            continue
        parked.setdefault("; ".join(row.reasons), []).append(row.account_name)
    for reasons, accounts in parked.items():
        console.print(f"  parked: {escape(f'{named_accounts(accounts)}: {reasons}')}")
    console.print(f"The policy asks {', '.join(approval.approvers)} before anything is numbered.")
    name = confirm("Your name to approve, or nothing to stop here").strip()
    return Decision(decision="approved", decided_by=name[:200]) if name else None


def _confirm(question: str) -> str:
    answer: str = typer.prompt(question, default="", show_default=False, err=True)
    return answer
