"""Takes the period lock, pins the versions and works out the dates."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.open_cycle import OpenRequest, open_cycle
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.open_cycle.open_cycle`."""
    request = about(OpenRequest.model_validate(event))
    return done(open_cycle(ports(), request))
