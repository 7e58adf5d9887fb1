"""The whole table against itself and the records bucket, in one pass over its pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from msp_billing.adapters.dynamodb.restored_numbers import LOST, lost_in
from msp_billing.adapters.dynamodb.wholeness import (
    cycle_checks,
    mail_checks,
    money_checks,
    provider_checks,
)
from msp_billing.adapters.dynamodb.wholeness.looking import (
    Looking,
    Outcome,
    UnreadableError,
    Wanted,
    WantedManifest,
    WantedObject,
    wrong,
)
from msp_billing.adapters.dynamodb.wholeness.numbers import NumberRows, counters
from msp_billing.adapters.dynamodb.wholeness.seals import Seals
from msp_billing.usecases.ports.stored import Item, Key, StoredItems
from msp_billing.usecases.wholeness.findings import Finding, FindingKind

if TYPE_CHECKING:
    from msp_billing.usecases.ports import PolicyStore, Records

Check = Callable[[Looking, Item], Iterator[Outcome]]

_AT_ONCE = 100
_DAMAGED = (UnreadableError, KeyError, ValueError, TypeError, ArithmeticError)
"""How it shows that attributes beside a document, or keys, were changed by hand."""

_LOOKS = 3
"""What changes while it is looked at is looked at again before it is called wrong."""


def _nothing(_look: Looking, _item: Item) -> Iterator[Outcome]:
    return iter(())


_CHECKS: dict[str, Check] = {
    "PROVIDERS": provider_checks.check_provider_name,
    "PROVIDER": provider_checks.check_provider_item,
    "ACCOUNTS": provider_checks.check_account,
    "CHARGES": provider_checks.check_charge,
    "CONTACTS": provider_checks.check_contact,
    "DOCUMENT_LINKS": provider_checks.check_link,
    "CYCLE/LOCK": cycle_checks.check_lock,
    "CYCLE/APPROVAL": cycle_checks.check_approval,
    "CYCLE/ACCOUNT": cycle_checks.check_outcome,
    "CYCLE/INVOICE": cycle_checks.check_invoice,
    "CYCLE/AT_ISSUE": cycle_checks.check_at_issue,
    "CYCLE/CREDIT": cycle_checks.check_credit_note,
    "CYCLE/CREDITED": _nothing,  # counted against the notes of its cycle
    "CYCLE/MAIL": mail_checks.check_mail,
    "MAIL_QUEUE": mail_checks.check_queue,
    "LEDGERS": money_checks.check_head,
    "LEDGER/ENTRY": money_checks.check_entry,
    "LEDGER/DOCUMENT": money_checks.check_document,
    "PAYMENTS": money_checks.check_payment,
    "PAYMENT_QUEUE": money_checks.check_payment_queue,
    "WRITE_OFFS": money_checks.check_write_off,
    "STANDINGS": money_checks.check_standing,
    "STANDING": money_checks.check_history,
    "ACKNOWLEDGED": _nothing,
    "CONSUMERS": _nothing,
    "INCIDENTS": _nothing,
    "schema": _nothing,
    "trial": _nothing,
}
"""By the first part of the partition's name; of cycles and ledgers, with that of the sort key."""

_NAMES = {
    "PROVIDERS": "providers",
    "PROVIDER": "versions and counters",
    "ACCOUNTS": "accounts",
    "CHARGES": "claims of charges",
    "CONTACTS": "flagged contacts",
    "DOCUMENT_LINKS": "links to documents",
    "CYCLE/LOCK": "cycles",
    "CYCLE/APPROVAL": "approvals",
    "CYCLE/ACCOUNT": "outcomes",
    "CYCLE/INVOICE": "invoices",
    "CYCLE/AT_ISSUE": "facts frozen at issue",
    "CYCLE/CREDIT": "credit notes",
    "CYCLE/CREDITED": "counts of credit notes",
    "CYCLE/MAIL": "mails",
    "MAIL_QUEUE": "queued mails",
    "LEDGERS": "positions",
    "LEDGER/ENTRY": "ledger entries",
    "LEDGER/DOCUMENT": "entered documents",
    "PAYMENTS": "payments and returns",
    "PAYMENT_QUEUE": "queued payments",
    "WRITE_OFFS": "write-offs",
    "STANDINGS": "standings",
    "STANDING": "histories of standings",
    "ACKNOWLEDGED": "acknowledgements",
    "CONSUMERS": "consumers",
    "INCIDENTS": "incidents",
    "schema": "schema",
    "trial": "clocks of a trial",
}


