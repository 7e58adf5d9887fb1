"""Freezes book and readings into sealed batches."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.context import CycleRequest
from msp_billing.usecases.seal_snapshot import seal_snapshot
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.seal_snapshot.seal_snapshot`."""
    request = about(CycleRequest.model_validate(event))
    return done(seal_snapshot(ports(), request))
