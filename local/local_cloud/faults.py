"""The gate every AWS request passes: counts, limits, faults on order, and repeated transactions.

It sits where moto answers for AWS, behind botocore's retries, so that a fault meets the same
retries as in production.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber

from local_cloud.clock import Clock
from local_cloud.limits import Surroundings, Violation, violation
from local_cloud.patching import PatchSet

#: Botocore names services in events after their id; people know the names of the clients.
_CLIENT_NAMES = {
    "cloudwatch-logs": "logs",
    "eventbridge": "events",
    "secrets-manager": "secretsmanager",
    "sfn": "stepfunctions",
}
#: How long DynamoDB remembers a ClientRequestToken.
TOKEN_LIFE = timedelta(minutes=10)
_REQUEST_ID = "00000000-0000-4000-8000-000000000000"


@dataclass
class _Fault:
    """One ordered fault: `kind` is "lose answer", "lose request" or the code of an error."""

    kind: str
    times: int
    status: int = 400


@dataclass(frozen=True)
class _Remembered:
    at: datetime
    digest: str
    answer: tuple[int, dict[str, str], bytes]


class RequestGate:
    """Replaces moto's entry point. Service names are those of boto3 clients."""

    def __init__(self, clock: Clock, surroundings: Surroundings) -> None:
        self.request_counts: Counter[tuple[str, str]] = Counter()
        self._clock = clock
        self._surroundings = surroundings
        self._faults: dict[tuple[str, str], list[_Fault]] = {}
        self._tokens: dict[str, _Remembered] = {}

    def lose_answer(self, service: str, operation: str, times: int = 1) -> None:
        """The next `times` requests are carried out, but the caller gets a read timeout."""
        self._order(service, operation, _Fault("lose answer", times))

    def lose_request(self, service: str, operation: str, times: int = 1) -> None:
        """The next `times` requests never arrive: the caller gets a connect timeout."""
        self._order(service, operation, _Fault("lose request", times))

    def fail_with(
        self, service: str, operation: str, code: str, times: int = 1, status: int = 400
    ) -> None:
        """The next `times` requests are refused with the error `code`, and nothing is done."""
        self._order(service, operation, _Fault(code, times, status))

    def _order(self, service: str, operation: str, fault: _Fault) -> None:
        self._faults.setdefault((service, operation), []).append(fault)

    def install(self, patches: PatchSet) -> None:
        """Stand before moto's answer to each request until the patches are undone."""
        answer = BotocoreStubber.__call__

        def gated(stubber: Any, event_name: str, request: Any, **arguments: Any) -> Any:
            return self._pass(
                event_name, request, lambda: answer(stubber, event_name, request, **arguments)
            )

        patches.replace(BotocoreStubber, "__call__", gated)

    def _pass(self, event_name: str, request: Any, answer: Callable[[], Any]) -> Any:
        _, service_id, operation = event_name.split(".")
        service = _CLIENT_NAMES.get(service_id, service_id)
        self.request_counts[service, operation] += 1
        fault = self._next_fault(service, operation)
        kind = fault.kind if fault else ""
        if kind == "lose request":
            raise ConnectTimeoutError(endpoint_url=request.url)
        if fault and kind != "lose answer":
            return _refusal(service, request, Violation(kind, "Ordered by a test", fault.status))
        body = request.body if isinstance(request.body, bytes) else b""
        broken = violation(service, operation, body, self._surroundings)
        if broken is not None:
            return _refusal(service, request, broken)
        if operation == "TransactWriteItems":
            response = self._transact(request, body, answer)
        else:
            response = answer()
        if kind == "lose answer":
            raise ReadTimeoutError(endpoint_url=request.url)
        return response

    def _next_fault(self, service: str, operation: str) -> _Fault | None:
        waiting = self._faults.get((service, operation))
        if not waiting:
            return None
        fault = waiting[0]
        fault.times -= 1
        if fault.times <= 0:
            waiting.pop(0)
        return fault

    def _transact(self, request: Any, body: bytes, answer: Callable[[], Any]) -> Any:
        """Honour ClientRequestToken, which moto ignores: a repeated request is not applied again.

        A request that failed leaves no trace, so its repetition is tried again.
        """
        content = json.loads(body)
        token = content.pop("ClientRequestToken", None)
        if token is None:
            return answer()
        digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
        known = self._tokens.get(token)
        if known is not None and self._clock.now() - known.at < TOKEN_LIFE:
            if known.digest != digest:
                mismatch = "Idempotent parameter mismatch for the client request token"
                return _refusal(
                    "dynamodb", request, Violation("IdempotentParameterMismatchException", mismatch)
                )
            return _response(request, *known.answer)
        response = answer()
        if response is not None and response.status_code == 200:
            kept = (200, dict(response.headers), response.content)
            self._tokens[token] = _Remembered(self._clock.now(), digest, kept)
        return response


class _Raw(BytesIO):
    """A body as botocore reads it."""

    def stream(self, **_: Any) -> Any:
        chunk = self.read()
        while chunk:
            yield chunk
            chunk = self.read()


def _refusal(service: str, request: Any, refused: Violation) -> AWSResponse:
    """An error response in the protocol of the service."""
    if service == "s3":
        text = f"<Error><Code>{refused.code}</Code><Message>{refused.message}</Message></Error>"
        return _response(request, refused.status, {"content-type": "text/xml"}, text.encode())
    content = json.dumps({"__type": refused.code, "message": refused.message}).encode()
    return _response(request, refused.status, {"x-amzn-errortype": refused.code}, content)


def _response(request: Any, status: int, headers: dict[str, str], content: bytes) -> AWSResponse:
    identified = {"x-amzn-requestid": _REQUEST_ID, "x-amz-request-id": _REQUEST_ID, **headers}
    return AWSResponse(request.url, status, identified, _Raw(content))
