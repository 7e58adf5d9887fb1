"""Answers the payments API: payments, accounts, entitlements."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.adapters.http.payments_api import payments_api
from msp_billing.wiring import ports

logger = Logger()
api = payments_api()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """See :mod:`msp_billing.adapters.http.payments_api`."""
    api.context.update(ports=ports())
    return api.resolve(event, context)
