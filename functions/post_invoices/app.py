"""Enters the invoices of one batch in the ledgers of their accounts."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.context import BatchRequest
from msp_billing.usecases.receivables.posting_documents import post_invoices
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.receivables.posting_documents.post_invoices`."""
    request = BatchRequest.model_validate(event)
    logger.append_keys(
        **request.model_dump(mode="json", include={"provider", "run", "period", "batch"})
    )
    result = post_invoices(ports(), request)
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
