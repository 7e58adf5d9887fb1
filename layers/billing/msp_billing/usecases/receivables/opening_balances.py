"""Taking over what accounts owed in the system before: a plan that is looked at, then entries.

A plan reads everything and changes nothing. It says of every item whether it would be entered,
stands in the ledger already, or cannot be taken; and what all of them come to, which must be the
total that a person knows from the old system. Entering follows a plan without problems, and enters
what is not there yet: after a failure in the middle it is called again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.ledger.allocation import with_allocation
from msp_billing.domain.ledger.entries import EntryDraft, EntryKind, LedgerId
from msp_billing.domain.ledger.openings import (
    DAYS_OF_GRACE,
    OpeningItem,
    entered_otherwise,
    follow_from,
    opening_entry,
    sums,
)
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.money import Money
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.dunning.context import policy_in_force
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.receivables.accounts import kept_ledger, ledger_of, today_of
from msp_billing.usecases.receivables.appending import enter
from msp_billing.usecases.receivables.opening_problems import (
    day_problems,
    item_problems,
    listed_twice,
    of_other_accounts,
    other_currency,
    other_document,
    otherwise,
    total_problems,
    unknown_account,
    unlisted,
)

ITEMS_AT_ONCE = 30
"""Two actions each, in a transaction that holds 100: beside the head, up to 30 credits are used."""


class OpeningRequest(Frozen):
    """What was open in the system before, and the totals that a person knows from there."""

    provider: Identifier
    taken_over_on: date = Field(description="What is open at the end of this day.")
    items: tuple[OpeningItem, ...] = Field(max_length=100_000)
    totals: tuple[Money, ...] = Field(description="Invoices less credits, one per currency.")
    days_of_grace: int = Field(default=DAYS_OF_GRACE, ge=0, le=365)
    entered_by: Text


class OpeningPlan(Frozen):
    """What a request would do."""

    new: tuple[OpeningItem, ...]
    standing: tuple[OpeningItem, ...] = Field(description="Entered before, just so.")
    sums: tuple[Money, ...] = Field(description="What all items come to, new and standing.")
    follow_from: date = Field(description="What is new counts in dunning as due on this day.")
    problems: tuple[Problem, ...]


class OpeningResult(Frozen):
    """What was entered."""

    entered: int
    standing: int
    accounts: tuple[Identifier, ...] = Field(description="Whose ledgers were entered in.")


def plan_openings(ports: Ports, request: OpeningRequest) -> OpeningPlan:
    """Say what would be entered, and everything that speaks against it. Nothing is changed.

    Raises:
        UnknownProviderError: for a provider that was never applied.
    """
    policy = policy_in_force(ports, request.provider)
    today = today_of(ports, request.provider)
    problems = [
        *day_problems(request, today),
        *total_problems(request),
        *listed_twice(request.items),
        *(problem for item in request.items for problem in item_problems(policy, request, item)),
        *of_other_accounts(ports, request),
    ]
    new: list[OpeningItem] = []
    standing: list[OpeningItem] = []
    for account, items in _by_account(request.items):
        found = ports.book.find(request.provider, account)
        if found is None:
            problems.append(unknown_account(account, items))
            continue
        position = ports.ledgers.position(ledger_of(ports, request.provider, account))
        ledger = position.ledger
        problems += unlisted(position, items)
        for item in items:
            if item.currency != position.ledger.currency:
                problems.append(other_currency(item, position))
                continue
            namesake = other_document(item, position)
            if namesake is not None:
                problems.append(namesake)
                continue
            entry = ports.ledgers.find(ledger, EntryKind.OPENING, item.document)
            other = None if entry is None else entered_otherwise(item, entry)
            if other is not None:
                problems.append(otherwise(item, other))
            elif entry is not None:
                standing.append(item)
            else:
                new.append(item)
    return OpeningPlan(
        new=tuple(new),
        standing=tuple(standing),
        sums=tuple(sums(request.items)),
        follow_from=follow_from(request.taken_over_on, today, request.days_of_grace),
        problems=tuple(problems),
    )


def enter_openings(ports: Ports, request: OpeningRequest) -> OpeningResult:
    """Enter what is not in the ledgers yet. Safe to repeat: an item is entered once.

    Raises:
        ProblemsError: with everything that a plan says against it; nothing is entered then.
    """
    plan = plan_openings(ports, request)
    if plan.problems:
        raise ProblemsError(plan.problems)
    today = today_of(ports, request.provider)
    accounts: list[str] = []
    for account, items in _by_account(plan.new):
        ledger = kept_ledger(ports, request.provider, account)
        for start in range(0, len(items), ITEMS_AT_ONCE):
            part = items[start : start + ITEMS_AT_ONCE]
            enter(ports, ledger, _Entering(ports, ledger, request, plan.follow_from, part, today))
        react(ports, request.provider, account)
        accounts.append(account)
    return OpeningResult(
        entered=len(plan.new), standing=len(plan.standing), accounts=tuple(accounts)
    )


class _Entering:
    """What of a part is entered at a position: what nobody entered meanwhile."""

    def __init__(
        self,
        ports: Ports,
        ledger: LedgerId,
        request: OpeningRequest,
        followed_from: date,
        items: Sequence[OpeningItem],
        today: date,
    ) -> None:
        self._ports = ports
        self._ledger = ledger
        self._request = request
        self._followed_from = followed_from
        self._items = items
        self._today = today

    def __call__(self, position: LedgerPosition) -> tuple[EntryDraft, ...]:
        """The entries, and with them the use of credit, as with every other document.

        It is used today: an entry of the item's own date would use money before it came.
        """
        find = self._ports.ledgers.find
        drafts = tuple(
            opening_entry(
                item, self._request.taken_over_on, self._followed_from, self._request.entered_by
            )
            for item in self._items
            if find(self._ledger, EntryKind.OPENING, item.document) is None
        )
        return with_allocation(position, drafts, self._today) if drafts else ()


def _by_account(
    items: Sequence[OpeningItem],
) -> Iterator[tuple[str, tuple[OpeningItem, ...]]]:
    """Items of each account in order of its name: invoices by due date, then credits by date."""
    by_account: dict[str, list[OpeningItem]] = {}
    for item in items:
        by_account.setdefault(item.account, []).append(item)
    for account, of_it in sorted(by_account.items()):
        ordered = sorted(of_it, key=lambda i: (i.kind == "credit", i.due_on or i.on, i.document))
        yield account, tuple(ordered)
