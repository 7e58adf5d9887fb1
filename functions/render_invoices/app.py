"""Renders the invoices of one batch as PDF."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.context import BatchRequest
from msp_billing.usecases.render_invoices import render_invoices
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.render_invoices.render_invoices`."""
    request = BatchRequest.model_validate(event)
    logger.append_keys(
        **request.model_dump(mode="json", include={"provider", "run", "period", "batch"})
    )
    result = render_invoices(ports(), request)
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
