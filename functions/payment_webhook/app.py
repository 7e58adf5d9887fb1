"""Takes payments that a payment service reports by signed requests."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.adapters.http.payment_webhook import payment_webhook
from msp_billing.observing import observed
from msp_billing.wiring import ports, webhook_secrets

api = payment_webhook()


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """See :mod:`msp_billing.adapters.http.payment_webhook`."""
    api.context.update(ports=ports(), secrets=webhook_secrets())
    return api.resolve(event, context)
