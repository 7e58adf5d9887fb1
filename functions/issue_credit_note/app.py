"""Issues a credit note for an invoice, or for a part of it."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.issue_credit_note import CreditNoteRequest, issue_credit_note
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.issue_credit_note.issue_credit_note`."""
    request = about(CreditNoteRequest.model_validate(event))
    return done(issue_credit_note(ports(), request))
