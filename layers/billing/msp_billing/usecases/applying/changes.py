"""What applying a provider directory would change, as data for a person or a program."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem
from msp_billing.usecases.records import CurrentVersions

ChangeKind = Literal["added", "changed", "removed"]


class ChangeGroup(StrEnum):
    """Where in the plan a change is shown; in this order."""

    POLICY = "policy"
    PRICES = "prices"
    ACCOUNTS = "accounts"
    MAIL_TEMPLATES = "mail templates"
    SCHEDULES = "schedules"


class FieldChange(Frozen):
    """One field: what it says now and what it would say; None where it is left out."""

    field: str = Field(description="Its path in the file, such as 'agreements / managed / title'.")
    was: str | None = None
    becomes: str | None = None


class Change(Frozen):
    """One clause, product, account, template or schedule that is added, changed or removed."""

    group: ChangeGroup
    kind: ChangeKind
    what: str = Field(description="'product SERVER (Managed server)'.")
    fields: tuple[FieldChange, ...] = ()


class PlanWarning(Frozen):
    """What a person should know before saying yes, and what there is to do about it."""

    what: str
    do: str = ""


class NextOpening(Frozen):
    """When a run bills next, by itself."""

    run: Identifier
    title: str
    period: Period
    opens_at: datetime


class ProviderPlan(Frozen):
    """What applying a directory would do, worked out from what is in force now."""

    provider: Identifier
    name: str
    replaces: CurrentVersions | None = Field(
        description="What was in force when this was planned; None for a new provider. Applying "
        "is refused when it is not in force any more."
    )
    policy_version: str
    price_book_version: str
    first_period: Period
    later_runs: dict[Identifier, Period] = Field(
        default={}, description="The first service months of runs that came after the provider."
    )
    accounts: int
    changes: tuple[Change, ...] = ()
    warnings: tuple[PlanWarning, ...] = ()
    refused: tuple[Problem, ...] = ()
    next_openings: tuple[NextOpening, ...] = ()

    @property
    def changes_anything(self) -> bool:
        """Whether there is anything to apply."""
        current = self.replaces
        versions = (self.policy_version, self.price_book_version)
        return (
            current is None
            or bool(self.changes)
            or versions != (current.policy_version, current.price_book_version)
        )

    def in_group(self, group: ChangeGroup) -> tuple[Change, ...]:
        """The changes that are shown together."""
        return tuple(change for change in self.changes if change.group is group)

    def count(self, kind: ChangeKind) -> int:
        """How many of a kind."""
        return sum(change.kind == kind for change in self.changes)
