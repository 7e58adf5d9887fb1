"""What is counted is what AWS charges for: sizes and units by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.cost.durations import delivering_seconds, is_request, seconds
from benchmarks.counting.capacity import Capacity
from benchmarks.counting.item_sizes import item_bytes, read_units, write_units

INPUTS = {
    "vcpu_memory_mb": 1769,
    "slower_than_here": 2.0,
    "latency_ms": {"dynamodb GetItem": 5, "other": 30},
}


def test_an_item_counts_names_and_values() -> None:
    """Keys: pk 2 + 3, sk 2 + 1; n 1 + 4 (five digits), b 1 + 4, l 1 + (3 + 2), t 1 + 1, ü 2 + 2."""
    item: dict[str, Any] = {
        "pk": {"S": "abc"},
        "sk": {"S": "x"},
        "n": {"N": "-12.345"},
        "b": {"B": "AAAAAA=="},
        "l": {"L": [{"S": "a"}]},
        "t": {"BOOL": True},
        "ü": {"S": "ü"},
    }
    assert item_bytes(item) == 5 + 3 + (1 + 4) + (1 + 4) + (1 + 3 + 1 + 1) + 2 + 4
    assert item_bytes({"b": {"B": b"1234"}}) == 5


@pytest.mark.parametrize(
    ("size", "written", "read"), [(0, 1, 1), (1024, 1, 1), (1025, 2, 1), (4096, 4, 1), (4097, 5, 2)]
)
def test_units_are_begun_kilobytes(size: int, written: int, read: int) -> None:
    assert (write_units(size), read_units(size)) == (written, read)
    assert read_units(size, consistent=False) == read / 2


Items = dict[tuple[str, str], dict[str, Any]]


def units(operation: str, request: dict[str, Any], *states: Items) -> dict[str, float]:
    """Units of a request to a table whose items are as given, before it and behind it."""
    before, after = states[0], states[-1]
    kept = before

    def find(_table: str, key: Any) -> dict[str, Any]:
        return kept.get((key["pk"]["S"], key["sk"]["S"]), {})

    capacity = Capacity(operation, json.dumps(request).encode(), find)
    kept = after
    return capacity.units({"Items": list(after.values())})


def entry(pk: str, size: int, **more: str) -> dict[str, Any]:
    """An item of about so many bytes."""
    item = {"pk": {"S": pk}, "sk": {"S": "s"}, "body": {"S": "x" * (size - len(pk) - 9)}}
    return {**item, **{name: {"S": value} for name, value in more.items()}}


def test_a_write_costs_the_larger_of_what_was_and_what_is() -> None:
    large, small = entry("CYCLE#a", 3000), entry("CYCLE#a", 500)
    request = {"TableName": "t", "Item": small}
    found = units("PutItem", request, {("CYCLE#a", "s"): large}, {("CYCLE#a", "s"): small})
    assert found == {"write units": 3, "write units in CYCLE": 3}


def test_a_transaction_costs_twice_and_the_index_has_its_own() -> None:
    draft = entry("CYCLE#a", 1500)
    issued = entry("CYCLE#a", 1500, gsi1pk="NUMBER#a", gsi1sk="A-1")
    action = {"Update": {"TableName": "t", "Key": {"pk": {"S": "CYCLE#a"}, "sk": {"S": "s"}}}}
    check = {
        "ConditionCheck": {"TableName": "t", "Key": {"pk": {"S": "LEDGERS#a"}, "sk": {"S": "s"}}}
    }
    found = units(
        "TransactWriteItems",
        {"TransactItems": [action, check]},
        {("CYCLE#a", "s"): draft},
        {("CYCLE#a", "s"): issued},
    )
    assert found == {
        "write units": 6,
        "write units in CYCLE": 4,
        "write units in LEDGERS": 2,
        "index write units": 2,
    }


def test_a_query_costs_what_it_went_through_and_an_item_that_is_not_there_one_unit() -> None:
    items = {("LEDGER#a#b", "s"): entry("LEDGER#a#b", 9000)}
    query = {
        "TableName": "t",
        "ConsistentRead": True,
        "ExpressionAttributeValues": {":pk": {"S": "LEDGER#a#b"}},
        "ProjectionExpression": "sk",
    }
    assert units("Query", query, items)["read units in LEDGER"] == 3
    missing = {"TableName": "t", "Key": {"pk": {"S": "P"}, "sk": {"S": "s"}}}
    assert units("GetItem", missing, {}) == {"read units": 0.5, "read units in P": 0.5}
    batch = {
        "RequestItems": {
            "t": {
                "ConsistentRead": True,
                "Keys": [missing["Key"], {"pk": {"S": "LEDGER#a#b"}, "sk": {"S": "s"}}],
            }
        }
    }
    assert units("BatchGetItem", batch, items)["read units"] == 4


def test_less_memory_makes_a_function_slower_and_requests_take_their_time() -> None:
    used = {"cpu seconds": 0.1, "dynamodb GetItem": 4, "s3 PutObject": 1, "s3 bytes put": 9.0}
    assert seconds(used, 3008, INPUTS) == pytest.approx(0.2 + 0.02 + 0.03)
    assert seconds(used, 884, INPUTS) == pytest.approx(0.4 + 0.02 + 0.03, rel=0.001)
    assert not is_request("dynamodb read units in CYCLE")


def test_a_mailer_waits_for_its_share_of_the_rate() -> None:
    assert delivering_seconds(own=5.0, mails=50, rate=14, workers=2) == pytest.approx(50 / 7)
    assert delivering_seconds(own=9.0, mails=50, rate=14, workers=2) == 9.0
