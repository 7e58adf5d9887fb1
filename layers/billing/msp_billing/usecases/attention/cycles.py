"""Cycles that need a person: failed, dead, late, waiting for a decision, never started."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from msp_billing.domain.attention import Attention, AttentionKind
from msp_billing.domain.cycles import (
    NOBODY_ANSWERED,
    Cycle,
    CycleId,
    CycleState,
    counts_anew,
    due_periods,
    opening_at,
)
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.problems import name_some
from msp_billing.usecases.attention import commands
from msp_billing.usecases.attention.look import (
    Look,
    at_most,
    clipped,
    looked_at,
    not_looked_at,
)
from msp_billing.usecases.failures import why_it_stopped
from msp_billing.usecases.restoring.holding import HELD

if TYPE_CHECKING:
    from msp_billing.usecases.errors import CycleUnreadableError
    from msp_billing.usecases.records import AccountRecord

_TIME_TO_START = timedelta(hours=1)
"""A schedule fires within a minute, and Scheduler tries again for a while."""

_TIME_TO_COUNT = timedelta(hours=12)
"""From the comparison's moment until it should be made, however large the provider."""

_TIME_TO_DELIVER = timedelta(days=1)
"""From the issue day until the cycle should be closed: a day's quota of SES may run out once."""


def cycles(look: Look) -> Iterator[Attention]:
    """Every cycle from the first service month on that should have opened by now.

    Cycles are read 100 at a time: a provider with three runs has 36 in a year. The index has those
    that the calendar of the policy in force does not lead to: of runs that were taken out of it.
    """
    seen: set[CycleId] = set()
    unreadable: dict[CycleId, CycleUnreadableError] = {}
    for run in look.runs:
        periods = due_periods(look.policy, run, look.now, look.current.begins_with(run.run))
        due = [CycleId(provider=look.provider, run=run.run, period=entry) for entry in periods]
        seen.update(due)
        known = look.ports.cycles.find_many(due, unreadable.__setitem__)
        for cycle_id in due:
            if cycle_id in unreadable:
                continue
            cycle = known.get(cycle_id)
            if cycle is not None:
                yield from _looked_at(look, cycle)
                continue
            opens_at = opening_at(look.policy, run, cycle_id.period)
            if look.now - opens_at > _TIME_TO_START:
                yield _entry(
                    look,
                    cycle_id,
                    AttentionKind.CYCLE_NOT_STARTED,
                    f"It should have started on {look.moment(opens_at)} and has not, so that "
                    "nothing of this month is billed.",
                    "The daily sweep starts it. Should it not: start it yourself.",
                    commands.start_cycle(cycle_id),
                ).model_copy(update={"since_at": opens_at})
    left = [entry for entry in look.unsettled if entry not in seen]
    for cycle in look.ports.cycles.find_many(left, unreadable.__setitem__).values():
        yield from _looked_at(look, cycle)
    for damaged, error in unreadable.items():
        yield not_looked_at(look, f"cycle {damaged}", error, cycle=damaged)


def _looked_at(look: Look, cycle: Cycle) -> Iterator[Attention]:
    """One cycle; a defect in it hides none of the others."""
    return looked_at(look, f"cycle {cycle.id}", partial(_of_cycle, look, cycle), cycle=cycle.id)


def _of_cycle(look: Look, cycle: Cycle) -> Iterator[Attention]:
    if cycle.state is CycleState.FAILED:
        yield _failed(look, cycle)
    elif cycle.state is CycleState.CLOSED:
        yield from _parked(look, cycle)
    elif not look.ports.executions.is_running(cycle.owner):
        yield _entry(
            look,
            cycle.id,
            AttentionKind.CYCLE_DIED,
            "Its execution ended without saying why, and nobody works on it any more.",
            "Let it go on: what it has counted and numbered stays as it is.",
            commands.redrive_cycle(cycle.id),
        ).model_copy(update={"since_at": cycle.opened_at})
    else:
        yield from _under_way(look, cycle)


def _failed(look: Look, cycle: Cycle) -> Attention:
    why = why_it_stopped(look.ports, cycle, look.policy.zone)
    return _entry(
        look,
        cycle.id,
        AttentionKind.CYCLE_FAILED,
        f"It stopped: {why}.",
        _what_to_do(look, cycle),
        (commands.show_cycle if cycle.error == HELD else commands.redrive_cycle)(cycle.id),
    ).model_copy(update={"since_at": cycle.opened_at})


