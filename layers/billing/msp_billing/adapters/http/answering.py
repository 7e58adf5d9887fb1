"""Making a resolver of which every refusal says what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
    ResponseValidationError,
)
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

from msp_billing.adapters.http.requests import NotSignedError
from msp_billing.adapters.http.strict_json import parse_strict_json
from msp_billing.domain.base import Frozen
from msp_billing.domain.problems import Problem, ProblemsError
from msp_billing.usecases.errors import UnknownProviderError

_NO_STORE = {"Cache-Control": "no-store"}
_logger = Logger(child=True)


class Refusal(Frozen):
    """Why nothing was done: every problem that was found, not the first."""

    problems: tuple[Problem, ...]


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
    api.exception_handler(UnicodeDecodeError)(_no_text)
    api.exception_handler(ResponseValidationError)(_our_mistake)
    api.exception_handler(ProblemsError)(lambda error: refusal(422, error.problems))
    api.exception_handler(NotSignedError)(
        lambda _: plain_refusal(403, "not-signed", "The request is not signed.", "Sign it.")
    )
    api.exception_handler(NotFoundError)(lambda _: _not_found("There is nothing at this path."))
    api.exception_handler(NotThereError)(lambda error: _not_found(str(error)))
    api.exception_handler(UnknownProviderError)(lambda error: _not_found(str(error)))
    for kind, (status, code) in refused.items():
        api.exception_handler(kind)(_refuser(status, code))
    return api


_FIXES = {
    404: "Check the names in the path.",
    409: "Look at what stands, and decide anew.",
    422: "Correct the request and send it again: nothing was done.",
    503: "Send it again.",
}


def _refuser(status: int, code: str) -> Callable[[Exception], Response[Any]]:
    def refuse(error: Exception) -> Response[Any]:
        return plain_refusal(status, code, str(error), _FIXES[status])

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


def promised(description: str, *statuses: int) -> dict[int, OpenAPIResponse]:
    """A route's answers for the OpenAPI document: its own, and the refusals that it may give."""
    refusals: dict[int, OpenAPIResponse] = {
        status: {
            "description": _REFUSALS[status],
            "content": {"application/json": {"model": Refusal}},
        }
        for status in sorted({403, *statuses, 422, 503})
    }
    return {200: {"description": description}, **refusals}


_REFUSALS = {
    403: "The request is not signed by a principal that may send it.",
    404: "Something that the path names does not exist.",
    409: "It contradicts what stands: nothing was done.",
    422: "It is refused, with every problem: nothing was done.",
    503: "Others kept changing the account first: send it again.",
}


def _not_found(what: str) -> Response[Any]:
    return plain_refusal(404, "not-found", what, _FIXES[404])


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
        what=_sentence(said),
        fix=_FIXES[422],
        where=where,
    )


def _wrong_type(_error: RequestUnsupportedContentType) -> Response[Any]:
    what = "The body is not declared to be JSON."
    return plain_refusal(415, "not-json", what, "Send it with 'Content-Type: application/json'.")


def _no_text(_error: UnicodeDecodeError) -> Response[Any]:
    what = "The body is not text in UTF-8."
    return plain_refusal(422, "invalid-request", what, "Send JSON in UTF-8.")


def _our_mistake(error: ResponseValidationError) -> Response[Any]:
    """An answer that is not what the OpenAPI document promises is our mistake, and says no more."""
    _logger.error("an answer is not as documented", errors=error.errors())
    what = "The request was carried out as far as it could be, but its answer cannot be told."
    return plain_refusal(500, "defect", what, "Read what stands before you send it again.")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."
