"""The link to a document that was too large for its mail.

It answers with the way to the document, or with the same few words whatever is wrong. It lists
nothing, and its secret has 256 bits, so that there is nothing to guess at.
"""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from pydantic import ValidationError

from msp_billing.adapters.http.requests import new_router, ports_of
from msp_billing.usecases.mailing.opening_links import (
    LinkClosedError,
    LinkRequest,
    NoSuchLinkError,
    open_link,
)

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address holds the secret
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
_NOTHING = (
    "This link opens nothing. It may have been cut off on its way: open it whole, as it is "
    "written in the mail."
)
_TOO_OLD = "This link is too old. Ask whoever sent the mail for the document."
_logger = Logger(child=True)
router = new_router()


@cache
def document_link() -> APIGatewayHttpResolver:
    """The resolver of the link's function; the handler gives it ``ports``."""
    api = APIGatewayHttpResolver()
    api.include_router(router)
    api.exception_handler(NotFoundError)(lambda _: _words(404, _NOTHING))
    return api


@router.get("/documents/<provider>/<document>")
def fetch(provider: str, document: str) -> Response[str]:
    """The way to the document, for five minutes."""
    key = router.current_event.query_string_parameters.get("key", "")
    try:
        request = LinkRequest(provider=provider, document=document, key=key)
        address = open_link(ports_of(router), request)
    except (ValidationError, NoSuchLinkError) as error:
        # Which part is wrong is not said: nobody is to learn which documents there are.
        _logger.warning("a link opens nothing", kind=type(error).__name__)
        return _words(404, _NOTHING)
    except LinkClosedError:
        return _words(410, _TOO_OLD)
    _logger.info("a document was fetched by its link", provider=provider, document=document)
    return Response(status_code=302, headers={**_HEADERS, "Location": address}, body="")


def _words(status: int, text: str) -> Response[str]:
    return Response(
        status_code=status,
        content_type=f"{content_types.TEXT_PLAIN}; charset=utf-8",
        body=f"{text}\n",
        headers=_HEADERS,
    )
