"""Starts the cycle of a period; a monthly schedule or a person calls it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.start_cycle import StartRequest, start_cycle
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.start_cycle.start_cycle`."""
    request = about(StartRequest.model_validate(event))
    return done(start_cycle(ports(), request))
