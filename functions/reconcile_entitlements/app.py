"""Gives the desired state of accounts, and takes what a consumer has done."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.dunning.reconciling import ReconcileRequest, reconcile_entitlements
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.dunning.reconciling.reconcile_entitlements`."""
    request = ReconcileRequest.model_validate(event)
    logger.append_keys(**request.model_dump(mode="json", include={"provider", "consumer"}))
    result = reconcile_entitlements(ports(), request)
    logger.info("told", accounts=len(result.entitlements), refused=len(result.refused))
    return result.model_dump(mode="json")
