"""Taking over what accounts owed in the system before: a plan that is looked at, then entries.

A plan reads everything and changes nothing. It says of every item whether it would be entered,
stands in the ledger already, or cannot be taken; and what all of them come to, which must be the
total that a person knows from the old system. Entering follows a plan without problems, and enters
what is not there yet: after a failure in the middle it is called again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.ledger.entries import EntryDraft, EntryKind, LedgerId
from msp_billing.domain.ledger.openings import (
    DAYS_OF_GRACE,
    OpeningItem,
    entered_otherwise,
    follow_from,
    looks_like_ours,
    opening_entry,
    sums,
)
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.money import Money
from msp_billing.domain.payments.checks import EARLIEST
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.dunning.context import policy_in_force
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.receivables.accounts import ledger_of, today_of
from msp_billing.usecases.receivables.appending import enter

ITEMS_AT_ONCE = 30
"""Two actions each, in a transaction that holds 100 and also uses credit for what is owed."""

_FIRST = date(2000, 1, 1)


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
        *_day_problems(request, today),
        *_total_problems(request),
        *_listed_twice(request.items),
        *(problem for item in request.items for problem in _item_problems(policy, request, item)),
        *_of_other_accounts(ports, request),
    ]
    new: list[OpeningItem] = []
    standing: list[OpeningItem] = []
    for account, items in _by_account(request.items):
        found = ports.book.find(request.provider, account)
        if found is None:
            problems.append(_unknown(account, items))
            continue
        ledger = ledger_of(ports, request.provider, account)
        position = ports.ledgers.position(ledger)
        for item in items:
            if item.currency != position.ledger.currency:
                problems.append(_other_currency(item, position))
                continue
            entry = ports.ledgers.find(ledger, EntryKind.OPENING, item.document)
            other = None if entry is None else entered_otherwise(item, entry)
            if other is not None:
                problems.append(_otherwise(item, other))
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
    accounts: list[str] = []
    for account, items in _by_account(plan.new):
        ledger = ledger_of(ports, request.provider, account)
        for start in range(0, len(items), ITEMS_AT_ONCE):
            part = items[start : start + ITEMS_AT_ONCE]
            enter(ports, ledger, _Entering(ports, ledger, request, plan.follow_from, part))
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
    ) -> None:
        self._ports = ports
        self._ledger = ledger
        self._request = request
        self._followed_from = followed_from
        self._items = items

    def __call__(self, _position: LedgerPosition) -> tuple[EntryDraft, ...]:
        find = self._ports.ledgers.find
        return tuple(
            opening_entry(
                item, self._request.taken_over_on, self._followed_from, self._request.entered_by
            )
            for item in self._items
            if find(self._ledger, EntryKind.OPENING, item.document) is None
        )


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


# --- What speaks against it ----------------------------------------------------------------------


def _day_problems(request: OpeningRequest, today: date) -> Iterator[Problem]:
    if not _FIRST <= request.taken_over_on <= today:
        yield Problem(
            code="take-over-day",
            what=f"The take-over day {request.taken_over_on} is not a day up to today, {today}.",
            fix="Give the day at whose end the old system's list was made; enter it afterwards.",
        )


def _total_problems(request: OpeningRequest) -> Iterator[Problem]:
    known = {money.currency: money.amount for money in request.totals}
    found = {money.currency: money.amount for money in sums(request.items)}
    for currency in sorted(known.keys() | found.keys()):
        if currency not in known:
            yield Problem(
                code="total-missing",
                what=f"The items come to {found[currency]} {currency}, and no total was given.",
                fix="Give the total that the old system shows for the same day, with --total.",
            )
        elif known[currency] != found.get(currency, 0):
            difference = found.get(currency, 0) - known[currency]
            yield Problem(
                code="total-differs",
                what=f"The items come to {found.get(currency, 0)} {currency}, the total given is "
                f"{known[currency]}: {difference:+} {currency} is the difference.",
                fix="Look for items that are missing, listed twice or of another day; nothing is "
                "entered until both agree.",
            )


def _listed_twice(items: Sequence[OpeningItem]) -> Iterator[Problem]:
    times = Counter(item.document for item in items)
    for document in sorted(document for document, count in times.items() if count > 1):
        accounts = sorted({item.account for item in items if item.document == document})
        yield Problem(
            code="item-twice",
            what=f"{document} is listed {times[document]} times ({', '.join(accounts)}).",
            fix="Keep one; where two invoices really have one number, add a letter to one of them.",
            where=document,
        )


def _item_problems(
    policy: ProviderPolicy, request: OpeningRequest, item: OpeningItem
) -> Iterator[Problem]:
    day = request.taken_over_on
    if item.kind == "invoice" and item.due_on is None:
        yield _wrong(item, "has no due date", "Add it; its own date, if it was due at once.")
    if item.due_on is not None and item.due_on < item.on:
        yield _wrong(item, "is due before its date", "Correct one of the two dates.")
    if item.on > day:
        fix = "Leave it out and bill it here, or take over on a later day."
        yield _wrong(item, f"is dated after the take-over day {day}", fix)
    if item.on < EARLIEST:
        yield _wrong(item, f"is dated {item.on}", "Correct the date.")
    if item.amount != item.money.rounded().amount:
        yield _wrong(item, f"is of {item.money}, a part of a cent", "Round it.")
    prefixes = (run.number_prefix for run in policy.runs)
    own = (policy.invoice_number_prefix, policy.credit_note_number_prefix, *filter(None, prefixes))
    prefix = looks_like_ours(item.document, own)
    if prefix is not None:
        fix = "Choose another prefix in provider.yaml before the first invoice, or add a letter to "
        fix += "the old number."
        yield _wrong(item, f"has a number that we give too: ours begin with {prefix}", fix)


def _of_other_accounts(ports: Ports, request: OpeningRequest) -> Iterator[Problem]:
    """Items that were taken over for another account before."""
    wanted = {item.document: item for item in request.items}
    for position in ports.ledgers.positions(request.provider):
        for entry in position.items:
            item = wanted.get(entry.document)
            other = position.ledger.account
            if item is not None and entry.kind is EntryKind.OPENING and other != item.account:
                yield _wrong(
                    item,
                    f"was taken over for {other} before",
                    "Find out whose it is; what is entered wrongly is written off there.",
                )


def _wrong(item: OpeningItem, what: str, fix: str) -> Problem:
    return Problem(
        code="opening-item", what=f"{item.document} {what}.", fix=fix, where=item.account
    )


def _unknown(account: str, items: Sequence[OpeningItem]) -> Problem:
    many = "1 item is" if len(items) == 1 else f"{len(items)} items are"
    return Problem(
        code="unknown-account",
        what=f"There is no account '{account}', and {many} of it.",
        fix="Apply the provider directory first, or correct the account's name.",
        where=account,
    )


def _other_currency(item: OpeningItem, position: LedgerPosition) -> Problem:
    kept = position.ledger.currency
    return _wrong(
        item,
        f"is in {item.currency}, and the account's ledger in {kept}",
        f"Enter what it comes to in {kept}, or leave it with the old system.",
    )


def _otherwise(item: OpeningItem, other: str) -> Problem:
    return Problem(
        code="entered-otherwise",
        what=f"{item} is asked for, and the ledger of {item.account} has {other}.",
        fix="Nothing is changed: what is entered stays. If the old entry is wrong, correct it by a "
        "payment, refund or write-off.",
        where=item.account,
    )
