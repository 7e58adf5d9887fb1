"""What happened between the time that a table was restored to and now.

The restored table knows nothing of it; customers, the bank and the records bucket do. Whoever goes
on with the restored table must know each of these things: a mail that was sent would be sent again,
and a payment that was booked is owed again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import ValidationError

from msp_billing.domain.base import Frozen
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.ledger.entries import LedgerEntry
from msp_billing.usecases.ports.stored import DamagedItemError, Item, Key, StoredItems
from msp_billing.usecases.restoring.sealed_names import document_of

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Records

_NOT_SENT = frozenset({"waiting", "ready"})
_LETTER = re.compile(r"^(?P<provider>[^/]+)/dunning/letters/(?P<account>[^/]+)/(?P<name>.+)\.eml$")
_AT_ONCE = 100


class SinceKind(StrEnum):
    """What happened."""

    NUMBER = "number"
    """An invoice or credit note got its number, and customers may have it."""
    MAIL = "mail"
    """A mail was handed to SES; the restored table would send it again."""
    MONEY = "money"
    """Something was entered in a ledger: an invoice, a payment, a return."""
    PAYMENT = "payment"
    """A payment or return was reported, or decided."""
    STATE = "state"
    """An account changed its state: a hold was placed or lifted."""
    CYCLE = "cycle"
    """A cycle was opened, closed or failed."""
    OTHER = "other"
    """Anything else that is not as it was, such as an account that was applied."""


class Since(Frozen):
    """One thing that the restored table does not know."""

    kind: SinceKind
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.what} ({self.where})"


Differs = Callable[[StoredItems, Item, Item | None], Iterator[Since]]


def since(live: StoredItems, restored: StoredItems) -> Iterator[Since]:
    """Compare the table that was restored from, as it is now, with what came of it."""
    for page in live.pages():
        for start in range(0, len(page.items), _AT_ONCE):
            some = page.items[start : start + _AT_ONCE]
            before = restored.get_many((item["pk"], item["sk"]) for item in some)
            for item in some:
                standing = before.get((item["pk"], item["sk"]))
                if standing != item:
                    yield from _difference(live, item, standing)


def sealed_since(
    records: Records, restored: StoredItems, provider: str, known: Callable[[str, str], bool]
) -> Iterator[Since]:
    """What the records bucket has of a provider that the restored table does not know.

    Nobody can change or delete what is sealed, so this is true also when the live table is lost.

    Args:
        known: whether the restored table has a document of a kind ("invoices" or "credit-notes")
            and a number.
    """
    for key in records.keys(f"{provider}/", after=f"{provider}/"):
        document = document_of(key)
        if document is not None and not known(document.kind, document.number):
            what = f"{document.number} was sealed, and its number is free again"
            yield Since(kind=SinceKind.NUMBER, where=key, what=what)
        letter = _LETTER.match(key)
        if letter is not None and not _letter_is_known(restored, letter):
            what = f"a letter to {letter['account']} was made to be sent"
            yield Since(kind=SinceKind.MAIL, where=key, what=what)


def _letter_is_known(restored: StoredItems, letter: re.Match[str]) -> bool:
    """The mail of a sealed letter: its period, part and kind are in its name."""
    name = letter["name"]
    period, (part, _, kind) = name[:7], name[8:].rpartition("-")
    key: Key = (
        f"CYCLE#{letter['provider']}#dunning#{period}",
        f"MAIL#{letter['account']}#{part}#{kind}",
    )
    mail = restored.get_many([key]).get(key)
    return mail is not None and mail.get("mail_state") not in _NOT_SENT


# --- What differs, kind by kind ------------------------------------------------------------------


def _difference(live: StoredItems, item: Item, before: Item | None) -> Iterator[Since]:
    first, inside = str(item["pk"]).partition("#")[0], str(item["sk"]).partition("#")[0]
    differs = _KINDS.get(f"{first}/{inside}") or _KINDS.get(first) or _other
    try:
        yield from differs(live, item, before)
    except (ValidationError, DamagedItemError) as error:  # perhaps why it is restored
        what = f"it cannot be read in the live table: {str(error).splitlines()[0]}"
        yield _since(SinceKind.OTHER, item, what[:300])


def _number(live: StoredItems, item: Item, before: Item | None) -> Iterator[Since]:
    number = item.get("number")
    if number is None or (before is not None and before.get("number") == number):
        yield from _other(live, item, before)
        return
    invoice = Invoice.model_validate_json(live.document(item) or "")
    what = f"{number} over {invoice.total} was issued to {invoice.account_name}"
    yield _since(SinceKind.NUMBER, item, what)


def _credit_note(_live: StoredItems, item: Item, _before: Item | None) -> Iterator[Since]:
    yield _since(SinceKind.NUMBER, item, "a credit note was issued")


def _mail(_live: StoredItems, item: Item, before: Item | None) -> Iterator[Since]:
    state = str(item.get("mail_state"))
    was = None if before is None else before.get("mail_state")
    if state in _NOT_SENT:
        return
    if was is None or was in _NOT_SENT:
        to = ", ".join(item.get("recipients", ()))
        what = f"a mail to {to} is {state}; the restored table says {was or 'nothing of it'}"
        yield _since(SinceKind.MAIL, item, what)
    elif was != state:
        yield _since(SinceKind.MAIL, item, f"a mail is {state}, and was {was}")


def _entry(live: StoredItems, item: Item, _before: Item | None) -> Iterator[Since]:
    entry = LedgerEntry.model_validate_json(live.document(item) or "")
    what = (
        f"entry {entry.sequence}, {entry.title}, was entered at {entry.recorded_at:%Y-%m-%dT%H:%M}"
    )
    yield _since(SinceKind.MONEY, item, what)


def _payment(_live: StoredItems, item: Item, before: Item | None) -> Iterator[Since]:
    was = "not reported" if before is None else before.get("payment_state")
    what = f"{item['sk']} is {item.get('payment_state')}, and was {was}"
    yield _since(SinceKind.PAYMENT, item, what)


def _standing(_live: StoredItems, item: Item, before: Item | None) -> Iterator[Since]:
    was = "good_standing" if before is None else before.get("account_state")
    if item.get("account_state") != was:
        what = f"{item['sk']} is on {item.get('account_state')}, and was on {was}"
        yield _since(SinceKind.STATE, item, what)


def _cycle(_live: StoredItems, item: Item, before: Item | None) -> Iterator[Since]:
    was = "not opened" if before is None else before.get("cycle_state")
    if item.get("cycle_state") != was:
        what = f"the cycle is {item.get('cycle_state')}, and was {was}"
        yield _since(SinceKind.CYCLE, item, what)


def _other(_live: StoredItems, item: Item, before: Item | None) -> Iterator[Since]:
    what = "is new" if before is None else "was changed"
    yield _since(SinceKind.OTHER, item, what)


def _follows(_live: StoredItems, _item: Item, _before: Item | None) -> Iterator[Since]:
    """What only goes with something else that is named."""
    return iter(())


_KINDS: dict[str, Differs] = {
    "PROVIDER/COUNTER": _follows,
    "CYCLE/INVOICE": _number,
    "CYCLE/CREDIT": _credit_note,
    "CYCLE/CREDITED": _follows,
    "CYCLE/MAIL": _mail,
    "CYCLE/LOCK": _cycle,
    "CYCLE/ACCOUNT": _follows,
    "CYCLE/AT_ISSUE": _follows,
    "LEDGER/ENTRY": _entry,
    "LEDGER/DOCUMENT": _follows,
    "LEDGERS": _follows,
    "PAYMENTS": _payment,
    "PAYMENT_QUEUE": _follows,
    "STANDINGS": _standing,
    "STANDING": _follows,
    "CHARGES": _follows,
    "MAIL_QUEUE": _follows,
}


def _since(kind: SinceKind, item: Item, what: str) -> Since:
    return Since(kind=kind, where=f"{item['pk']} {item['sk']}", what=what)
