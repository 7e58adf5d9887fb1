"""Shows an approver what is to be approved, and keeps what they say."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.adapters.http.release_page import release_page
from msp_billing.observing import observed
from msp_billing.wiring import ports, release_pages

api = release_page()


@observed
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """See :mod:`msp_billing.adapters.http.release_page`."""
    api.context.update(ports=ports(), pages=release_pages())
    return api.resolve(event, context)
