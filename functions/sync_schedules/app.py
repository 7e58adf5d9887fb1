"""Keeps a provider's monthly schedules in step with its policy; the bus calls it on a change."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.sync_schedules import SyncRequest, sync_schedules
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.sync_schedules.sync_schedules`."""
    request = about(SyncRequest(provider=event["detail"]["provider"]))
    return done(sync_schedules(ports(), request))
