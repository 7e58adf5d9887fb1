"""Calling a resolver as API Gateway's HTTP API does."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.utilities.typing import LambdaContext

PRINCIPAL = "arn:aws:iam::123456789012:user/clerk"


@dataclass(frozen=True)
class Answered:
    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def codes(self) -> list[str]:
        """Of the problems of a refusal, in order."""
        return [problem["code"] for problem in self.json["problems"]]


def call(
    api: APIGatewayHttpResolver,
    method: str,
    path: str,
    body: object = None,
    *,
    principal: str | None = PRINCIPAL,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Answered:
    """``body`` is bytes as they are, or a JSON value; ``context`` is what the handler gives."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", **(headers or {})},
        "requestContext": {"stage": "$default", "http": {"method": method, "path": path}},
        "body": base64.b64encode(raw).decode(),
        "isBase64Encoded": True,
    }
    if query:
        event["queryStringParameters"] = dict(query)
    if principal is not None:
        event["requestContext"]["authorizer"] = {"iam": {"userArn": principal}}
    api.context.update(**context)
    answer = api.resolve(event, cast(LambdaContext, None))
    headers_back = {name.lower(): value for name, value in answer.get("headers", {}).items()}
    return Answered(answer["statusCode"], answer.get("body") or "", headers_back)
