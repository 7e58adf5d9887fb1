"""What the commands about cycles do: look, start, decide, let go on, and why not."""

from __future__ import annotations

from typing import Literal

from botocore.exceptions import ClientError

from msp_billing.domain.base import Frozen
from msp_billing.domain.cycles import CycleId, counts_anew
from msp_billing.domain.periods import Period
from msp_billing.usecases.bill_again import BillAgainRequest, BillAgainResult
from msp_billing.usecases.bill_again import bill_again as bill_again_here
from msp_billing.usecases.cycle_view import CycleView, Stands, view_cycle
from msp_billing.usecases.start_cycle import StartRequest, StartResult, start_cycle
from mspbill.calling import call
from mspbill.command_errors import CycleRefusedError
from mspbill.executions import Execution, execution
from mspbill.executions import redrive as redrive_execution
from mspbill.opening import Opened, SourceError
from mspbill.suggesting import suggested


class GoesOn(Frozen):
    """How a cycle goes on."""

    how: Literal["redriven", "taken over"]
    message: str


def look(found: Opened, run: str, period: Period) -> tuple[CycleView, Execution | None]:
    """A cycle, and its execution where Step Functions can be asked.

    Raises:
        SourceError: when the policy has no such run.
    """
    cycle_id = CycleId(provider=found.provider, run=run, period=period)
    _known(found, cycle_id)
    view = view_cycle(found.ports, cycle_id, asks_executions=not found.is_saved)
    if view.cycle is None or found.is_saved:
        return view, None
    return view, execution(view.cycle.owner)


def start_by_function(found: Opened, run: str, period: Period, by: str) -> StartResult:
    """Start a cycle by the stack's own function."""
    _known(found, CycleId(provider=found.provider, run=run, period=period))
    request = StartRequest(provider=found.provider, run=run, period=period, started_by=by)
    return call(
        found,
        "StartCycleFunction",
        request,
        StartResult,
        lambda: start_cycle(found.ports, request),
    )


def bill_account_again(
    found: Opened, run: str, period: Period, account: str, by: str, why: str
) -> BillAgainResult:
    """Bill an account of a closed cycle by the stack's own function."""
    _known(found, CycleId(provider=found.provider, run=run, period=period))
    request = BillAgainRequest(
        provider=found.provider,
        run=run,
        period=period,
        account=account,
        requested_by=by,
        reason=why,
    )
    return call(
        found,
        "BillAgainFunction",
        request,
        BillAgainResult,
        lambda: bill_again_here(found.ports, request),
    )


def why_not_decided(
    view: CycleView, decision: Literal["approved", "rejected"], by: str
) -> str | None:
    """Why a run cannot be approved or rejected now, and what to do; None when it can."""
    approval, named = view.approval, f"{view.title}, {view.id.period}"
    if view.stands is Stands.ASKS:
        return None
    if approval is not None and approval.decision is not None and view.stands is Stands.RUNNING:
        if (approval.decision, approval.decided_by) == (decision, by):
            return None  # said again, because handing it on may have failed
        return f"{named} was {approval.decision} by {approval.decided_by} already."
    cycle = f"{view.id.run} {view.id.period}"
    again = f"it stopped. Let it go on: {suggested(f'cycle redrive {cycle}')}"
    instead = {
        Stands.NOT_YET: "has not opened yet; there is nothing to decide.",
        Stands.OVERDUE: f"never started. Start it: {suggested(f'cycle start {cycle}')}",
        Stands.CLOSED: "was billed and closed. A wrong invoice is mended by a credit note.",
        Stands.FAILED: f"does not wait any more: {again}",
        Stands.DIED: f"does not wait any more: {again}",
        Stands.RUNNING: "asks for no decision now. Where it stands: "
        f"{suggested(f'cycle show {cycle}')}",
    }
    return f"{named} {instead[view.stands]}"


def let_go_on(found: Opened, run: str, period: Period, by: str) -> GoesOn:
    """Let a cycle go on that stopped.

    An execution that recorded its failure has ended in the state 'Fail': redriving it would only
    fail again, so that another one takes over. One that died without a word still holds the
    cycle, and may go on at the very step.

    Raises:
        CycleRefusedError: when there is nothing to let go on.
    """
    view, ended = look(found, run, period)
    named = f"{view.title}, {period}"
    if view.stands not in {Stands.FAILED, Stands.DIED}:
        raise CycleRefusedError(_nothing_to_do(view, named))
    why = "it had recorded why it failed, and had ended"
    if view.stands is Stands.DIED:
        why = "Step Functions does not know it any more (it keeps them for 90 days)"
        if ended is not None:
            refused = _redriven(ended)
            if refused is None:
                told = f"{named} goes on where it stopped: {ended.step or 'at its last step'}."
                return GoesOn(how="redriven", message=told)
            why = refused
    result = start_by_function(found, run, period, by)
    if result.outcome != "started":
        raise CycleRefusedError(result.message)
    assert view.cycle is not None, "a cycle that stopped is stored"
    keeps = "It counts anew, with policy and prices as they are now."
    if not counts_anew(view.cycle):
        keeps = "It keeps what it pinned, counted and numbered."
    elif run not in {entry.run for entry in found.policy.runs}:
        keeps = "It counts anew, with the policy and prices that it opened with."
    told = f"{named} is taken over by another execution: the first cannot go on, because {why}. "
    return GoesOn(how="taken over", message=told + keeps)


def _redriven(ended: Execution) -> str | None:
    """Redrive an execution; None when it goes on, or why it does not."""
    if ended.redrive is not None and not ended.is_redrivable:
        return f"Step Functions says: {ended.redrive}"
    try:
        redrive_execution(ended.arn)
    except ClientError as error:
        told = error.response["Error"]
        return f"Step Functions says: {told.get('Message') or told['Code']}"
    return None


def _nothing_to_do(view: CycleView, named: str) -> str:
    cycle = f"{view.id.run} {view.id.period}"
    instead = {
        Stands.CLOSED: "was billed and closed. One account of it: "
        f"{suggested(f'cycle bill-again {cycle} ACCOUNT --by NAME --why WHY')}",
        Stands.ASKS: "waits for a decision and needs no redrive: "
        f"{suggested(f'cycle approve {cycle} --by NAME')}",
        Stands.RUNNING: f"is under way. Where it stands: {suggested(f'cycle show {cycle}')}",
        Stands.OVERDUE: f"never started. Start it: {suggested(f'cycle start {cycle}')}",
        Stands.NOT_YET: "has not opened yet; it starts by itself.",
    }
    return f"{named} {instead[view.stands]}"


def _known(found: Opened, cycle: CycleId) -> None:
    """See that the policy has the run, or had it when the cycle began: that one goes on with it.

    Raises:
        SourceError: when there is no such run; with those that there are.
    """
    known = [entry.run for entry in found.policy.runs]
    if cycle.run not in known and found.ports.cycles.find(cycle) is None:
        raise SourceError(f"{found.provider} has no run '{cycle.run}', but {', '.join(known)}.")
