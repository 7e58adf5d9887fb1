"""Bills one account of a closed cycle again."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.bill_again import BillAgainRequest, bill_again
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.bill_again.bill_again`."""
    request = about(BillAgainRequest.model_validate(event))
    return done(bill_again(ports(), request))
