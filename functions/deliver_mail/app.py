"""Sends the mails of one batch, each once."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.mailing.deliver_mail import DeliverRequest, deliver_mail
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.mailing.deliver_mail.deliver_mail`."""
    request = DeliverRequest.model_validate(event)
    logger.append_keys(
        **request.model_dump(mode="json", include={"provider", "run", "period", "batch"})
    )
    result = deliver_mail(ports(), request, context.get_remaining_time_in_millis())
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
