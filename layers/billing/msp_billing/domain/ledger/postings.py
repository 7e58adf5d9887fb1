"""What is entered for money that moves: payments, their return, and refunds of credit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.allocation import with_allocation
from msp_billing.domain.ledger.entries import EntryDraft, EntryKind, LedgerAccount, Posting
from msp_billing.domain.ledger.refusals import MAX_TEXT, check_currency, moving, refused
from msp_billing.domain.payments.incoming import IncomingPayment, IncomingReturn, PaymentMethod

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition, TakenPayment

_METHODS = {
    PaymentMethod.ACH: "Payment by ACH",
    PaymentMethod.WIRE: "Payment by wire",
    PaymentMethod.CHECK: "Payment by check",
    PaymentMethod.CARD: "Payment by card",
    PaymentMethod.CASH: "Payment in cash",
    PaymentMethod.OTHER: "Payment",
}


def payment_entry(payment: IncomingPayment, settles_on: date, recorded_by: str) -> EntryDraft:
    """Money that came in, as credit of the account: what it pays is a matter of allocation.

    Args:
        settles_on: from this day on the bank takes it back no more (PaymentPolicy).
    """
    amount = payment.amount.amount
    if amount <= 0:
        raise refused(
            "payment-of-nothing",
            f"The payment {payment.key.document} is of {payment.amount}.",
            "A payment is above zero; enter money that went back as a return.",
        )
    document = payment.key.document
    return EntryDraft(
        kind=EntryKind.PAYMENT,
        document=document,
        on=payment.received_on,
        title=f"{_METHODS[payment.method]}, {payment.key.external_id}",
        recorded_by=recorded_by,
        settles_on=max(settles_on, payment.received_on),
        postings=(
            Posting(on=LedgerAccount.CASH, reference=payment.method.value, amount=amount),
            Posting(on=LedgerAccount.CREDIT, reference=document, amount=-amount),
        ),
    )


def payment_entries(
    position: LedgerPosition,
    payment: IncomingPayment,
    settles_on: date,
    today: date,
    recorded_by: str,
) -> tuple[EntryDraft, ...]:
    """Money that came in, and what it pays: by its remittance, then oldest first.

    Raises:
        EntryRefusedError: for an amount that is not positive, or in another currency.
    """
    check_currency(position, payment.amount)
    entry = payment_entry(payment, settles_on, recorded_by)
    return with_allocation(position, (entry,), today, payment.remittance)


def return_entry(
    position: LedgerPosition, payment: str, returned: IncomingReturn, recorded_by: str
) -> EntryDraft:
    """A payment that the bank took back, or a part of it: what it was used for is owed again.

    What is unused of it goes first, then what it paid last, then what was paid out of it as a
    refund: that is owed again under the name "returned:" and the return's, due that day. A payment
    may go back in several parts, as a card payment that is refunded twice; never more than it was.

    Args:
        payment: its name in the ledger.

    Raises:
        EntryRefusedError: when the ledger does not have the payment, or more of it went back than
            came.
    """
    check_currency(position, returned.amount)
    taken = position.find_payment(payment)
    if taken is None:
        raise refused(
            "return-of-unknown",
            f"The ledger of {position.ledger} has no payment {payment}.",
            "Find the payment that was returned, and say which account it is of.",
        )
    amount = returned.amount.amount
    if taken.returned_on is not None and amount > taken.kept:
        raise refused(
            "returned-before",
            f"{payment} was returned on {taken.returned_on} already; "
            f"{position.money(taken.kept)} of it is left.",
            "Compare the two returns; dismiss this one if it is the same.",
        )
    if not 0 < amount <= taken.amount:
        raise refused(
            "return-too-large",
            f"{returned.amount} went back of {payment}, which was {taken.amount}.",
            "Compare it with the bank's statement: a fee of the bank is no part of a return.",
        )
    return EntryDraft(
        kind=EntryKind.PAYMENT_RETURNED,
        document=returned.key.document,
        payment=payment,
        on=returned.returned_on,
        due_on=returned.returned_on,
        title=f"Returned by the bank ({returned.code}): {returned.reason}"[:MAX_TEXT],
        recorded_by=recorded_by,
        why=f"{returned.code}: {returned.reason}"[:MAX_TEXT],
        postings=(
            *_taken_back(position, taken, amount, returned.key.document),
            Posting(on=LedgerAccount.CASH, reference="returned", amount=-amount),
        ),
    )


def return_entries(
    position: LedgerPosition,
    payment: str,
    returned: IncomingReturn,
    today: date,
    recorded_by: str,
) -> tuple[EntryDraft, ...]:
    """A payment that the bank took back; other credit is used at once for what is owed again."""
    entry = return_entry(position, payment, returned, recorded_by)
    return with_allocation(position, (entry,), today)


def _taken_back(
    position: LedgerPosition, taken: TakenPayment, amount: Decimal, document: str
) -> tuple[Posting, ...]:
    unused = sum(
        (entry.open for entry in position.credits if entry.source == taken.payment), Decimal(0)
    )
    places = [
        (LedgerAccount.CREDIT, taken.payment, unused),
        *(
            (LedgerAccount.RECEIVABLE, paid, used)
            for paid, used in reversed(taken.still_used.items())
        ),
        (LedgerAccount.RECEIVABLE, f"returned:{document}", taken.still_refunded),
    ]
    postings: list[Posting] = []
    for on, reference, whole in places:
        part = min(whole, amount)
        amount -= part
        postings.append(Posting(on=on, reference=reference, amount=part))
    assert not amount, "a payment is unused, used or paid back, and nothing else"
    return moving(postings)


def refund_entry(
    position: LedgerPosition,
    refund: str,
    amount: Decimal,
    method: PaymentMethod,
    on: date,
    recorded_by: str,
    why: str,
) -> EntryDraft:
    """Credit that is paid back, oldest credit first.

    Args:
        refund: the name that the person gives it; used once in an account.

    Raises:
        EntryRefusedError: for more than is held.
    """
    if not 0 < amount <= position.held:
        raise refused(
            "refund-too-large",
            f"{position.money(amount)} are to be paid back, {position.money(position.held)} are "
            "held as credit.",
            "Pay back at most what is held; issue a credit note first if more is due.",
        )
    left = amount
    postings: list[Posting] = []
    for credit in sorted(position.credits, key=lambda entry: (entry.on, entry.source)):
        part = min(left, credit.open)
        left -= part
        postings.append(Posting(on=LedgerAccount.CREDIT, reference=credit.source, amount=part))
    return EntryDraft(
        kind=EntryKind.REFUND,
        document=refund,
        on=on,
        title=f"Refund {refund}",
        recorded_by=recorded_by,
        why=why,
        postings=(
            *moving(postings),
            Posting(on=LedgerAccount.CASH, reference=method.value, amount=-amount),
        ),
    )
