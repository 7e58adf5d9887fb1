from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from local_cloud.limits import ITEM_LIMIT_BYTES, Surroundings, item_size_bytes, violation

SURROUNDINGS = Surroundings(lambda table: ["pk", "sk"], lambda: ["billing"])


def code(service: str, operation: str, request: dict[str, Any]) -> str | None:
    found = violation(service, operation, json.dumps(request).encode(), SURROUNDINGS)
    return found.code if found else None


def put(number: int, text: str = "") -> dict[str, Any]:
    item = {"pk": {"S": "p"}, "sk": {"S": str(number)}, "text": {"S": text}}
    return {"Put": {"TableName": "t", "Item": item}}


def transact(*actions: dict[str, Any]) -> str | None:
    return code("dynamodb", "TransactWriteItems", {"TransactItems": list(actions)})


def mail(**changes: Any) -> str | None:
    raw = changes.pop("raw", b"From: a@example.com\r\nSubject: b\r\n\r\nc")
    request = {
        "FromEmailAddress": "a@example.com",
        "Destination": {"ToAddresses": ["b@example.com"]},
        "Content": {"Raw": {"Data": base64.b64encode(raw).decode()}},
        "ConfigurationSetName": "billing",
        "EmailTags": [{"Name": "invoice", "Value": "A-1_2"}],
        **changes,
    }
    return code("sesv2", "SendEmail", request)


def test_a_transaction_takes_a_hundred_actions_and_no_more() -> None:
    assert transact(*(put(number) for number in range(100))) is None
    assert transact(*(put(number) for number in range(101))) == "ValidationException"


def test_a_transaction_touches_no_item_twice() -> None:
    check = {
        "ConditionCheck": {
            "TableName": "arn:aws:dynamodb:us-east-1:1:table/t",
            "Key": {"sk": {"S": "1"}, "pk": {"S": "p"}},
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    assert transact(put(2), check) is None
    assert transact(put(1), check) == "ValidationException"


def test_a_transaction_holds_four_megabytes() -> None:
    assert transact(*(put(number, "x" * 400_000) for number in range(10))) is None
    assert transact(*(put(number, "x" * 400_000) for number in range(11))) == "ValidationException"


def test_an_item_holds_400_kilobytes() -> None:
    room = ITEM_LIMIT_BYTES - item_size_bytes(put(1)["Put"]["Item"])
    for text, expected in (("x" * room, None), ("x" * (room + 1), "ValidationException")):
        request = {"TableName": "t", "Item": put(1, text)["Put"]["Item"]}
        assert code("dynamodb", "PutItem", request) == expected
    assert code(
        "dynamodb", "PutItem", {"TableName": "t", "Item": {"pk": {"S": "ü" * ITEM_LIMIT_BYTES}}}
    )


def test_sizes_count_names_and_values_of_every_kind() -> None:
    item = {
        "ab": {"S": "ü"},
        "n": {"N": "123.45"},
        "b": {"B": base64.b64encode(b"1234").decode()},
        "t": {"BOOL": True},
        "l": {"L": [{"S": "x"}]},
        "m": {"M": {"k": {"S": "v"}}},
        "s": {"SS": ["a", "bc"]},
    }
    assert item_size_bytes(item) == (2 + 2) + (1 + 4) + (1 + 4) + (1 + 1) + (1 + 5) + (1 + 6) + 4


def test_a_batch_writes_25_different_items_and_reads_100() -> None:
    def write(numbers: list[int]) -> str | None:
        entries = [{"PutRequest": {"Item": put(number)["Put"]["Item"]}} for number in numbers]
        return code("dynamodb", "BatchWriteItem", {"RequestItems": {"t": entries}})

    def read(count: int) -> str | None:
        keys = [{"pk": {"S": str(number)}} for number in range(count)]
        return code("dynamodb", "BatchGetItem", {"RequestItems": {"t": {"Keys": keys}}})

    assert write(list(range(25))) is None
    assert write(list(range(26))) == "ValidationException"
    assert write([1, 2, 1]) == "ValidationException"
    assert read(100) is None
    assert read(101) == "ValidationException"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a" * 80, None), ("a" * 81, "InvalidName"), ("a b", "InvalidName"), ("ä", "InvalidName")],
)
def test_execution_names_are_short_and_plain(name: str, expected: str | None) -> None:
    assert code("stepfunctions", "StartExecution", {"name": name, "input": "{}"}) == expected


def test_inputs_and_outputs_of_executions_hold_256_kilobytes() -> None:
    for operation, member in (("StartExecution", "input"), ("SendTaskSuccess", "output")):
        assert code("stepfunctions", operation, {member: "x" * 262_144}) is None
        assert code("stepfunctions", operation, {member: "x" * 262_145}) == "ValidationException"


def test_at_most_ten_events_at_once() -> None:
    assert code("events", "PutEvents", {"Entries": [{}] * 10}) is None
    assert code("events", "PutEvents", {"Entries": [{}] * 11}) == "ValidationException"
    assert code("events", "PutEvents", {"Entries": [{"Detail": "x" * 262_144}]})


def test_a_proper_mail_passes() -> None:
    assert mail() is None
    assert (
        mail(raw=b"From: a@example.com\nTo: b@example.com,\n c@example.com\n\nbody:\rfree") is None
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Destination": {"ToAddresses": ["a@example.com"] * 51}}, "BadRequestException"),
        ({"FromEmailAddress": "a@example.com\r\nBcc: x@example.com"}, "BadRequestException"),
        ({"EmailTags": [{"Name": "invoice", "Value": "A 1"}]}, "BadRequestException"),
        ({"EmailTags": [{"Name": "invoice", "Value": ""}]}, "BadRequestException"),
        ({"ConfigurationSetName": "other"}, "NotFoundException"),
        ({"Content": {"Simple": {}}}, "BadRequestException"),
        ({"raw": b"Subject: a\r\nbroken line\r\n\r\n"}, "BadRequestException"),
        ({"raw": b"Subject: a\rBcc: x@example.com\r\n\r\n"}, "BadRequestException"),
        ({"raw": b"Subject: a\r\n\r\n" + b"x" * 40 * 1024 * 1024}, "MessageRejected"),
    ],
)
def test_a_mail_that_ses_would_not_take_is_refused(changes: dict[str, Any], expected: str) -> None:
    assert mail(**changes) == expected


def test_operations_without_limits_pass() -> None:
    assert violation("s3", "PutObject", b"not json", SURROUNDINGS) is None
