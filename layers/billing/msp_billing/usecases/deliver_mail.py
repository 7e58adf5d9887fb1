"""Delivering: each READY mail is claimed, tried once, and its fate is kept."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta

from msp_billing.domain.base import Frozen
from msp_billing.domain.comparison import Comparison
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.documents import NamedDocument
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.money import Money
from msp_billing.domain.outbox import AccountMailKind, MailId, MailKind, MailState, OutboxMail
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.build_invoices import invoice_id, invoices_of, previous_invoices
from msp_billing.usecases.compare_invoices import account_comparisons, comparison_mail_id
from msp_billing.usecases.context import BatchRequest, CycleContext, failure_noted, load_context
from msp_billing.usecases.errors import (
    DEFECTS,
    MailOutcomeUnknownError,
    MailRefusedForNowError,
    MailRejectedError,
    MailSetupError,
)
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.render_invoices import mail_id
from msp_billing.usecases.report_store import is_report, report_mail_id, stored_notice

_LONGEST_ATTEMPT = timedelta(minutes=15)
"""No Lambda lives longer, so that a claim older than this was left behind by a dead one."""

_LOGGER = logging.getLogger(__name__)
Compose = Callable[[OutboxMail], bytes]


class DeliverRequest(BatchRequest):
    """Which kind of mail of the batch to deliver."""

    kind: AccountMailKind


class DeliverResult(Frozen):
    """How far the batch's mails got; the state machine comes again while some are left."""

    batch: int
    sent: int
    unknown: int
    rejected: int
    left: int


def deliver_mail(ports: Ports, request: DeliverRequest) -> DeliverResult:
    """Send every READY mail of a batch, once each.

    When SES refuses for now (throttled, paused, quota), the mail goes back to READY and the rest
    is left for a later call, because the others would be refused as well.
    """
    with failure_noted(ports, request):
        return _deliver_mail(ports, request)


def _deliver_mail(ports: Ports, request: DeliverRequest) -> DeliverResult:
    context = load_context(ports, request)
    mails = ports.outbox.find_many(list(_mail_ids(ports, context, request)))
    compose = _composer(ports, context, request.accounts)
    states: Counter[MailState] = Counter()
    refused = False
    for mail in mails.values():
        state = mail.state
        if state is MailState.SENDING:
            state = _settle_left_behind(ports, mail)
        elif state is MailState.READY and not refused:
            state = send_once(ports, context.policy, mail.id, compose, mail)
            refused = state is MailState.READY
        states[state] += 1
    return DeliverResult(
        batch=request.batch,
        sent=states[MailState.SENT] + states[MailState.DELIVERED],
        unknown=states[MailState.UNKNOWN],
        rejected=states[MailState.REJECTED],
        left=states[MailState.READY] + states[MailState.SENDING] + states[MailState.WAITING],
    )


def send_once(
    ports: Ports,
    policy: ProviderPolicy,
    mail_id: MailId,
    compose: Compose,
    known: OutboxMail | None = None,
    *,
    keep: Callable[[bytes], object] | None = None,
) -> MailState:
    """Claim a READY mail, try it once, and keep what became of it.

    The claim comes before the attempt because SES has no idempotency key: whoever finds a claim
    must not send again. The mail is made before it is claimed, because a claim that is left behind
    counts as perhaps sent. Returns the state that the mail is in afterwards.

    Args:
        keep: is given the bytes of the one attempt, after it, by whoever made it.

    Raises:
        MailSetupError: when SES takes no mail at all as it is set up; the mail stays READY.
    """
    mail = known or ports.outbox.find_many([mail_id])[mail_id]
    if mail.state is not MailState.READY:
        return mail.state
    try:
        content = compose(mail)
    except DEFECTS as error:  # one mail that cannot be made must not hold up the others
        _LOGGER.exception("composing %s failed", mail_id)
        return _give_up(ports, mail, f"the mail could not be made: {type(error).__name__}: {error}")
    now = ports.clock.now()
    if not ports.outbox.move(mail_id, MailState.READY, MailState.SENDING, at=now):
        return ports.outbox.find_many([mail_id])[mail_id].state
    try:
        message_id = ports.mailer.send(content, policy.mail_from, mail)
    except MailSetupError as error:
        _after(ports, mail_id, MailState.READY, note=str(error))
        raise
    except (MailRefusedForNowError, MailRejectedError, MailOutcomeUnknownError) as error:
        state = _after(ports, mail_id, _STATE_AFTER[type(error)], note=str(error))
    else:
        state = _after(ports, mail_id, MailState.SENT, message_id=message_id)
    if keep is not None and state is not MailState.READY:
        keep(content)
    return state


