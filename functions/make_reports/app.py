"""Makes a report for one batch of accounts."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.make_reports import make_reports
from msp_billing.usecases.report_material import ReportRequest
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.make_reports.make_reports`."""
    request = ReportRequest.model_validate(event)
    logger.append_keys(
        **request.model_dump(mode="json", include={"provider", "run", "period", "batch", "report"})
    )
    result = make_reports(ports(), request)
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
