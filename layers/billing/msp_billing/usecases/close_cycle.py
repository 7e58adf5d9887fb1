"""Closing a cycle, or keeping why it failed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen
from msp_billing.domain.cycles import CycleState
from msp_billing.domain.money import in_words
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.domain.problems import name_some
from msp_billing.usecases.approve_run import parked_rows
from msp_billing.usecases.comparisons import run_totals
from msp_billing.usecases.context import MAX_FAILURE_LENGTH, CycleRequest, load_context
from msp_billing.usecases.errors import CompletenessGapError, LockLostError
from msp_billing.usecases.exceptions_report import exceptions_attachment
from msp_billing.usecases.mailing.attaching import documents_of
from msp_billing.usecases.mailing.sending_mails import provider_mail_id, send_to_provider

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_NOT_THE_REASON = "States.ExceedToleratedFailureThreshold"
_UNFINISHED = (MailState.WAITING, MailState.READY, MailState.SENDING)
_NOT_OUT = frozenset({MailState.UNKNOWN, MailState.REJECTED, MailState.BOUNCED})


class CloseResult(Frozen):
    """The cycle's summary, which is also the output of its execution."""

    cycle: str
    summary: dict[str, str | int]


def close_cycle(ports: Ports, request: CycleRequest) -> CloseResult:
    """Check that every invoice went its whole way, close the cycle for ever, tell the provider.

    Raises:
        CompletenessGapError: when an invoice has no number, or its mail was never tried.
        MailRefusedForNowError: when SES did not take the summary for now; nothing is closed yet.
    """
    context = load_context(ports, request)
    cycle = context.cycle
    mails = list(ports.outbox.all_of(request.cycle_id))
    states = _states_of_invoice_mails(mails)
    unfinished = sum(states[state] for state in _UNFINISHED)
    parts = sum(len(record.parts) for record in ports.invoices.all_records(request.cycle_id))
    if unfinished or parts != sum(states.values()):
        raise CompletenessGapError(
            f"{parts} invoices, {sum(states.values())} with a mail, {unfinished} not yet tried"
        )
    totals = run_totals(ports, context)
    summary: dict[str, str | int] = {
        "accounts": totals.accounts,
        "invoices": parts,
        "billed": totals.billed,
        "nothing_to_bill": totals.nothing_to_bill,
        "skipped": totals.skipped,
        "parked": totals.parked,
        "total": in_words(totals.current_totals),
        "mails_unknown": states[MailState.UNKNOWN],
        "mails_rejected": states[MailState.REJECTED],
        "customers_unknown": name_some(cycle.unknown_customers),
    }
    mail = OutboxMail(
        id=provider_mail_id(request.cycle_id, "summary"),
        state=MailState.READY,
        recipients=(context.policy.reply_to,),
        attachments=exceptions_attachment(ports, context),
    )
    ports.outbox.put(mail)
    parked = parked_rows(ports, context)
    closed = cycle.model_copy(
        update={
            "state": CycleState.CLOSED,
            "parked": tuple(row.account for row in parked),
            "closed_at": cycle.closed_at or ports.clock.now(),
            "summary": summary,
            "failure": None,
            "error": None,
        }
    )

    def compose(claimed: OutboxMail) -> bytes:
        further = documents_of(ports, claimed)
        return ports.composer.summary_mail(
            closed,
            context.run,
            totals,
            parked,
            context.policy,
            claimed.recipients,
            claimed.id,
            ports.clock.now(),
            unsent=_not_out(mails),
            exceptions=further[0] if further else None,
        )

    send_to_provider(ports, context.policy, mail.id, compose)
    ports.cycles.update(closed)
    ports.bus.publish("CycleClosed", {"cycle": str(cycle.id), **summary})
    return CloseResult(cycle=str(cycle.id), summary=summary)


def _states_of_invoice_mails(mails: Iterable[OutboxMail]) -> Counter[MailState]:
    """One mail for each invoice: copies for other contacts are not counted."""
    return Counter(m.state for m in mails if m.id.kind == "invoice" and m.copy_of is None)


def _not_out(mails: Sequence[OutboxMail]) -> list[OutboxMail]:
    """Mails that did not go out, or of which nobody knows, without those that a copy makes good."""
    mended = {
        mail.original for mail in mails if mail.copy_of is not None and mail.state not in _NOT_OUT
    }
    return [mail for mail in mails if mail.state in _NOT_OUT and mail.original not in mended]


class FailureRequest(CycleRequest):
    """What the state machine caught."""

    error: str = Field(default="", max_length=500)
    cause: str = Field(default="", description="Cut to what a log line bears.")


class FailureResult(Frozen):
    """That the failure was kept."""

    recorded: bool


def record_failure(ports: Ports, request: FailureRequest) -> FailureResult:
    """Mark the cycle as failed and tell the bus; alarms hang on that.

    The lock stays: only a new start takes a failed cycle over. A cycle that failed before it had
    its lock has nothing to mark, but the bus is told all the same. One that somebody else took
    over, or that was closed before the failure, is left as it is.
    """
    failure = f"{request.error}: {said_by(request.cause)}"[:MAX_FAILURE_LENGTH]
    cycle = ports.cycles.find(request.cycle_id)
    if cycle is not None:
        if cycle.owner != request.owner or cycle.state is CycleState.CLOSED:
            return FailureResult(recorded=False)
        error = request.error
        if error == _NOT_THE_REASON and cycle.failure and cycle.error:
            error, failure = cycle.error, cycle.failure
        failed = {"state": CycleState.FAILED, "failure": failure, "error": error}
        try:
            ports.cycles.update(cycle.model_copy(update=failed))
        except LockLostError:
            return FailureResult(recorded=False)
    ports.bus.publish("CycleFailed", {"cycle": str(request.cycle_id), "failure": failure})
    return FailureResult(recorded=cycle is not None)


def said_by(cause: str) -> str:
    """What a person should read of a cause: the message of a function, without its stack.

    Step Functions hands over what a failed function answered, as JSON; of anything else, such as
    why a person stopped the run, the cause is the words themselves.
    """
    try:
        answered = json.loads(cause)
    except ValueError:
        return cause
    message = answered.get("errorMessage") if isinstance(answered, dict) else None
    return str(message) if message else cause
