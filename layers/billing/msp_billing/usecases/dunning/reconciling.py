"""What consumers of holds call: the question, and the exchange of desired state for done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.dunning.entitlements import Answer, EntitlementQuestionError, What
from msp_billing.domain.problems import Problem
from msp_billing.usecases.dunning.entitlements import (
    AcknowledgementRefusedError,
    EntitlementRecord,
    acknowledge,
    desired_state,
    may,
)

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

PAGE = 500
"""Records an answer has at most: a few hundred bytes each, where Lambda answers with 6 MB."""


class MayRequest(Frozen):
    """One question about one account."""

    provider: Identifier
    account: Identifier
    what: What
    service: Identifier | None = Field(default=None, description="Only with 'service'.")

    @model_validator(mode="after")
    def _asked_rightly(self) -> Self:
        if (self.what == "service") is (self.service is None):
            raise EntitlementQuestionError(self.what)
        return self


def answer_entitlement(ports: Ports, request: MayRequest) -> Answer:
    """Whether an account may, with the reason.

    Raises:
        UnknownAccountError: when the book does not have the account.
        UnknownProviderError: for a provider that was never applied.
    """
    return may(ports, request.provider, request.account, request.what, request.service)


class DoneVersion(Frozen):
    """What a consumer has brought about for one account."""

    account: Identifier
    version: int


class ReconcileRequest(Frozen):
    """What a consumer has done, and what it wants to know."""

    provider: Identifier
    consumer: Identifier | None = Field(
        default=None, description="Its name; nobody is known by asking alone."
    )
    done: tuple[DoneVersion, ...] = Field(default=(), max_length=PAGE)
    account: Identifier | None = Field(default=None, description="Only this one.")
    only_not_done: bool = Field(
        default=False, description="Only accounts of which the consumer has an older version."
    )
    after: Identifier | None = Field(
        default=None, description="Where the answer before ended: its 'next'."
    )

    @model_validator(mode="after")
    def _consumer_is_named(self) -> Self:
        if self.consumer is None and (self.done or self.only_not_done):
            raise ValueError("say which consumer has done it: 'consumer' is missing")
        return self


class ReconcileResult(Frozen):
    """The desired state, in order of the accounts' names."""

    entitlements: tuple[EntitlementRecord, ...]
    refused: tuple[Problem, ...] = Field(
        default=(), description="Acknowledgements that were not taken, each with the reason."
    )
    next: str | None = Field(
        default=None, description="Ask again with it as 'after'; None: that was all."
    )


def reconcile_entitlements(ports: Ports, request: ReconcileRequest) -> ReconcileResult:
    """Take what a consumer has done, and tell what should be.

    A wrong acknowledgement is refused alone; the others count.

    Raises:
        UnknownAccountError: when the book does not have the account that is asked about.
        UnknownProviderError: for a provider that was never applied.
    """
    refused: list[Problem] = []
    known: dict[str, int] = {}
    if request.consumer is not None:
        for entry in request.done:
            try:
                acknowledge(ports, request.provider, entry.account, request.consumer, entry.version)
            except AcknowledgementRefusedError as error:
                refused.extend(error.problems)
        known = ports.standings.acknowledged(request.provider, request.consumer)
    found: list[EntitlementRecord] = []
    more = None
    for record in desired_state(ports, request.provider, request.account):
        if request.after is not None and record.account <= request.after:
            continue
        if request.only_not_done and known.get(record.account, 0) >= record.entitlement_version:
            continue
        if len(found) == PAGE:
            more = found[-1].account
            break
        found.append(record)
    return ReconcileResult(entitlements=tuple(found), refused=tuple(refused), next=more)
