"""Bills one account of a closed cycle again."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.bill_again import BillAgainRequest, bill_again
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.bill_again.bill_again`."""
    request = BillAgainRequest.model_validate(event)
    logger.append_keys(provider=request.provider)
    result = bill_again(ports(), request)
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
