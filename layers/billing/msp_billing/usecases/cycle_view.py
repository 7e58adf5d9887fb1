"""Where a cycle stands, for a person who asks: dates, what it waits for, what came of it so far."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.cycles import Cycle, CycleId, CyclePlan, CycleState, plan_cycle
from msp_billing.domain.outbox import MailState
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.periods import Period
from msp_billing.usecases.context import calendar_around
from msp_billing.usecases.failures import why_it_stopped
from msp_billing.usecases.records import AccountRecord, Approval
from msp_billing.usecases.stored_invoices import invoice_id

if TYPE_CHECKING:
    from msp_billing.domain.invoices import InvoiceId
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

_MOST_INVOICES_READ = 1_000
_INVOICES_AT_A_TIME = 100
_MOST_PARKED_NAMED = 50


class Stands(StrEnum):
    """How a cycle stands, for a person."""

    NOT_YET = "not yet"
    OVERDUE = "overdue"
    RUNNING = "under way"
    ASKS = "waits for a decision"
    DIED = "nobody works on it"
    FAILED = "failed"
    CLOSED = "closed"


class ParkedAccount(Frozen):
    """An account that got no invoice, and why."""

    account: Identifier
    name: str
    why: tuple[str, ...]


class Numbers(Frozen):
    """The invoice numbers that a cycle gave."""

    given: int
    first: str | None = None
    last: str | None = Field(default=None, description="Unknown for more than 1,000 invoices.")


class CycleView(Frozen):
    """A cycle as it stands now."""

    id: CycleId
    title: str
    stands: Stands
    plan: CyclePlan
    time_zone: str
    waits_for: str = Field(description="In a sentence; empty when it waits for nothing.")
    waits_until: datetime | None = None
    stopped_because: str | None = Field(default=None, description="Of a cycle that failed.")
    cycle: Cycle | None = None
    approval: Approval | None = None
    outcomes: dict[OutcomeKind, int] = Field(default={}, description="Accounts by outcome.")
    parked: tuple[ParkedAccount, ...] = Field(default=(), description="At most 50.")
    numbers: Numbers = Numbers(given=0)
    mails: dict[MailState, int] = Field(default={}, description="Mails of the cycle by state.")


class CycleLine(Frozen):
    """A cycle in a list."""

    id: CycleId
    title: str
    stands: Stands
    opens_at: datetime
    issue_at: datetime
    failure: str | None = None
    summary: dict[str, str | int] = Field(default={}, description="Of a cycle that is closed.")


def view_cycle(ports: Ports, cycle_id: CycleId, *, asks_executions: bool = True) -> CycleView:
    """Where a cycle stands, with everything that is known of it.

    Args:
        asks_executions: whether there are executions that can be asked; without them, a cycle that
            is open is taken to be under way.

    Raises:
        KeyError: when the policy has no such run.
    """
    current = ports.policies.current(cycle_id.provider)
    cycle = ports.cycles.find(cycle_id)
    version = current.policy_version if cycle is None else cycle.policy_version
    policy = ports.policies.policy(cycle_id.provider, version)
    run = policy.run_policy(cycle_id.run)
    plan = _plan(ports, policy, cycle_id) if cycle is None else cycle.plan
    approval = None if cycle is None else ports.cycles.approval(cycle_id)
    stands = _stands(ports, cycle, approval, plan, asks_executions=asks_executions)
    waits_for, until = _waits_for(ports.clock.now(), stands, plan, cycle, approval)
    view = CycleView(
        id=cycle_id,
        stopped_because=None if cycle is None else why_it_stopped(ports, cycle, policy.zone),
        title=run.title,
        stands=stands,
        plan=plan,
        time_zone=policy.time_zone,
        waits_for=waits_for,
        waits_until=until,
        cycle=cycle,
        approval=approval,
    )
    return view if cycle is None else _with_results(ports, view)


def list_cycles(
    ports: Ports, provider: str, months: int, *, asks_executions: bool = True
) -> tuple[CycleLine, ...]:
    """The cycles of the last service months, and those that come next, the newest first.

    Those that are open or failed are among them however old they are, and also when their run was
    taken out of the policy.
    """
    current = ports.policies.current(provider)
    policy = ports.policies.policy(provider, current.policy_version)
    newest = Period.of(ports.clock.now().astimezone(policy.zone).date()).shifted(1)
    periods = [newest.shifted(-back) for back in range(months + 1)]
    ids = [
        CycleId(provider=provider, run=run.run, period=period)
        for period in periods
        for run in policy.runs
        if period >= current.begins_with(run.run)
    ]
    known = ports.cycles.find_many(ids)
    left = ports.cycles.find_many([e for e in ports.cycles.unsettled(provider) if e not in ids])
    known |= {entry: cycle for entry, cycle in left.items() if cycle.state is not CycleState.CLOSED}
    ids += [entry for entry in left if entry in known]
    lines = []
    for cycle_id in sorted(ids, key=lambda entry: str(entry.period), reverse=True):
        cycle = known.get(cycle_id)
        opened_with = policy if cycle is None else _opened_with(ports, cycle, policy)
        asks = cycle is not None and cycle.state is CycleState.OPEN
        approval = ports.cycles.approval(cycle_id) if asks else None
        plan = _plan(ports, policy, cycle_id) if cycle is None else cycle.plan
        line = CycleLine(
            id=cycle_id,
            title=opened_with.run_policy(cycle_id.run).title,
            stands=_stands(ports, cycle, approval, plan, asks_executions=asks_executions),
            opens_at=plan.opens_at,
            issue_at=plan.issue_at,
            failure=None if cycle is None else why_it_stopped(ports, cycle, policy.zone),
            summary={} if cycle is None else cycle.summary,
        )
        lines.append(line)
    return tuple(lines)


def _opened_with(ports: Ports, cycle: Cycle, policy: ProviderPolicy) -> ProviderPolicy:
    """A policy that has the cycle's run: the one in force, or else the one that it pinned."""
    if any(run.run == cycle.id.run for run in policy.runs):
        return policy
    return ports.policies.policy(cycle.id.provider, cycle.policy_version)


