"""Payments come in: each is booked once, or waits for a person; nothing that is money is lost.

``take_payment``, ``take_payments`` and ``take_return`` are for what a bank reports: that money is
there, whatever is wrong with the report. ``book_payment`` is for what a person or a program enters,
and refuses what is wrong, with every reason.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msp_billing.domain.base import Frozen
from msp_billing.domain.ledger.refusals import EntryRefusedError
from msp_billing.domain.payments.checks import amount_problems
from msp_billing.domain.payments.incoming import IncomingPayment, IncomingReturn, PaymentKey
from msp_billing.domain.payments.matching import match_payment
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.errors import (
    DEFECTS,
    ConcurrentLedgerError,
    LedgerUnreadableError,
    PaymentConflictError,
)
from msp_billing.usecases.receivables.entry_checks import entry_problems
from msp_billing.usecases.receivables.following_up import follow_up
from msp_billing.usecases.receivables.intake import Intake
from msp_billing.usecases.receivables.payment_entries import book_once, until_settled
from msp_billing.usecases.receivables.returns import record_return

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_LOGGER = logging.getLogger(__name__)

REFERENCE_USED = "reference-used"
"""Why money waits that came under the key of other money: only a person can tell what it is."""

_MAX_ID_LENGTH = 120
_HASH_LENGTH = 12


class Taken(Frozen):
    """What became of one payment or return of a file or an event, in the order given.

    ``record`` is None for what cannot be money, or contradicts what was reported before;
    ``problems`` say why then. What waits has its problems in the record.
    """

    key: PaymentKey
    record: PaymentRecord | None = None
    repeated: bool = False
    problems: tuple[Problem, ...] = ()


def take_payment(ports: Ports, payment: IncomingPayment, reported_by: str) -> PaymentRecord:
    """Book a payment that a bank reports, or put it into the queue.

    The same payment again changes nothing and returns what became of it. Under the same key with
    another amount it may be other money: it waits for a person under a name of its own.

    Raises:
        ProblemsError: for what cannot be money (an amount that is not positive).
        PaymentConflictError: when it was reported before for another account.
    """
    return _one(take_payments(ports, payment.key.provider, (payment,), reported_by))


def take_return(ports: Ports, returned: IncomingReturn, reported_by: str) -> PaymentRecord:
    """Book that a payment was taken back by the bank, or put it into the queue.

    Raises:
        ProblemsError: for an amount that is not positive.
        PaymentConflictError: when the key was used for something else before.
    """
    return _one(take_payments(ports, returned.key.provider, (returned,), reported_by))


def book_payment(ports: Ports, payment: IncomingPayment, reported_by: str) -> PaymentRecord:
    """Book a payment that a person or a program enters: refused when anything is wrong with it.

    The same payment again changes nothing and returns what became of it. One without an account is
    matched by its remittance and texts, and waits in the queue when that is not certain. So does
    one that another source may have reported already.

    Raises:
        ProblemsError: with every reason: an unknown account or invoice, an amount that is not
            positive, another currency than the account's, a date in the future, ...
        PaymentConflictError: when the key was used with another amount, currency or account.
    """
    intake = Intake(ports, payment.key.provider)
    if ports.payments.find(payment.key) is None:
        problems = tuple(entry_problems(intake, payment))
        if problems:
            raise ProblemsError(problems)
    record, _ = _record_payment(intake, payment, reported_by, by_bank=False)
    follow_up(intake, [record])
    return record


def take_payments(
    ports: Ports,
    provider: str,
    payments: Sequence[IncomingPayment | IncomingReturn],
    reported_by: str,
) -> tuple[Taken, ...]:
    """Take everything that a file or an event reports, in its order.

    Safe to repeat, also after it stopped in the middle: what is booked already is found again.
    Accounts that something was booked for are looked at once, at the end (DUN-05). What cannot be
    taken because one account's ledger is damaged or busy does not stop the others.

    Returns:
        What became of each, in the same order.

    Raises:
        ValueError: when a key is another provider's.
        Exception: the first that one of them came to, when all the others were taken; call again.
    """
    if others := {entry.key.provider for entry in payments} - {provider}:
        raise ValueError(f"payments of {', '.join(sorted(others))} are not {provider}'s")
    intake = Intake(ports, provider)
    taken: list[Taken] = []
    failed: list[Exception] = []
    try:
        for entry in payments:
            try:
                taken.append(_take(intake, entry, reported_by))
            except (*DEFECTS, LedgerUnreadableError, ConcurrentLedgerError) as error:
                _LOGGER.exception("%s was not taken", entry.key)
                failed.append(error)
    finally:
        follow_up(intake, [entry.record for entry in taken if entry.record is not None])
    if failed:
        raise failed[0]
    return tuple(taken)


def _one(taken: tuple[Taken, ...]) -> PaymentRecord:
    (only,) = taken
    if only.record is not None:
        return only.record
    if any(problem.code == _CONFLICT for problem in only.problems):
        raise PaymentConflictError("\n".join(str(problem) for problem in only.problems))
    raise ProblemsError(only.problems)


_CONFLICT = "reported-otherwise"


def _take(intake: Intake, reported: IncomingPayment | IncomingReturn, by: str) -> Taken:
    problems = tuple(amount_problems(reported.amount))
    if problems:
        return Taken(key=reported.key, problems=problems)
    try:
        if isinstance(reported, IncomingReturn):
            record, repeated = record_return(intake, reported, by)
        else:
            record, repeated = _record_money(intake, reported, by)
    except PaymentConflictError as error:
        _LOGGER.warning("%s", error)
        problem = Problem(
            code=_CONFLICT,
            what=str(error),
            fix="Look at what was booked; a correction is a return and a payment of its own.",
        )
        return Taken(key=reported.key, problems=(problem,))
    intake.remember(record)
    return Taken(key=reported.key, record=record, repeated=repeated)


def _record_money(
    intake: Intake, payment: IncomingPayment, reported_by: str
) -> tuple[PaymentRecord, bool]:
    """As below; under a key that is taken by another amount, as money of its own in the queue."""
    try:
        return _record_payment(intake, payment, reported_by)
    except PaymentConflictError as error:
        standing = intake.ports.payments.find(payment.key)
        before = None if standing is None else standing.payment
        if standing is None or (before is not None and before.amount == payment.amount):
            raise  # the same money, told of another account
        problem = Problem(
            code=REFERENCE_USED,
            what=str(error),
            fix="Compare both with the bank's statement; assign this one if it is money too.",
        )
        suggestions = (standing.account,) if standing.account else standing.suggestions
    own = payment.model_copy(update={"key": _own_key(payment)})
    return until_settled(
        lambda: _repeated(intake.ports, own),
        lambda: _queue(intake, own, reported_by, (problem,), suggestions),
    )


def _record_payment(
    intake: Intake, payment: IncomingPayment, reported_by: str, *, by_bank: bool = True
) -> tuple[PaymentRecord, bool]:
    """The record that stands for the payment now, and whether it stood before."""
    return until_settled(
        lambda: _repeated(intake.ports, payment),
        lambda: _book_or_queue(intake, payment, reported_by, by_bank=by_bank),
    )


def _repeated(ports: Ports, payment: IncomingPayment) -> PaymentRecord | None:
    """What became of the payment when it was reported before.

    Raises:
        PaymentConflictError: when something else was reported under its key.
    """
    standing = ports.payments.find(payment.key)
    if standing is None:
        return None
    before = standing.payment
    if before is None or before.parameters_sha256 != payment.parameters_sha256:
        raise PaymentConflictError(
            f"{payment.key.document} was reported before as {_told(standing)}, and now as a "
            f"payment of {payment.amount}{_of(payment.account)}"
        )
    return standing


def _told(record: PaymentRecord) -> str:
    if record.payment is None:
        return "a return"
    return f"a payment of {record.payment.amount}{_of(record.payment.account)}"


def _of(account: str | None) -> str:
    return f" of {account}" if account else ""


def _own_key(payment: IncomingPayment) -> PaymentKey:
    """The key of money that came under a key that other money has: the same each time it comes."""
    digest = hashlib.sha256(payment.parameters_sha256.encode()).hexdigest()[:_HASH_LENGTH]
    kept = payment.key.external_id[: _MAX_ID_LENGTH - _HASH_LENGTH - 1]
    return payment.key.model_copy(update={"external_id": f"{kept}/{digest}"})


def _book_or_queue(
    intake: Intake, payment: IncomingPayment, reported_by: str, *, by_bank: bool
) -> PaymentRecord | None:
    match = match_payment(payment, intake)
    account, problems = match.account, match.problems
    if account is not None:
        problems = intake.booking_problems(payment.amount, payment.received_on, account)
    if account is None or problems:
        suggestions = match.suggestions or ((account,) if account is not None else ())
        return _queue(intake, payment, reported_by, problems, suggestions)
    record = PaymentRecord(
        version=1,
        payment=payment,
        state="booked",
        account=account,
        matched_by=match.matched_by,
        reported_at=intake.ports.clock.now(),
        reported_by=reported_by,
    )
    try:
        return book_once(intake, record, match.remittance, by_bank=by_bank)
    except EntryRefusedError as error:
        return _queue(intake, payment, reported_by, error.problems, (account,))


def _queue(
    intake: Intake,
    payment: IncomingPayment,
    reported_by: str,
    problems: tuple[Problem, ...],
    suggestions: tuple[str, ...],
) -> PaymentRecord | None:
    record = PaymentRecord(
        version=1,
        payment=payment,
        state="queued",
        problems=problems,
        suggestions=suggestions,
        reported_at=intake.ports.clock.now(),
        reported_by=reported_by,
    )
    return record if intake.ports.payments.put(record) else None
