"""What changes while it is looked at is no finding; numbers and queues under way neither."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pytest

from msp_billing.adapters.dynamodb.restored_numbers import LostNumbers, lost_in
from msp_billing.adapters.dynamodb.wholeness.checking import DynamoItemChecks
from msp_billing.adapters.dynamodb.wholeness.numbers import NumberRows
from msp_billing.usecases.ports.stored import Item, Key, Page
from msp_billing.usecases.wholeness.findings import FindingKind
from tests.fakes.outside import FakeRecords

ROW = ("birch", "INVOICE")
PAYMENT_QUEUE = {"pk": "PAYMENT_QUEUE#birch", "sk": "2026-09-04#bank#p-1", "place": "bank#p-1"}
PAYMENT = {"pk": "PAYMENTS#birch", "sk": "bank#p-1", "payment_state": "queued"}


@dataclass
class Items:
    """Items in one page; `later` are there from the second time on that somebody asks for them."""

    kept: list[Item]
    later: list[Item] = field(default_factory=list)
    asked: int = 0

    def pages(self, after: Key | None = None) -> Iterator[Page]:
        assert after is None
        yield Page(tuple(self.kept), None)

    def get_many(self, keys: Iterable[Key]) -> dict[Key, Item]:
        wanted = set(keys)
        if any((item["pk"], item["sk"]) in wanted for item in self.later):
            self.asked += 1
        there = [*self.kept, *(self.later if self.asked > 1 else [])]
        found = {(item["pk"], item["sk"]): item for item in there}
        return {key: found[key] for key in wanted if key in found}

    @staticmethod
    def document(item: Item) -> str | None:
        return item.get("document")

    @staticmethod
    def with_document(item: Item, document: str) -> Item:
        return {**item, "document": document}

    @staticmethod
    def replace(before: Item, after: Item) -> bool:
        return before == after


class NoPolicies:
    @staticmethod
    def providers() -> Iterator[str]:
        yield "birch"


def findings(items: Items) -> list[str]:
    checks = DynamoItemChecks(items, FakeRecords(), NoPolicies())  # type: ignore[arg-type]
    return [str(finding) for finding in checks.findings()]


def test_what_is_stored_while_it_is_looked_at_is_not_missing() -> None:
    assert findings(Items([PAYMENT_QUEUE], later=[PAYMENT])) == []
    (found,) = findings(Items([PAYMENT_QUEUE]))
    assert found.startswith("queue: PAYMENT_QUEUE#birch 2026-09-04#bank#p-1: it queues a payment")


def test_an_item_that_is_gone_by_the_second_look_is_no_finding() -> None:
    """It was decided meanwhile, and left the queue."""

    class Leaving(Items):
        def get_many(self, keys: Iterable[Key]) -> dict[Key, Item]:
            self.asked += 1
            if self.asked == 3:  # after the counters and the payment: the item itself, again
                self.kept.clear()
            return super().get_many(keys)

    assert findings(Leaving([PAYMENT_QUEUE])) == []


def numbered(*numbers: int) -> NumberRows:
    rows = NumberRows()
    for number in numbers:
        assert list(rows.note(ROW, f"BI-{number:06d}", "somewhere")) == []
    return rows


def test_numbers_that_are_given_out_meanwhile_are_right() -> None:
    rows = numbered(1, 2, 3, 5)  # the fourth was given behind the place where reading was
    assert list(rows.findings({ROW: 3}, {ROW: 5})) == []


def test_a_gap_is_named_by_its_number_and_many_are_counted() -> None:
    (gap,) = numbered(1, 3).findings({ROW: 3}, {ROW: 3})
    assert (gap.kind, gap.what) == (
        FindingKind.NUMBER_MISSING,
        "BI-000002 was given out, and no document has it",
    )
    many = list(numbered(100).findings({ROW: 100}, {ROW: 100}))
    assert len(many) == 21
    assert many[-1].what == "99 numbers in all were given out, and no document has them"


def test_numbers_that_a_restore_passed_over_are_no_gap() -> None:
    rows = numbered(1, 2, 6)
    lost = {
        "pk": "PROVIDER#birch",
        "sk": "LOST_NUMBERS#INVOICE#00000003",
        "first": 3,
        "last": 5,
    }
    (known,) = lost_in([lost])
    assert known == LostNumbers("birch", "INVOICE", 3, 5)
    rows.note_lost(ROW, known.first, known.last)
    assert list(rows.findings({ROW: 6}, {ROW: 6})) == []


BARE = [
    ("PROVIDERS", "birch"),
    ("PROVIDER#birch", "CURRENT"),
    ("PROVIDER#birch", "POLICY#1"),
    ("PROVIDER#birch", "COUNTER#INVOICE"),
    ("PROVIDER#birch", "LOST_NUMBERS#INVOICE#00000001"),
    ("ACCOUNTS#birch", "elm"),
    ("CHARGES#birch", "elm#order"),
    ("CONTACTS#birch", "ap@elm.example"),
    ("DOCUMENT_LINKS#birch", "x"),
    ("CYCLE#birch#managed#2026-09", "LOCK"),
    ("CYCLE#birch#managed#2026-09", "APPROVAL"),
    ("CYCLE#birch#managed#2026-09", "ACCOUNT#elm"),
    ("CYCLE#birch#managed#2026-09", "INVOICE#elm#all"),
    ("CYCLE#birch#managed#2026-09", "AT_ISSUE#elm#all"),
    ("CYCLE#birch#managed#2026-09", "CREDIT#elm#all#first"),
    ("CYCLE#birch#managed#2026-09", "MAIL#elm#all#invoice"),
    ("MAIL_QUEUE#birch", "x"),
    ("LEDGERS#birch", "elm"),
    ("LEDGER#birch#elm", "DOCUMENT#invoice#BI-000001"),
    ("PAYMENTS#birch", "bank#p-1"),
    ("PAYMENT_QUEUE#birch", "x"),
    ("WRITE_OFFS#birch", "elm#w"),
    ("STANDINGS#birch", "elm"),
    ("STANDING#birch#elm", "00000001"),
    ("CYCLE#birch", "LOCK"),
]
"""Items whose attributes somebody deleted, and some whose keys are of no use either."""


@pytest.mark.parametrize("place", BARE)
def test_an_item_of_which_everything_is_gone_is_named_and_ends_nothing(
    place: tuple[str, str],
) -> None:
    """Whoever asks whether a damaged table is whole must get an answer."""
    bare: Item = {"pk": place[0], "sk": place[1]}
    found = findings(Items([bare, PAYMENT_QUEUE]))
    assert any(entry.startswith("queue: PAYMENT_QUEUE#birch") for entry in found), "it goes on"
    assert any(" ".join(place) in entry for entry in found), "it is named"


def test_a_number_beyond_all_measure_is_named_and_takes_no_memory() -> None:
    (found,) = NumberRows().note(ROW, "BI-999999999999999", "somewhere")
    assert found.kind is FindingKind.NUMBER_BEYOND_COUNTER
    assert found.what == "BI-999999999999999 is higher than any number that was given out"
