"""Keeps what SES says happened to a mail."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.mailing.record_mail_event import record_mail_event
from msp_billing.usecases.mailing.ses_events import read_ses_event
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.mailing.record_mail_event.record_mail_event`."""
    mail_event = read_ses_event(event)
    if mail_event is None:
        return {"changed": False}  # it says nothing about one of our mails
    about(mail_event.mail)
    return done(record_mail_event(ports(), mail_event))
