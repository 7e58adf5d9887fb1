"""Billing one account of a closed cycle again: after its feed was mended, or its invoice voided."""

from __future__ import annotations

import gzip
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.corrections.credit_notes import is_voided
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS
from msp_billing.domain.cycles import Cycle, CycleId, CycleState
from msp_billing.domain.outbox import MailState
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem
from msp_billing.domain.seals import seal
from msp_billing.domain.snapshots import AccountSnapshot, SnapshotBatch
from msp_billing.usecases.build_invoices import build_context, build_or_park, last_counts
from msp_billing.usecases.context import BatchRequest, CycleContext, count_prefix, pinned
from msp_billing.usecases.errors import NotBilledAgainError
from msp_billing.usecases.mailing.deliver_mail import DeliverRequest, deliver_mail
from msp_billing.usecases.number_invoices import number_drafts
from msp_billing.usecases.receivables.posting_documents import post_invoices
from msp_billing.usecases.render_invoices import mail_id, render_invoices
from msp_billing.usecases.stored_invoices import invoices_of
from msp_billing.usecases.take_snapshot import read_account

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.outcomes import AccountOutcome
    from msp_billing.usecases.ports import Ports

_MANY = 49  # invoices: more than an account has agreements


class BillAgainRequest(Frozen):
    """Which account of which cycle to bill again, who asks for it, and why."""

    provider: Identifier
    run: Identifier
    period: Period
    account: Identifier
    requested_by: Text
    reason: Text

    @property
    def cycle_id(self) -> CycleId:
        """The cycle."""
        return CycleId(provider=self.provider, run=self.run, period=self.period)


class BillAgainResult(Frozen):
    """What came of it: numbers of the new invoices, or what is still wrong."""

    account: Identifier
    numbers: tuple[str, ...]
    totals: tuple[str, ...]
    mails: tuple[MailState, ...]
    problems: tuple[Problem, ...]


def bill_again(ports: Ports, request: BillAgainRequest) -> BillAgainResult:
    """Bill one account of a closed cycle from its exports and its agreements as they are now.

    The cycle's own versions of policy and prices stay in force, and no other account is touched.
    What is read is sealed like any snapshot. Safe to repeat: a call that was cut off is made again,
    and only what is missing of an invoice that has its number already is done then.

    Raises:
        NotBilledAgainError: when the cycle is not closed, the account is not in the book, or an
            invoice of it stands that was delivered; void that one by a credit note first.
    """
    context = _closed(ports, request)
    account = _account(ports, request)
    before = _issued(ports, request)
    standing = [entry for entry in before if not is_voided(ports.credit_notes.of_invoice(entry.id))]
    if standing and not _unfinished(ports, standing):
        numbers = ", ".join(entry.number or "" for entry in standing)
        raise NotBilledAgainError(
            f"{numbers} of {request.account} stands: void it by a credit note first"
        )
    problems: tuple[Problem, ...] = ()
    if not standing:
        revision = _next_revision(ports, request, before)
        batch = _sealed(ports, context, account, revision)
        outcome = _build(ports, context, batch, revision)
        ports.invoices.put_outcomes(request.cycle_id, [outcome])
        problems = outcome.problems
    _finish(ports, context, request)
    result = _result(ports, request, problems)
    ports.bus.publish(
        "AccountBilledAgain",
        {
            "provider": request.provider,
            "cycle": str(request.cycle_id),
            "account": request.account,
            "requested_by": request.requested_by,
            "reason": request.reason,
            "invoices": len(result.numbers),
            "problems": len(problems),
        },
    )
    return result


def _result(
    ports: Ports, request: BillAgainRequest, problems: tuple[Problem, ...]
) -> BillAgainResult:
    issued = [] if problems else _issued(ports, request)
    mails = ports.outbox.find_many([mail_id(entry.id, "invoice") for entry in issued])
    return BillAgainResult(
        account=request.account,
        numbers=tuple(entry.number or "" for entry in issued),
        totals=tuple(str(entry.total) for entry in issued),
        mails=tuple(mail.state for mail in mails.values()),
        problems=problems,
    )


def _issued(ports: Ports, request: BillAgainRequest) -> list[Invoice]:
    """The account's invoices of the newest revision that have their numbers."""
    records = ports.invoices.records(request.cycle_id, (request.account,))
    found = invoices_of(ports, request.cycle_id, records)
    return [entry for entry in found.get(request.account, ()) if entry.number is not None]


