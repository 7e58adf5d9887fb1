"""Why a count is unknown, so that the account cannot be billed: unknown never bills as zero."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from msp_billing.domain.problems import Problem, name_some

if TYPE_CHECKING:
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.contracts.agreements import Agreement, AgreementLine
    from msp_billing.domain.counting.counts import CountRule
    from msp_billing.domain.feeds.definitions import FeedRow
    from msp_billing.domain.snapshots import FeedReading


def not_read(account: Account, rule: CountRule) -> Problem:
    """A feed that the snapshot of the account lacks."""
    return Problem(
        code="reading-missing",
        what=f"The feed '{rule.feed}' was not read at the moment '{rule.moment}'.",
        fix="Put the export where the feed's exports belong, then run the account again.",
        where=account.account,
    )


def newer_than_cycle(
    code: str, account: Account, agreement: Agreement, line: AgreementLine, said: str
) -> Problem:
    """A line that names something which the versions that the cycle pinned do not have."""
    return Problem(
        code=code,
        what=f"Line {line.line} of agreement {agreement.agreement} is {said}.",
        fix="The cycle keeps the versions that it opened with: let the line start with the next "
        "period, or correct its name.",
        where=account.account,
    )


def listed_twice(account: Account, reading: FeedReading, row: FeedRow, first: FeedRow) -> Problem:
    """An item that a feed lists under two names of one subscriber: it would count twice."""
    return Problem(
        code="feed-item-twice",
        what=f"The feed '{reading.feed}' lists the item '{row.item_id}' of one subscriber twice, "
        f"on line {first.row} as '{first.subscriber}' and on line {row.row} as "
        f"'{row.subscriber}'.",
        fix="Remove one of the two at the source and export again.",
        where=account.account,
    )


def of_unknown_subscribers(
    account: Account, reading: FeedReading, rows: Iterable[FeedRow]
) -> Iterator[Problem]:
    """Items that count, but at no subscriber that the account has."""
    places: dict[str | None, list[FeedRow]] = {}
    for row in rows:
        places.setdefault(row.subscriber, []).append(row)
    for place, there in sorted(places.items(), key=lambda entry: entry[0] or ""):
        named = f"'{place}'" if place else "no site or subscriber"
        items = name_some(
            [f"{row.name} (line {row.row})" for row in sorted(there, key=lambda row: row.row)]
        )
        yield Problem(
            code="unknown-subscriber",
            what=f"The feed '{reading.feed}' names {named} for {items}, and "
            f"{account.account} is billed by subscriber.",
            fix="Add the name to the account's subscribers, or to the 'known_as' of the right "
            "one, or correct the feed.",
            where=account.account,
        )


def not_on_invoice(
    account: Account, reading: FeedReading, rule: CountRule, subscriber: str | None
) -> Problem:
    """Who is billed by a vendor's invoice and is not on it (COL-17): never a silent zero."""
    names = {entry.subscriber: entry.name for entry in account.subscribers}
    whose = account.name if subscriber is None else names[subscriber]
    file = "" if reading.seal is None else f" ({reading.seal.key})"
    return Problem(
        code="not-on-vendor-invoice",
        what=f"{whose} has no row for '{rule.title}' in the feed '{reading.feed}'{file}, and its "
        "agreement has the line.",
        fix="Ask the vendor and add the row to the export, with quantity 0 when nothing is to be "
        "billed, or end the line in the agreement.",
        where=account.account,
    )
