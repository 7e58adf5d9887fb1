"""Delivering a batch: each READY mail is claimed, tried once, and its fate is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen
from msp_billing.domain.outbox import AccountMailKind, MailId, MailState, OutboxMail
from msp_billing.usecases.comparisons import comparison_mail_id
from msp_billing.usecases.context import BatchRequest, CycleContext, failure_noted, load_context
from msp_billing.usecases.mailing.addressing import addressed, flagged_among
from msp_billing.usecases.mailing.composing_mails import AccountMails
from msp_billing.usecases.mailing.mail_round import MailRound
from msp_billing.usecases.mailing.sending_mails import Compose, send_once, settle_left_behind
from msp_billing.usecases.render_invoices import mail_id
from msp_billing.usecases.report_store import report_mail_id
from msp_billing.usecases.stored_invoices import invoice_id

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports


class DeliverRequest(BatchRequest):
    """Which kind of mail of the batch to deliver."""

    kind: AccountMailKind
    workers: int = Field(
        default=1, ge=1, description="How many batches are delivered at the same time."
    )


class DeliverResult(Frozen):
    """How far the batch's mails got; the state machine comes again while some are left."""

    batch: int
    sent: int
    unknown: int
    rejected: int
    left: int
    why_left: str = ""


def deliver_mail(
    ports: Ports, request: DeliverRequest, remaining_ms: int | None = None
) -> DeliverResult:
    """Send every READY mail of a batch, once each, at the worker's share of SES's rate.

    When SES refuses for now (throttled, paused, quota), the mail goes back to READY and the rest
    is left for a later call, because the others would be refused as well. So is what does not fit
    into the day's quota, or into the time of this call.

    Args:
        remaining_ms: how long this call may still take; None: as long as it needs.
    """
    with failure_noted(ports, request):
        return _deliver_mail(ports, request, remaining_ms)


def _deliver_mail(ports: Ports, request: DeliverRequest, remaining_ms: int | None) -> DeliverResult:
    context = load_context(ports, request)
    mails = ports.outbox.find_many(list(_mail_ids(ports, context, request)))
    ready = [mail for mail in mails.values() if mail.state is MailState.READY]
    flagged = flagged_among(ports, request.provider, ready)
    compose = AccountMails(ports, context, request.accounts).compose
    sending = MailRound(ports, request.workers, remaining_ms)
    states: Counter[MailState] = Counter()
    for mail in mails.values():
        state = mail.state
        if state is MailState.SENDING:
            state = settle_left_behind(ports, mail)
        elif state is MailState.READY and not sending.over:
            going = addressed(ports, context.policy, mail, flagged)
            if going is None:
                state = MailState.REJECTED
            else:
                state = _send(ports, context, going, compose, sending)
        states[state] += 1
    return DeliverResult(
        batch=request.batch,
        sent=states[MailState.SENT] + states[MailState.DELIVERED],
        unknown=states[MailState.UNKNOWN],
        rejected=states[MailState.REJECTED],
        left=states[MailState.READY] + states[MailState.SENDING] + states[MailState.WAITING],
        why_left=sending.over,
    )


def _send(
    ports: Ports, context: CycleContext, mail: OutboxMail, compose: Compose, sending: MailRound
) -> MailState:
    if not sending.admits(len(mail.recipients)):
        return MailState.READY
    state = send_once(ports, context.policy, mail.id, compose, mail)
    if state is MailState.READY:
        sending.end("SES takes no mail for now")
    return state


def _mail_ids(ports: Ports, context: CycleContext, request: DeliverRequest) -> Iterable[MailId]:
    if request.kind == "comparison":
        return (comparison_mail_id(context.cycle, account) for account in request.accounts)
    if request.kind != "invoice":
        kind = request.kind
        return (report_mail_id(context.cycle, account, kind) for account in request.accounts)
    records = ports.invoices.records(request.cycle_id, request.accounts)
    return (
        mail_id(invoice_id(request.cycle_id, record.account, part, record.revision), request.kind)
        for record in records.values()
        for part in record.parts
    )
