"""The daily sweep of accounts: opens cases, sends reminders, and mends what was lost."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.observing.measures import of_sweep
from msp_billing.usecases.dunning.sweep import SweepRequest, sweep_accounts
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.sweep.sweep_accounts`."""
    request = about(SweepRequest.model_validate(event))
    return done(sweep_accounts(ports(), request), of_sweep)
