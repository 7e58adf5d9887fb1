"""Writes the comparison of the whole run."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.compare_cycle import compare_cycle
from msp_billing.usecases.context import CycleRequest
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.compare_cycle.compare_cycle`."""
    request = CycleRequest.model_validate(event)
    logger.append_keys(
        **request.model_dump(mode="json", include={"provider", "run", "period", "batch"})
    )
    result = compare_cycle(ports(), request)
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
