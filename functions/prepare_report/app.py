"""Lists the batches of accounts that a report is made for."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.prepare_report import PrepareReportRequest, prepare_report
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.prepare_report.prepare_report`."""
    request = about(PrepareReportRequest.model_validate(event))
    return done(prepare_report(ports(), request))
