"""Debts that are given up: one person asks, another one approves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.ledger.refusals import EntryRefusedError
from msp_billing.domain.money import ExactDecimal
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.payments.payment_policy import PaymentPolicy

WriteOffState = Literal["waiting", "approved", "rejected"]


class WriteOff(Frozen):
    """A debt that is to be given up, and what was decided about it."""

    schema_version: int = 1
    version: int = Field(default=1, ge=1, description="Counts every change of it.")
    provider: Identifier
    account: Identifier
    write_off: Identifier = Field(description="The person's own name for it; used once an account.")
    document: Text = Field(description="What is owed: an invoice, a fee.")
    amount: ExactDecimal = Field(gt=0, description="In the account's currency.")
    why: Text
    requested_by: Text
    requested_at: datetime
    state: WriteOffState = "waiting"
    decided_by: Text | None = None
    decided_at: datetime | None = None
    decided_why: Text | None = None

    def decided(self, state: WriteOffState, by: str, why: str, at: datetime) -> WriteOff:
        """The same with what somebody decided."""
        return self.model_copy(
            update={
                "version": self.version + 1,
                "state": state,
                "decided_by": by,
                "decided_at": at,
                "decided_why": why,
            }
        )


def check_amount(position: LedgerPosition, write_off: WriteOff) -> None:
    """Raises EntryRefusedError when more is to be given up than is open of the document."""
    item = position.items_by_document.get(write_off.document)
    left = None if item is None else item.open
    if left is None or write_off.amount > left or left <= 0:
        known = "is not owed"
        if left is not None:
            wanted = position.money(write_off.amount)
            known = f"has {position.money(left)} open; {wanted} were to be written off"
        raise EntryRefusedError(
            (
                Problem(
                    code="write-off-too-large",
                    what=f"{write_off.document} {known}.",
                    fix="Look at what the account owes, and ask for no more than that.",
                    where=f"{write_off.provider}/{write_off.account}",
                ),
            )
        )


def check_approver(write_off: WriteOff, by: str, policy: PaymentPolicy) -> None:
    """Raises EntryRefusedError unless a second person approves who may do so."""
    problems = tuple(_problems(write_off, by, policy))
    if problems:
        raise EntryRefusedError(problems)


def _problems(write_off: WriteOff, by: str, policy: PaymentPolicy) -> Iterator[Problem]:
    if by.casefold() == write_off.requested_by.casefold():
        yield Problem(
            code="write-off-by-one-person",
            what=f"{by} asked for the write-off '{write_off.write_off}' and cannot approve it.",
            fix="Have another person look at it.",
            where=f"{write_off.provider}/{write_off.account}",
        )
    approvers = {name.casefold() for name in policy.write_off_approvers}
    if approvers and by.casefold() not in approvers:
        yield Problem(
            code="write-off-by-others",
            what=f"{by} is not among those who may approve that a debt is given up.",
            fix=f"Ask one of {', '.join(policy.write_off_approvers)}.",
            where=f"{write_off.provider}/{write_off.account}",
        )
