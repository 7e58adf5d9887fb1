"""Sends what waits in the queue: copies of mails that reached nobody, and alerts about contacts."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.mailing.send_queued import QueueRequest, send_queued
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.mailing.send_queued.send_queued`."""
    request = about(QueueRequest(provider=event.get("detail", {}).get("provider")))
    return done(send_queued(ports(), request, context.get_remaining_time_in_millis()))
