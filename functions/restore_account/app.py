"""Ends a hold when everything is settled and every role has approved."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.dunning.release_ending import RestoreRequest, restore_account
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.release_ending.restore_account`."""
    request = RestoreRequest.model_validate(event)
    logger.append_keys(
        **request.model_dump(mode="json", include={"provider", "account", "release"})
    )
    result = restore_account(ports(), request)
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
