"""Mails that went on since the time that a table was restored to: none of them is sent again.

What waits in the queue is sent by itself, so a mail that was ready then and sent since would be
sent a second time. The mail is the same in both tables, under the same name; only what became of it
is not. A mail that waited for its document is left: it goes on with its cycle, which is held.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msp_billing.domain.outbox import MailState, may_become

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.table import Table
    from msp_billing.usecases.ports.stored import Item, StoredItems

_NOT_TRIED = frozenset({MailState.WAITING, MailState.READY})


def keep_mails(live: StoredItems, restored: StoredItems, table: Table) -> Iterator[str]:
    """Let the restored table know what became of the mails that it has; name each that changes."""
    for page in live.pages():
        mails = [item for item in page.items if str(item["sk"]).startswith("MAIL#")]
        known = restored.get_many((item["pk"], item["sk"]) for item in mails)
        for item in mails:
            before = known.get((item["pk"], item["sk"]))
            if before is not None and _went_on(before, item):
                table.put(item, "mail_state = :was", was=before["mail_state"])
                yield f"{item['pk']} {item['sk']}"


def _went_on(before: Item, now: Item) -> bool:
    """Whether a mail was tried since, or more is known of it."""
    was, became = MailState(before["mail_state"]), MailState(now["mail_state"])
    if was is MailState.WAITING or became in _NOT_TRIED:
        return False
    return became in _behind(was)


def _behind(state: MailState) -> set[MailState]:
    """Every state that a mail can come to from one, by any number of moves."""
    found: set[MailState] = set()
    waiting = [state]
    while waiting:
        at = waiting.pop()
        following = {other for other in MailState if may_become(at, other)} - found
        found |= following
        waiting += following
    return found - {state}
