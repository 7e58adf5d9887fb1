"""What an account is spared, and until when (DUN-10)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.dunning.timing import days_after_step_before, planned_day

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import AccountDunning, DunningStep
    from msp_billing.domain.dunning.move_kinds import Look


def spared_until(look: Look, step: DunningStep, anchor_on: date) -> tuple[date, date] | None:
    """The last day of an exemption, and the first day on which the step may be looked at again.

    A hold waits for the day after. Its warning waits too, so that nobody is warned of what cannot
    come, and so that a hold never follows from a warning of long ago.
    """
    steps = look.policy.case_steps
    index = steps.index(step)
    hold = step
    lead = 0
    if not step.is_hold and index + 1 < len(steps) and steps[index + 1].is_hold:
        hold = steps[index + 1]
        lead = days_after_step_before(look.policy, hold)
    if not hold.is_hold:
        return None
    day = max(planned_day(look.policy, look.case, step, anchor_on, look.zone), look.today)
    until = _exempt_until(look.account, hold, day + timedelta(days=lead))
    if until is None:
        return None
    return until, until + timedelta(days=1 - lead)


def _exempt_until(account: AccountDunning, step: DunningStep, day: date) -> date | None:
    """The last day on which the account is spared this hold; None when it is not on this day."""
    scopes = {"all_holds", "service_hold"} if step.kind == "service_hold" else {"all_holds"}
    ends = [
        exemption.until
        for exemption in account.exemptions
        if exemption.exempt_from in scopes and exemption.until >= day
    ]
    return max(ends, default=None)
