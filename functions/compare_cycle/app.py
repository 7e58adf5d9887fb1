"""Writes the comparison of the whole run."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.compare_cycle import compare_cycle
from msp_billing.usecases.context import CycleRequest
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.compare_cycle.compare_cycle`."""
    request = about(CycleRequest.model_validate(event))
    return done(compare_cycle(ports(), request))
