"""Answers whether an account may buy, get support, or have a service on."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.dunning.reconciling import MayRequest, answer_entitlement
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.reconciling.answer_entitlement`."""
    request = MayRequest.model_validate(event)
    logger.append_keys(
        **request.model_dump(mode="json", include={"provider", "account", "what", "service"})
    )
    result = answer_entitlement(ports(), request)
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
