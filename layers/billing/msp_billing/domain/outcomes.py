"""The completeness ledger: every active agreement ends a cycle with exactly one outcome."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import pairwise

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.findings import Finding
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.problems import Problem


class OutcomeKind(StrEnum):
    """How an agreement ended a cycle."""

    BILLED = "billed"
    NOTHING_TO_BILL = "nothing_to_bill"
    SKIPPED = "skipped"
    PARKED = "parked"


class AgreementOutcome(Frozen):
    """How one agreement ended a cycle, and why."""

    agreement: Identifier
    kind: OutcomeKind
    reason: Text


class AccountOutcome(Frozen):
    """How one account ended a cycle: an outcome per agreement, and what was built.

    An account is parked as a whole: an invoice with a part missing would be a wrong invoice.
    """

    account: Identifier
    account_name: Text
    agreements: tuple[AgreementOutcome, ...]
    invoices: tuple[Invoice, ...] = ()
    revision: int = Field(default=1, ge=1, description="Above one where voided ones came before.")
    problems: tuple[Problem, ...] = Field(default=(), description="Why it is parked.")
    findings: tuple[Finding, ...] = Field(
        default=(), description="What a person should look at, though it stops nothing."
    )

    @model_validator(mode="after")
    def _consistent(self) -> AccountOutcome:
        if self.parked == (not self.problems):
            raise ValueError("an account is parked if and only if it has problems")
        if self.parked and self.invoices:
            raise ValueError("a parked account has no invoice")
        billed = any(entry.kind is OutcomeKind.BILLED for entry in self.agreements)
        if billed != bool(self.invoices):
            raise ValueError("billed agreements and invoices go together")
        return self

    @property
    def charges(self) -> frozenset[str]:
        """The one-time charges that its invoices bill."""
        lines = (line for invoice in self.invoices for line in invoice.lines)
        return frozenset(line.charge for line in lines if line.charge is not None)

    @property
    def parked(self) -> bool:
        """Whether the account was set aside for a person."""
        return any(entry.kind is OutcomeKind.PARKED for entry in self.agreements)


class CompletenessGap(Frozen):
    """An agreement that has no outcome, or one that nobody expected."""

    account: Identifier
    agreement: Identifier
    what: Text


def find_gaps(
    expected: Iterable[tuple[str, str]], recorded: Iterable[tuple[str, str]]
) -> tuple[CompletenessGap, ...]:
    """Compare the agreements that should have an outcome with those that have one.

    Args:
        expected: (account, agreement) of every active agreement, from the book itself and not
            from the cycle's own list of work, so that what the list forgot shows up here.
        recorded: (account, agreement) of every recorded outcome, with repetitions.
    """
    wanted = sorted(set(expected))
    found = sorted(recorded)
    seen = set(found)
    missing = [
        CompletenessGap(account=account, agreement=agreement, what="has no outcome")
        for account, agreement in wanted
        if (account, agreement) not in seen
    ]
    unexpected = [
        CompletenessGap(account=account, agreement=agreement, what="was not expected")
        for account, agreement in sorted(seen - set(wanted))
    ]
    doubled = [
        CompletenessGap(account=account, agreement=agreement, what="has more than one outcome")
        for (account, agreement), following in pairwise(found)
        if (account, agreement) == following
    ]
    return (*missing, *unexpected, *doubled)
