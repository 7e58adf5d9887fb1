"""Reads one account that does not pay, and does at most one thing about it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.dunning.advance import CaseRequest, advance_case
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.advance.advance_case`."""
    request = CaseRequest.model_validate(event)
    logger.append_keys(**request.model_dump(mode="json"))
    result = advance_case(ports(), request)
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
