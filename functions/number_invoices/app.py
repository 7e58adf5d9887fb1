"""Gives the next numbers to the next drafts."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.number_invoices import NumberRequest, number_invoices
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.number_invoices.number_invoices`."""
    request = about(NumberRequest.model_validate(event))
    return done(number_invoices(ports(), request))
