"""Enters the invoices of one batch in the ledgers of their accounts."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.context import BatchRequest
from msp_billing.usecases.receivables.posting_documents import post_invoices
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.receivables.posting_documents.post_invoices`."""
    request = about(BatchRequest.model_validate(event))
    return done(post_invoices(ports(), request))
