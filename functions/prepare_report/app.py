"""Lists the batches of accounts that a report is made for."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.prepare_report import PrepareReportRequest, prepare_report
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.prepare_report.prepare_report`."""
    request = PrepareReportRequest.model_validate(event)
    logger.append_keys(
        **request.model_dump(mode="json", include={"provider", "run", "period", "report"})
    )
    result = prepare_report(ports(), request)
    logger.info(result.model_dump(mode="json"))
    return result.model_dump(mode="json")
