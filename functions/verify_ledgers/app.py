"""The weekly proof: every ledger is worked out anew and compared with all that is kept of it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.receivables.verifying import ProofRequest, prove_ledgers
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.receivables.verifying.prove_ledgers`."""
    result = prove_ledgers(ports(), ProofRequest.model_validate(event))
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
