"""Asks a person to approve the run, and keeps the task's token."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.approve_run import ApprovalRequest, request_approval
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.approve_run.request_approval`."""
    request = about(ApprovalRequest.model_validate(event))
    return done(request_approval(ports(), request))
