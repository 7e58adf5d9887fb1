"""Approval: a person looks at the run before anything is numbered, and decides."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen
from msp_billing.domain.cycles import CycleId, CycleState
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.usecases.comparisons import run_rows, run_totals, store_run_workbook
from msp_billing.usecases.context import CycleContext, CycleRequest, load_context
from msp_billing.usecases.errors import ApprovalGoneError, NotWaitingForApprovalError
from msp_billing.usecases.exceptions_report import exceptions_attachment
from msp_billing.usecases.mailing.attaching import documents_of
from msp_billing.usecases.mailing.sending_mails import provider_mail_id, send_to_provider
from msp_billing.usecases.records import Approval

if TYPE_CHECKING:
    from msp_billing.domain.run_summary import RunRow
    from msp_billing.usecases.ports import Ports

_MAX_PARKED_NAMED = 50


class ApprovalRequest(CycleRequest):
    """What the waiting task gives: the token that lets it go on."""

    task_token: str = Field(min_length=1, max_length=2048)


class AskResult(Frozen):
    """That a person was asked."""

    asked: tuple[str, ...]


def request_approval(ports: Ports, request: ApprovalRequest) -> AskResult:
    """Keep the task's token and ask the policy's approvers by mail.

    A retry after a lost answer keeps the newer token, and mails once per attempt of the cycle.

    Raises:
        MailRefusedForNowError: when SES did not take the mail for now: a run that nobody is asked
            about would only run out of time.
    """
    context = load_context(ports, request)
    policy = context.run.approval
    now = ports.clock.now()
    approval = Approval(
        task_token=request.task_token,
        asked_at=now,
        decide_by=now + timedelta(days=policy.wait_days),
        approvers=policy.approvers,
    )
    ports.cycles.put_approval(request.cycle_id, approval)
    workbook = store_run_workbook(ports, context)
    mail = OutboxMail(
        id=provider_mail_id(request.cycle_id, "approval", context.cycle.attempt),
        state=MailState.READY,
        recipients=policy.approvers,
        attachments=(workbook, *exceptions_attachment(ports, context)),
    )
    ports.outbox.put(mail)

    def compose(claimed: OutboxMail) -> bytes:
        sheet, *further = documents_of(ports, claimed)
        return ports.composer.approval_mail(
            context.cycle,
            context.run,
            run_totals(ports, context),
            parked_rows(ports, context),
            context.policy,
            claimed.recipients,
            sheet,
            claimed.id,
            approval.asked_at,
            approval.decide_by,
            exceptions=further[0] if further else None,
        )

    send_to_provider(ports, context.policy, mail.id, compose)
    return AskResult(asked=policy.approvers)


def parked_rows(ports: Ports, context: CycleContext) -> tuple[RunRow, ...]:
    """The parked accounts that a mail names, at most so many."""
    rows = (row for row in run_rows(ports, context) if row.outcome is OutcomeKind.PARKED)
    return tuple(row for row, _ in zip(rows, range(_MAX_PARKED_NAMED), strict=False))


class Decision(Frozen):
    """A person's decision about a run."""

    decision: Literal["approved", "rejected"]
    decided_by: str = Field(min_length=1, max_length=200)
    why: str = Field(default="", max_length=500)


def decide_run(ports: Ports, cycle: CycleId, decision: Decision) -> Approval:
    """Record a person's decision and let the waiting execution go on, or stop it.

    The decision is kept first, once, and handed on then: of two people who decide at the same
    time one is refused, and who decided is known whatever happens in between. The same decision by
    the same person may be given again, when handing it on failed.

    Raises:
        NotWaitingForApprovalError: when the run asks for no decision, or has another one.
        ApprovalGoneError: when the execution does not wait any more.
    """
    approval = ports.cycles.approval(cycle)
    if approval is None:
        raise NotWaitingForApprovalError(f"{cycle} does not wait for an approval")
    if approval.decision is None:
        now = ports.clock.now()
        if now >= approval.decide_by:
            raise ApprovalGoneError(f"{cycle} waited for a decision until {approval.decide_by}")
        approval = ports.cycles.record_decision(
            cycle,
            approval.model_copy(
                update={
                    "decision": decision.decision,
                    "decided_by": decision.decided_by,
                    "decided_at": now,
                    "why": decision.why,
                }
            ),
        )
    if (approval.decision, approval.decided_by) != (decision.decision, decision.decided_by):
        raise NotWaitingForApprovalError(
            f"{cycle} was {approval.decision} by {approval.decided_by} before"
        )
    try:
        _hand_on(ports, approval)
    except ApprovalGoneError:
        if not _went_on(ports, cycle, approval):
            raise
    return approval


def _hand_on(ports: Ports, approval: Approval) -> None:
    if approval.decision == "approved":
        ports.executions.approve(
            approval.task_token,
            {"decision": "approved", "decided_by": approval.decided_by or ""},
        )
    else:
        ports.executions.reject(
            approval.task_token,
            "RunRejectedError",
            f"{approval.decided_by} rejected the run: {approval.why or 'no reason given'}",
        )


def _went_on(ports: Ports, cycle: CycleId, approval: Approval) -> bool:
    """Whether the kept decision is what ended the wait: the answer to it was lost then."""
    if approval.decision == "rejected":
        return True
    standing = ports.cycles.find(cycle)
    if standing is None or standing.state is CycleState.FAILED:
        return False
    return standing.state is CycleState.CLOSED or ports.executions.is_running(standing.owner)
