"""Giving up debts: a request by one person, an approval by another, then the entry."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.ledger.documents import write_off_document, write_off_entry
from msp_billing.domain.ledger.entries import EntryDraft, EntryKind
from msp_billing.domain.ledger.refusals import check_payable
from msp_billing.domain.ledger.write_offs import (
    WriteOff,
    WriteOffState,
    check_amount,
    check_approver,
)
from msp_billing.domain.money import ExactDecimal, Money
from msp_billing.usecases.dunning.context import policy_in_force
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.errors import WriteOffConflictError
from msp_billing.usecases.receivables.accounts import kept_ledger, today_of
from msp_billing.usecases.receivables.appending import enter

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.usecases.ports import Ports


class WriteOffRequest(Frozen):
    """A debt that one person wants given up."""

    provider: Identifier
    account: Identifier
    write_off: Identifier = Field(description="The person's own name for it; used once an account.")
    document: Text = Field(description="What is owed: the number of an invoice or a fee.")
    amount: ExactDecimal | None = Field(
        default=None, description="In the account's currency; all that is open if left out."
    )
    requested_by: Text
    why: Text


class WriteOffDecision(Frozen):
    """What another person says to it."""

    provider: Identifier
    account: Identifier
    write_off: Identifier
    by: Text
    why: Text


def request_write_off(ports: Ports, request: WriteOffRequest) -> WriteOff:
    """Keep that a debt is to be given up; nothing is entered before another person approves.

    Safe to repeat: the same request finds the one that it made, whatever became of it.

    Raises:
        UnknownAccountError: when the book does not have the account.
        EntryRefusedError: for more than is open of the document, and for a part of a cent.
        WriteOffConflictError: when the name was used for something else.
    """
    ledger = kept_ledger(ports, request.provider, request.account)
    if request.amount is not None:
        check_payable(Money(amount=request.amount, currency=ledger.currency))
    standing = ports.write_offs.find(request.provider, request.account, request.write_off)
    if standing is not None:
        return _same(standing, request)
    position = ports.ledgers.position(ledger)
    item = position.items_by_document.get(request.document)
    # What is not owed at all is refused below, whatever the amount.
    open_of_it = item.open if item is not None and item.open > 0 else Decimal(1)
    made = WriteOff(
        provider=request.provider,
        account=request.account,
        write_off=request.write_off,
        document=request.document,
        amount=position.money(request.amount or open_of_it).amount,
        why=request.why,
        requested_by=request.requested_by,
        requested_at=ports.clock.now(),
    )
    check_amount(position, made)
    if ports.write_offs.put(made):
        return made
    return _same(_found(ports, request), request)


def approve_write_off(ports: Ports, decision: WriteOffDecision) -> WriteOff:
    """Approve a write-off, enter it, and let dunning see what is left.

    What was paid in the meantime is not given up: at most what is open when it is entered. Safe to
    repeat: an approval whose entry was not made, because the call was cut off, makes it.

    Raises:
        LookupError: when nobody asked for it.
        EntryRefusedError: for the person who asked, for one who may not approve, and when more is
            to be given up than is open.
        WriteOffConflictError: when it was rejected, or approved by somebody else.
    """
    write_off = _found(ports, decision)
    policy = policy_in_force(ports, decision.provider)
    check_approver(write_off, decision.by, policy.payments)
    ledger = kept_ledger(ports, decision.provider, decision.account)
    if write_off.state == "waiting":
        check_amount(ports.ledgers.position(ledger), write_off)
        write_off = _decide(ports, write_off, decision, approved=True)
    if (write_off.state, write_off.decided_by) != ("approved", decision.by):
        raise _decided_before(write_off)
    document = write_off_document(write_off.write_off)
    today = today_of(ports, decision.provider)
    who = f"{write_off.requested_by}, approved by {decision.by}"[:500]

    def decide(position: LedgerPosition) -> tuple[EntryDraft, ...]:
        item = position.items_by_document[write_off.document]
        amount = min(write_off.amount, item.open)
        entered = ports.ledgers.find(ledger, EntryKind.WRITE_OFF, document) is not None
        if entered or amount <= 0:
            return ()
        entry = write_off_entry(
            position,
            write_off.write_off,
            write_off.document,
            amount,
            today,
            who,
            write_off.why,
        )
        return (entry,)

    enter(ports, ledger, decide)
    react(ports, decision.provider, decision.account)
    return write_off


def reject_write_off(ports: Ports, decision: WriteOffDecision) -> WriteOff:
    """Keep that a debt is not given up. Whoever asked may take the request back this way.

    Raises:
        LookupError: when nobody asked for it.
        WriteOffConflictError: when it was approved.
    """
    write_off = _found(ports, decision)
    if write_off.state == "waiting":
        write_off = _decide(ports, write_off, decision, approved=False)
    if write_off.state != "rejected":
        raise _decided_before(write_off)
    return write_off


def waiting_write_offs(ports: Ports, provider: str) -> Iterator[WriteOff]:
    """What waits for a second person, by account and name."""
    return (entry for entry in ports.write_offs.of_provider(provider) if entry.state == "waiting")


def _decide(
    ports: Ports, write_off: WriteOff, decision: WriteOffDecision, *, approved: bool
) -> WriteOff:
    """Keep the decision; the one that came first, when another one did."""
    state: WriteOffState = "approved" if approved else "rejected"
    decided = write_off.decided(state, decision.by, decision.why, ports.clock.now())
    return decided if ports.write_offs.put(decided) else _found(ports, decision)


def _found(ports: Ports, named: WriteOffRequest | WriteOffDecision) -> WriteOff:
    found = ports.write_offs.find(named.provider, named.account, named.write_off)
    if found is None:
        raise LookupError(
            f"nobody asked for the write-off '{named.write_off}' of {named.provider}/"
            f"{named.account}: look at the name again"
        )
    return found


def _same(standing: WriteOff, request: WriteOffRequest) -> WriteOff:
    told = (request.document, request.requested_by)
    if told != (standing.document, standing.requested_by) or request.amount not in {
        None,
        standing.amount,
    }:
        raise WriteOffConflictError(
            f"the write-off '{standing.write_off}' is of {standing.amount} of {standing.document}, "
            f"asked for by {standing.requested_by}: give another one another name"
        )
    return standing


def _decided_before(write_off: WriteOff) -> WriteOffConflictError:
    return WriteOffConflictError(
        f"the write-off '{write_off.write_off}' was {write_off.state} by {write_off.decided_by}"
    )
