"""Sends whoever opens the link to a document on to the document."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.adapters.http.document_link import document_link
from msp_billing.observing import observed
from msp_billing.wiring import ports

api = document_link()


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """See :mod:`msp_billing.adapters.http.document_link`."""
    api.context.update(ports=ports())
    return api.resolve(event, context)