def _plan(ports: Ports, policy: ProviderPolicy, cycle: CycleId) -> CyclePlan:
    calendar = calendar_around(ports, policy, cycle.period.year)
    return plan_cycle(policy, policy.run_policy(cycle.run), cycle.period, calendar)


def _stands(
    ports: Ports,
    cycle: Cycle | None,
    approval: Approval | None,
    plan: CyclePlan,
    *,
    asks_executions: bool,
) -> Stands:
    if cycle is None:
        return Stands.OVERDUE if plan.opens_at <= ports.clock.now() else Stands.NOT_YET
    if cycle.state is CycleState.FAILED:
        return Stands.FAILED
    if cycle.state is CycleState.CLOSED:
        return Stands.CLOSED
    if asks_executions and not ports.executions.is_running(cycle.owner):
        return Stands.DIED
    asks = approval is not None and approval.decision is None
    return Stands.ASKS if asks else Stands.RUNNING


def _waits_for(
    now: datetime,
    stands: Stands,
    plan: CyclePlan,
    cycle: Cycle | None,
    approval: Approval | None,
) -> tuple[str, datetime | None]:
    """What a cycle waits for, and until when."""
    if stands is Stands.NOT_YET:
        return "the day on which it opens", plan.opens_at
    if stands is Stands.ASKS and approval is not None:
        return f"a decision of {', '.join(approval.approvers)}", approval.decide_by
    if stands is not Stands.RUNNING or cycle is None:
        return "", None
    waits = [
        (f"the exports that tell of the moment '{moment.moment}'", moment.take_at)
        for moment in plan.moments
    ]
    waits.append(("the time of the comparison", plan.compare_at))
    if cycle.sealed_at is not None:
        waits.append(("the issue day", plan.issue_at))
    return next(((what, until) for what, until in waits if now < until), ("", None))


# --- What came of it -----------------------------------------------------------------------------


def _with_results(ports: Ports, view: CycleView) -> CycleView:
    outcomes: Counter[OutcomeKind] = Counter()
    parked: list[ParkedAccount] = []
    invoices: list[InvoiceId] = []
    for record in ports.invoices.all_records(view.id):
        kind = _outcome(record)
        outcomes[kind] += 1
        if kind is OutcomeKind.PARKED and len(parked) < _MOST_PARKED_NAMED:
            why = tuple(f"{problem.what} {problem.fix}" for problem in record.problems)
            named = ParkedAccount(account=record.account, name=record.account_name, why=why)
            parked.append(named)
        invoices += (
            invoice_id(view.id, record.account, part, record.revision) for part in record.parts
        )
    mails = Counter(mail.state for mail in ports.outbox.all_of(view.id))
    numbered = view.cycle is not None and view.cycle.numbered_at is not None
    numbers = _numbers(ports, invoices) if numbered else Numbers(given=0)
    return view.model_copy(
        update={
            "outcomes": dict(outcomes),
            "parked": tuple(parked),
            "numbers": numbers,
            "mails": dict(mails),
        }
    )


def _outcome(record: AccountRecord) -> OutcomeKind:
    """How an account ended, by what matters most of its agreements."""
    kinds = {entry.kind for entry in record.agreements}
    for kind in (OutcomeKind.PARKED, OutcomeKind.BILLED, OutcomeKind.NOTHING_TO_BILL):
        if kind in kinds:
            return kind
    return OutcomeKind.SKIPPED


def _numbers(ports: Ports, invoices: list[InvoiceId]) -> Numbers:
    if len(invoices) > _MOST_INVOICES_READ:
        return Numbers(given=len(invoices))
    given = []
    for start in range(0, len(invoices), _INVOICES_AT_A_TIME):
        found = ports.invoices.invoices(invoices[start : start + _INVOICES_AT_A_TIME])
        given += [entry.number for entry in found.values() if entry.number is not None]
    if not given:
        return Numbers(given=0)
    return Numbers(
        given=len(given), first=min(given, key=_in_order), last=max(given, key=_in_order)
    )


def _in_order(number: str) -> tuple[int, str]:
    return len(number), number
