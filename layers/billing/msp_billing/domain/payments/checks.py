"""What is wrong with a payment as it was reported: what cannot be money, what cannot be booked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.money import Money, minor_unit_digits
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.domain.payments.incoming import IncomingPayment, RemittancePart

EARLIEST = date(1980, 1, 1)
"""No payment is older: a year like 0206 or 1900 is a misprint, and no calendar is made for it."""


def amount_problems(amount: Money) -> Iterator[Problem]:
    """Why an amount cannot be money that came or went."""
    if amount.amount <= 0:
        yield Problem(
            code="amount-not-positive",
            what=f"The amount is {amount}.",
            fix="Give an amount above zero; money that went back is a return.",
        )
    if amount.amount != amount.rounded().amount:
        yield Problem(
            code="amount-too-fine",
            what=f"{amount} is no amount that can be paid.",
            fix=f"{amount.currency} has {minor_unit_digits(amount.currency)} decimals.",
        )


def date_problems(on: date, today: date) -> Iterator[Problem]:
    """Why a day cannot be the day on which money moved."""
    if on > today:
        yield Problem(
            code="date-in-future",
            what=f"It is dated {on}, and today is {today}.",
            fix="Correct the date, or report it again on that day.",
        )
    elif on < EARLIEST:
        yield Problem(
            code="date-too-early",
            what=f"It is dated {on}.",
            fix=f"Correct the date: nothing before {EARLIEST} is taken.",
        )


def currency_problems(amount: Money, account: str, currency: str) -> Iterator[Problem]:
    """Why an amount cannot be booked for an account."""
    if amount.currency != currency:
        yield Problem(
            code="other-currency",
            what=f"{amount} was paid, and {account} is billed in {currency}.",
            fix=f"Report what it came to in {currency} by the bank's rate, under another "
            "reference, and dismiss this one.",
            where=account,
        )


def unknown_account(account: str) -> Problem:
    """That the book of accounts does not have an account."""
    return Problem(
        code="unknown-account",
        what=f"There is no account '{account}'.",
        fix="Give the short name of an account in the book.",
        where=account,
    )


def remittance_problems(
    payment: IncomingPayment, account: str | None, account_of: Callable[[str], str | None]
) -> Iterator[Problem]:
    """Why a payment cannot be for the invoices that it is said to be for.

    Args:
        account: whose it is; the account of its first invoice, if left out.
        account_of: the account that an invoice was issued to, None for a number that none has.
    """
    for number, times in Counter(part.invoice for part in payment.remittance).items():
        if times > 1:
            yield Problem(
                code="invoice-twice",
                what=f"Invoice {number} is listed {times} times.",
                fix="List it once, with the sum.",
            )
        owner = account_of(number)
        if owner is None:
            yield Problem(
                code="unknown-invoice",
                what=f"There is no invoice {number}.",
                fix="Look at the number again, or leave it out: the oldest invoice is paid then.",
            )
        elif account not in {None, owner}:
            yield Problem(
                code="invoice-of-another-account",
                what=f"Invoice {number} is {owner}'s, not {account}'s.",
                fix="Report what is for another account as a payment of its own.",
                where=owner,
            )
        account = account or owner
    for part in payment.remittance:
        yield from _part_problems(part, payment.amount.currency)
    yield from _too_much(payment.remittance, payment.amount)


def _part_problems(part: RemittancePart, currency: str) -> Iterator[Problem]:
    """What cannot be paid of an invoice: nothing, less than nothing, or a part of a cent."""
    if part.amount is None:
        return
    for problem in amount_problems(Money(amount=part.amount, currency=currency)):
        yield problem.model_copy(update={"where": part.invoice})


def _too_much(remittance: tuple[RemittancePart, ...], amount: Money) -> Iterator[Problem]:
    parts = [part.amount for part in remittance if part.amount is not None]
    if parts and sum(parts) > amount.amount:
        yield Problem(
            code="remittance-too-large",
            what=f"The parts come to {sum(parts)}, and {amount} was paid.",
            fix="Give parts that come to no more than the payment.",
        )
