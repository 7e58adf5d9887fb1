"""The daily sweep of cycles: starts what was missed, finds who died, puts schedules right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.usecases.start_cycle import SweepResult, start_missed_cycles
from msp_billing.usecases.sync_schedules import mend_schedules, remove_orphans

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports


class CycleSweepRequest(Frozen):
    """Whose cycles to look at."""

    schema_version: Literal[1] = 1
    sweep: Literal["cycles"] = "cycles"
    provider: Identifier | None = Field(default=None, description="Everybody's, if left out.")


def sweep_cycles(ports: Ports, request: CycleSweepRequest) -> SweepResult:
    """Start what is due first: schedules that cannot be put right must not keep a run back.

    Of several providers each is left to a call of its own, so that one whose policy or schedules
    are broken keeps no other from being billed.
    """
    if request.provider is None:
        remove_orphans(ports)
    result = start_missed_cycles(ports, request.provider, share=True)
    if not result.handed_on:
        wanted = request.provider
        for provider in [wanted] if wanted is not None else list(ports.policies.providers()):
            mend_schedules(ports, provider)
    return result
