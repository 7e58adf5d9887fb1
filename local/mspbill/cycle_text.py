"""Cycles for a person: where each stands, what it waits for, what came of it, what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from msp_billing.adapters.formatting import format_day, format_moment
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.domain.cycles import NOBODY_ANSWERED
from msp_billing.domain.outbox import TROUBLED, MailState
from msp_billing.usecases.bill_again import BillAgainResult
from msp_billing.usecases.cycle_view import CycleLine, CycleView, Stands
from msp_billing.usecases.records import Approval
from mspbill.amounts import shown_sums
from mspbill.executions import Execution
from mspbill.suggesting import fitting, suggested, tell

_COLOURS = {
    Stands.NOT_YET: "dim",
    Stands.OVERDUE: "yellow",
    Stands.RUNNING: "cyan",
    Stands.ASKS: "yellow",
    Stands.DIED: "red",
    Stands.FAILED: "red",
    Stands.CLOSED: "green",
}
_PARKED_SHOWN = 10
_LABEL = 14


def told_cycle(view: CycleView, running: Execution | None) -> dict[str, Any]:
    """A cycle for a program; the token of a question is nobody's business."""
    told = view.model_dump(mode="json", exclude={"approval": {"task_token"}})
    ran = None if running is None else running.model_dump(mode="json")
    return {**told, "execution": ran, "next": list(what_next(view))}


