"""Takes a payment file that came into the feeds bucket."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.observing.measures import of_payment_file
from msp_billing.usecases.receivables.payment_files import ArrivedFile, take_arrived_file
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.receivables.payment_files.take_payment_file`."""
    told = event["detail"]["object"]
    arrived = about(ArrivedFile(key=told["key"], version_id=told.get("version-id")))
    result = take_arrived_file(ports(), arrived)
    if result is None:
        return {"taken": False}  # it is no payment file
    # The sentences of problems may quote the file: they are in its record.
    return done(result, of_payment_file, leave_out={"problems"})
