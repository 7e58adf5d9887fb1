"""The daily sweep: whoever became overdue gets a case, and whatever was lost is mended.

It goes by what is stored, so that it may run twice, late, or beside a payment. A defect in one
account's data is reported and stops none of the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.dunning.coverage import counting
from msp_billing.domain.dunning.reminders import reminder_due
from msp_billing.domain.dunning.standing import AccountState, Standing
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.outbox import MailId
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.context import calendar_around
from msp_billing.usecases.dunning.cases import ensure_running, open_case
from msp_billing.usecases.dunning.context import (
    MAX_TRIES,
    DunningContext,
    load_account,
    policy_in_force,
    start_execution,
)
from msp_billing.usecases.dunning.entitlements import publish_untold
from msp_billing.usecases.dunning.pauses import end_expired_pauses
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.dunning.release_ending import send_left_letters
from msp_billing.usecases.dunning.release_situation import ConcurrentStandingError
from msp_billing.usecases.dunning.reminding import (
    Reminded,
    remind,
    reminders_left_behind,
    send_left_behind,
)
from msp_billing.usecases.errors import (
    DEFECTS,
    ConcurrentLedgerError,
    MailSetupError,
    SealBrokenError,
)
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.receivables.matching_again import match_again
from msp_billing.usecases.receivables.verifying import anchor_ledgers

_LOGGER = logging.getLogger(__name__)
_REPORTED = (
    *DEFECTS,
    ConcurrentLedgerError,
    ConcurrentStandingError,
    MailSetupError,
    SealBrokenError,
)
"""What is reported and passed over. What AWS refuses is none of it: the sweep is repeated then."""

_BEHIND_ALL_NAMES = "~"


class SweepRequest(Frozen):
    """Which provider's accounts to look at."""

    provider: Identifier | None = Field(default=None, description="Everybody's, if left out.")


class NotSwept(Frozen):
    """An account, or all of a provider, that could not be looked at to the end."""

    provider: Identifier
    account: Identifier | None = None
    error: str


class SweepResult(Frozen):
    """What the sweep found and did."""

    accounts: int = Field(default=0, description="With a ledger or a standing.")
    pauses_ended: int = 0
    opened: int = 0
    restarted: int = Field(default=0, description="Cases whose execution was started (again).")
    reminded: int = 0
    told: int = Field(default=0, description="Events about holds that were told anew.")
    letters: int = Field(default=0, description="That a hold has ended, which nobody had sent.")
    matched: int = Field(default=0, description="Payments that had waited and were booked.")
    anchored: int = Field(default=0, description="Ledgers whose last entries were kept.")
    failed: tuple[NotSwept, ...] = ()

    def counted(self, **more: int) -> SweepResult:
        """The same with so many more."""
        changes = {name: getattr(self, name) + count for name, count in more.items()}
        return self.model_copy(update=changes)


def sweep_accounts(ports: Ports, request: SweepRequest | None = None) -> SweepResult:
    """Look at every account of every provider; safe to repeat.

    Books what waited in the queue and is certain by now; ends promises and disputes whose last day
    has passed; reacts to what changed without a call (a payment that settled today); opens cases;
    sees that their executions run; sends reminders; tells what was not told; anchors the ledgers.
    """
    wanted = None if request is None else request.provider
    result = SweepResult()
    for provider in [wanted] if wanted is not None else list(ports.policies.providers()):
        result = _sweep_provider(ports, provider, result)
    return result


def _sweep_provider(ports: Ports, provider: str, result: SweepResult) -> SweepResult:
    policy = policy_in_force(ports, provider)
    result = _guarded(result, provider, None, _match, ports, provider)
    left = reminders_left_behind(ports, policy)  # by the sweeps before this one
    for standing, position in _accounts(ports, provider):
        account = standing.account
        result = result.counted(accounts=1)
        what = (ports, policy, standing, position, left.get(account, ()))
        result = _guarded(result, provider, account, _look, *what)
    result = _guarded(result, provider, None, _tell, ports, provider)
    result = _guarded(result, provider, None, _write, ports, provider)
    return _guarded(result, provider, None, _anchor, ports, provider)


def _match(result: SweepResult, ports: Ports, provider: str) -> SweepResult:
    """Money first: what it pays decides about everything after it."""
    return result.counted(matched=len(match_again(ports, provider)))


def _guarded(
    result: SweepResult,
    provider: str,
    account: str | None,
    do: Callable[..., SweepResult],
    *arguments: object,
) -> SweepResult:
    """Do one thing; when a defect strikes, report it and let the others go on."""
    try:
        return do(result, *arguments)
    except _REPORTED as error:
        _LOGGER.exception("the sweep of %s/%s failed", provider, account or "all")
        words = f"{type(error).__name__}: {error}"[:500]
        failed = NotSwept(provider=provider, account=account, error=words)
        return result.model_copy(update={"failed": (*result.failed, failed)})


def _accounts(ports: Ports, provider: str) -> Iterator[tuple[Standing, LedgerPosition | None]]:
    """Every account with a ledger or a standing, in order of the name, read side by side.

    Not all at once in memory: a provider may have tens of thousands.
    """
    standings = ports.standings.all_of(provider)
    positions = ports.ledgers.positions(provider)
    standing, position = next(standings, None), next(positions, None)
    while standing is not None or position is not None:
        name = min(
            *([standing.account] if standing is not None else []),
            *([position.ledger.account] if position is not None else []),
            _BEHIND_ALL_NAMES,
        )
        found_standing, found_position = Standing(provider=provider, account=name), None
        if standing is not None and standing.account == name:
            found_standing, standing = standing, next(standings, None)
        if position is not None and position.ledger.account == name:
            found_position, position = position, next(positions, None)
        yield found_standing, found_position


def _look(
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


def _tell(result: SweepResult, ports: Ports, provider: str) -> SweepResult:
    return result.counted(told=publish_untold(ports, provider))


def _write(result: SweepResult, ports: Ports, provider: str) -> SweepResult:
    return result.counted(letters=send_left_letters(ports, provider))


def _anchor(result: SweepResult, ports: Ports, provider: str) -> SweepResult:
    return result.counted(anchored=anchor_ledgers(ports, provider).accounts)
