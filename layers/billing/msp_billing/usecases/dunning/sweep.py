"""The daily sweep: whoever became overdue gets a case, and whatever was lost is mended.

It goes by what is stored, so that it may run twice, late, or beside a payment. A defect in one
account's data is reported and stops none of the others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import Field

from msp_billing.domain.attention import AttentionKind
from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.dunning.standing import Standing
from msp_billing.usecases.attention.incidents import report_incident
from msp_billing.usecases.dunning.context import policy_in_force
from msp_billing.usecases.dunning.entitlements import done_by_consumers, publish_untold
from msp_billing.usecases.dunning.release_ending import send_left_letter
from msp_billing.usecases.dunning.release_situation import ConcurrentStandingError
from msp_billing.usecases.dunning.reminding import reminders_left_behind
from msp_billing.usecases.dunning.sweep_account import look_at_account
from msp_billing.usecases.dunning.sweep_result import NotSwept, SweepResult
from msp_billing.usecases.errors import (
    DEFECTS,
    ConcurrentLedgerError,
    LedgerUnreadableError,
    MailSetupError,
    SealBrokenError,
)
from msp_billing.usecases.receivables.matching_again import match_again
from msp_billing.usecases.receivables.verifying import anchor_ledgers
from msp_billing.usecases.sweeping import RemainingMs, SweepDue, hand_on, share_out

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.outbox import MailId
    from msp_billing.usecases.ports import Ports

_LOGGER = logging.getLogger(__name__)
_REPORTED = (
    *DEFECTS,
    ConcurrentLedgerError,
    ConcurrentStandingError,
    LedgerUnreadableError,
    MailSetupError,
    SealBrokenError,
)
"""What is reported and passed over. What AWS refuses is none of it: the sweep is repeated then."""

_BEHIND_ALL_NAMES = "~"


Stage = Literal["payments", "accounts", "entitlements", "letters", "anchors"]
"""What the sweep of a provider does, one after the other."""

_STAGES: tuple[Stage, ...] = get_args(Stage)

_KEPT_BACK_MS = 120_000
"""A stage or an account is begun only with so much time left: a reminder waits for SES."""


class SweepRequest(Frozen):
    """Which provider's accounts to look at, and where to begin."""

    schema_version: Literal[1] = 1
    sweep: Literal["accounts"] = "accounts"
    provider: Identifier | None = Field(default=None, description="Everybody's, if left out.")
    stage: Stage = "payments"
    after: Identifier | None = Field(default=None, description="Behind this account.")


def sweep_accounts(
    ports: Ports, request: SweepRequest | None = None, remaining_ms: RemainingMs | None = None
) -> SweepResult:
    """Look at every account of every provider; safe to repeat.

    Books what waited in the queue and is certain by now; ends promises and disputes whose last day
    has passed; reacts to what changed without a call (a payment that settled today); opens cases;
    sees that their executions run; sends reminders; tells what was not told; anchors the ledgers.

    Args:
        remaining_ms: how long the call may still take. With it, several providers are each left to
            a call of their own, and what does not fit into this one to the next.

    Raises:
        BusError: when nobody could be asked to go on.
    """
    begin = request or SweepRequest()
    if begin.provider is not None:
        return _sweep_provider(ports, begin.provider, begin, SweepResult(), remaining_ms)
    providers = tuple(ports.policies.providers())
    if remaining_ms is not None and len(providers) > 1:
        return SweepResult(handed_on=share_out(ports, "accounts", providers))
    result = SweepResult()
    for provider in providers:
        result = _sweep_provider(ports, provider, begin, result, remaining_ms)
    return result


def _sweep_provider(
    ports: Ports,
    provider: str,
    begin: SweepRequest,
    result: SweepResult,
    remaining_ms: RemainingMs | None,
) -> SweepResult:
    for stage in _STAGES[_STAGES.index(begin.stage) :]:
        after = begin.after if stage == begin.stage else None
        if _is_short(remaining_ms):
            return _hand_on(ports, provider, stage, after, result)
        if stage == "accounts":
            result, stopped_at = _look_at_all(ports, provider, after, result, remaining_ms)
            if stopped_at is not None:
                return _hand_on(ports, provider, stage, stopped_at, result)
        else:
            whole = _WHOLE[stage]
            result = _guarded(result, ports, provider, None, whole, provider, part=stage)
    return result


def _is_short(remaining_ms: RemainingMs | None) -> bool:
    return remaining_ms is not None and remaining_ms() < _KEPT_BACK_MS


def _hand_on(
    ports: Ports, provider: str, stage: Stage, after: str | None, result: SweepResult
) -> SweepResult:
    hand_on(ports, SweepDue(sweep="accounts", provider=provider, stage=stage, after=after))
    return result.counted(handed_on=1)


