"""Booking one payment or return: its record and its entries are stored together, once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.postings import payment_entries, return_entries
from msp_billing.domain.ledger.refusals import EntryRefusedError
from msp_billing.domain.payments.entered_before import entered_before
from msp_billing.usecases.errors import ConcurrentLedgerError
from msp_billing.usecases.receivables.appending import MAX_TRIES, enter

if TYPE_CHECKING:
    from msp_billing.domain.ledger.entries import EntryDraft
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.payments.incoming import RemittancePart
    from msp_billing.domain.payments.records import PaymentRecord
    from msp_billing.usecases.receivables.intake import Intake


class _SettledMeanwhileError(Exception):
    """Somebody else stored the record that was to be stored; never leaves this module."""


def until_settled(
    standing: Callable[[], PaymentRecord | None], settle: Callable[[], PaymentRecord | None]
) -> tuple[PaymentRecord, bool]:
    """What stands, and whether it stood before: look, else settle, and look again if beaten.

    Raises:
        ConcurrentLedgerError: when that never comes to an end.
    """
    for _ in range(MAX_TRIES):
        found = standing()
        if found is not None:
            return found, True
        settled = settle()
        if settled is not None:
            return settled, False
    raise ConcurrentLedgerError(f"a payment's record was changed by others {MAX_TRIES} times")


def book_once(
    intake: Intake,
    record: PaymentRecord,
    remittance: Sequence[RemittancePart],
    *,
    by_bank: bool = True,
) -> PaymentRecord | None:
    """Enter a payment and what it pays, with its record; None when another record came first.

    Args:
        by_bank: reported by a bank or payment service, not entered by a person or program.

    Raises:
        EntryRefusedError: when it may be entered already, and no person decided about it. That is
            looked at where it is entered, because the other report may come at the same moment.
    """
    told = record.payment
    assert told is not None, "the record of a payment"
    payment = told.model_copy(update={"remittance": tuple(remittance)})
    by = record.decided_by or record.reported_by

    def decide(position: LedgerPosition) -> tuple[EntryDraft, ...]:
        if position.find_payment(payment.key.document) is not None:
            raise _SettledMeanwhileError
        if record.decided_by is None:
            alike = entered_before(position, payment, by_bank=by_bank)
            if alike is not None:
                raise EntryRefusedError((alike,))
        settles_on = intake.settles_on(payment)
        return payment_entries(position, payment, settles_on, intake.today, by)

    return _enter(intake, record, decide)


def book_return_once(intake: Intake, record: PaymentRecord, payment: str) -> PaymentRecord | None:
    """Enter that a payment was taken back, with the return's record; None as above.

    Args:
        payment: the payment's name in the ledger.

    Raises:
        EntryRefusedError: when the payment was returned before, or more went back than came.
    """
    returned = record.returned
    assert returned is not None, "the record of a return"
    by = record.decided_by or record.reported_by

    def decide(position: LedgerPosition) -> tuple[EntryDraft, ...]:
        return return_entries(position, payment, returned, intake.today, by)

    return _enter(intake, record, decide)


def _enter(
    intake: Intake,
    record: PaymentRecord,
    decide: Callable[[LedgerPosition], tuple[EntryDraft, ...]],
) -> PaymentRecord | None:
    assert record.account is not None, "what is booked has an account"

    tries = 0

    def booking() -> PaymentRecord:
        nonlocal tries
        tries += 1
        if tries == 1:  # it was read just now, and the append goes by its version
            return record
        standing = intake.ports.payments.find(record.key)
        if (0 if standing is None else standing.version) != record.version - 1:
            raise _SettledMeanwhileError
        return record

    try:
        enter(intake.ports, intake.ledger(record.account), decide, booking)
    except _SettledMeanwhileError:
        return None
    return record
