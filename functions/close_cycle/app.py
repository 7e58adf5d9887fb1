"""Closes the cycle with its summary."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.observing.measures import of_closing
from msp_billing.usecases.close_cycle import close_cycle
from msp_billing.usecases.context import CycleRequest
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.close_cycle.close_cycle`."""
    request = about(CycleRequest.model_validate(event))
    return done(close_cycle(ports(), request), of_closing)
