"""The queue: payments and returns of which a person has to say whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.ledger.refusals import EntryRefusedError
from msp_billing.domain.payments.checks import remittance_problems
from msp_billing.domain.payments.incoming import PaymentKey, RemittancePart
from msp_billing.domain.payments.matching import as_printed
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.errors import PaymentDecidedError
from msp_billing.usecases.receivables.finding_returned import by_payment
from msp_billing.usecases.receivables.following_up import follow_up
from msp_billing.usecases.receivables.intake import Intake
from msp_billing.usecases.receivables.payment_entries import book_once, until_settled
from msp_billing.usecases.receivables.returns import settle_return

if TYPE_CHECKING:
    from msp_billing.domain.payments.records import PaymentRecord
    from msp_billing.usecases.ports import Ports


class AssignRequest(Frozen):
    """What a person says of something in the queue: whose payment it is, or which one went back."""

    key: PaymentKey
    account: Identifier | None = Field(default=None, description="Whose payment it is.")
    payment: PaymentKey | None = Field(default=None, description="For a return: of which payment.")
    remittance: tuple[RemittancePart, ...] = Field(
        default=(), max_length=200, description="What it is for; the oldest first, if left out."
    )
    assigned_by: Text
    why: Text | None = None

    @model_validator(mode="after")
    def _one_answer(self) -> AssignRequest:
        if (self.account is None) == (self.payment is None):
            raise ValueError("give either the 'account' of a payment or the 'payment' of a return")
        return self


class DismissRequest(Frozen):
    """That something in the queue is no payment of an account, and why."""

    key: PaymentKey
    dismissed_by: Text
    why: Text


def waiting(ports: Ports, provider: str) -> tuple[PaymentRecord, ...]:
    """Everything that waits for a person, oldest first."""
    return tuple(ports.payments.queue(provider))


def assign_payment(ports: Ports, request: AssignRequest) -> PaymentRecord:
    """Book a payment or return as a person says. The same decision again changes nothing.

    Raises:
        LookupError: when nothing was reported under the key.
        ProblemsError: when it cannot be booked so, with every reason; it goes on waiting.
        PaymentDecidedError: when it was decided otherwise, or booked without a person.
    """
    intake = Intake(ports, request.key.provider)

    def standing() -> PaymentRecord | None:
        record = _find(ports, request.key)
        if record.state == "queued":
            return None
        if _same(record, request):
            return record
        raise _decided(record)

    booked, _ = until_settled(standing, lambda: _assign(intake, request))
    follow_up(intake, [booked])
    return booked


def dismiss_payment(ports: Ports, request: DismissRequest) -> PaymentRecord:
    """Take something out of the queue that is not to be booked. The record stays for ever.

    Raises:
        LookupError: when nothing was reported under the key.
        PaymentDecidedError: when it was decided otherwise, or booked without a person.
    """

    def standing() -> PaymentRecord | None:
        record = _find(ports, request.key)
        if record.state == "queued":
            return None
        if record.state == "dismissed" and (record.decided_by, record.why) == (
            request.dismissed_by,
            request.why,
        ):
            return record
        raise _decided(record)

    def dismiss() -> PaymentRecord | None:
        record = _find(ports, request.key)
        dismissed = record.model_copy(
            update={
                "version": record.version + 1,
                "state": "dismissed",
                "decided_at": ports.clock.now(),
                "decided_by": request.dismissed_by,
                "why": request.why,
            }
        )
        return dismissed if record.state == "queued" and ports.payments.put(dismissed) else None

    return until_settled(standing, dismiss)[0]


def _assign(intake: Intake, request: AssignRequest) -> PaymentRecord | None:
    record = _find(intake.ports, request.key)
    if record.state != "queued":
        return None
    decided = record.model_copy(
        update={
            "version": record.version + 1,
            "matched_by": request.assigned_by,
            "decided_at": intake.ports.clock.now(),
            "decided_by": request.assigned_by,
            "why": request.why,
        }
    )
    if record.returned is not None:
        return _assign_return(intake, decided, request.payment)
    if request.account is None:
        raise ProblemsError([_wrong_kind(record, "payment", "account")])
    remittance = as_printed(request.remittance, intake.prefixes, intake.account_of)
    problems = tuple(_payment_problems(intake, record, request.account, remittance))
    if problems:
        raise ProblemsError(problems)
    booked = decided.model_copy(update={"state": "booked", "account": request.account})
    return book_once(intake, booked, remittance)


def _payment_problems(
    intake: Intake, record: PaymentRecord, account: str, remittance: tuple[RemittancePart, ...]
) -> tuple[Problem, ...]:
    payment = record.payment
    assert payment is not None, "the record of a payment"
    known = account if intake.has_account(account) else None
    named = payment.model_copy(update={"remittance": remittance})
    return (
        *intake.booking_problems(payment.amount, payment.received_on, account),
        *remittance_problems(named, known, intake.account_of),
    )


def _assign_return(
    intake: Intake, decided: PaymentRecord, payment: PaymentKey | None
) -> PaymentRecord | None:
    if payment is None:
        raise ProblemsError([_wrong_kind(decided, "return", "payment")])
    found = intake.ports.payments.find(payment)
    if found is None or found.payment is None:
        raise ProblemsError(
            [
                Problem(
                    code="payment-unknown",
                    what=f"No payment {payment.document} was reported.",
                    fix="Look at the list of the account's payments.",
                )
            ]
        )
    if found.state == "dismissed":
        problem = Problem(
            code="payment-dismissed",
            what=f"{payment.document} was dismissed by {found.decided_by}: {found.why}",
            fix="Dismiss the return too if nothing was kept of the money.",
        )
        raise EntryRefusedError([problem])
    return settle_return(intake, decided, found)


def _wrong_kind(record: PaymentRecord, kind: str, field: str) -> Problem:
    return Problem(
        code=f"not-assigned-so-{field}",
        what=f"{record.key.document} is a {kind}.",
        fix=f"Give the '{field}' that it is of.",
    )


def _find(ports: Ports, key: PaymentKey) -> PaymentRecord:
    found = ports.payments.find(key)
    if found is None:
        raise LookupError(f"{key.provider} knows no payment {key.document}: look at the list again")
    return found


def _same(record: PaymentRecord, request: AssignRequest) -> bool:
    """Whether a record was decided as is asked for now: an answer that was lost."""
    if record.decided_by != request.assigned_by or record.why != request.why:
        return False
    if request.payment is not None:
        return record.returned is not None and record.matched_by == by_payment(request.payment)
    return record.payment is not None and record.account == request.account


def _decided(record: PaymentRecord) -> PaymentDecidedError:
    how = f"booked for {record.account}" if record.state == "booked" else "dismissed"
    by = record.decided_by or "the matching"
    why = f": {record.why}" if record.why else ""
    return PaymentDecidedError(f"{record.key.document} was {how} by {by}{why}")
