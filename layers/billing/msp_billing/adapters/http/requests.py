"""What a request of API Gateway holds beside its fields: its bytes, who signed it, the ports."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler.api_gateway import Router

from msp_billing.domain.base import Frozen

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

WHY_LIMIT = 300
"""Characters of a reason that a form takes."""


class Caller(Frozen):
    """Who signed the request, and the person that they name."""

    arn: str
    named: str | None = None

    def __str__(self) -> str:
        """As it is kept: ``Dana (arn:aws:iam::...:user/clerk)``."""
        return f"{self.named} ({self.arn})" if self.named else self.arn


class NotSignedError(PermissionError):
    """A request without a principal reached a route that needs one."""


def new_router() -> Router:
    """An empty router. It belongs to the one resolver that it is included in last."""
    return Router()  # type: ignore[no-untyped-call]


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


def raw_body(event: Mapping[str, Any]) -> bytes:
    """The bytes that were sent: API Gateway wraps up what it does not take for text."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return b""
