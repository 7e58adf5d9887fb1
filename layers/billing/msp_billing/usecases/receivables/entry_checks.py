"""What is wrong with a payment that a person or a program enters: it is refused with all of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msp_billing.domain.payments.checks import (
    amount_problems,
    date_problems,
    remittance_problems,
)
from msp_billing.domain.payments.matching import as_printed, match_payment
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.receivables.intake import Intake

if TYPE_CHECKING:
    from msp_billing.domain.payments.incoming import IncomingPayment, PaymentKey
    from msp_billing.usecases.ports import Ports


def entry_problems(intake: Intake, payment: IncomingPayment) -> Iterable[Problem]:
    """Every reason for which a payment cannot be entered as it is."""
    yield from source_problems(intake, payment.key)
    yield from amount_problems(payment.amount)
    remittance = as_printed(payment.remittance, intake.prefixes, intake.account_of)
    printed = payment.model_copy(update={"remittance": remittance})
    known = payment.account if payment.account and intake.has_account(payment.account) else None
    account = payment.account or match_payment(printed, intake).account
    if account is not None:
        yield from intake.booking_problems(payment.amount, payment.received_on, account)
    else:
        yield from date_problems(payment.received_on, intake.today)
    yield from remittance_problems(printed, known, intake.account_of)


def source_problems(intake: Intake, key: PaymentKey) -> Iterable[Problem]:
    """That a name is a file's or webhook's: the bank's own payment would then be known already."""
    if key.source in intake.policy.payments.automatic_sources:
        yield Problem(
            code="source-of-the-bank",
            what=f"'{key.source}' is a file or webhook of the bank, which names its own payments.",
            fix="Give the name of the program that reports it, or leave the source out.",
        )


def check_source(ports: Ports, key: PaymentKey) -> None:
    """Raises ProblemsError for what a person or program reports under a bank's name."""
    problems = tuple(source_problems(Intake(ports, key.provider), key))
    if problems:
        raise ProblemsError(problems)
