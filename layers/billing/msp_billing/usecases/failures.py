"""Why a cycle stopped, in the words of who has to do something about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.cycles import NOBODY_ANSWERED, Cycle, CycleState, failure_in_words
from msp_billing.domain.problems import name_some

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from msp_billing.usecases.ports import Ports


def why_it_stopped(ports: Ports, cycle: Cycle, zone: ZoneInfo) -> str | None:
    """The reason of a cycle that failed; None of any other.

    Step Functions only says that a task timed out. Where it was the question to a person, it is
    said who was asked, and until when: nothing is broken then.
    """
    if cycle.state is not CycleState.FAILED:
        return None
    if cycle.error == NOBODY_ANSWERED:
        asked = ports.cycles.approval(cycle.id)
        if asked is not None and asked.decision is None and asked.decide_by <= ports.clock.now():
            until = f"{asked.decide_by.astimezone(zone):%A, %-d %B %Y, %H:%M}"
            return f"nobody decided in time: {name_some(asked.approvers)} had until {until}"
    return failure_in_words(cycle.failure)
