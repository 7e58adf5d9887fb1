"""Makes a report for one batch of accounts."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.make_reports import make_reports
from msp_billing.usecases.report_material import ReportRequest
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.make_reports.make_reports`."""
    request = about(ReportRequest.model_validate(event))
    return done(make_reports(ports(), request))
