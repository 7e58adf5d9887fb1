"""The daily sweep of accounts: opens cases, sends reminders, and mends what was lost."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.observing.measures import of_sweep
from msp_billing.usecases.dunning.sweep import SweepRequest, sweep_accounts
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.sweep.sweep_accounts`; the bus calls it to go on."""
    request = about(SweepRequest.model_validate(event.get("detail", event)))
    found = sweep_accounts(ports(), request, context.get_remaining_time_in_millis)
    return done(found, of_sweep)
