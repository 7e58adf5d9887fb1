"""Sweeps, shared out: a call for each provider, and another call where one is not enough.

A daily schedule calls a sweep's function once. With more providers than one, that call only tells
the bus whom to look at; a rule hands each of them to a call of its own (docs/adr/0021). So does a
call whose time runs out: where it stopped goes into the event, and the next call goes on there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

SWEEP_DUE = "SweepDue"

Sweep = Literal["accounts", "cycles"]

RemainingMs = Callable[[], int]
"""How long the call that asks may still take."""


class SweepDue(Frozen):
    """Whom a call is to look at, and where it begins."""

    schema_version: Literal[1] = 1
    sweep: Sweep
    provider: Identifier
    stage: Identifier | None = Field(default=None, description="From the beginning, if left out.")
    after: Identifier | None = Field(default=None, description="Behind this account.")


def share_out(ports: Ports, sweep: Sweep, providers: Sequence[str]) -> int:
    """Hand each provider to a call of its own; how many there are.

    Raises:
        BusError: when the bus did not take all of them; the call is repeated, and a provider that
            is looked at twice is none the worse for it.
    """
    for provider in providers:
        hand_on(ports, SweepDue(sweep=sweep, provider=provider))
    return len(providers)


def hand_on(ports: Ports, due: SweepDue) -> None:
    """Have another call go on. Raises BusError."""
    ports.bus.publish(SWEEP_DUE, due.model_dump(mode="json", exclude_none=True))
