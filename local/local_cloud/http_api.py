"""API Gateway's HTTP APIs in this process: a request becomes an event, a route a function.

As on AWS: the most specific route wins, a route with IAM wants a principal, paths arrive decoded
and queries do not, and whatever a function fails with is a plain "Internal Server Error".
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from local_cloud.clock import Clock
from local_cloud.functions import Functions
from local_cloud.template import ACCOUNT_ID, REGION, Resource, Template, TemplateError

REQUEST_LIMIT_BYTES = 10 * 1024 * 1024
_ANY = "x-amazon-apigateway-any-method"
_IAM = "AWS_IAM"
_TEXT_TYPES = ("text/", "application/json", "application/javascript", "application/xml")
#: Who asks, when only a name is given.
_USER = f"arn:aws:iam::{ACCOUNT_ID}:user/"


@dataclass(frozen=True)
class HttpResponse:
    """What the caller gets. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body as a JSON value."""
        return json.loads(self.body)


@dataclass(frozen=True)
class _Route:
    """One route of an API: `method` is "ANY" or a method, `parts` the path's pieces."""

    api: str
    method: str
    path: str
    function: str
    wants_principal: bool
    parts: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.path.strip("/").split("/")))

    @property
    def key(self) -> str:
        """As API Gateway names it."""
        return f"{self.method} {self.path}"

    def match(self, method: str, path: Sequence[str]) -> dict[str, str] | None:
        """The path's parameters when a request goes here, else None."""
        if self.method not in ("ANY", method):
            return None
        parameters: dict[str, str] = {}
        for place, part in enumerate(self.parts):
            if part.endswith("+}") and len(path) > place:
                parameters[part[1:-2]] = "/".join(map(unquote, path[place:]))
                return parameters
            if place >= len(path):
                return None
            if part.startswith("{"):
                parameters[part[1:-1]] = unquote(path[place])
            elif part != path[place]:
                return None
        return parameters if len(path) == len(self.parts) else None

    @property
    def vagueness(self) -> tuple[list[int], bool]:
        """Smaller for the route that API Gateway prefers: fixed parts before variable ones."""
        kinds = [2 if part.endswith("+}") else int(part.startswith("{")) for part in self.parts]
        return kinds, self.method == "ANY"


class HttpApis:
    """All HTTP APIs of a template behind one door: their routes must not overlap."""

    def __init__(
        self,
        template: Template,
        functions: Functions,
        clock: Clock,
        next_id: Callable[[], str],
    ) -> None:
        self._functions = functions
        self._clock = clock
        self._next_id = next_id
        self._routes = [
            route
            for api in template.resources("AWS::ApiGatewayV2::Api")
            for route in _routes(api, functions)
        ]

    def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        principal: str | None = None,
    ) -> HttpResponse:
        """See `LocalCloud.http`."""
        split = urlsplit(path)
        raw_query = "&".join(filter(None, (split.query, urlencode(query or {}))))
        pieces = split.path.strip("/").split("/")
        found = sorted(
            (
                (route, parameters)
                for route in self._routes
                if (parameters := route.match(method.upper(), pieces)) is not None
            ),
            key=lambda pair: pair[0].vagueness,
        )
        if not found:
            return _own_answer(404, "Not Found")
        route, parameters = found[0]
        if route.wants_principal and principal is None:
            return _own_answer(403, "Forbidden")
        if len(body) > REQUEST_LIMIT_BYTES:
            return _own_answer(413, "Request Entity Too Large")
        event = self._event(route, method.upper(), unquote(split.path), raw_query)
        event["pathParameters"] = parameters
        event["headers"] = {"host": _host(route), **_lower(headers or {})}
        _put_body(event, body)
        if route.wants_principal and principal is not None:
            event["requestContext"]["authorizer"] = {"iam": _iam(principal)}
        answer = self._functions.call(
            self._functions.by_logical_id(route.function), json.dumps(event)
        )
        if answer.is_error:
            return _own_answer(500, "Internal Server Error")
        return _response(json.loads(answer.payload))

    def _event(self, route: _Route, method: str, path: str, raw_query: str) -> dict[str, Any]:
        now = self._clock.now()
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route.key,
            "rawPath": path,
            "rawQueryString": raw_query,
            "requestContext": {
                "accountId": ACCOUNT_ID,
                "apiId": route.api,
                "domainName": _host(route),
                "domainPrefix": route.api,
                "http": {
                    "method": method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                    "userAgent": "local-cloud",
                },
                "requestId": self._next_id(),
                "routeKey": route.key,
                "stage": "$default",
                "time": now.strftime("%d/%b/%Y:%H:%M:%S +0000"),
                "timeEpoch": int(now.timestamp() * 1000),
            },
        }
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(raw_query, keep_blank_values=True):
            values.setdefault(name, []).append(value)
        if values:
            event["queryStringParameters"] = {name: ",".join(v) for name, v in values.items()}
        return event


def _routes(api: Resource, functions: Functions) -> Iterator[_Route]:
    for path, operations in api.properties["Body"]["paths"].items():
        for method, operation in operations.items():
            uri = operation["x-amazon-apigateway-integration"]["uri"]
            arn = uri.split("/functions/", 1)[1].removesuffix("/invocations")
            schemes = {name for entry in operation.get("security", []) for name in entry}
            if not schemes <= {_IAM, "NONE"}:
                raise TemplateError(f"the local cloud does not know the authorizers {schemes}")
            yield _Route(
                api=api.logical_id.lower(),
                method="ANY" if method == _ANY else method.upper(),
                path=path,
                function=functions.by_name(arn).logical_id,
                wants_principal=_IAM in schemes,
            )


def _host(route: _Route) -> str:
    return f"{route.api}.execute-api.{REGION}.amazonaws.com"


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _put_body(event: dict[str, Any], body: bytes) -> None:
    """Text as it is, everything else in base64; which is which, the content type says."""
    kind = event["headers"].get("content-type", "application/json" if body else "")
    is_text = kind.startswith(_TEXT_TYPES) or not body
    event["isBase64Encoded"] = not is_text
    if body:
        event["body"] = body.decode() if is_text else base64.b64encode(body).decode()


def _iam(principal: str) -> dict[str, Any]:
    arn = principal if principal.startswith("arn:") else _USER + principal
    return {
        "accessKey": "LOCALCLOUD",
        "accountId": ACCOUNT_ID,
        "callerId": "LOCALCALLER",
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": arn,
        "userId": "LOCALCALLER",
    }


def _own_answer(status: int, message: str) -> HttpResponse:
    """What API Gateway says itself, without asking a function."""
    headers = {"content-type": "application/json"}
    return HttpResponse(status, headers, json.dumps({"message": message}).encode())


def _response(result: Any) -> HttpResponse:
    """A function's answer; a value without `statusCode` is the body of a 200."""
    if not isinstance(result, Mapping) or "statusCode" not in result:
        headers = {"content-type": "application/json"}
        return HttpResponse(200, headers, json.dumps(result).encode())
    text = result.get("body") or ""
    body = base64.b64decode(text) if result.get("isBase64Encoded") else text.encode()
    return HttpResponse(
        status=int(result["statusCode"]),
        headers=_lower({name: str(value) for name, value in result.get("headers", {}).items()}),
        body=body,
        cookies=tuple(result.get("cookies", ())),
    )
