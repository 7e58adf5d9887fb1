"""Commands about cycles of a deployed stack: start, look, decide, let go on, bill again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from msp_billing.domain.periods import Period
from mspbill.command_frames import about_provider
from mspbill.command_options import AccountName, By, MaybeBy, Why
from mspbill.command_values import month, user_name
from mspbill.console import print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.panels import BILL, add_group
from mspbill.refusing import refuse_with
from mspbill.suggesting import suggested, tell

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from msp_billing.usecases.cycle_view import CycleView
    from mspbill.opening import Opened

Run = Annotated[
    str, typer.Argument(metavar="RUN", help="The run, as the policy names it: agreement.")
]
Month = Annotated[
    Period,
    typer.Argument(metavar="PERIOD", parser=month, help="The service month, such as 2026-12."),
]

_EPILOG = (
    "Exit codes: 0 done, or all is well; 1 it failed, or the cycle has, and the message says why; "
    "2 the input is wrong or was refused, and nothing was changed; 3 the cycle waits for a "
    "person's decision; 4 there is something for a person to look at, such as parked accounts."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    commands = {
        "list": listed,
        "show": show,
        "start": start,
        "approve": approve,
        "reject": reject,
        "redrive": redrive,
        "bill-again": bill_again,
    }
    about = "Cycles: one run of one service month. They start by themselves; this is for the rest."
    add_group(app, BILL, "cycle", about, commands, epilog=_EPILOG)


@about_provider()
def listed(
    found: Opened,
    months: Annotated[int, typer.Option(min=1, max=120, help="How many months to look back.")] = 6,
) -> None:
    """The cycles of the last months and the next ones, and how each of them stands."""
    from msp_billing.usecases.cycle_view import list_cycles
    from mspbill.cycle_text import print_cycles

    lines = list_cycles(found.ports, found.provider, months, asks_executions=not found.is_saved)
    if found.as_json:
        print_json([line.model_dump(mode="json") for line in lines])
    else:
        print_cycles(lines, found.policy.zone, results())


@about_provider()
def show(found: Opened, run: Run, period: Month) -> None:
    """Where a cycle stands: dates, what it waits for, what came of it, what to do next."""
    from mspbill.cycle_text import print_cycle, told_cycle
    from mspbill.cycles import look

    view, running = look(found, run, period)
    if found.as_json:
        print_json(told_cycle(view, running))
    else:
        print_cycle(view, running, results())
    code = _code(view)
    if code is not ExitCode.DONE:
        raise typer.Exit(code)


@about_provider(changes=True)
def start(found: Opened, run: Run, period: Month, by: MaybeBy = None) -> None:
    """Start a cycle that no schedule started, or start one again that failed.

    A period is billed once, ever: one that is done or under way is not started again.
    """
    from mspbill.cycles import start_by_function

    result = start_by_function(found, run, period, by or user_name())
    if found.as_json:
        print_json(result.model_dump(mode="json"))
    else:
        tell(result.message, results())
        if result.outcome in {"started", "in_progress"}:
            _point_to(run, period)
    if result.outcome in {"before_first_period", "already_done"}:
        raise typer.Exit(ExitCode.BAD_INPUT)


@about_provider(changes=True)
def approve(
    found: Opened,
    run: Run,
    period: Month,
    by: By,
    why: Annotated[str, typer.Option("--why", help="What you looked at. Kept.")] = "",
) -> None:
    """Approve a run that waits for a decision; its invoices are numbered and sent on their day."""
    _decide(found, run, period, "approved", by, why)


@about_provider(changes=True)
def reject(found: Opened, run: Run, period: Month, by: By, why: Why) -> None:
    """Stop a run that waits for a decision; nothing of it is numbered.

    Mend what is wrong, then 'cycle redrive': it counts anew, with policy and prices of that day.
    """
    _decide(found, run, period, "rejected", by, why)


@about_provider(changes=True)
def redrive(found: Opened, run: Run, period: Month, by: MaybeBy = None) -> None:
    """Let a cycle go on that failed, or whose execution died.

    Where Step Functions can, the execution itself goes on at the step where it stopped. Where it
    cannot, another one takes the cycle over: what was counted and numbered stays as it is.
    """
    from mspbill.cycles import let_go_on

    done = let_go_on(found, run, period, by or user_name())
    if found.as_json:
        print_json(done.model_dump(mode="json"))
    else:
        tell(done.message, results())
        _point_to(run, period)


@about_provider(changes=True)
def bill_again(
    found: Opened, run: Run, period: Month, account: AccountName, by: By, why: Why
) -> None:
    """Bill one account of a closed cycle: one that was parked, or whose invoice was voided."""
    from mspbill.cycle_text import print_billed_again
    from mspbill.cycles import bill_account_again

    result = bill_account_again(found, run, period, found.account(account).account, by, why)
    if found.as_json:
        print_json(result.model_dump(mode="json"))
    else:
        print_billed_again(result, results())
    if result.problems:
        raise typer.Exit(ExitCode.PARKED)


def _decide(
    found: Opened,
    run: str,
    period: Period,
    decision: Literal["approved", "rejected"],
    by: str,
    why: str,
) -> None:
    from msp_billing.usecases.approve_run import Decision, decide_run
    from mspbill.cycle_text import print_decision
    from mspbill.cycles import look, why_not_decided

    view, _ = look(found, run, period)
    reason = why_not_decided(view, decision, by)
    if reason is not None:
        refuse_with("no-decision", reason, as_json=found.as_json)
    given = Decision(decision=decision, decided_by=by, why=why)
    approval = decide_run(found.ports, view.id, given)
    if found.as_json:
        print_json(approval.model_dump(mode="json", exclude={"task_token"}))
    else:
        print_decision(view, approval, results())


def _point_to(run: str, period: Period) -> None:
    tell(f"Where it stands: {suggested(f'cycle show {run} {period}')}", results())


def _code(view: CycleView) -> ExitCode:
    from msp_billing.usecases.cycle_view import Stands

    if view.stands in {Stands.FAILED, Stands.DIED}:
        return ExitCode.FAILED
    if view.stands is Stands.ASKS:
        return ExitCode.WAITS_FOR_APPROVAL
    return ExitCode.PARKED if view.parked or view.stands is Stands.OVERDUE else ExitCode.DONE
