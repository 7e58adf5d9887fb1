"""Reads one account that does not pay, and does at most one thing about it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.dunning.advance import CaseRequest, advance_case
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.advance.advance_case`."""
    request = about(CaseRequest.model_validate(event))
    return done(advance_case(ports(), request))
