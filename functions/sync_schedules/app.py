"""Keeps a provider's monthly schedules in step with its policy; the bus calls it on a change."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.sync_schedules import SyncRequest, sync_schedules
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.sync_schedules.sync_schedules`."""
    request = SyncRequest(provider=event["detail"]["provider"])
    result = sync_schedules(ports(), request)
    logger.info(result.model_dump(mode="json"), provider=request.provider)
    return result.model_dump(mode="json")
