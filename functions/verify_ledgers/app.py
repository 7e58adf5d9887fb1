"""The weekly proof: every ledger is worked out anew and compared with all that is kept of it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.observing.measures import of_proof
from msp_billing.usecases.receivables.verifying import ProofRequest, prove_ledgers
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.receivables.verifying.prove_ledgers`."""
    request = about(ProofRequest.model_validate(event))
    return done(prove_ledgers(ports(), request), of_proof)
