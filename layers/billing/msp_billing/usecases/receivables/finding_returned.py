"""Which payment the bank took back: told by its key, by the bank's number, by account and amount.

The bank's number is looked up in an index, which lags behind the table. A payment that came a
moment before its return, in one file perhaps, is not in it yet, and another one of the same amount
would be taken for it. So what the index finds is completed by what was read consistently
(docs/faults.md, 42).
"""

from __future__ import annotations

from msp_billing.domain.payments.incoming import IncomingReturn, PaymentKey
from msp_billing.domain.payments.matching import names_account
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.problems import Problem
from msp_billing.usecases.receivables.intake import Intake

UNKNOWN = "payment-unknown"
"""Why a return waits whose payment was not reported, or not yet."""

Found = PaymentRecord | Problem
"""The payment that went back, or why it cannot be told."""


def find_returned(intake: Intake, returned: IncomingReturn) -> Found:
    """The payment that a return is of: certain, or a reason to ask a person."""
    if returned.payment is not None:
        return _of_key(intake, returned.payment)
    if returned.trace is not None:
        found = _by_trace(intake, returned, returned.trace)
        if found is not None:
            return found
    return _by_amount(intake, returned)


def by_payment(payment: PaymentKey) -> str:
    """How a return says which payment it is of."""
    return f"payment {payment.document}"


def _of_key(intake: Intake, key: PaymentKey) -> Found:
    found = intake.ports.payments.find(key)
    if found is None or found.payment is None:
        return Problem(
            code=UNKNOWN,
            what=f"No payment {key.document} was reported.",
            fix="It is booked when the payment comes; else say which payment it is.",
        )
    return found


def _by_trace(intake: Intake, returned: IncomingReturn, trace: str) -> Found | None:
    """The payment with the bank's number; of several, the one of the amount that is not returned.

    A bank may use a number again after a year or so.
    """
    payments = _having(intake, trace)
    if len(payments) <= 1:
        return payments[0] if payments else None
    fitting = [
        record
        for record in payments
        if record.payment is not None
        and record.payment.amount == returned.amount
        and not _is_over(intake, record)
    ]
    return fitting[0] if len(fitting) == 1 else _which(len(payments), f"the bank's number {trace}")


def _having(intake: Intake, trace: str) -> list[PaymentRecord]:
    """The payments with the bank's number: by the index, or taken just now, or in the queue."""
    payments = intake.ports.payments
    found = {record.key: record for record in payments.find_by_trace(intake.provider, trace)}
    others = intake.taken_with(trace) - found.keys()
    if not found and not others:
        others = intake.waiting_with(trace)
    for key in others:
        record = payments.find(key)
        if record is not None:
            found[key] = record
    return [found[key] for key in sorted(found, key=str)]


def _has(record: PaymentRecord | None, trace: str) -> bool:
    return record is not None and record.payment is not None and record.payment.trace == trace


def _is_over(intake: Intake, record: PaymentRecord) -> bool:
    if record.account is None or record.state != "booked":
        return record.state == "dismissed"
    taken = intake.position(record.account).find_payment(record.key.document)
    return taken is not None and taken.returned_on is not None


def _by_amount(intake: Intake, returned: IncomingReturn) -> Found:
    """The one payment of the amount in the ledger of the account that the return names."""
    account = returned.account or names_account(returned.texts, None, intake)
    if account is None or not intake.has_account(account):
        return Problem(
            code=UNKNOWN,
            what=f"Which payment of {returned.amount} went back is not told.",
            fix="Say which payment it is, or dismiss it with a reason.",
        )
    position = intake.position(account)
    fitting = [
        _key_of(intake.provider, entry.payment)
        for entry in position.payments
        if entry.returned_on is None
        and entry.on <= returned.returned_on
        and position.money(entry.amount) == returned.amount
    ]
    if len(fitting) > 1 and returned.trace is not None:
        find, trace = intake.ports.payments.find, returned.trace
        fitting = [key for key in fitting if _has(find(key), trace)] or fitting
    if len(fitting) == 1:
        return _of_key(intake, fitting[0])
    return _which(len(fitting), f"{returned.amount} of {account}", account)


def _which(count: int, of: str, account: str | None = None) -> Problem:
    return Problem(
        code="several-payments" if count else UNKNOWN,
        what=f"{count or 'No'} payment{'s are' if count > 1 else ' is'} of {of}.",
        fix="Say which payment it is, or dismiss it with a reason.",
        where=account,
    )


def _key_of(provider: str, document: str) -> PaymentKey:
    """The key of a payment by its name in the ledger."""
    source, _, external_id = document.partition(":")
    return PaymentKey(provider=provider, source=source, external_id=external_id)
