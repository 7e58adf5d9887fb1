"""What speaks against opening balances: what would make a debt of nothing, or two debts of one.

All problems are told at once, and nothing is entered while there is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.openings import OpeningItem, looks_like_ours, sums
from msp_billing.domain.number_rows import prefixes
from msp_billing.domain.payments.checks import EARLIEST
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.usecases.ports import Ports
    from msp_billing.usecases.receivables.opening_balances import OpeningRequest

_FIRST = date(2000, 1, 1)


def day_problems(request: OpeningRequest, today: date) -> Iterator[Problem]:
    """A take-over day that is not one up to today."""
    if not _FIRST <= request.taken_over_on <= today:
        yield Problem(
            code="take-over-day",
            what=f"The take-over day {request.taken_over_on} is not a day up to today, {today}.",
            fix="Give the day at whose end the old system's list was made; enter it afterwards.",
        )


def total_problems(request: OpeningRequest) -> Iterator[Problem]:
    """Sums that are not the totals that a person knows."""
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


def listed_twice(items: Sequence[OpeningItem]) -> Iterator[Problem]:
    """Numbers that stand twice, also of two accounts: a payment that names one must find it."""
    times = Counter(item.document for item in items)
    for document in sorted(document for document, count in times.items() if count > 1):
        accounts = sorted({item.account for item in items if item.document == document})
        yield Problem(
            code="item-twice",
            what=f"{document} is listed {times[document]} times ({', '.join(accounts)}).",
            fix="Keep one; where two invoices really have one number, add a letter to one of them.",
            where=document,
        )


def item_problems(
    policy: ProviderPolicy, request: OpeningRequest, item: OpeningItem
) -> Iterator[Problem]:
    """What is wrong with one item by itself."""
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
    prefix = looks_like_ours(item.document, [prefix for prefix, _ in prefixes(policy)])
    if prefix is not None:
        fix = "Choose another prefix in provider.yaml before the first invoice, or add a letter to "
        fix += "the old number."
        yield _wrong(item, f"has a number that we give too: ours begin with {prefix}", fix)


def _taken_over(position: LedgerPosition) -> dict[str, Decimal]:
    """What was taken over for an account, by its number, with what is open or held of it now.

    Credit that was used up is in no position any more.
    """
    owed = {item.document: item.open for item in position.items if item.kind is EntryKind.OPENING}
    held = {
        credit.source: -credit.open
        for credit in position.credits
        if credit.kind is EntryKind.OPENING
    }
    return owed | held


def unlisted(position: LedgerPosition, items: Sequence[OpeningItem]) -> Iterator[Problem]:
    """What was taken over for an account before, is open, and is not among its items.

    The total that a person knows is of everything. An item that was entered, and comes again with
    another number, or as the balance of another day, would be a second debt within a right total.
    """
    listed = {item.document for item in items}
    for document, left in sorted(_taken_over(position).items()):
        if left and document not in listed:
            yield Problem(
                code="opening-unlisted",
                what=f"{document} was taken over before, {position.money(abs(left))} of it are "
                "left, and it is not listed.",
                fix="List it as it was entered; it counts once. If it is listed under another "
                "number, take that one out: it would be owed twice.",
                where=position.ledger.account,
            )


def of_other_accounts(ports: Ports, request: OpeningRequest) -> Iterator[Problem]:
    """Items that were taken over for another account before."""
    wanted = {item.document: item for item in request.items}
    for position in ports.ledgers.positions(request.provider):
        for document in _taken_over(position):
            item = wanted.get(document)
            other = position.ledger.account
            if item is not None and other != item.account:
                yield _wrong(
                    item,
                    f"was taken over for {other} before",
                    "Find out whose it is; what is entered wrongly is written off there.",
                )


def _wrong(item: OpeningItem, what: str, fix: str) -> Problem:
    return Problem(
        code="opening-item", what=f"{item.document} {what}.", fix=fix, where=item.account
    )


def unknown_account(account: str, items: Sequence[OpeningItem]) -> Problem:
    """Items of an account that there is not."""
    many = "1 item is" if len(items) == 1 else f"{len(items)} items are"
    return Problem(
        code="unknown-account",
        what=f"There is no account '{account}', and {many} of it.",
        fix="Apply the provider directory first, or correct the account's name.",
        where=account,
    )


def other_currency(item: OpeningItem, position: LedgerPosition) -> Problem:
    """An item that its account's ledger cannot hold."""
    kept = position.ledger.currency
    return _wrong(
        item,
        f"is in {item.currency}, and the account's ledger in {kept}",
        f"Enter what it comes to in {kept}, or leave it with the old system.",
    )


def other_document(item: OpeningItem, position: LedgerPosition) -> Problem | None:
    """An item with the number of something else that the ledger has: both would be one debt."""
    standing = position.items_by_document.get(item.document)
    if standing is None or standing.kind is EntryKind.OPENING:
        return None
    return _wrong(
        item,
        f"is the number of something else that is in the ledger ({standing.title})",
        "Add a letter to the old number.",
    )


def otherwise(item: OpeningItem, other: str) -> Problem:
    """An item that is entered under the same number with something else."""
    return Problem(
        code="entered-otherwise",
        what=f"{item} is asked for, and the ledger of {item.account} has {other}.",
        fix="Nothing is changed: what is entered stays. If the old entry is wrong, correct it by a "
        "payment, refund or write-off.",
        where=item.account,
    )