def _look_at_all(
    ports: Ports,
    provider: str,
    after: str | None,
    result: SweepResult,
    remaining_ms: RemainingMs | None,
) -> tuple[SweepResult, str | None]:
    """Look at every account behind one; with the last one looked at, when the time is up."""
    policy = policy_in_force(ports, provider)
    left: dict[str, tuple[MailId, ...]] = {}

    def find_left(result: SweepResult, ports: Ports) -> SweepResult:
        left.update(reminders_left_behind(ports, policy))  # by the sweeps before this one
        return result

    result = _guarded(result, ports, provider, None, find_left, part="reminders")
    unreadable: dict[str, Exception] = {}
    for standing, position in _accounts(ports, provider, after, unreadable):
        account = standing.account
        result = result.counted(accounts=1)
        what = (policy, standing, position, left.get(account, ()))
        result = _guarded(result, ports, provider, account, look_at_account, *what)
        if _is_short(remaining_ms):
            return _with_unreadable(result, ports, provider, unreadable), account
    return _with_unreadable(result, ports, provider, unreadable), None


def _with_unreadable(
    result: SweepResult, ports: Ports, provider: str, found: dict[str, Exception]
) -> SweepResult:
    """Report the accounts of which something cannot be read; the others were looked at."""

    def tell(_result: SweepResult, _ports: Ports, error: Exception) -> SweepResult:
        raise error

    for account, error in found.items():
        result = _guarded(result, ports, provider, account, tell, error)
    return result


def _match(result: SweepResult, ports: Ports, provider: str) -> SweepResult:
    """Money first: what it pays decides about everything after it."""
    return result.counted(matched=len(match_again(ports, provider)))


def _guarded(
    result: SweepResult,
    ports: Ports,
    provider: str,
    account: str | None,
    do: Callable[..., SweepResult],
    *arguments: object,
    part: str = "accounts",
) -> SweepResult:
    """Do one thing; when a defect strikes, report it and let the others go on.

    Args:
        part: of the sweep, which is named where the thing is not about one account.
    """
    try:
        return do(result, ports, *arguments)
    except _REPORTED as error:
        _LOGGER.exception("the sweep of %s/%s failed", provider, account or part)
        words = f"{type(error).__name__}: {error}"[:500]
        what = f"The daily sweep could not look at {account}: {words}"
        if account is None:
            what = f"The daily sweep did not come to the end of its part '{part}': {words}"
        kind, subject = AttentionKind.SWEEP_FAILED, account or f"part {part}"
        report_incident(ports, kind, provider, subject, what, account=account)
        failed = NotSwept(provider=provider, account=account, error=words)
        return result.model_copy(update={"failed": (*result.failed, failed)})


def _accounts(
    ports: Ports,
    provider: str,
    after: str | None,
    unreadable: dict[str, Exception],
) -> Iterator[tuple[Standing, LedgerPosition | None]]:
    """Every account with a ledger or a standing, in order of the name, read side by side.

    An account of which either cannot be read is put into ``unreadable`` and left out: it must not
    hide those behind it, nor pass for one that owes nothing or was never late.

    Not all at once in memory: a provider may have tens of thousands.
    """
    standings = ports.standings.all_of(provider, after, unreadable.__setitem__)
    positions = ports.ledgers.positions(provider, after, unreadable.__setitem__)
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
        if name not in unreadable:  # both have been read beyond it
            yield found_standing, found_position


def _tell(result: SweepResult, ports: Ports, provider: str) -> SweepResult:
    done = done_by_consumers(ports, provider)
    return _counting(
        "told", lambda standing: publish_untold(ports, standing, done), result, ports, provider
    )


def _write(result: SweepResult, ports: Ports, provider: str) -> SweepResult:
    return _counting(
        "letters", lambda standing: send_left_letter(ports, standing), result, ports, provider
    )


def _counting(
    name: str,
    do: Callable[[Standing], bool],
    result: SweepResult,
    ports: Ports,
    provider: str,
) -> SweepResult:
    """Do one thing about each account that was ever late; count those of which it was done."""

    def counted(result: SweepResult, _ports: Ports, standing: Standing) -> SweepResult:
        return result.counted(**{name: int(do(standing))})

    # Standings that cannot be read were reported when all accounts were looked at.
    for standing in ports.standings.all_of(provider, unreadable=lambda _account, _error: None):
        result = _guarded(result, ports, provider, standing.account, counted, standing)
    return result


def _anchor(result: SweepResult, ports: Ports, provider: str) -> SweepResult:
    return result.counted(anchored=anchor_ledgers(ports, provider).accounts)


_WHOLE: dict[Stage, Callable[..., SweepResult]] = {
    "payments": _match,
    "entitlements": _tell,
    "letters": _write,
    "anchors": _anchor,
}
"""The stages that are about all accounts at once."""
