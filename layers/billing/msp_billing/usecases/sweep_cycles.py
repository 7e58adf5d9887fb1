"""The daily sweep of cycles: starts what was missed, finds who died, puts schedules right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.usecases.start_cycle import SweepResult, start_missed_cycles
from msp_billing.usecases.sweeping import share_out
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

    Raises:
        BusError: when the bus did not take all of several providers; the call is repeated.
    """
    if request.provider is not None:
        return _sweep_provider(ports, request.provider)
    providers = tuple(ports.policies.providers())
    if len(providers) > 1:
        result = SweepResult(handed_on=share_out(ports, "cycles", providers))
    else:
        result = _sweep_provider(ports, providers[0]) if providers else SweepResult()
    remove_orphans(ports)
    return result


def _sweep_provider(ports: Ports, provider: str) -> SweepResult:
    result = start_missed_cycles(ports, provider)
    mend_schedules(ports, provider)
    return result
