"""Payments that the bank took back: what they paid is owed again, once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msp_billing.domain.ledger.refusals import EntryRefusedError
from msp_billing.domain.payments.checks import date_problems
from msp_billing.domain.payments.incoming import IncomingReturn
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.problems import Problem
from msp_billing.usecases.errors import PaymentConflictError
from msp_billing.usecases.receivables.finding_returned import UNKNOWN, by_payment, find_returned
from msp_billing.usecases.receivables.intake import Intake
from msp_billing.usecases.receivables.payment_entries import book_return_once, until_settled

_MAY_PASS = {UNKNOWN, "date-in-future"}
"""Why a return waits, where time alone may mend it."""


def record_return(
    intake: Intake, returned: IncomingReturn, reported_by: str
) -> tuple[PaymentRecord, bool]:
    """The record that stands for the return now, and whether it stood before.

    A payment that still waits in the queue is taken out of it together with its return: nothing of
    it ever came into a ledger. A return of which the payment is not known yet waits for it.

    Raises:
        PaymentConflictError: when something else was reported under its key.
    """
    now = intake.ports.clock.now()
    waiting = PaymentRecord(
        version=1, returned=returned, state="queued", reported_at=now, reported_by=reported_by
    )
    return until_settled(
        lambda: _repeated(intake, returned), lambda: settle_return(intake, waiting)
    )


def settle_return(
    intake: Intake, record: PaymentRecord, payment: PaymentRecord | None = None
) -> PaymentRecord | None:
    """Book a return, or put it into the queue; None when somebody else changed a record first.

    Args:
        record: of the return as it should be stored if it has to wait.
        payment: which payment it is, where a person says so. The amounts may differ then.

    Raises:
        EntryRefusedError: when a person says so, and it cannot be booked.
    """
    returned = record.returned
    assert returned is not None, "the record of a return"
    found = payment or find_returned(intake, returned)
    if isinstance(found, Problem):
        return _wait(intake, record, (found,), found.where)
    problems = tuple(_problems(intake, returned, found, by_person=payment is not None))
    if problems and payment is not None:
        raise EntryRefusedError(problems)
    if problems:
        return _wait(intake, record, problems, found.account)
    if found.state != "booked":
        return _withdraw(intake, record, found)
    booked = record.model_copy(
        update={
            "state": "booked",
            "account": found.account,
            "matched_by": by_payment(found.key),
        }
    )
    try:
        return book_return_once(intake, booked, found.key.document)
    except EntryRefusedError as error:
        if payment is not None:
            raise
        return _wait(intake, record, error.problems, found.account)


def take_waiting_returns(
    intake: Intake, taken: Sequence[PaymentRecord]
) -> tuple[PaymentRecord, ...]:
    """Settle returns that came before their payments, as events out of order do.

    Done after payments are stored and after returns are, so that one of the two sees the other.
    """
    keys = {record.key for record in taken}
    traces = {record.payment.trace for record in taken if record.payment is not None} - {None}
    settled: list[PaymentRecord] = []
    queue = list(intake.ports.payments.queue(intake.provider)) if taken else []
    intake.see_waiting(queue)
    for waiting in queue:
        told = waiting.returned
        if told is None:
            continue
        if waiting.key in keys or told.payment in keys or told.trace in traces:
            record = settle_again(intake, waiting)
            if record is not None:
                settled.append(record)
    return tuple(settled)


def settle_again(intake: Intake, waiting: PaymentRecord) -> PaymentRecord | None:
    """Book a waiting return if its payment is there now; None when it goes on waiting.

    Only one that found no payment is tried again. One that fitted several would fit the only one
    that is left when another return, or the same by another name, was booked for the others.
    """
    if any(problem.code not in _MAY_PASS for problem in waiting.problems):
        return None
    again = waiting.model_copy(update={"version": waiting.version + 1})
    record = settle_return(intake, again)
    return record if record is not None and record.state != "queued" else None


def _repeated(intake: Intake, returned: IncomingReturn) -> PaymentRecord | None:
    standing = intake.ports.payments.find(returned.key)
    if standing is None:
        return None
    before = standing.returned
    if before is None or before.amount != returned.amount:
        told = "a payment" if before is None else f"a return of {before.amount}"
        raise PaymentConflictError(
            f"{returned.key.document} was reported before as {told}, and now as a return of "
            f"{returned.amount}"
        )
    return standing


def _problems(
    intake: Intake, returned: IncomingReturn, payment: PaymentRecord, *, by_person: bool
) -> Iterator[Problem]:
    told = payment.payment
    assert told is not None, "the record of a payment"
    yield from date_problems(returned.returned_on, intake.today)
    taken = None
    if payment.account is not None:
        taken = intake.position(payment.account).find_payment(told.key.document)
    before = f"; {taken.returned} went back before" if taken and taken.returned else ""
    if returned.amount != told.amount and not by_person:
        yield Problem(
            code="other-amount",
            what=f"{returned.amount} went back of {told.key.document} of {told.amount}{before}.",
            fix="Look at the bank's statement; confirm the payment if only a part went back.",
        )
    elif returned.amount != told.amount and payment.state == "queued":
        # The whole of it would be taken out of the queue, and what was kept of it forgotten.
        yield Problem(
            code="part-of-waiting",
            what=f"{told.key.document} of {told.amount} waits still, and {returned.amount} went "
            "back of it.",
            fix="Assign the payment to its account first; then a part of it can go back.",
        )
    if taken is not None and taken.returned and returned.amount.amount > taken.kept:
        yield Problem(
            code="returned-before",
            what=f"{told.key.document} was returned on {taken.returned_on} already; "
            f"{taken.kept} of it is left.",
            fix="Dismiss this one if it is the same return, told by somebody else.",
        )


def _wait(
    intake: Intake, record: PaymentRecord, problems: Sequence[Problem], account: str | None
) -> PaymentRecord | None:
    standing = intake.ports.payments.find(record.key)
    if standing is not None and standing.problems == tuple(problems):
        return standing  # it waits for the same reasons still
    waiting = record.model_copy(
        update={
            "state": "queued",
            "problems": tuple(problems),
            "suggestions": (account,) if account is not None else (),
        }
    )
    return waiting if intake.ports.payments.put(waiting) else None


def _withdraw(
    intake: Intake, record: PaymentRecord, payment: PaymentRecord
) -> PaymentRecord | None:
    """Close a payment that is in no ledger, and its return with it: first the one, then the other.

    Stopped in between, the payment says by which return it was closed, and the repeated return
    closes itself.
    """
    by_this = f"Taken back by the bank before it was assigned: {record.key.document}"
    changes = {
        "state": "dismissed",
        "decided_at": intake.ports.clock.now(),
        "decided_by": record.decided_by or record.reported_by,
    }
    if payment.state == "queued":
        closed = {**changes, "version": payment.version + 1, "why": by_this}
        if not intake.ports.payments.put(payment.model_copy(update=closed)):
            return None
    elif payment.why != by_this:
        problem = Problem(
            code="payment-dismissed",
            what=f"{payment.key.document} was dismissed by {payment.decided_by}: {payment.why}",
            fix="Dismiss the return too if nothing was kept of the money.",
        )
        return _wait(intake, record, (problem,), payment.account)
    why = f"The payment {payment.key.document} was never assigned"
    told = {"matched_by": by_payment(payment.key), "why": record.why or why}
    settled = record.model_copy(update={**changes, **told})
    return settled if intake.ports.payments.put(settled) else None
