"""What an account may do, and why: the one answer to every question about holds (DUN-07).

| state | buy | support | services |
|---|---|---|---|
| good standing, due | yes | yes | on |
| credit hold | no | yes | on |
| service hold | no | no | off, but for protected ones |
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.dunning.dunning_policy import (
    AccountDunning,
    DunningPolicy,
    ProtectedService,
)
from msp_billing.domain.dunning.standing import AccountState, Standing
from msp_billing.domain.dunning.transitions import what_it_allows

What = Literal["buy", "support", "service"]
"""What can be asked about; a service by its name."""

_STATES = {
    AccountState.GOOD_STANDING: "in good standing",
    AccountState.DUE: "overdue, without a hold",
    AccountState.CREDIT_HOLD: "on credit hold",
    AccountState.SERVICE_HOLD: "on service hold",
}


class Entitlement(Frozen):
    """What an account may do now: the state that everyone outside should bring about."""

    provider: Identifier
    account: Identifier
    state: AccountState
    version: int = Field(description="Counts up when the state changes what may be done.")
    buy: bool = Field(description="Whether something new can be ordered.")
    support: bool = Field(description="Whether support may be asked for.")
    services: Literal["on", "off"] = Field(
        description="Off: those of 'services_off' are shut off, or every service that is not "
        "protected where it names none."
    )
    services_off: tuple[Identifier, ...] = Field(
        default=(), description="The services that are shut off, by the names of the policy."
    )
    protected_services: tuple[ProtectedService, ...] = Field(
        default=(), description="What stays on under a service hold, and why (DUN-10)."
    )
    since: datetime | None = Field(default=None, description="None: it was never otherwise.")
    why: Text | None = Field(default=None, description="One sentence: what put it there.")
    clause: Identifier | None = None


class Answer(Frozen):
    """Whether something is allowed, with the reason in one sentence."""

    allowed: bool
    reason: str


def entitlement_of(
    standing: Standing,
    policy: DunningPolicy | None,
    account: AccountDunning,
    today: date,
) -> Entitlement:
    """What an account may do on this local day.

    Args:
        policy: the one that its case goes by; without any, nothing is ever held.
        account: what was agreed with it, as of today.
    """
    buy, support, services = what_it_allows(standing.state)
    protected = () if policy is None else protected_services(policy, account, today)
    names = {entry.service for entry in protected}
    listed = () if policy is None else policy.services
    return Entitlement(
        provider=standing.provider,
        account=standing.account,
        state=standing.state,
        version=standing.entitlement_version,
        buy=buy,
        support=support,
        services="on" if services else "off",
        services_off=() if services else tuple(name for name in listed if name not in names),
        protected_services=protected,
        since=standing.since,
        why=standing.why,
        clause=standing.clause,
    )


def protected_services(
    policy: DunningPolicy, account: AccountDunning, today: date
) -> tuple[ProtectedService, ...]:
    """What a service hold leaves on: for everyone by the policy, or agreed with the account."""
    agreed = (
        ProtectedService(service=entry.service, reason=entry.reason, until=entry.until)
        for entry in account.exemptions
        if entry.service is not None
    )
    found: dict[str, ProtectedService] = {}
    for entry in (*policy.protected_services, *agreed):
        if entry.until is None or entry.until >= today:
            found.setdefault(entry.service, entry)
    return tuple(found.values())


def may(entitlement: Entitlement, what: What, service: str | None = None) -> Answer:
    """Whether an account may buy, get support, or have a service on.

    Args:
        service: its name, and only with ``what="service"``.

    Raises:
        EntitlementQuestionError: when a service is asked about without its name, or named for
            something else.
    """
    if (what == "service") is (service is None):
        raise EntitlementQuestionError(what)
    if what == "buy":
        return _answer(entitlement, entitlement.buy)
    if what == "support":
        return _answer(entitlement, entitlement.support)
    assert service is not None, "checked above"
    return _about_service(entitlement, service)


def _about_service(entitlement: Entitlement, service: str) -> Answer:
    if entitlement.services == "on":
        return _answer(entitlement, allowed=True)
    for entry in entitlement.protected_services:
        if entry.service == service:
            return Answer(allowed=True, reason=f"'{service}' stays on: {entry.reason}")
    if entitlement.services_off and service not in entitlement.services_off:
        # Shutting off what the policy does not name could harm: a backup by another name.
        reason = f"The policy does not name '{service}' among what a service hold shuts off."
        return Answer(allowed=True, reason=reason)
    return _answer(entitlement, allowed=False)


def _answer(entitlement: Entitlement, allowed: bool) -> Answer:
    reason = f"The account is {_STATES[entitlement.state]}."
    if entitlement.state.on_hold and entitlement.why is not None:
        reason = f"{reason} {entitlement.why}"
    return Answer(allowed=allowed, reason=reason)


class EntitlementQuestionError(ValueError):
    """A question about a service without its name, or a name where none belongs."""

    def __init__(self, what: str) -> None:
        if what == "service":
            super().__init__("say which service is asked about")
        else:
            super().__init__(f"a service is named, but the question is about '{what}'")