_STATE_AFTER: dict[type[Exception], MailState] = {
    MailRefusedForNowError: MailState.READY,
    MailRejectedError: MailState.REJECTED,
    MailOutcomeUnknownError: MailState.UNKNOWN,
}


def _give_up(ports: Ports, mail: OutboxMail, note: str) -> MailState:
    """Leave a mail to a person; the cycle's summary counts it among those that did not go out."""
    if ports.outbox.move(mail.id, mail.state, MailState.REJECTED, at=ports.clock.now(), note=note):
        return MailState.REJECTED
    return ports.outbox.find_many([mail.id])[mail.id].state


def send_to_provider(
    ports: Ports, policy: ProviderPolicy, mail_id: MailId, compose: Compose
) -> None:
    """Send a mail to the provider's own people.

    Raises:
        MailRefusedForNowError: when SES did not take it for now; the state machine comes again,
            because nothing else would.
    """
    if send_once(ports, policy, mail_id, compose) is MailState.READY:
        note = ports.outbox.find_many([mail_id])[mail_id].note
        raise MailRefusedForNowError(f"{mail_id}: {note}")


def _after(
    ports: Ports,
    mail_id: MailId,
    state: MailState,
    *,
    note: str | None = None,
    message_id: str | None = None,
) -> MailState:
    """Move on from SENDING; an event of SES may have been faster, and then what it said stands."""
    now = ports.clock.now()
    if ports.outbox.move(
        mail_id, MailState.SENDING, state, at=now, note=note, message_id=message_id
    ):
        return state
    return ports.outbox.find_many([mail_id])[mail_id].state


def _settle_left_behind(ports: Ports, mail: OutboxMail) -> MailState:
    """A claim whose owner died: whether SES has the mail is unknown (docs/faults.md, 9)."""
    claimed_at = mail.moved_at
    if claimed_at is None or ports.clock.now() - claimed_at < _LONGEST_ATTEMPT:
        return MailState.SENDING
    note = "the attempt was cut off before it could say whether SES took the mail"
    return _after(ports, mail.id, MailState.UNKNOWN, note=note)


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


def _composer(ports: Ports, context: CycleContext, accounts: tuple[str, ...]) -> Compose:
    """Composes the mails of a batch; what they tell is read for all accounts at once."""
    cycle = context.cycle.id
    invoices: dict[MailId, Invoice] = {}
    totals: dict[str, Money] = {}
    comparisons: dict[str, Comparison] = {}

    def load() -> None:
        records = ports.invoices.records(cycle, accounts)
        for entries in invoices_of(ports, cycle, records).values():
            invoices.update({mail_id(invoice.id, "invoice"): invoice for invoice in entries})
        for account, entries in previous_invoices(ports, cycle, accounts).items():
            totals.update({f"{account}/{invoice.id.part}": invoice.total for invoice in entries})

    def compose(mail: OutboxMail) -> bytes:
        made_at = ports.clock.now()
        if is_report(mail.id.kind):
            return ports.composer.report_mail(
                stored_notice(ports, mail),
                context.policy,
                mail.recipients,
                all_attached(ports, mail),
                mail.id,
                made_at,
            )
        document = attached(ports, mail)
        if mail.id.kind == "comparison":
            if not comparisons:
                comparisons.update(account_comparisons(ports, context, accounts))
            made = comparisons[mail.id.account]
            return ports.composer.comparison_mail(
                made, context.policy, mail.recipients, document, mail.id, made_at, context.cycle
            )
        if not invoices:
            load()
        invoice = invoices[mail.id]
        return ports.composer.invoice_mail(
            invoice,
            context.policy,
            mail.recipients,
            document,
            mail.id,
            made_at,
            previous_total=totals.get(f"{invoice.id.account}/{invoice.id.part}"),
        )

    return compose


def attached(ports: Ports, mail: OutboxMail) -> NamedDocument:
    """The first document that goes with a mail, with the very bytes that were sealed."""
    return all_attached(ports, mail)[0]


def all_attached(ports: Ports, mail: OutboxMail) -> tuple[NamedDocument, ...]:
    """Every document that goes with a mail, with the very bytes that were sealed."""
    return tuple(
        NamedDocument(
            file_name=attachment.file_name,
            media_type=attachment.media_type,
            content=ports.records.get(attachment.key, attachment.sha256),
        )
        for attachment in mail.attachments
    )


def provider_mail_id(cycle: CycleId, kind: MailKind, attempt: int = 1) -> MailId:
    """A mail to the provider's own people about a cycle.

    Args:
        attempt: of the cycle, for mails that each attempt sends anew: whoever rejected a run is
            asked again when it was started again.
    """
    return MailId(
        provider=cycle.provider,
        run=cycle.run,
        period=cycle.period,
        account=cycle.provider,
        part="all" if attempt == 1 else f"attempt-{attempt}",
        kind=kind,
    )
