"""The daily sweep: starts what was missed, and mends schedules that are out of step."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import done, observed
from msp_billing.observing.measures import of_missed_cycles
from msp_billing.usecases.start_cycle import start_missed_cycles
from msp_billing.usecases.sync_schedules import sync_all_schedules
from msp_billing.wiring import ports


@observed
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`start_missed_cycles` and :func:`sync_all_schedules`."""
    sync_all_schedules(ports())
    return done(start_missed_cycles(ports()), of_missed_cycles)
