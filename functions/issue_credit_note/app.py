"""Issues a credit note for an invoice, or for a part of it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.issue_credit_note import CreditNoteRequest, issue_credit_note
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.issue_credit_note.issue_credit_note`."""
    request = CreditNoteRequest.model_validate(event)
    logger.append_keys(provider=request.provider)
    result = issue_credit_note(ports(), request)
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
