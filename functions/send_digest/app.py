"""The daily digest: what needs a person, to the provider's people; a schedule per provider."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.observing.measures import of_attention
from msp_billing.usecases.attention.digest import DigestRequest, send_digest
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.attention.digest.send_digest`."""
    request = about(DigestRequest.model_validate(event))
    return done(send_digest(ports(), request), of_attention)
