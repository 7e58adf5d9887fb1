"""What follows when payments or returns were stored: waiting returns, and what accounts may do."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.receivables.returns import take_waiting_returns

if TYPE_CHECKING:
    from msp_billing.domain.payments.records import PaymentRecord
    from msp_billing.usecases.receivables.intake import Intake

_LOGGER = logging.getLogger(__name__)


def follow_up(intake: Intake, records: Sequence[PaymentRecord]) -> None:
    """Take returns that came before their payments, and look at each account (DUN-05).

    Done also for what was booked before: whoever booked it may have stopped right after.

    Raises:
        Exception: the first that an account came to, when all of them were looked at.
    """
    for record in records:
        intake.remember(record)
    settled = (*records, *take_waiting_returns(intake, records))
    booked = dict.fromkeys(entry.account for entry in settled if entry.state == "booked")
    failed: list[Exception] = []
    for account in booked:
        try:
            if account is not None:
                react(intake.ports, intake.provider, account)
        except Exception as error:  # told at the end: the other accounts have a right to theirs
            _LOGGER.exception("what was booked for %s had no effect yet", account)
            failed.append(error)
    if failed:
        raise failed[0]
