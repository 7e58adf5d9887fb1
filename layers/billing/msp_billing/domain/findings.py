"""Findings: what a person should look at, though it does not stop an invoice."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text


class FindingItem(Frozen):
    """One device, user or piece of work that a finding names."""

    item_id: str
    name: str
    where: str | None = Field(default=None, description="Site, subscriber or ticket, for people.")
    since_on: date | None = Field(default=None, description="Since when it is so, when known.")


class Finding(Frozen):
    """Something out of the ordinary in one account, by name.

    What must stop an invoice is a :class:`~msp_billing.domain.problems.Problem`; a finding reaches
    the clerk's exceptions report and the account is billed all the same (INT-08, INT-09, COL-25).
    """

    code: Identifier = Field(description="The kind, for example 'offboarding-pending'.")
    clause: Identifier = Field(description="The clause of the policy that it follows from.")
    title: Text = Field(description="The kind in words, the same for all findings of a code.")
    subscriber: Identifier | None = None
    what: str = Field(min_length=1, description="One sentence that says what is the case.")
    items: tuple[FindingItem, ...] = ()
    others: tuple[FindingItem, ...] = Field(
        default=(), description="The second list, where two sources disagree."
    )