def print_cycles(lines: Sequence[CycleLine], zone: ZoneInfo, console: Console) -> None:
    """A line for each."""
    if not lines:
        console.print("No cycle yet: the first service month is still to come.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("run", "month", "stands", "opens", "issues", "came of it"):
        table.add_column(heading)
    for line in lines:
        table.add_row(
            line.id.run,
            str(line.id.period),
            f"[{_COLOURS[line.stands]}]{line.stands}[/]",
            f"{line.opens_at.astimezone(zone):%Y-%m-%d}",
            f"{line.issue_at.astimezone(zone):%Y-%m-%d}",
            escape(_came_of(line)),
        )
    console.print(table)


def print_cycle(view: CycleView, running: Execution | None, console: Console) -> None:
    """Everything, the most urgent first."""
    zone = ZoneInfo(view.time_zone)
    state = f"[{_COLOURS[view.stands]}]{view.stands}[/]"
    console.print(f"[bold]{escape(view.title)}, {view.id.period}[/bold] ({view.id}): {state}")
    if view.waits_for:
        until = ", until" if view.stands is Stands.ASKS else ":"
        at = f"{until} {format_moment(view.waits_until, zone)}" if view.waits_until else ""
        tell(f"Waits for {view.waits_for}{at}.", console, indent=2)
    if view.stopped_because:
        tell(f"It stopped: {view.stopped_because}.", console, indent=2)
    console.print()
    for name, value in _facts(view, running, zone):
        for number, line in enumerate(fitting(value, console.width - _LABEL)):
            label = f"  {'' if number else name}"
            console.print(f"{label:<{_LABEL}}{escape(line)}", soft_wrap=True)
    _print_parked(view, console)
    for sentence in what_next(view):
        console.print()
        tell(sentence, console, mark="[green]→[/green]")


def what_next(view: CycleView) -> Iterator[str]:
    """What a person does next, with the command."""
    run, period = view.id.run, view.id.period
    if view.stands is Stands.OVERDUE:
        yield (
            "It should have opened and has not. The daily sweep starts it; to do it now: "
            f"{suggested(f'cycle start {run} {period}')}"
        )
    elif view.stands is Stands.ASKS:
        yield (
            "Look at the comparison that came with the question, then approve it: "
            f"{suggested(f'cycle approve {run} {period} --by NAME')}"
        )
        yield (
            "Or stop it; nothing is numbered then: "
            f"{suggested(f'cycle reject {run} {period} --by NAME --why WHY')}"
        )
    elif view.stands is Stands.FAILED:
        first = "Mend what it names, then let it go on"
        if view.cycle is not None and view.cycle.error == NOBODY_ANSWERED:
            first = "Let it go on; a question that nobody answered is asked again"
        yield f"{first}: {suggested(f'cycle redrive {run} {period}')}"
    elif view.stands is Stands.DIED:
        yield (
            "It ended without saying why. What was counted and numbered stays. Let it go on: "
            f"{suggested(f'cycle redrive {run} {period}')}"
        )
    elif view.stands is Stands.CLOSED and view.parked:
        yield (
            "Mend what is named, then bill each parked account: "
            f"{suggested(f'cycle bill-again {run} {period} ACCOUNT --by NAME --why WHY')}"
        )
    elif view.stands is Stands.CLOSED and not view.mails.keys() & TROUBLED:
        yield "Nothing is left to do."
    elif view.waits_for:
        yield "Nothing to do: it goes on by itself."
    elif view.stands is not Stands.CLOSED:
        yield "It is at work. If it stays so for hours: docs/runbook.md, 'A cycle is late'."
    if MailState.UNKNOWN in view.mails:
        yield (
            f"Of some mails nobody knows what became of them: {suggested('outbox list --unknown')}"
        )
    if view.mails.keys() & (TROUBLED - {MailState.UNKNOWN}):
        yield f"Some mails came back or were rejected: {suggested('outbox list --failed')}"


def print_decision(view: CycleView, approval: Approval, console: Console) -> None:
    """What was decided, and what follows."""
    named = f"{view.title}, {view.id.period}"
    console.print(
        f"[bold]{escape(named)}[/bold] was {approval.decision} by "
        f"{escape(approval.decided_by or '')}.",
        soft_wrap=False,
    )
    if approval.decision == "approved":
        day = f"on {format_day(view.plan.invoice_on)}"
        if approval.decided_at is not None and approval.decided_at >= view.plan.issue_at:
            day = "now: their day has passed"
        tell(f"Its invoices are numbered and sent {day}.", console)
    else:
        again = suggested(f"cycle redrive {view.id.run} {view.id.period}")
        tell(f"Nothing was numbered. When it is mended, let it count anew: {again}", console)
    decided_by = approval.decided_by or ""
    if approval.approvers and not any(decided_by in asked for asked in approval.approvers):
        told = f"The policy asks {', '.join(approval.approvers)}; {decided_by} is none of them."
        tell(told, console, mark="[yellow]![/yellow]")


def print_billed_again(result: BillAgainResult, console: Console) -> None:
    """The numbers of the new invoices, or what is still wrong."""
    for number, total in zip(result.numbers, result.totals, strict=True):
        console.print(f"[bold]{number}[/bold]: {shown_sums(total)}", markup=True)
    for problem in result.problems:
        tell(f"{problem.what} {problem.fix}", console)
    if result.problems:
        console.print(f"{result.account} stays parked; nothing was numbered.", markup=False)
    elif not result.numbers:
        console.print(f"{result.account} has nothing to bill in this month.", markup=False)
    for state in result.mails:
        console.print(f"Its mail: {state}.", markup=False)


def _came_of(line: CycleLine) -> str:
    if line.stands is Stands.FAILED:
        return line.failure or "the reason was not recorded"
    if not line.summary:
        return ""
    parked = f", {line.summary['parked']} parked" if line.summary.get("parked") else ""
    return f"{counted(int(line.summary['invoices']), 'invoice')}, {_billed(line.summary)}{parked}"


def _billed(summary: Mapping[str, str | int]) -> str:
    return shown_sums(str(summary["total"]))


def _facts(view: CycleView, running: Execution | None, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    def at(instant: datetime) -> str:
        return format_moment(instant, zone)

    yield from _opening(view, at)
    plan = view.plan
    for moment in plan.moments:
        yield "counts", f"{at(moment.take_at)} (moment {moment.moment}: {at(moment.moment_at)})"
    yield "compares", at(plan.compare_at)
    if view.approval is not None:
        yield "approval", _approval(view.approval, at)
    yield "issues", at(plan.issue_at)
    if plan.due_on is not None:
        yield "due", format_day(plan.due_on)
    if view.cycle is not None and view.cycle.closed_at is not None:
        yield "closed", at(view.cycle.closed_at)
    yield from _results(view)
    if running is not None:
        step = f", at {running.step}" if running.step and running.status == "RUNNING" else ""
        yield "execution", f"{running.status.lower()}{step}"
        yield "", running.arn
        if running.page is not None:
            yield "", running.page


def _opening(view: CycleView, at: Callable[[datetime], str]) -> Iterator[tuple[str, str]]:
    cycle = view.cycle
    if cycle is None:
        yield "opens", at(view.plan.opens_at)
        return
    again = "" if cycle.attempt == 1 else f", attempt {cycle.attempt}"
    yield "opened", f"{at(cycle.opened_at)}{again}"
    yield "bills by", f"policy {cycle.policy_version}, price book {cycle.price_book_version}"
    if cycle.code:
        yield "software", f"version {cycle.code.rpartition(':')[2]}"


def _results(view: CycleView) -> Iterator[tuple[str, str]]:
    if view.outcomes:
        kinds = (f"{number:,} {kind.replace('_', ' ')}" for kind, number in view.outcomes.items())
        yield "accounts", ", ".join(kinds)
    if view.numbers.given:
        yield "invoices", _numbers(view)
    if view.mails:
        yield "mails", ", ".join(f"{number:,} {state}" for state, number in view.mails.items())


def _approval(approval: Approval, at: Callable[[datetime], str]) -> str:
    if approval.decision is None:
        return f"asked {at(approval.asked_at)}"
    decided = "" if approval.decided_at is None else f" {at(approval.decided_at)}"
    why = f": {approval.why}" if approval.why else ""
    return f"{approval.decision} by {approval.decided_by}{decided}{why}"


def _numbers(view: CycleView) -> str:
    numbers = view.numbers
    total = f", {_billed(view.cycle.summary)}" if view.cycle and view.cycle.summary else ""
    if numbers.first is None:
        return f"{numbers.given:,} numbered{total}"
    row = numbers.first if numbers.first == numbers.last else f"{numbers.first} to {numbers.last}"
    return f"{numbers.given:,} numbered, {row}{total}"


def _print_parked(view: CycleView, console: Console) -> None:
    if view.parked:
        console.print("\n[bold]Parked[/bold]: no invoice before this is mended")
    for account in view.parked[:_PARKED_SHOWN]:
        tell(f"{account.account} ({account.name}): {account.why[0]}", console, indent=2)
        if len(account.why) > 1:
            console.print(f"    and {len(account.why) - 1} more; --json lists all")
    if len(view.parked) > _PARKED_SHOWN:
        console.print(f"  and {len(view.parked) - _PARKED_SHOWN} more; --json lists all")
