"""What a hold means outside: an event per change, a state to reconcile against, and one question.

An event can be lost on its way to another system (docs/faults.md, 43). So it is only a hint: what
counts is the desired state, which has a version per account. What the bus did not take is published
again by the daily sweep, and so is what a consumer, once it is known by an acknowledgement, has not
done.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.dunning import entitlements as rules
from msp_billing.domain.dunning.dunning_policy import ProtectedService
from msp_billing.domain.dunning.entitlements import Answer, Entitlement, What, entitlement_of
from msp_billing.domain.dunning.standing import AccountState, Standing
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.dunning.context import (
    MAX_TRIES,
    UnknownAccountError,
    policy_in_force,
)
from msp_billing.usecases.errors import BusError

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports

EVENT = "AccountEntitlementChanged"
"""Its schema is docs/schemas/events/account-entitlement-changed.v1.json."""

_LOGGER = logging.getLogger(__name__)


class EntitlementRecord(Frozen):
    """What an account may do, as it is told to others: in events, and as the desired state."""

    schema_version: Literal[1] = 1
    provider: Identifier
    account: Identifier
    entitlement_version: int = Field(ge=0, description="0: it was never held.")
    state: AccountState
    buy: bool
    support: bool
    services: Literal["on", "off"]
    services_off: tuple[Identifier, ...] = ()
    protected_services: tuple[ProtectedService, ...] = ()
    since: datetime | None = None
    why: Text | None = None
    clause: Identifier | None = None
    case: int | None = Field(default=None, description="The open case.")

    @property
    def allowed_sha256(self) -> str:
        """Hash of what others have to bring about, without what only explains it."""
        told = f"{self.buy} {self.support} {self.services} {' '.join(sorted(self.services_off))}"
        if self.services == "off":
            told += f" / {' '.join(sorted(entry.service for entry in self.protected_services))}"
        return hashlib.sha256(told.encode()).hexdigest()


# --- The question --------------------------------------------------------------------------------


def may(
    ports: Ports, provider: str, account: str, what: What, service: str | None = None
) -> Answer:
    """Whether an account may buy, get support, or have a service on, with the reason.

    One consistent read of how the account stands decides; nothing is kept from before.

    Raises:
        UnknownAccountError: when the book does not have the account.
        UnknownProviderError: for a provider that was never applied.
        EntitlementQuestionError: for a service without its name, or a name with another question.
    """
    policy = policy_in_force(ports, provider)
    entry = ports.book.find(provider, account)
    if entry is None:
        raise UnknownAccountError(provider, account)
    standing = ports.standings.find(provider, account)
    return rules.may(_entitlement(ports, policy, entry.account, standing), what, service)


# --- The desired state ---------------------------------------------------------------------------


def desired_state(
    ports: Ports, provider: str, account: str | None = None
) -> Iterator[EntitlementRecord]:
    """What every account, or one of them, may do now, in order of the name.

    Raises:
        UnknownAccountError: when the book does not have the account.
        UnknownProviderError: for a provider that was never applied.
    """
    policy = policy_in_force(ports, provider)
    if account is not None:
        entry = ports.book.find(provider, account)
        if entry is None:
            raise UnknownAccountError(provider, account)
        yield _record(ports, policy, entry.account, ports.standings.find(provider, account))
        return
    standings = {standing.account: standing for standing in ports.standings.all_of(provider)}
    for entry in ports.book.entries(provider):
        name = entry.account.account
        standing = standings.get(name, Standing(provider=provider, account=name))
        yield _record(ports, policy, entry.account, standing)


class AcknowledgementRefusedError(ProblemsError):
    """A consumer says that it has done something that it cannot have done."""


def acknowledge(ports: Ports, provider: str, account: str, consumer: str, version: int) -> None:
    """Keep that a consumer has brought about what an entitlement version says.

    From its first acknowledgement on a consumer is known, and what it has not done is published
    again every day. An older version than the one it has done changes nothing.

    Raises:
        AcknowledgementRefusedError: for an account or a version that does not exist.
    """
    problems = []
    if ports.book.find(provider, account) is None:
        problems.append(
            Problem(
                code="unknown_account",
                what=f"{provider} has no account '{account}'.",
                fix="Acknowledge accounts by the names that the records have.",
            )
        )
    else:
        known = ports.standings.find(provider, account).entitlement_version
        if not 0 <= version <= known:
            problems.append(
                Problem(
                    code="unknown_version",
                    what=f"{account} has no entitlement version {version}, only up to {known}.",
                    fix="Acknowledge the version of the record that was brought about.",
                )
            )
    if problems:
        raise AcknowledgementRefusedError(problems)
    ports.standings.acknowledge(provider, account, consumer, version)


# --- Telling -------------------------------------------------------------------------------------


def publish(ports: Ports, standing: Standing) -> Standing:
    """Tell the bus what an account may do, if it was not told yet; once, as a rule.

    A bus that does not take it stops nobody: the hold stands, and the daily sweep tells it.

    Args:
        standing: as it was read or stored.

    Returns:
        How the account stands then.
    """
    published = -1
    for _ in range(MAX_TRIES):
        if standing.told_version >= standing.entitlement_version:
            return standing
        record = _record_of(ports, standing)
        if published < standing.entitlement_version and not _send(ports, record):
            return standing
        published = standing.entitlement_version
        told = standing.model_copy(
            update={
                "version": standing.version + 1,
                "told_version": published,
                "told_sha256": record.allowed_sha256,
            }
        )
        if ports.standings.change(standing, told):
            return told
        standing = ports.standings.find(standing.provider, standing.account)
    return standing


def done_by_consumers(ports: Ports, provider: str) -> dict[str, dict[str, int]]:
    """By known consumer and account, the entitlement version that was done last."""
    return {
        consumer: ports.standings.acknowledged(provider, consumer)
        for consumer in ports.standings.consumers(provider)
    }


def publish_untold(ports: Ports, standing: Standing, done: dict[str, dict[str, int]]) -> bool:
    """Tell of an account what was lost: for the daily sweep. Whether it was told.

    - What the bus did not take.
    - What a known consumer has not done: it lost the event, or failed at it.
    - What changed without a change of state: a protection that ended, another list of services.

    Args:
        done: as :func:`done_by_consumers` gives it.
    """
    if standing.entitlement_version == 0:  # never held: there is nothing that anybody could lose
        return False
    if ports.book.find(standing.provider, standing.account) is None:
        return False
    current = _with_other_services(ports, standing)
    version = current.entitlement_version
    if current.told_version < version:
        return publish(ports, current).told_version >= version
    if any(versions.get(current.account, 0) < version for versions in done.values()):
        return _send(ports, _record_of(ports, current))
    return False


def _with_other_services(ports: Ports, standing: Standing) -> Standing:
    """The standing with a version more, where what is told differs from what was told."""
    if standing.told_sha256 is None or standing.told_version < standing.entitlement_version:
        return standing
    if _record_of(ports, standing).allowed_sha256 == standing.told_sha256:
        return standing
    changed = standing.model_copy(
        update={
            "version": standing.version + 1,
            "entitlement_version": standing.entitlement_version + 1,
        }
    )
    if ports.standings.change(standing, changed):
        return changed
    return ports.standings.find(standing.provider, standing.account)  # the next sweep looks again


def _send(ports: Ports, record: EntitlementRecord) -> bool:
    try:
        ports.bus.publish(EVENT, record.model_dump(mode="json"))
    except BusError:
        _LOGGER.exception("%s/%s was not told", record.provider, record.account)
        return False
    return True


# --- What is told --------------------------------------------------------------------------------


def _record_of(ports: Ports, standing: Standing) -> EntitlementRecord:
    entry = ports.book.find(standing.provider, standing.account)
    if entry is None:
        raise UnknownAccountError(standing.provider, standing.account)
    return _record(ports, policy_in_force(ports, standing.provider), entry.account, standing)


def _record(
    ports: Ports, policy: ProviderPolicy, account: Account, standing: Standing
) -> EntitlementRecord:
    found = _entitlement(ports, policy, account, standing)
    case = standing.open_case
    return EntitlementRecord(
        entitlement_version=found.version,
        case=None if case is None else case.case,
        **found.model_dump(exclude={"version"}),
    )


def _entitlement(
    ports: Ports, policy: ProviderPolicy, account: Account, standing: Standing
) -> Entitlement:
    """By the policy that the account's open case goes by."""
    case, pinned = standing.open_case, policy
    if case is not None and case.policy_version != policy.version:
        pinned = ports.policies.policy(policy.provider, case.policy_version)
    today = ports.clock.now().astimezone(policy.zone).date()
    return entitlement_of(standing, pinned.dunning, account.dunning, today)
