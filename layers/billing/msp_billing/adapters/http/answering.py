"""Making a resolver of which every refusal says what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.event_handler.api_gateway import Router
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
    ResponseValidationError,
)

from msp_billing.adapters.http.strict_json import parse_strict_json
from msp_billing.domain.base import Frozen
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.errors import UnknownProviderError
from msp_billing.usecases.ports import Ports

_NO_STORE = {"Cache-Control": "no-store"}
_FIX_REQUEST = "Correct the request and send it again: nothing was done."
_logger = Logger(child=True)


class Refusal(Frozen):
    """Why nothing was done: every problem that was found, not the first."""

    problems: tuple[Problem, ...]


class Caller(Frozen):
    """Who signed the request, and the person that they name."""

    arn: str
    named: str | None = None

    def __str__(self) -> str:
        """As it is kept: ``Dana (arn:aws:iam::...:user/clerk)``."""
        return f"{self.named} ({self.arn})" if self.named else self.arn


class NotSignedError(PermissionError):
    """A request without a principal reached a route that needs one."""


class NotThereError(LookupError):
    """What the path names does not exist."""


def make_resolver(refused: Mapping[type[Exception], tuple[int, str]]) -> APIGatewayHttpResolver:
    """A resolver for API Gateway's HTTP APIs, with validation and with refusals as problems.

    Args:
        refused: further errors of use cases, with the status and the code that they answer with.
            The error's own text is what the caller reads.
    """
    api = APIGatewayHttpResolver(
        enable_validation=True,
        response_validation_error_http_code=500,
        json_body_deserializer=parse_strict_json,
    )
    api.exception_handler(RequestValidationError)(_invalid)
    api.exception_handler(RequestUnsupportedContentType)(_wrong_type)
    api.exception_handler(ResponseValidationError)(_our_mistake)
    api.exception_handler(ProblemsError)(lambda error: refusal(422, error.problems))
    api.exception_handler(NotSignedError)(
        lambda _: plain_refusal(403, "not-signed", "The request is not signed.", "Sign it.")
    )
    api.exception_handler(NotFoundError)(lambda _: _not_found("There is nothing at this path."))
    api.exception_handler(NotThereError)(lambda error: _not_found(str(error)))
    api.exception_handler(UnknownProviderError)(
        lambda error: _not_found(f"There is no provider '{error}'.")
    )
    for kind, (status, code) in refused.items():
        api.exception_handler(kind)(_refuser(status, code))
    return api


def _refuser(status: int, code: str) -> Callable[[Exception], Response[Any]]:
    def refuse(error: Exception) -> Response[Any]:
        return plain_refusal(status, code, f"{error}", "Look at what stands, and decide anew.")

    return refuse


def refusal(status: int, problems: Iterable[Problem]) -> Response[Any]:
    """A response that lists problems."""
    body = Refusal(problems=tuple(problems)).model_dump(mode="json", exclude_none=True)
    _logger.info("refused", status=status, problems=[entry["code"] for entry in body["problems"]])
    return Response(
        status_code=status,
        content_type=content_types.APPLICATION_JSON,
        body=body,
        headers=_NO_STORE,
    )


def plain_refusal(status: int, code: str, what: str, fix: str) -> Response[Any]:
    """A response with one problem."""
    return refusal(status, [Problem(code=code, what=what, fix=fix)])


def ports_of(router: Router) -> Ports:
    """The ports that the handler gave with the request."""
    ports: Ports = router.context["ports"]
    return ports


def caller_of(router: Router, named: str | None = None) -> Caller:
    """Who signed the request: API Gateway checked it, and no field of the body can say otherwise.

    Raises:
        NotSignedError: when API Gateway names nobody: the route's authorizer is missing.
    """
    context = router.current_event.raw_event.get("requestContext") or {}
    iam = (context.get("authorizer") or {}).get("iam") or {}
    if not iam.get("userArn"):
        raise NotSignedError
    return Caller(arn=iam["userArn"], named=named)


def _not_found(what: str) -> Response[Any]:
    return plain_refusal(404, "not-found", what, "Check the names in the path.")


def _invalid(error: RequestValidationError) -> Response[Any]:
    return refusal(422, [_problem(entry) for entry in error.errors()])


def _problem(entry: Mapping[str, Any]) -> Problem:
    """One of the validator's complaints as a problem."""
    said = str(entry["msg"]).removeprefix("Value error, ")
    if entry["type"] == "json_invalid":
        said = f"The body is not usable JSON: {entry.get('ctx', {}).get('error', said)}"
    where = ".".join(str(part) for part in entry["loc"])
    return Problem(
        code="invalid-request",
        what=f"{said[:1].upper()}{said[1:]}".rstrip(".") + ".",
        fix=_FIX_REQUEST,
        where=where,
    )


def _wrong_type(_error: RequestUnsupportedContentType) -> Response[Any]:
    what = "The body is not declared to be JSON."
    return plain_refusal(415, "not-json", what, "Send it with 'Content-Type: application/json'.")


def _our_mistake(error: ResponseValidationError) -> Response[Any]:
    """An answer that is not what the OpenAPI document promises is our mistake, and says no more."""
    _logger.error("an answer is not as documented", errors=error.errors())
    what = "The request was carried out as far as it could be, but its answer cannot be told."
    return plain_refusal(500, "defect", what, "Read what stands before you send it again.")