def _what_to_do(look: Look, cycle: Cycle) -> str:
    if cycle.error == HELD:
        return (
            "Look whether customers have its invoices: letting it go on gives them new numbers and "
            "mails them. docs/recovery.md says what to do first."
        )
    if counts_anew(cycle) and cycle.id.run not in {run.run for run in look.runs}:
        return (
            "Mend what it names, then let it go on. It counts anew, with the policy and prices "
            "that it opened with."
        )
    if counts_anew(cycle):
        return "Mend what it names, then let it go on. It counts anew, with today's prices."
    if cycle.error == NOBODY_ANSWERED:
        return "Let it go on. If it waited for a decision, it asks again, with the same counts."
    return "Mend what it names, then let it go on. What it has counted and numbered stays."


def _under_way(look: Look, cycle: Cycle) -> Iterator[Attention]:
    """A cycle that somebody works on: it waits for a person, or is behind its own plan."""
    approval = None
    if look.policy_of(cycle.policy_version).run_policy(cycle.id.run).approval.by == "person":
        approval = look.ports.cycles.approval(cycle.id)
    if approval is not None and approval.decision is None and look.now < approval.decide_by:
        yield _entry(
            look,
            cycle.id,
            AttentionKind.APPROVAL_WAITING,
            f"It waits for a decision of {name_some(approval.approvers)} until "
            f"{look.moment(approval.decide_by)}. Without one it stops then.",
            "Look at the comparison that came with the question, then approve or reject the run.",
            commands.approve_cycle(cycle.id),
        ).model_copy(update={"since_at": approval.asked_at})
        return
    late_since = cycle.plan.issue_at + _TIME_TO_DELIVER
    if cycle.sealed_at is None:
        late_since = min(late_since, cycle.plan.compare_at + _TIME_TO_COUNT)
    if approval is not None and approval.decided_at is not None:
        late_since = max(late_since, approval.decided_at + _TIME_TO_DELIVER)
    if look.now > late_since:
        yield _entry(
            look,
            cycle.id,
            AttentionKind.CYCLE_LATE,
            f"It should have been done by {look.moment(late_since)} and is still under way.",
            "Look at which step it is; docs/runbook.md says what can hold up each of them.",
            commands.show_cycle(cycle.id),
        ).model_copy(update={"since_at": late_since})


def _parked(look: Look, cycle: Cycle) -> Iterator[Attention]:
    """The accounts that were parked when the cycle closed, and have not been billed since.

    A cycle keeps the names of the first so many. Where there were more, all outcomes are read: who
    comes behind must not be forgotten when the first have been billed.
    """
    if not cycle.parked:
        return
    if int(cycle.summary.get("parked", 0)) > len(cycle.parked):
        records = look.ports.invoices.all_records(cycle.id)
    else:
        records = iter(look.ports.invoices.records(cycle.id, cycle.parked).values())
    yield from at_most(_parked_accounts(look, cycle, records))


def _parked_accounts(
    look: Look, cycle: Cycle, records: Iterator[AccountRecord]
) -> Iterator[Attention]:
    for record in records:
        if not any(entry.kind is OutcomeKind.PARKED for entry in record.agreements):
            continue
        why = record.problems[0].what if record.problems else "the reason was not recorded"
        more = f" (and {len(record.problems) - 1} more)" if len(record.problems) > 1 else ""
        yield _entry(
            look,
            cycle.id,
            AttentionKind.ACCOUNT_PARKED,
            f"{record.account_name} got no invoice: {clipped(why)[:380]}{more}",
            "Mend what is named, then bill the account.",
            commands.bill_again(cycle.id, record.account),
            record.account,
        ).model_copy(update={"since_at": cycle.closed_at})


def _entry(
    look: Look,
    cycle: CycleId,
    kind: AttentionKind,
    what: str,
    do: str,
    command: str,
    account: str | None = None,
) -> Attention:
    return Attention(
        kind=kind,
        provider=look.provider,
        run=cycle.run,
        period=cycle.period,
        account=account,
        what=clipped(what),
        do=do,
        command=command,
    )
