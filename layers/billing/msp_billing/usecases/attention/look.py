"""What every part of the list looks with: one provider, at one moment."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from msp_billing.domain.attention import Attention, AttentionKind
from msp_billing.usecases.errors import DEFECTS, LedgerUnreadableError, SealBrokenError

if TYPE_CHECKING:
    from decimal import Decimal

    from msp_billing.domain.cycles import CycleId
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.run_policy import RunPolicy
    from msp_billing.usecases.ports import Ports
    from msp_billing.usecases.records import CurrentVersions

MOST_OF_A_KIND = 50
"""Entries that one part of the list gives out; the last of them says when there are more."""

_MAX_WORDS = 480
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Look:
    """A provider's policy in force, and the moment at which it is looked."""

    ports: Ports
    policy: ProviderPolicy
    current: CurrentVersions
    now: datetime

    @property
    def provider(self) -> str:
        """Its name."""
        return self.policy.provider

    @property
    def today(self) -> date:
        """The day in the provider's zone."""
        return self.now.astimezone(self.policy.zone).date()

    def policy_of(self, version: str) -> ProviderPolicy:
        """A version of the policy."""
        if version == self.policy.version:
            return self.policy
        return self.ports.policies.policy(self.provider, version)

    def moment(self, at: datetime) -> str:
        """An instant as people read it, in the provider's zone."""
        return f"{at.astimezone(self.policy.zone):%A, %-d %B %Y, %H:%M}"

    def amount(self, account: str, amount: Decimal) -> str:
        """An amount in the account's currency; without one, where the book has it no more."""
        entry = self.ports.book.find(self.provider, account)
        return f"{amount:,f}" if entry is None else f"{amount:,f} {entry.account.currency}"

    @cached_property
    def unsettled(self) -> tuple[CycleId, ...]:
        """The cycles that are open or failed, or left accounts out, of whichever runs."""
        return self.ports.cycles.unsettled(self.provider)

    @property
    def runs(self) -> tuple[RunPolicy, ...]:
        """The runs of the policy in force."""
        return self.policy.runs


def look_at(ports: Ports, provider: str) -> Look:
    """Begin to look. Raises UnknownProviderError."""
    current = ports.policies.current(provider)
    policy = ports.policies.policy(provider, current.policy_version)
    return Look(ports, policy, current, ports.clock.now())


def clipped(words: str) -> str:
    """Words that are not ours, as a line that fits."""
    line = " ".join(words.split())
    return line if len(line) <= _MAX_WORDS else f"{line[: _MAX_WORDS - 1]}…"


def at_most(entries: Iterable[Attention], limit: int = MOST_OF_A_KIND) -> Iterator[Attention]:
    """The first so many entries; the last of them says when there are more."""
    held: Attention | None = None
    for number, entry in enumerate(entries):
        if number == limit:
            assert held is not None, "a limit is above zero"
            more = "There are more of these than are listed here."
            yield held.model_copy(update={"do": clipped(f"{held.do} {more}")})
            return
        if held is not None:
            yield held
        held = entry
    if held is not None:
        yield held


def looked_at(
    look: Look,
    what: str,
    found: Callable[[], Iterator[Attention]],
    *,
    account: str | None = None,
    cycle: CycleId | None = None,
) -> Iterator[Attention]:
    """What is found; where that strikes a defect, that it could not be looked at to the end.

    So nothing that is damaged hides what comes before or after it.
    """
    try:
        yield from found()
    except (*DEFECTS, LedgerUnreadableError, SealBrokenError) as error:
        yield not_looked_at(look, what, error, account=account, cycle=cycle)


def not_looked_at(
    look: Look,
    what: str,
    error: Exception,
    *,
    account: str | None = None,
    cycle: CycleId | None = None,
) -> Attention:
    """That something could not be looked at.

    Args:
        what: as the sentence has it, between 'The' and 'could not be looked at'.
    """
    _LOGGER.error("looking at the %s of %s failed", what, look.provider, exc_info=error)
    return Attention(
        kind=AttentionKind.NOT_LOOKED_AT,
        provider=look.provider,
        run=None if cycle is None else cycle.run,
        period=None if cycle is None else cycle.period,
        account=account,
        what=clipped(f"The {what} could not be looked at: {type(error).__name__}: {error}"),
        do="This is a defect of the program or of the data: report it with this line.",
    )
