"""What is stored that is not a value of the domain: records with their bookkeeping."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from msp_billing.domain.accounts import Account
from msp_billing.domain.base import EmailAddress, Frozen, Identifier
from msp_billing.domain.findings import Finding
from msp_billing.domain.outcomes import AgreementOutcome
from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem


class CurrentVersions(Frozen):
    """Which versions a provider bills with, and since which service month with this system."""

    provider: Identifier
    policy_version: str
    price_book_version: str
    first_period: Period = Field(description="The sweep starts no cycle before this one.")
    later_runs: dict[Identifier, Period] = Field(
        default={},
        description="Of runs that came, or were given their name, after the provider had begun: "
        "the first service month. The months before were billed by others, or not at all.",
    )
    applied_at: datetime

    def begins_with(self, run: str) -> Period:
        """The first service month of a run; no cycle before it is started."""
        return self.later_runs.get(run, self.first_period)


MAX_ACCOUNTS_AT_ONCE = 90
"""Changed accounts that come into force in one instant, with policy and prices."""


class BookEntry(Frozen):
    """An account and when it was last applied."""

    account: Account
    applied_at: datetime


class AccountRecord(Frozen):
    """How an account ended a cycle, as stored: its outcome, and which invoices it has."""

    account: Identifier
    account_name: str
    agreements: tuple[AgreementOutcome, ...]
    parts: tuple[Identifier, ...] = Field(description="Parts of its invoices, perhaps none.")
    revision: int = Field(default=1, description="Of its invoices; above one when issued anew.")
    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()
    charges: tuple[str, ...] = Field(
        default=(), description="The one-time charges that its invoices bill, in order of their id."
    )


NumberSeries = Literal["invoice", "information"]
"""Rows of numbers, each without a gap: invoices, and what is for information (COL-24)."""


class Numbering(Frozen):
    """How far numbering came in one call."""

    numbered: int
    after: str | None = Field(description="Where to go on: behind this invoice of the cycle.")
    contended: bool = Field(description="Whether another run kept taking the numbers.")


class StoredObject(Frozen):
    """A sealed object."""

    key: str
    sha256: str
    size_bytes: int


class Approval(Frozen):
    """A question to a person, and the answer."""

    task_token: str
    asked_at: datetime
    decide_by: datetime
    approvers: tuple[EmailAddress, ...]
    decision: Literal["approved", "rejected"] | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    why: str | None = None
