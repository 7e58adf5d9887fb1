"""Answers the payments API: payments, accounts, entitlements."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.adapters.http.payments_api import payments_api
from msp_billing.observing import observed
from msp_billing.wiring import ports

api = payments_api()


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """See :mod:`msp_billing.adapters.http.payments_api`."""
    api.context.update(ports=ports())
    return api.resolve(event, context)
