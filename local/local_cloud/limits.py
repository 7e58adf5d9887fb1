"""Limits of AWS that moto forgives, checked on each request before moto sees it.

`violation` looks at one request and answers what AWS would answer, or None. It is pure: the tables'
keys and the configuration sets are passed in.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PAYLOAD_LIMIT_BYTES = 262_144
ITEM_LIMIT_BYTES = 400 * 1024
TRANSACTION_LIMIT_BYTES = 4 * 1024 * 1024
BATCH_LIMIT_BYTES = 16 * 1024 * 1024
TRANSACTION_LIMIT_ACTIONS = 100
BATCH_WRITE_LIMIT = 25
BATCH_GET_LIMIT = 100
EVENTS_LIMIT = 10
EXECUTION_NAME_LIMIT = 80
RECIPIENT_LIMIT = 50
MAIL_LIMIT_BYTES = 40 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_TAG_LIMIT = 256


@dataclass(frozen=True)
class Violation:
    """What AWS answers to a request that breaks a limit."""

    code: str
    message: str
    status: int = 400


@dataclass(frozen=True)
class Surroundings:
    """What a check must know besides the request."""

    key_names: Callable[[str], Collection[str]]
    configuration_sets: Callable[[], Collection[str]]


Request = Mapping[str, Any]


def violation(
    service: str, operation: str, body: bytes, surroundings: Surroundings
) -> Violation | None:
    """The first limit this request breaks. `service` is the name of the boto3 client."""
    check = _CHECKS.get((service, operation))
    if check is None or not body:
        return None
    return next(check(json.loads(body), surroundings), None)


def item_size_bytes(item: Mapping[str, Any]) -> int:
    """The size DynamoDB charges for an item: names and values.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _value_size_bytes(value) for name, value in item.items())


def _value_size_bytes(value: Mapping[str, Any]) -> int:  # noqa: PLR0911 - one per kind
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return len(content.strip("-").replace(".", "")) // 2 + 2
        case "B":
            return len(base64.b64decode(content))
        case "M":
            return 3 + sum(1 + len(k.encode()) + _value_size_bytes(v) for k, v in content.items())
        case "L":
            return 3 + sum(1 + _value_size_bytes(element) for element in content)
        case "SS" | "NS" | "BS":
            return sum(_value_size_bytes({kind[0]: element}) for element in content)
    return 1


def _put(request: Request, _: Surroundings) -> Iterator[Violation]:
    yield from _too_large(request.get("Item", {}))


def _too_large(item: Mapping[str, Any]) -> Iterator[Violation]:
    if item_size_bytes(item) > ITEM_LIMIT_BYTES:
        yield Violation(
            "ValidationException", "Item size has exceeded the maximum allowed size of 400 KB"
        )


def _transact_write(request: Request, surroundings: Surroundings) -> Iterator[Violation]:
    actions = [next(iter(entry.values())) for entry in request["TransactItems"]]
    yield from _transaction(actions, surroundings)
    if (
        sum(item_size_bytes(action.get("Item", {})) for action in actions)
        + sum(item_size_bytes(action.get("ExpressionAttributeValues", {})) for action in actions)
        > TRANSACTION_LIMIT_BYTES
    ):
        yield Violation("ValidationException", "Transaction request size exceeds 4 MB")
    for action in actions:
        yield from _too_large(action.get("Item", {}))


def _transact_get(request: Request, surroundings: Surroundings) -> Iterator[Violation]:
    yield from _transaction([entry["Get"] for entry in request["TransactItems"]], surroundings)


def _transaction(
    actions: list[Mapping[str, Any]], surroundings: Surroundings
) -> Iterator[Violation]:
    if len(actions) > TRANSACTION_LIMIT_ACTIONS:
        yield Violation(
            "ValidationException",
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
            "Member must have length less than or equal to 100",
        )
    keys = [_key(action["TableName"], action, surroundings) for action in actions]
    if len(set(keys)) < len(keys):
        yield Violation(
            "ValidationException",
            "Transaction request cannot include multiple operations on one item",
        )


def _key(table: str, action: Mapping[str, Any], surroundings: Surroundings) -> str:
    table = table.rsplit("/", 1)[-1]
    item = action.get("Key") or action.get("Item", {})
    names = surroundings.key_names(table) or sorted(item)
    return json.dumps([table, {name: item.get(name) for name in sorted(names)}], sort_keys=True)


