"""Proves that every active agreement has exactly one outcome."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.observing.measures import of_outcomes
from msp_billing.usecases.context import CycleRequest
from msp_billing.usecases.reconcile_cycle import reconcile_cycle
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.reconcile_cycle.reconcile_cycle`."""
    request = about(CycleRequest.model_validate(event))
    return done(reconcile_cycle(ports(), request), of_outcomes)
