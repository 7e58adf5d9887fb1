"""Reads the feeds of one snapshot moment."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from msp_billing.observing import about, done, observed
from msp_billing.usecases.take_snapshot import SnapshotRequest, take_snapshot
from msp_billing.wiring import ports


@observed
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """See :func:`msp_billing.usecases.take_snapshot.take_snapshot`."""
    request = about(SnapshotRequest.model_validate(event))
    return done(take_snapshot(ports(), request))
