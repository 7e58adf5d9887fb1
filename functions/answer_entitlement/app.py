"""Answers whether an account may buy, get support, or have a service on."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.dunning.reconciling import MayRequest, answer_entitlement
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.reconciling.answer_entitlement`."""
    request = about(MayRequest.model_validate(event))
    return done(answer_entitlement(ports(), request))
