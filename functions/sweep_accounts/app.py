"""The daily sweep of accounts: opens cases, sends reminders, and mends what was lost."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.dunning.sweep import SweepRequest, sweep_accounts
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.sweep.sweep_accounts`."""
    result = sweep_accounts(ports(), SweepRequest.model_validate(event))
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
