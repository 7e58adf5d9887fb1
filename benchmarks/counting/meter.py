"""A meter on an open local cloud: what was asked of each service, and by which function.

    with LocalCloud(...) as cloud, Meter() as meter:
        cloud.run_until(...)
    meter.counts()

Requests count retries. Units of DynamoDB follow from the sizes of the items met; bytes are those
of bodies. What moto itself needs to play AWS (the calls by which its state machines call functions,
the events that SES sends) is told apart: AWS charges for it under other names.
"""

from __future__ import annotations

import base64
import email
import email.policy
import io
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from moto.core.botocore_stubber import BotocoreStubber
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.s3.models import s3_backends
from moto.stepfunctions.parser.asl.component.state import state

from benchmarks.counting.capacity import Capacity
from benchmarks.counting.item_sizes import item_bytes
from local_cloud.functions import Answer, Function, Functions
from local_cloud.patching import PatchSet
from local_cloud.template import ACCOUNT_ID, REGION

OUTSIDE = "(state machines and events)"
"""Whoever asks while no function runs."""

Figures = dict[str, float]
_EVENT_BYTES = 64 * 1024


class Meter:
    """Counts by caller, a function's logical id or ``OUTSIDE``, and by what was used."""

    def __init__(self) -> None:
        self._counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.states: Counter[tuple[str, str]] = Counter()
        self.metrics: set[tuple[str, ...]] = set()
        """Metrics in the logs, by name and dimensions: each is paid for by the month."""
        self._patches = PatchSet()
        self._running: list[str] = [OUTSIDE]
        self._inside_aws = 0.0

    def __enter__(self) -> Self:
        answer, call = BotocoreStubber.__call__, Functions.call
        enter = state.CommonStateField._eval_body

        def metered(stubber: Any, event_name: str, request: Any, **arguments: Any) -> Any:
            return self._request(
                event_name, request, lambda: answer(stubber, event_name, request, **arguments)
            )

        def timed(functions: Functions, function: Function, payload: str) -> Answer:
            return self._invocation(function, lambda: call(functions, function, payload))

        def entered(entered_state: Any, env: Any) -> None:
            machine = env.states.context_object.context_object_data["StateMachine"]["Name"]
            self.states[machine, entered_state.name] += 1
            enter(entered_state, env)

        self._patches.replace(BotocoreStubber, "__call__", metered)
        self._patches.replace(Functions, "call", timed)
        self._patches.replace(state.CommonStateField, "_eval_body", entered)
        self._patches.replace(sys, "stdout", _OUTPUT)
        _OUTPUT.meter = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._patches.undo()
        _OUTPUT.meter = None

    def reset(self) -> None:
        """Begin anew: what was counted so far was for setting up."""
        self._counted.clear()
        self.states.clear()

    def counts(self) -> dict[str, Figures]:
        """Figures by caller; seconds are CPU time without what the emulator took."""
        return {
            caller: dict(sorted(found.items())) for caller, found in sorted(self._counted.items())
        }

    def states_entered(self) -> dict[str, int]:
        """States entered, children of distributed Maps included, by machine and state."""
        return {
            f"{machine.removeprefix('local-')}/{name}": count
            for (machine, name), count in sorted(self.states.items())
        }

    def stored(self) -> dict[str, int]:
        """Bytes and items in the table by the first word of the sort key, and bytes in S3."""
        found: Counter[str] = Counter()
        for table in dynamodb_backends[ACCOUNT_ID][REGION].tables.values():
            for item in table.all_items():
                attributes = item.to_json()["Attributes"]
                kind = _kind(attributes["pk"]["S"], attributes["sk"]["S"])
                found[f"items {kind}"] += 1
                found[f"bytes {kind}"] += item_bytes(attributes)
        for bucket in s3_backends[ACCOUNT_ID]["aws"].buckets.values():
            for key in bucket.keys.values():
                found[f"objects {bucket.name}"] += 1
                found[f"object bytes {bucket.name}"] += key.size
        return dict(sorted(found.items()))

    def add(self, what: str, count: float = 1) -> None:
        """Count something for whoever runs now."""
        self._counted[self._running[-1]][what] += count  # type: ignore[assignment]

    def _invocation(self, function: Function, call: Callable[[], Answer]) -> Answer:
        self._running.append(function.logical_id)
        inside, self._inside_aws = self._inside_aws, 0.0
        begun = time.process_time()
        try:
            return call()
        finally:
            took = time.process_time() - begun
            self.add("lambda invocations")
            self.add("cpu seconds", took - self._inside_aws)
            self._running.pop()
            self._inside_aws = inside

    def _request(self, event_name: str, request: Any, answer: Callable[[], Any]) -> Any:
        _, service, operation = event_name.split(".")
        if service == "lambda":  # how moto's state machines call a function
            return answer()
        begun = time.process_time()
        try:
            return self._counted_answer(service, operation, request, answer)
        finally:
            self._inside_aws += time.process_time() - begun

    def _counted_answer(
        self, service: str, operation: str, request: Any, answer: Callable[[], Any]
    ) -> Any:
        body = request.body if isinstance(request.body, bytes) else b""
        if service == "dynamodb":
            capacity = Capacity(operation, body, _find)
            response = answer()
            told = json.loads(_content(response) or b"{}")
            for kind, units in capacity.units(told).items():
                self.add(f"dynamodb {kind}", units)
        else:
            response = answer()
            for what, count in _SPECIAL.get(service, _nothing)(operation, request, response):
                self.add(what, count)
        self.add(f"{service} {operation}")
        return response