def _next_revision(ports: Ports, request: BillAgainRequest, voided: list[Invoice]) -> int:
    """One above the voided invoices'; where an attempt stayed without any, the same once more."""
    if voided:
        return max(entry.id.revision for entry in voided) + 1
    records = ports.invoices.records(request.cycle_id, (request.account,))
    return records[request.account].revision if records else 1


def _unfinished(ports: Ports, invoices: list[Invoice]) -> bool:
    """Whether an invoice still waits for its document, or for SES to take its mail."""
    mails = ports.outbox.find_many([mail_id(entry.id, "invoice") for entry in invoices])
    return any(mail.state in {MailState.WAITING, MailState.READY} for mail in mails.values())


def _closed(ports: Ports, request: BillAgainRequest) -> CycleContext:
    cycle = ports.cycles.find(request.cycle_id)
    if cycle is None or cycle.state is not CycleState.CLOSED:
        state = "was never opened" if cycle is None else f"is {cycle.state.value}"
        raise NotBilledAgainError(
            f"the cycle {request.cycle_id} {state}: only accounts of a closed one are billed "
            "again; start the cycle instead"
        )
    return pinned(ports, cycle)


def _account(ports: Ports, request: BillAgainRequest) -> Account:
    found = ports.book.find(request.provider, request.account)
    if found is None:
        raise NotBilledAgainError(f"{request.provider} has no account '{request.account}'")
    return found.account


def _sealed(ports: Ports, context: CycleContext, account: Account, revision: int) -> BatchRequest:
    """Read the account's exports anew and seal them with it, as a batch of one."""
    cycle = context.cycle
    claims = ports.invoices.claims(cycle.id.provider, [account.account])
    snapshot = AccountSnapshot(
        account=account,
        readings=read_account(ports, context, account),
        claims=claims[account.account],
    )
    batch = SnapshotBatch(
        provider=cycle.id.provider,
        run=cycle.id.run,
        period=cycle.id.period,
        batch=0,
        accounts=(snapshot,),
    )
    content = gzip.compress(batch.model_dump_json().encode(), mtime=0)
    name = f"{account.account}-r{revision}-{seal(content)[:16]}.json.gz"
    sealed = ports.records.put_once(
        f"{count_prefix(cycle)}/again/{name}", content, "application/gzip"
    )
    return BatchRequest(
        **cycle.id.model_dump(),
        owner=cycle.owner,
        batch=0,
        key=sealed.key,
        sha256=sealed.sha256,
        accounts=(account.account,),
    )


def _build(
    ports: Ports, context: CycleContext, batch: BatchRequest, revision: int
) -> AccountOutcome:
    content = gzip.decompress(ports.records.get(batch.key, batch.sha256))
    (snapshot,) = SnapshotBatch.model_validate_json(content).accounts
    invoice_on, due_on = _dates(ports, context.cycle, context)
    here = build_context(
        ports, context, batch, invoice_on=invoice_on, due_on=due_on, revision=revision
    )
    previous = last_counts(ports, batch, here, [snapshot.account])
    known = previous.get(snapshot.account.account, NO_PREVIOUS_COUNTS)
    return build_or_park(here, snapshot, known)


def _dates(ports: Ports, cycle: Cycle, context: CycleContext) -> tuple[date, date | None]:
    """Dated today, with as many days to pay as the cycle's other invoices gave.

    An account must not be overdue on the day on which it hears of the invoice.
    """
    today = ports.clock.now().astimezone(context.policy.zone).date()
    plan = cycle.plan
    if today <= plan.invoice_on:
        return plan.invoice_on, plan.due_on
    if plan.due_on is None:
        return today, None
    return today, today + (plan.due_on - plan.invoice_on)


def _finish(ports: Ports, context: CycleContext, request: BillAgainRequest) -> None:
    """Number, enter and render the drafts, and hand their mails to SES: the cycle's own steps."""
    while number_drafts(ports, context, _MANY).contended:
        continue  # each try has its own pauses; the function's time limit ends a lost fight
    batch = BatchRequest(
        **request.cycle_id.model_dump(),
        owner=context.cycle.owner,
        batch=0,
        key="",
        sha256="",
        accounts=(request.account,),
    )
    post_invoices(ports, batch)
    render_invoices(ports, batch)
    deliver_mail(ports, DeliverRequest(**batch.model_dump(), kind="invoice"))
