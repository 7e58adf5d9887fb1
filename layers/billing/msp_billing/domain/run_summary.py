"""A run at a glance: a row per account, and what they come to, for the provider's clerk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.comparison import Comparison, compare, currencies
from msp_billing.domain.money import Money, total
from msp_billing.domain.outcomes import AccountOutcome, OutcomeKind
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.domain.counting.counts import CountedItem
    from msp_billing.domain.invoices import Invoice

NO_AGREEMENT = "No agreement is active in this month."


class RunRow(Frozen):
    """How one account ends a run, beside what it was billed the month before."""

    account: Identifier
    account_name: str
    outcome: OutcomeKind
    reasons: tuple[str, ...] = Field(description="Why it is not billed, or not all of it.")
    has_previous: bool = Field(description="False when last month had no invoice.")
    previous_total: Money
    current_total: Money
    invoice_count: int = Field(ge=0)
    line_count: int = Field(ge=0)
    joined_count: int = Field(ge=0, description="0 without an invoice to compare with.")
    left_count: int = Field(ge=0)
    problems: tuple[Problem, ...] = ()

    @property
    def change(self) -> Money | None:
        """Current less previous total; None when the account changed its currency."""
        if self.current_total.currency != self.previous_total.currency:
            return None
        return self.current_total - self.previous_total


class CurrencyTotals(Frozen):
    """What a run comes to in one currency; currencies are never added up."""

    previous_total: Money
    current_total: Money
    parked_previous_total: Money = Field(
        description="What the parked accounts were billed last month; it is missing now."
    )

    @property
    def currency(self) -> str:
        """The currency of all three."""
        return self.current_total.currency

    @property
    def change(self) -> Money:
        """Current less previous total."""
        return self.current_total - self.previous_total


class RunTotals(Frozen):
    """What the accounts of a run come to."""

    accounts: int
    billed: int
    nothing_to_bill: int
    skipped: int
    parked: int
    invoice_count: int
    line_count: int
    joined_count: int
    left_count: int
    amounts: tuple[CurrencyTotals, ...] = Field(
        min_length=1, description="By currency, the provider's own first."
    )

    @property
    def current_totals(self) -> tuple[Money, ...]:
        """What is billed, by currency."""
        return tuple(entry.current_total for entry in self.amounts)

    @property
    def previous_totals(self) -> tuple[Money, ...]:
        """What was billed last month, by currency."""
        return tuple(entry.previous_total for entry in self.amounts)


def summarise_account(
    outcome: AccountOutcome, previous: tuple[Invoice, ...], currency: str
) -> RunRow:
    """Put an account's outcome beside its invoices of the month before.

    Args:
        previous: the invoices of the period before; empty when there were none.
        currency: of the provider, for accounts without an invoice that tells it.
    """
    joined, left = _changed_items(outcome, previous, currency)
    before, now = currencies(currency, outcome.invoices, previous)
    return RunRow(
        account=outcome.account,
        account_name=outcome.account_name,
        outcome=_kind(outcome),
        reasons=tuple(dict.fromkeys(_reasons(outcome))),
        has_previous=bool(previous),
        previous_total=total((invoice.total for invoice in previous), before),
        current_total=total((invoice.total for invoice in outcome.invoices), now),
        invoice_count=len(outcome.invoices),
        line_count=sum(len(invoice.lines) for invoice in outcome.invoices),
        joined_count=joined,
        left_count=left,
        problems=outcome.problems,
    )


def summarise_run(rows: Iterable[RunRow], currency: str) -> RunTotals:
    """Add up a run, each currency for itself.

    Args:
        currency: of the provider, for a run that may have no account at all.
    """
    known = tuple(rows)
    kinds = [row.outcome for row in known]
    return RunTotals(
        accounts=len(known),
        billed=kinds.count(OutcomeKind.BILLED),
        nothing_to_bill=kinds.count(OutcomeKind.NOTHING_TO_BILL),
        skipped=kinds.count(OutcomeKind.SKIPPED),
        parked=kinds.count(OutcomeKind.PARKED),
        invoice_count=sum(row.invoice_count for row in known),
        line_count=sum(row.line_count for row in known),
        joined_count=sum(row.joined_count for row in known),
        left_count=sum(row.left_count for row in known),
        amounts=tuple(_by_currency(known, currency)),
    )


def _by_currency(rows: tuple[RunRow, ...], own: str) -> Iterator[CurrencyTotals]:
    """The provider's own currency first, unless only others are billed."""
    used = {entry.currency for row in rows for entry in (row.previous_total, row.current_total)}
    for currency in sorted(used or {own}, key=lambda code: (code != own, code)):
        before, now, parked = (
            total((entry for entry in amounts if entry.currency == currency), currency)
            for amounts in (
                [row.previous_total for row in rows],
                [row.current_total for row in rows],
                [row.previous_total for row in rows if row.outcome is OutcomeKind.PARKED],
            )
        )
        yield CurrencyTotals(previous_total=before, current_total=now, parked_previous_total=parked)


def count_changed_items(comparison: Comparison) -> tuple[int, int]:
    """How many items joined and left, each counted once however many products bill it."""
    joined: set[tuple[str | None, str, str]] = set()
    left: set[tuple[str | None, str, str]] = set()
    for row in comparison.rows:
        joined.update(_identity(row.subscriber, item) for item in row.joined)
        left.update(_identity(row.subscriber, item) for item in row.left)
    return len(joined), len(left)


def _identity(subscriber: str | None, item: CountedItem) -> tuple[str | None, str, str]:
    return (subscriber or item.subscriber, item.item_id, item.name)


def _changed_items(
    outcome: AccountOutcome, previous: tuple[Invoice, ...], currency: str
) -> tuple[int, int]:
    """Joined and left; nothing of a parked account, whose items nobody knows for sure."""
    if not previous or outcome.parked:
        return 0, 0
    period = previous[0].id.period.shifted(1)
    compared = compare(
        outcome.account, outcome.account_name, period, currency, outcome.invoices, previous
    )
    return count_changed_items(compared)


def _kind(outcome: AccountOutcome) -> OutcomeKind:
    """The account's outcome from its agreements': what matters most to the clerk decides."""
    kinds = {entry.kind for entry in outcome.agreements}
    for kind in (OutcomeKind.PARKED, OutcomeKind.BILLED, OutcomeKind.NOTHING_TO_BILL):
        if kind in kinds:
            return kind
    return OutcomeKind.SKIPPED if kinds else OutcomeKind.NOTHING_TO_BILL


def _reasons(outcome: AccountOutcome) -> Iterable[str]:
    if outcome.parked:
        return [problem.what for problem in outcome.problems]
    if not outcome.agreements:
        return [NO_AGREEMENT]
    return [
        f"{entry.agreement}: {entry.reason}"
        for entry in outcome.agreements
        if entry.kind is not OutcomeKind.BILLED
    ]
