"""The daily sweep: starts what was missed, and mends schedules that are out of step."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.observing.measures import of_missed_cycles
from msp_billing.usecases.sweep_cycles import CycleSweepRequest, sweep_cycles
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`sweep_cycles`; the bus calls it for one provider of several."""
    request = about(CycleSweepRequest.model_validate(event.get("detail", event)))
    return done(sweep_cycles(ports(), request), of_missed_cycles)
