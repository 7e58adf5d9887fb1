"""Putting a provider's policy, price book and accounts in force."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen
from msp_billing.usecases.applying.beginnings import later_runs
from msp_billing.usecases.errors import AppliedMeanwhileError
from msp_billing.usecases.migrating.schema import begin_with_newest, check_readable
from msp_billing.usecases.records import CurrentVersions

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.periods import Period
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook
    from msp_billing.usecases.applying.changes import ProviderPlan
    from msp_billing.usecases.ports import Ports


class ApplyResult(Frozen):
    """What is in force now."""

    provider: str
    policy_version: str
    price_book_version: str
    accounts: int
    not_in_directory: tuple[str, ...] = Field(
        description="Accounts of the book that were not given. They stay: an account leaves by the "
        "end of its agreements, never by being left out."
    )


def apply_provider(
    ports: Ports,
    policy: ProviderPolicy,
    price_book: PriceBook,
    accounts: Sequence[Account],
    first_period: Period,
) -> ApplyResult:
    """Store a validated provider directory and make it current, whatever was in force.

    Cycles that are open keep the versions that they pinned. The bus event makes the schedules
    follow; the daily sweep does so again, should the event get lost.

    Args:
        first_period: the first service month that this system bills; kept from the first time on.
            Runs that come later bill from the next month on that opens.

    Raises:
        VersionConflictError: when a version in use has other content now.
        AppliedMeanwhileError: when somebody else applies at the same moment; nothing was written.
        InterferedWithError: when somebody else applied between two transactions of this one.
        SchemaTooNewError: when newer code has migrated the table.
    """
    known = ports.policies.find_current(policy.provider)
    was = None
    if known is not None:
        was = ports.policies.policy(policy.provider, known.policy_version)
    later = later_runs(known, was, policy, ports.clock.now())
    return _apply(ports, policy, price_book, accounts, (first_period, later), known)


def apply_plan(
    ports: Ports,
    plan: ProviderPlan,
    policy: ProviderPolicy,
    price_book: PriceBook,
    accounts: Sequence[Account],
) -> ApplyResult:
    """The same as a person has seen it planned.

    Raises:
        VersionConflictError: when a version in use has other content now.
        AppliedMeanwhileError: when somebody else applied since it was planned; nothing was written.
        InterferedWithError: when somebody else applied between two transactions of this one.
    """
    begins = (plan.first_period, plan.later_runs)
    return _apply(ports, policy, price_book, accounts, begins, plan.replaces)


def _apply(
    ports: Ports,
    policy: ProviderPolicy,
    price_book: PriceBook,
    accounts: Sequence[Account],
    begins: tuple[Period, dict[str, Period]],
    known: CurrentVersions | None,
) -> ApplyResult:
    check_readable(ports.schemas)
    if next(iter(ports.policies.providers()), None) is None:  # a table that nothing is in yet
        begin_with_newest(ports.schemas)
    now = ports.clock.now()
    current = CurrentVersions(
        provider=policy.provider,
        policy_version=policy.version,
        price_book_version=price_book.version,
        first_period=known.first_period if known else begins[0],
        later_runs=begins[1],
        applied_at=now,
    )
    given = {account.account for account in accounts}
    left_out = tuple(
        entry.account.account
        for entry in ports.book.entries(policy.provider)
        if entry.account.account not in given
    )
    # Versions are seen by nobody before they are current: one that is refused refuses all of it.
    ports.policies.put_versions(policy, price_book)
    if not ports.policies.put_in_force(current, accounts, known):
        raise AppliedMeanwhileError(
            f"Somebody else applied {policy.provider} meanwhile; nothing was changed. Plan again: "
            "what they changed may be in your way."
        )
    ports.bus.publish("ProviderApplied", {"provider": policy.provider})
    return ApplyResult(
        provider=policy.provider,
        policy_version=policy.version,
        price_book_version=price_book.version,
        accounts=len(accounts),
        not_in_directory=left_out,
    )
