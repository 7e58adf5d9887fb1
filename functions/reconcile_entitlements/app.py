"""Gives the desired state of accounts, and takes what a consumer has done."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.dunning.reconciling import ReconcileRequest, reconcile_entitlements
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.reconciling.reconcile_entitlements`."""
    request = about(ReconcileRequest.model_validate(event))
    return done(reconcile_entitlements(ports(), request))
