"""The daily sweep: whoever became overdue gets a case, and whatever was lost is mended.

It goes by what is stored, so that it may run twice, late, or beside a payment. A defect in one
account's data is reported and stops none of the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.dunning.dunning_policy import DunningPolicy
from msp_billing.domain.dunning.standing import AccountState, Standing
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.policy import ProviderPolicy
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
from msp_billing.usecases.dunning.release_situation import ConcurrentStandingError
from msp_billing.usecases.dunning.reminding import remind
from msp_billing.usecases.errors import (
    DEFECTS,
    ConcurrentLedgerError,
    MailSetupError,
    SealBrokenError,
)
from msp_billing.usecases.ports import Ports
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

_SHIFTED_BY = 10
"""Days by which a closed day may move a reminder, at most; a filter only."""


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
    anchored: int = Field(default=0, description="Ledgers whose last entries were kept.")
    failed: tuple[NotSwept, ...] = ()

    def counted(self, **more: int) -> SweepResult:
        """The same with so many more."""
        changes = {name: getattr(self, name) + count for name, count in more.items()}
        return self.model_copy(update=changes)


def sweep_accounts(ports: Ports, request: SweepRequest | None = None) -> SweepResult:
    """Look at every account of every provider; safe to repeat.

    Ends promises and disputes whose last day has passed; reacts to what changed without a call
    (a payment that settled today); opens cases; sees that their executions run; sends reminders;
    tells what was not told; anchors the ledgers.
    """
    wanted = None if request is None else request.provider
    result = SweepResult()
    for provider in [wanted] if wanted is not None else list(ports.policies.providers()):
        result = _sweep_provider(ports, provider, result)
    return result


def _sweep_provider(ports: Ports, provider: str, result: SweepResult) -> SweepResult:
    policy = policy_in_force(ports, provider)
    today = ports.clock.now().astimezone(policy.zone).date()
    for account, standing, position in _accounts(ports, provider):
        result = result.counted(accounts=1)
        if _needs_a_look(policy.dunning, standing, position, today):
            result = _guarded(result, provider, account, _sweep_account, ports, policy, account)
    result = _guarded(result, provider, None, _tell, ports, provider)
    return _guarded(result, provider, None, _anchor, ports, provider)


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


def _accounts(
    ports: Ports, provider: str
) -> Iterator[tuple[str, Standing | None, LedgerPosition | None]]:
    """Every account with a ledger or a standing, in order of the name, read side by side.

    Not all at once in memory: a provider may have tens of thousands.
    """
    standings = ports.standings.all_of(provider)
    positions = ports.ledgers.positions(provider)
    standing, position = next(standings, None), next(positions, None)
    while standing is not None or position is not None:
        names = [
            *([standing.account] if standing is not None else []),
            *([position.ledger.account] if position is not None else []),
        ]
        name = min(names)
        found_standing = found_position = None
        if standing is not None and standing.account == name:
            found_standing, standing = standing, next(standings, None)
        if position is not None and position.ledger.account == name:
            found_position, position = position, next(positions, None)
        yield name, found_standing, found_position


def _needs_a_look(
    dunning: DunningPolicy | None,
    standing: Standing | None,
    position: LedgerPosition | None,
    today: date,
) -> bool:
    """Whether anything could be done about an account; by far the most are paid and quiet."""
    if standing is not None:
        over = any(pause.ended_at is None and pause.until < today for pause in standing.pauses)
        if over or standing.state is not AccountState.GOOD_STANDING:
            return True
        closed = None if standing.case is None else standing.case.closed_version
        payments = () if position is None else position.payments
        if any((payment.returned_sequence or 0) > (closed or 0) for payment in payments):
            return True
    if dunning is None or position is None:
        return False
    ahead = max((-step.days + _SHIFTED_BY for step in dunning.reminders), default=0)
    horizon = today + timedelta(days=ahead)
    return any(item.due_on < horizon for item in position.open_items)


def _sweep_account(
    result: SweepResult, ports: Ports, policy: ProviderPolicy, account: str
) -> SweepResult:
    ended = end_expired_pauses(ports, policy.provider, account)
    result = result.counted(pauses_ended=ended)
    react(ports, policy.provider, account)
    if _open_case(ports, policy, account):
        return result.counted(opened=1)
    context = load_account(ports, policy.provider, account, policy)
    if ensure_running(context) is not None:
        result = result.counted(restarted=1)
    return result.counted(reminded=_remind(ports, policy, account))


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


def _tell(result: SweepResult, ports: Ports, provider: str) -> SweepResult:
    return result.counted(told=publish_untold(ports, provider))


def _anchor(result: SweepResult, ports: Ports, provider: str) -> SweepResult:
    return result.counted(anchored=anchor_ledgers(ports, provider).accounts)
