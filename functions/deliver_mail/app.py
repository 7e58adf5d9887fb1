"""Sends the mails of one batch, each once."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.mailing.deliver_mail import DeliverRequest, deliver_mail
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.mailing.deliver_mail.deliver_mail`."""
    request = about(DeliverRequest.model_validate(event))
    return done(deliver_mail(ports(), request, context.get_remaining_time_in_millis()))