class DynamoItemChecks:
    """Reads every item once, a page at a time, and looks up what must be there beside it."""

    def __init__(
        self,
        stored: StoredItems,
        records: Records,
        policies: PolicyStore,
        *,
        with_documents: bool = True,
    ) -> None:
        """Check a table.

        Args:
            with_documents: whether every sealed object is read, which takes a request for each.
        """
        self.looked_at: Counter[str] = Counter()
        self._stored = stored
        self._policies = policies
        self._look = Looking(stored)
        self._seals = Seals(records, self.looked_at, every_object=with_documents)
        self._rows = NumberRows()
        self._notes: Counter[Key] = Counter()

    def findings(self) -> Iterator[Finding]:
        """Everything that is wrong, as it is found."""
        before = counters(self._stored, list(self._policies.providers()))
        for page in self._stored.pages():
            for item in page.items:
                yield from self._note(item)
            for start in range(0, len(page.items), _AT_ONCE):
                yield from self._checked(page.items[start : start + _AT_ONCE])
        known = {*self._policies.providers(), *self._rows.providers}
        after = counters(self._stored, sorted(known))
        yield from self._rows.findings(before, after)

    def _note(self, item: Item) -> Iterator[Finding]:
        """What is kept of an item beyond its page: its number, and the notes of an invoice."""
        kind = kind_of(item)
        self.looked_at[_NAMES.get(kind, "unknown items")] += 1
        try:
            if kind in {"CYCLE/INVOICE", "CYCLE/CREDIT"}:
                yield from cycle_checks.note_number(self._look, item, self._rows)
            elif kind == "LEDGER/ENTRY":
                money_checks.note_entered(self._look, item, self._rows)
            elif str(item["sk"]).startswith(LOST):
                for lost in lost_in([item]):
                    self._rows.note_lost((lost.provider, lost.series), lost.first, lost.last)
                    self.looked_at["numbers lost by a restore"] += lost.last - lost.first + 1
        except _DAMAGED:
            return  # the check of the item says so
        place = str(item["sk"]).split("#")[1:4]
        if kind == "CYCLE/CREDIT":
            self._notes[str(item["pk"]), "#".join(place)] += 1
        elif kind == "CYCLE/CREDITED":  # comes behind the notes of its cycle
            counted = self._notes.pop((str(item["pk"]), "#".join(place)), 0)
            if counted != item.get("notes"):
                what = f"it counts {item.get('notes')} credit notes, there are {counted}"
                yield wrong(FindingKind.COUNTER, item, what)

    def _checked(self, items: Sequence[Item]) -> Iterator[Finding]:
        """What is wrong with some items, after another look at each that seems to be."""
        for item, told in self._of(items):
            found, key = told, (str(item["pk"]), str(item["sk"]))
            for _ in range(_LOOKS - 1):
                if not found:
                    break
                standing = self._stored.get_many([key]).get(key)
                found = [] if standing is None else self._of([standing])[0][1]
            yield from found

    def _of(self, items: Sequence[Item]) -> list[tuple[Item, list[Finding]]]:
        """What is wrong with each of some items, as far as can be seen now."""
        found: list[tuple[Item, list[Finding]]] = [(item, []) for item in items]
        told = ((number, self._outcomes(item)) for number, item in enumerate(items))
        sources = [self._sorted(told, found)]
        while sources:
            some = list(islice(sources[-1], _AT_ONCE))
            if not some:
                sources.pop()
                continue
            standing = self._stored.get_many(wanted.key for _, wanted in some)
            following = [
                (number, self._looked_up(wanted, standing.get(wanted.key)))
                for number, wanted in some
            ]
            sources.append(self._sorted(following, found))
        return found

    def _outcomes(self, item: Item) -> Iterator[Outcome]:
        check = _CHECKS.get(kind_of(item))
        if check is None:
            yield wrong(FindingKind.UNKNOWN_ITEM, item, "this version knows no such item")
            return
        try:
            yield from check(self._look, item)
        except UnreadableError as error:
            yield error.finding
        except _DAMAGED as error:
            what = f"it lacks what it must have: {type(error).__name__}: {error}"
            yield wrong(FindingKind.UNREADABLE, item, what[:300])

    @staticmethod
    def _looked_up(wanted: Wanted, item: Item | None) -> Iterator[Outcome]:
        if item is None:
            if wanted.missing is not None:
                yield wanted.missing
        elif wanted.then is not None:
            try:
                yield from wanted.then(item)
            except _DAMAGED:
                return  # the check of that item says so

    def _sorted(
        self,
        outcomes: Iterable[tuple[int, Iterable[Outcome]]],
        found: list[tuple[Item, list[Finding]]],
    ) -> Iterator[tuple[int, Wanted]]:
        """Keep findings, look at sealed objects, and give what is to be looked up."""
        for number, told in outcomes:
            for outcome in told:
                if isinstance(outcome, Finding):
                    found[number][1].append(outcome)
                elif isinstance(outcome, WantedObject):
                    found[number][1].extend(self._seals.check(outcome))
                elif isinstance(outcome, WantedManifest):
                    yield from self._sorted([(number, self._seals.manifest(outcome))], found)
                else:
                    yield number, outcome


def kind_of(item: Item) -> str:
    """What sort of item it is, as the checks are listed."""
    first = str(item["pk"]).partition("#")[0]
    inside = first in {"CYCLE", "LEDGER"}
    return f"{first}/{str(item['sk']).partition('#')[0]}" if inside else first
