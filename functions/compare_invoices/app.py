"""Compares one batch of accounts with the month before."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.compare_invoices import compare_invoices
from msp_billing.usecases.context import BatchRequest
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.compare_invoices.compare_invoices`."""
    request = about(BatchRequest.model_validate(event))
    return done(compare_invoices(ports(), request))
