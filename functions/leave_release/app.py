"""Leaves a release that nobody decides about to a person."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.dunning.release_ending import LeaveRequest, leave_release
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.release_ending.leave_release`."""
    request = about(LeaveRequest.model_validate(event))
    return done(leave_release(ports(), request))
