"""The table's adapter against an emulated table, within limits that the emulator forgives."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from msp_billing.adapters.dynamodb import table as module
from msp_billing.adapters.dynamodb.table import Table, UnprocessedError, pack, unpack
from tests.unit.adapters.bare_tables import bare_tables


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    monkeypatch.setattr(module, "pause", lambda _: None)
    with bare_tables("billing") as client:
        yield Table(client, "billing")


def item(sk: str, **more: Any) -> dict[str, Any]:
    return {"pk": "p", "sk": sk, **more}


def answer_first(table: Table, operation: str, *answers: dict[str, Any]) -> Counter[str]:
    """Answer the first calls of an operation with these bodies; the others reach the table."""
    waiting, seen = list(answers), Counter[str]()

    def answer(request: Any, **_: Any) -> AWSResponse | None:
        seen["calls"] += 1
        seen["items"] += _length(json.loads(request.body)["RequestItems"]["billing"])
        if not waiting:
            return None
        body = json.dumps(waiting.pop(0)).encode()
        return AWSResponse(request.url, 200, {}, _Raw(body))

    table._client.meta.events.register_first(f"before-send.dynamodb.{operation}", answer)
    return seen


def _length(request: Any) -> int:
    return len(request["Keys"] if isinstance(request, dict) else request)


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body

    def read(self, *_: Any) -> bytes:
        return self._body


def test_items_come_back_as_they_went_in(table: Table) -> None:
    table.put(item("a", body=pack('{"name": "Zoë"}'), number=7, nothing=None, names=["x"]))
    found = table.get(("p", "a"))
    assert found == item("a", body=pack('{"name": "Zoë"}'), number=7, names=["x"])
    assert unpack(found["body"]) == '{"name": "Zoë"}'.encode()
    assert table.get(("p", "b")) is None


def test_a_condition_that_fails_gives_what_stands(table: Table) -> None:
    assert table.put(item("a", owner="first"), "attribute_not_exists(pk)") is None
    standing = table.put(item("a", owner="second"), "attribute_not_exists(pk)")
    assert standing == item("a", owner="first")
    assert table.get(("p", "a")) == standing


def test_an_update_gives_what_stands_when_its_condition_fails(table: Table) -> None:
    table.put(item("a", state="ready"))
    assert table.update(("p", "missing"), "SET x = :new", "x = :old", new=1, old=0) == {}
    assert table.update(("p", "a"), "SET x = :new", "attribute_not_exists(x)", new=1) is None
    standing = table.update(("p", "a"), "SET x = :new", "x = :old", new=3, old=2)
    assert standing == item("a", state="ready", x=1)


def test_unwritten_items_are_written_until_none_is_left(table: Table) -> None:
    """docs/faults.md 44."""
    items = [item(f"{number:03d}") for number in range(60)]
    left = {"billing": [{"PutRequest": {"Item": module.encode(items[3])}}]}
    seen = answer_first(table, "BatchWriteItem", {"UnprocessedItems": left})
    table.put_many(items)
    # 25 that were answered "one is left", that one, 25 and 10.
    assert seen == {"calls": 4, "items": 61}
    written = {entry["sk"] for entry in table.query("p")}
    assert {entry["sk"] for entry in items[25:]} | {"003"} <= written


def test_unread_keys_are_read_until_none_is_left(table: Table) -> None:
    """docs/faults.md 44."""
    keys = [("p", f"{number:03d}") for number in range(130)]
    table.put_many([item(sk) for _, sk in keys])
    left = {"billing": {"Keys": [module.encode_key(keys[5])], "ConsistentRead": True}}
    seen = answer_first(table, "BatchGetItem", {"Responses": {}, "UnprocessedKeys": left})
    found = table.get_many([*keys, *keys])
    # 100 that were answered "one is left", that one, and 30; each key once.
    assert seen == {"calls": 3, "items": 131}
    assert set(found) == {keys[5], *keys[100:]}


def test_work_that_is_never_done_is_an_error(table: Table) -> None:
    """docs/faults.md 44: nothing is left out silently."""
    left = {"billing": [{"PutRequest": {"Item": module.encode(item("a"))}}]}
    answer_first(table, "BatchWriteItem", *[{"UnprocessedItems": left}] * 10)
    with pytest.raises(UnprocessedError):
        table.put_many([item("a")])
    unread = {"billing": {"Keys": [module.encode_key(("p", "a"))]}}
    answer_first(table, "BatchGetItem", *[{"Responses": {}, "UnprocessedKeys": unread}] * 10)
    with pytest.raises(UnprocessedError):
        table.get_many([("p", "a")])


def test_a_query_reads_on_beyond_one_megabyte(table: Table) -> None:
    for number in range(5):
        table.put(item(f"{number}", body=b"x" * 300_000))
    pages: list[int] = []
    table._client.meta.events.register(
        "after-call.dynamodb.Query", lambda parsed, **_: pages.append(len(parsed["Items"]))
    )
    assert [entry["sk"] for entry in table.query("p")] == ["0", "1", "2", "3", "4"]
    assert len(pages) > 1


def test_a_query_begins_behind_a_key_and_stops_at_its_limit(table: Table) -> None:
    table.put_many([item(f"A#{number}", name=str(number)) for number in range(6)])
    table.put(item("B#0", name="other"))
    found = table.query("p", "A#", after="A#1", limit=2, only=("sk", "name"))
    assert list(found) == [{"sk": "A#2", "name": "2"}, {"sk": "A#3", "name": "3"}]


def test_a_transaction_is_all_or_nothing_and_within_100_actions(table: Table) -> None:
    put = [{"Put": {"Item": module.encode(item(f"{number}"))}} for number in range(2)]
    new = {"ConditionExpression": "attribute_not_exists(pk)"}
    assert table.transact([{"Put": {**put[0]["Put"], **new}}], "t1")
    assert not table.transact([put[1], {"Put": {**put[0]["Put"], **new}}], "t2")
    assert [entry["sk"] for entry in table.query("p")] == ["0"]
    with pytest.raises(ValueError, match="101 actions"):
        table.transact([put[0]] * 101, "t3")


def cancel(table: Table, code: str, reasons: list[str] | None) -> None:
    """Answer every transaction as the API does when it refuses one."""
    told: dict[str, Any] = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "no"}
    if reasons is not None:
        told["CancellationReasons"] = [{"Code": reason} for reason in reasons]

    def answer(request: Any, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, 400, {}, _Raw(json.dumps(told).encode()))

    table._client.meta.events.register_first("before-send.dynamodb.TransactWriteItems", answer)


@pytest.mark.parametrize(
    ("code", "reasons"),
    [
        ("TransactionCanceledException", ["None", "ConditionalCheckFailed"]),
        ("TransactionCanceledException", ["TransactionConflict", "None"]),
        ("TransactionCanceledException", ["DuplicateItem"]),
        ("TransactionCanceledException", ["ThrottlingError"]),
        ("TransactionCanceledException", ["ProvisionedThroughputExceeded"]),
        ("TransactionCanceledException", None),
        ("TransactionInProgressException", None),
    ],
)
def test_a_transaction_that_others_interfered_with_is_told(
    table: Table, code: str, reasons: list[str] | None
) -> None:
    cancel(table, code, reasons)
    assert not table.transact([{"Put": {"Item": module.encode(item("a"))}}], "t1")


@pytest.mark.parametrize(
    "reasons",
    [
        ["None", "ValidationError"],
        ["ItemCollectionSizeLimitExceeded"],
        ["ConditionalCheckFailed", "ValidationError"],
        ["AccessDenied"],
    ],
)
def test_a_transaction_that_can_never_succeed_is_an_error(table: Table, reasons: list[str]) -> None:
    """An item that is too large is not somebody who was faster: nobody would ever hear of it."""
    cancel(table, "TransactionCanceledException", reasons)
    with pytest.raises(ClientError, match="TransactionCanceled"):
        table.transact([{"Put": {"Item": module.encode(item("a"))}}], "t1")
