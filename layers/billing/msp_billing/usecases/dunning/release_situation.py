"""What every step of a release asks about an account: is it settled, and who has approved?"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.dunning.coverage import Settlement, settlement
from msp_billing.domain.dunning.words import written_amount, written_day
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.dunning.carried import SCHEMA_VERSION
from msp_billing.usecases.dunning.context import MAX_TRIES, DunningContext, short_enough

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import ReleasePolicy, ReleaseRole
    from msp_billing.domain.dunning.standing import Release, Standing
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.usecases.ports import Ports

MAX_TEXT = 500
_SECONDS_A_DAY = 86_400


class ReleaseRefusedError(ProblemsError):
    """Something about a release was asked for that may not be; says why."""

    def __init__(self, code: str, what: str, fix: str) -> None:
        super().__init__([Problem(code=code, what=what, fix=fix)])
        self.code = code


class ConcurrentStandingError(RuntimeError):
    """How an account stands kept changing; try again."""

    def __init__(self, provider: str, account: str) -> None:
        super().__init__(
            f"how {provider}/{account} stands changed {MAX_TRIES} times while it was decided about"
        )


def release_policy(found: DunningContext) -> ReleasePolicy:
    """What the account's case says about its end.

    Raises:
        LookupError: when the provider's policy has no holds.
    """
    if found.dunning is None:
        raise LookupError(
            f"{found.policy.provider} puts no account on hold: its policy has no steps"
        )
    return found.dunning.release


def release_roles(found: DunningContext) -> tuple[ReleaseRole, ...]:
    """The roles of the case's policy, each with its approvers of the policy in force.

    People come and go while a case keeps the policy that it began with.
    """
    in_force = found.policy.dunning
    people = {role.role: role for role in (in_force.release.roles if in_force else ())}
    return tuple(people.get(role.role, role) for role in release_policy(found).roles)


def missing_roles(found: DunningContext, release: Release) -> tuple[ReleaseRole, ...]:
    """The roles that have not approved."""
    given = {entry.role for entry in release.approvals}
    return tuple(role for role in release_roles(found) if role.role not in given)


def settlement_now(found: DunningContext) -> Settlement:
    """What has to be paid before a release is asked for."""
    return _settlement_of(found, found.position)


def settlement_since(found: DunningContext, release: Release) -> Settlement:
    """What keeps the account on hold although its release was asked for.

    An invoice that came while people decided, and is not due yet, does not: the account had paid
    everything when it was asked for. After a returned payment everything counts again.
    """
    payments = found.position.payments
    if any((entry.returned_sequence or 0) > release.balance_version for entry in payments):
        return settlement_now(found)
    asked_on: date = found.local_day(release.asked_at)
    items = tuple(
        item for item in found.position.items if item.due_on < found.today or item.on < asked_on
    )
    return _settlement_of(found, found.position.model_copy(update={"items": items}))


def _settlement_of(found: DunningContext, position: LedgerPosition) -> Settlement:
    return settlement(position, found.standing.pauses, release_policy(found), found.today)


def what_is_missing(found: DunningContext, settled: Settlement) -> str:
    """Why an account is not settled, in words."""
    if settled.unpaid > 0:
        return f"{written_amount(found.position, settled.unpaid)} has to be paid yet"
    amount = written_amount(found.position, settled.on_its_way)
    until = f" until {written_day(settled.settles_on)}" if settled.settles_on else ""
    return f"{amount} was paid, but the bank can take it back{until}"


def release_under_way(found: DunningContext, number: int | None) -> Release:
    """The release of this number, or the one under way.

    Raises:
        ReleaseRefusedError: when there is none, or it is over; says why.
    """
    account, release = found.account.account, found.standing.release
    if release is None or number not in {None, release.release}:
        known = "none was asked for" if release is None else f"the last one is {release.release}"
        named = "No release" if number is None else f"There is no release {number}"
        raise ReleaseRefusedError(
            "unknown_release",
            f"{named} of {account} waits for a decision: {known}.",
            "Look at the account: 'mspbill account' shows its release.",
        )
    if not release.under_way:
        why = f": {release.why}" if release.why else ""
        raise ReleaseRefusedError(
            "release_over",
            f"Release {release.release} of {account} is over{why}.",
            "Ask again if the account is on hold and everything is settled.",
        )
    return release


def change_release(
    ports: Ports, found: DunningContext, release: Release, what: str, by: str
) -> bool:
    """Compare-and-set of the release alone, with what happened and who did it."""
    standing = found.standing
    after = standing.model_copy(update={"release": release, "version": standing.version + 1})
    clause = release_policy(found).clause
    return ports.standings.change(
        standing, after, [found.history(after, what, by=by, clause=clause)]
    )


def start_execution(
    ports: Ports, found: DunningContext, standing: Standing, release: Release
) -> bool:
    """Start the execution that asks, reminds and restores; False when it was started before."""
    policy = release_policy(found)
    return ports.release_executions.start(
        execution_name(standing, release),
        {
            "schema_version": str(SCHEMA_VERSION),
            "provider": standing.provider,
            "account": standing.account,
            "release": str(release.release),
            "asking": str(release.reminded),
            "reminders": str(policy.reminders),
            "answer_seconds": str(policy.remind_after_days * _SECONDS_A_DAY),
        },
    )


def execution_name(standing: Standing, release: Release) -> str:
    """Name of the execution: one per release, and another for each that broke off."""
    name = f"{standing.provider}_{standing.account}_release-{release.release}"
    if release.run > 1:
        name = f"{name}_{release.run}"
    return short_enough(name)
