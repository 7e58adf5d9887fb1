"""What every use case of dunning begins with: one account, read at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from msp_billing.domain.dunning.coverage import Counting, counting
from msp_billing.domain.dunning.transitions import history_of
from msp_billing.domain.ledger.entries import LedgerId
from msp_billing.usecases.context import calendar_around
from msp_billing.usecases.dunning.carried import SCHEMA_VERSION

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.dunning.dunning_policy import DunningPolicy
    from msp_billing.domain.dunning.standing import DunningCase, HistoryEntry, Standing
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

MAX_TRIES = 8
"""How often somebody else may come first before a call is given up."""

_MAX_EXECUTION_NAME = 80
_HASH_LENGTH = 10


class UnknownAccountError(LookupError):
    """The provider's book does not have the account."""

    def __init__(self, provider: str, account: str) -> None:
        super().__init__(f"{provider} has no account '{account}': look at the name again")


@dataclass(frozen=True)
class DunningContext:
    """One account: what it owes, how it stands, and by which policy.

    Attributes:
        policy: the provider's policy in force: whom mails are from, how to pay.
        pinned: the policy that the account's case, open or the last, began with; the one in force
            when it never had a case.
    """

    ports: Ports
    policy: ProviderPolicy
    pinned: ProviderPolicy
    account: Account
    standing: Standing
    position: LedgerPosition
    now: datetime

    @property
    def locale(self) -> str:
        """The language of what the account gets."""
        return self.account.locale or self.policy.locale

    @property
    def today(self) -> date:
        """The day in the provider's zone."""
        return self.local_day(self.now)

    def local_day(self, at: datetime) -> date:
        """The day of an instant in the provider's zone."""
        return at.astimezone(self.policy.zone).date()

    @property
    def dunning(self) -> DunningPolicy | None:
        """What the account's case goes by; None without any, as ``pinned`` says."""
        return self.pinned.dunning

    @cached_property
    def calendar(self) -> BusinessCalendar:
        """The provider's business days."""
        return calendar_around(self.ports, self.pinned, self.today.year)

    def counting(self, dunning: DunningPolicy) -> Counting:
        """What of the account's debt counts today."""
        return counting(self.position, self.standing.pauses, dunning, self.today)

    def counting_without_pauses(self, dunning: DunningPolicy) -> Counting:
        """What would count if nothing were disputed or promised: whether a case has a reason."""
        return counting(self.position, (), dunning, self.today)

    def history(
        self,
        after: Standing,
        what: str,
        *,
        by: str = "dunning",
        step: str | None = None,
        clause: str | None = None,
    ) -> HistoryEntry:
        """What is kept of a change of this standing."""
        return history_of(
            self.standing,
            after,
            what[:500],
            at=self.now,
            by=by,
            position=self.position,
            step=step,
            clause=clause,
        )


def load_account(
    ports: Ports, provider: str, account: str, policy: ProviderPolicy | None = None
) -> DunningContext:
    """Read an account as it is now.

    Args:
        policy: the provider's policy in force, where the caller has it already.

    Raises:
        UnknownAccountError: when the book does not have it.
        UnknownProviderError: for a provider that was never applied.
    """
    policy = policy or policy_in_force(ports, provider)
    entry = ports.book.find(provider, account)
    if entry is None:
        raise UnknownAccountError(provider, account)
    standing = ports.standings.find(provider, account)
    ledger = LedgerId(provider=provider, account=account, currency=entry.account.currency)
    return DunningContext(
        ports=ports,
        policy=policy,
        pinned=_policy_of(ports, policy, standing.case),
        account=entry.account,
        standing=standing,
        position=ports.ledgers.position(ledger),
        now=ports.clock.now(),
    )


def policy_in_force(ports: Ports, provider: str) -> ProviderPolicy:
    """The provider's policy. Raises UnknownProviderError."""
    current = ports.policies.current(provider)
    return ports.policies.policy(provider, current.policy_version)


def _policy_of(ports: Ports, policy: ProviderPolicy, case: DunningCase | None) -> ProviderPolicy:
    if case is None or case.policy_version == policy.version:
        return policy
    return ports.policies.policy(policy.provider, case.policy_version)


# --- Executions ----------------------------------------------------------------------------------


def execution_name(provider: str, account: str, case: int, run: int) -> str:
    """Name of a case's execution. A name is used once in 90 days, so that each run has its own."""
    name = f"{provider}_{account}_c{case}"
    if run > 1:
        name = f"{name}_r{run}"
    return short_enough(name)


def short_enough(name: str) -> str:
    """A name as Step Functions takes it: cut, and told from others by a hash, where it is long."""
    if len(name) <= _MAX_EXECUTION_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: _MAX_EXECUTION_NAME - _HASH_LENGTH - 1]}_{digest}"


def start_execution(ports: Ports, standing: Standing, case: DunningCase) -> bool:
    """Start the execution of a case's run; False when it was started before."""
    payload = {
        "schema_version": str(SCHEMA_VERSION),
        "provider": standing.provider,
        "account": standing.account,
        "case": str(case.case),
        "run": str(case.run),
    }
    name = execution_name(standing.provider, standing.account, case.case, case.run)
    return ports.dunning_executions.start(name, payload)


def is_running(ports: Ports, standing: Standing, case: DunningCase) -> bool:
    """Whether the execution of a case's run is under way."""
    name = execution_name(standing.provider, standing.account, case.case, case.run)
    return ports.dunning_executions.is_running(name)


def with_next_run(case: DunningCase) -> DunningCase:
    """The case for another execution; the one before ends when it looks again."""
    return case.model_copy(update={"run": case.run + 1, "looks_at": None})
