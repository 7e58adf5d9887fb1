"""Keeps why a cycle failed."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.close_cycle import FailureRequest, record_failure
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.close_cycle.record_failure`."""
    request = about(FailureRequest.model_validate(event))
    return done(record_failure(ports(), request))
