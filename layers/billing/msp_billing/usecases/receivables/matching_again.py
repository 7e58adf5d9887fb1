"""What waits is tried again: an invoice, an account or a day may have come that was not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.ledger.refusals import EntryRefusedError
from msp_billing.domain.payments.entered_before import PERHAPS_ENTERED_BEFORE
from msp_billing.domain.payments.matching import match_payment
from msp_billing.usecases.receivables.booking import REFERENCE_USED
from msp_billing.usecases.receivables.following_up import follow_up
from msp_billing.usecases.receivables.intake import Intake
from msp_billing.usecases.receivables.payment_entries import book_once
from msp_billing.usecases.receivables.returns import settle_again

if TYPE_CHECKING:
    from msp_billing.domain.payments.records import PaymentRecord
    from msp_billing.usecases.ports import Ports

_LEFT_TO_A_PERSON = {REFERENCE_USED, PERHAPS_ENTERED_BEFORE}


def match_again(ports: Ports, provider: str) -> tuple[PaymentRecord, ...]:
    """Book everything in the queue of which it is certain by now whose it is.

    The same rules decide as when it came. So a payment that came before its invoice was issued, or
    before its account was in the book, or with tomorrow's date, needs no person. What came under
    a reference that other money has, or may be entered already, is left to one.

    Returns:
        What left the queue.
    """
    intake = Intake(ports, provider)
    tried = [_try(intake, record) for record in list(ports.payments.queue(provider))]
    settled = tuple(entry for entry in tried if entry is not None)
    follow_up(intake, settled)
    return settled


def _try(intake: Intake, waiting: PaymentRecord) -> PaymentRecord | None:
    payment = waiting.payment
    if payment is None:
        return settle_again(intake, waiting)
    if any(problem.code in _LEFT_TO_A_PERSON for problem in waiting.problems):
        return None
    match = match_payment(payment, intake)
    if match.account is None or intake.booking_problems(
        payment.amount, payment.received_on, match.account
    ):
        return None
    booked = waiting.model_copy(
        update={
            "version": waiting.version + 1,
            "state": "booked",
            "account": match.account,
            "matched_by": match.matched_by,
        }
    )
    try:
        return book_once(intake, booked, match.remittance)
    except EntryRefusedError as error:
        told = {"version": booked.version, "problems": error.problems}
        told |= {"suggestions": (match.account,)}
        intake.ports.payments.put(waiting.model_copy(update=told))
        return None