def _batch_write(request: Request, surroundings: Surroundings) -> Iterator[Violation]:
    writes = [
        (table, next(iter(entry.values())))
        for table, entries in request["RequestItems"].items()
        for entry in entries
    ]
    if len(writes) > BATCH_WRITE_LIMIT:
        yield Violation(
            "ValidationException", "Too many items requested for the BatchWriteItem call"
        )
    keys = [_key(table, write, surroundings) for table, write in writes]
    if len(set(keys)) < len(keys):
        yield Violation("ValidationException", "Provided list of item keys contains duplicates")
    if sum(item_size_bytes(write.get("Item", {})) for _, write in writes) > BATCH_LIMIT_BYTES:
        yield Violation("ValidationException", "Batch write size exceeds 16 MB")
    for _, write in writes:
        yield from _too_large(write.get("Item", {}))


def _batch_get(request: Request, _: Surroundings) -> Iterator[Violation]:
    if sum(len(entry["Keys"]) for entry in request["RequestItems"].values()) > BATCH_GET_LIMIT:
        yield Violation("ValidationException", "Too many items requested for the BatchGetItem call")


def _start_execution(request: Request, _: Surroundings) -> Iterator[Violation]:
    name = request.get("name", "generated")
    if len(name) > EXECUTION_NAME_LIMIT or not _NAME.fullmatch(name):
        yield Violation("InvalidName", f"Invalid Name: '{name}'")
    yield from _payload("input", request.get("input", ""))


def _send_task_success(request: Request, _: Surroundings) -> Iterator[Violation]:
    yield from _payload("output", request.get("output", ""))


def _payload(member: str, text: str) -> Iterator[Violation]:
    if len(text.encode()) > PAYLOAD_LIMIT_BYTES:
        yield Violation(
            "ValidationException",
            f"1 validation error detected: Value at '{member}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {PAYLOAD_LIMIT_BYTES}",
        )


def _put_events(request: Request, _: Surroundings) -> Iterator[Violation]:
    if len(request["Entries"]) > EVENTS_LIMIT:
        yield Violation(
            "ValidationException",
            "1 validation error detected: Value at 'entries' failed to satisfy constraint: "
            "Member must have length less than or equal to 10",
        )
    if sum(len(json.dumps(entry).encode()) for entry in request["Entries"]) > PAYLOAD_LIMIT_BYTES:
        yield Violation(
            "ValidationException", "Total size of the entries in the request is over the limit."
        )


def _send_email(request: Request, surroundings: Surroundings) -> Iterator[Violation]:
    addresses = [address for group in request.get("Destination", {}).values() for address in group]
    if len(addresses) > RECIPIENT_LIMIT:
        yield Violation("BadRequestException", "Recipient count exceeds 50.")
    texts = [
        request.get("FromEmailAddress") or "",
        *addresses,
        *request.get("ReplyToAddresses", []),
    ]
    if any("\r" in text or "\n" in text for text in texts):
        yield Violation("BadRequestException", "Address contains control or newline characters")
    for tag in request.get("EmailTags") or []:
        for text in (tag["Name"], tag["Value"]):
            if len(text) > _TAG_LIMIT or not _NAME.fullmatch(text):
                yield Violation("BadRequestException", f"Invalid tag: {text!r}")
    chosen = request.get("ConfigurationSetName")
    if chosen is not None and chosen not in surroundings.configuration_sets():
        yield Violation(
            "NotFoundException", f"Configuration set <{chosen}> does not exist.", status=404
        )
    content = request.get("Content", {})
    if "Raw" not in content:
        # The emulator drops attachments of Simple content: it may not be used here at all.
        yield Violation("BadRequestException", "The local cloud takes Raw content only")
        return
    yield from _raw_mail(base64.b64decode(content["Raw"]["Data"]))


def _raw_mail(raw: bytes) -> Iterator[Violation]:
    if len(raw) > MAIL_LIMIT_BYTES:
        yield Violation(
            "MessageRejected", f"Message length is more than {MAIL_LIMIT_BYTES} bytes long."
        )
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0].replace(b"\r\n", b"\n")
    for line in head.split(b"\n"):
        is_folded = line[:1] in (b" ", b"\t")
        if b"\r" in line or not (is_folded or re.match(rb"[!-9;-~]+:", line)):
            yield Violation("BadRequestException", f"Invalid header line: {line[:80]!r}")
            return


_CHECKS: dict[tuple[str, str], Callable[[Any, Surroundings], Iterator[Violation]]] = {
    ("dynamodb", "BatchGetItem"): _batch_get,
    ("dynamodb", "BatchWriteItem"): _batch_write,
    ("dynamodb", "PutItem"): _put,
    ("dynamodb", "TransactGetItems"): _transact_get,
    ("dynamodb", "TransactWriteItems"): _transact_write,
    ("events", "PutEvents"): _put_events,
    ("sesv2", "SendEmail"): _send_email,
    ("stepfunctions", "SendTaskSuccess"): _send_task_success,
    ("stepfunctions", "StartExecution"): _start_execution,
}
