"""Asks everyone who may end a hold, and keeps the task's token."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.dunning.release_keys import AskRequest, ask_for_release
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.release_keys.ask_for_release`."""
    request = about(AskRequest.model_validate(event))
    return done(ask_for_release(ports(), request))