class _CountedOutput(io.TextIOBase):
    """Where functions write their logs: only how much is kept. Loggers outlive a meter."""

    meter: Meter | None = None

    def write(self, text: str) -> int:
        """Count the bytes, and one event for each line."""
        if self.meter is not None:
            self.meter.add("log bytes", len(text.encode()))
            self.meter.add("log events", text.count("\n"))
            if '"_aws"' in text:
                self.meter.metrics |= _metrics(text)
        return len(text)


_OUTPUT = _CountedOutput()


def _metrics(text: str) -> set[tuple[str, ...]]:
    """The metrics of lines in CloudWatch's embedded format."""
    found = set()
    for line in text.splitlines():
        told = json.loads(line) if '"_aws"' in line else {}
        for group in told.get("_aws", {}).get("CloudWatchMetrics", ()):
            for names in group["Dimensions"]:
                values = [f"{name}={told[name]}" for name in sorted(names)]
                found |= {(metric["Name"], *values) for metric in group["Metrics"]}
    return found


def _kind(pk: str, sk: str) -> str:
    """What an item is: names in its keys are left out."""
    return f"{pk.partition('#')[0]}/{sk.partition('#')[0]}" if "#" in sk else pk.partition("#")[0]


def _find(table: str, key: Any) -> dict[str, Any]:
    stored = dynamodb_backends[ACCOUNT_ID][REGION].tables[table]
    item = stored.get_item(DynamoType(key["pk"]), DynamoType(key["sk"]))
    return {} if item is None else item.to_json()["Attributes"]


def _content(response: Any) -> bytes:
    """The body of an answer, without reading it away."""
    raw = getattr(response, "raw", None)
    return bytes(raw.getvalue()) if isinstance(raw, io.BytesIO) else b""


def _objects(operation: str, request: Any, response: Any) -> list[tuple[str, float]]:
    if operation == "PutObject":
        # A body in chunks carries its checksum behind it: the header has the size of the object.
        told = request.headers.get("X-Amz-Decoded-Content-Length")
        return [("s3 bytes put", int(told) if told else len(request.body))]
    if operation == "GetObject":
        return [("s3 bytes got", len(_content(response)))]
    return []


def _events(operation: str, request: Any, _response: Any) -> list[tuple[str, float]]:
    if operation != "PutEvents":
        return []
    entries = json.loads(request.body)["Entries"]
    if entries and entries[0]["Source"].startswith("aws."):
        return [("events of AWS services", len(entries))]
    charged = sum(-(-len(json.dumps(entry).encode()) // _EVENT_BYTES) for entry in entries)
    return [("events charged", charged)]


def _mails(operation: str, request: Any, _response: Any) -> list[tuple[str, float]]:
    if operation != "SendEmail":
        return []
    asked = json.loads(request.body)
    raw = base64.b64decode(asked["Content"]["Raw"]["Data"])
    message = email.message_from_bytes(raw, policy=email.policy.default)
    attached = sum(
        len(str(part.get_payload()))  # as it is sent: in base64
        for part in message.walk()
        if part.get_content_disposition() == "attachment"
    )
    recipients = sum(len(group) for group in asked["Destination"].values())
    return [
        ("mails", 1),
        ("mail recipients", recipients),
        ("mail bytes", len(raw)),
        ("mail attachment bytes", attached),
    ]


def _nothing(_operation: str, _request: Any, _response: Any) -> list[tuple[str, float]]:
    return []


_SPECIAL: dict[str, Callable[[str, Any, Any], list[tuple[str, float]]]] = {
    "s3": _objects,
    "eventbridge": _events,
    "sesv2": _mails,
}
