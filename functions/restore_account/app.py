"""Ends a hold when everything is settled and every role has approved."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.dunning.release_ending import RestoreRequest, restore_account
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.release_ending.restore_account`."""
    request = about(RestoreRequest.model_validate(event))
    return done(restore_account(ports(), request))
