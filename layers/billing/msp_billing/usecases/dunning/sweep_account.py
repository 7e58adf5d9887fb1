"""What the daily sweep does about one account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.dunning.coverage import counting
from msp_billing.domain.dunning.reminders import reminder_due
from msp_billing.domain.dunning.standing import AccountState, Standing
from msp_billing.usecases.context import calendar_around
from msp_billing.usecases.dunning.cases import ensure_running, open_case
from msp_billing.usecases.dunning.context import (
    MAX_TRIES,
    DunningContext,
    load_account,
    start_execution,
)
from msp_billing.usecases.dunning.pauses import end_expired_pauses
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.dunning.release_situation import ConcurrentStandingError
from msp_billing.usecases.dunning.reminding import Reminded, remind, send_left_behind

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.outbox import MailId
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.dunning.sweep_result import SweepResult
    from msp_billing.usecases.ports import Ports


def look_at_account(
    result: SweepResult,
    ports: Ports,
    policy: ProviderPolicy,
    standing: Standing,
    position: LedgerPosition | None,
    left: tuple[MailId, ...],
) -> SweepResult:
    """Do what an account needs; by far the most are paid and quiet, and are not read again."""
    provider, account = policy.provider, standing.account
    today = ports.clock.now().astimezone(policy.zone).date()
    if any(pause.ended_at is None and pause.until < today for pause in standing.pauses):
        result = result.counted(pauses_ended=end_expired_pauses(ports, provider, account))
    if standing.state is not AccountState.GOOD_STANDING or _was_returned(standing, position):
        standing = react(ports, provider, account)
    if standing.open_case is not None:
        context = load_account(ports, provider, account, policy)
        return result.counted(restarted=int(ensure_running(context) is not None))
    if policy.dunning is None or position is None:
        return result
    if counting(position, standing.pauses, policy.dunning, today).above and _open_case(
        ports, policy, account
    ):
        return result.counted(opened=1)
    again = _remind_again(ports, policy, account, left)
    if again is not None:  # one letter a day: another reminder that is due today comes tomorrow
        return result.counted(reminded=int(again == "sent"))
    calendar = calendar_around(ports, policy, today.year)
    if reminder_due(policy.dunning, standing, position, today, calendar) is not None:
        return result.counted(reminded=_remind(ports, policy, account))
    return result


def _was_returned(standing: Standing, position: LedgerPosition | None) -> bool:
    """Whether a payment went back since the last case was closed."""
    closed = None if standing.case is None else standing.case.closed_version
    if closed is None or position is None:
        return False
    return any((payment.returned_sequence or 0) > closed for payment in position.payments)


def _open_case(ports: Ports, policy: ProviderPolicy, account: str) -> bool:
    """Open a case for what became overdue, and start its execution."""
    if policy.dunning is None:
        return False
    for _ in range(MAX_TRIES):
        context = load_account(ports, policy.provider, account, policy)
        counted = context.counting(policy.dunning)
        if context.standing.state is not AccountState.GOOD_STANDING or not counted.above:
            return False
        opened = open_case(context, policy.dunning, counted)
        if opened is not None and opened.case is not None:
            start_execution(ports, opened, opened.case)
            return True
    raise ConcurrentStandingError(policy.provider, account)


def _remind(ports: Ports, policy: ProviderPolicy, account: str) -> int:
    """Send the reminder of the day; how many went out."""
    if policy.dunning is None:
        return 0
    for _ in range(MAX_TRIES):
        context: DunningContext = load_account(ports, policy.provider, account, policy)
        done = remind(context, policy.dunning)
        if done != "raced":
            return int(done == "sent")
    raise ConcurrentStandingError(policy.provider, account)


def _remind_again(
    ports: Ports, policy: ProviderPolicy, account: str, left: tuple[MailId, ...]
) -> Reminded | None:
    """Send reminders that were left behind; None when there is nothing to send."""
    if policy.dunning is None or not left:
        return None
    return send_left_behind(
        load_account(ports, policy.provider, account, policy), policy.dunning, left
    )
