"""Takes a payment file that came into the feeds bucket."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.usecases.receivables.payment_files import ArrivedFile, take_arrived_file
from msp_billing.wiring import ports

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.receivables.payment_files.take_payment_file`."""
    told = event["detail"]["object"]
    arrived = ArrivedFile(key=told["key"], version_id=told.get("version-id"))
    logger.append_keys(key=arrived.key)
    result = take_arrived_file(ports(), arrived)
    if result is None:
        logger.info("an object that is no payment file")
        return {"taken": False}
    said = result.model_dump(mode="json", exclude={"problems"})
    if result.refused:
        # The sentences, which may quote the file, are in the record.
        places = [f"{problem.code} on line {problem.line}" for problem in result.problems[:20]]
        logger.error("the payment file was refused", result=said, problems=places)
    else:
        logger.info("the payment file was taken", result=said, problems=len(result.problems))
    return said
