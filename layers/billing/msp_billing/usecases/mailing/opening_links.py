"""Opening the link to a document that was too large for its mail."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.document_links import DocumentName
from msp_billing.usecases.mailing.attaching import secret_hash

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_FETCH_WITHIN = timedelta(minutes=5)


class LinkRequest(Frozen):
    """A link that somebody opened."""

    provider: Identifier
    document: DocumentName
    key: str = Field(min_length=1, max_length=200, repr=False)


class LinkClosedError(LookupError):
    """The link was good, and is too old now."""

    def __init__(self, expired_at: datetime) -> None:
        super().__init__(f"the link was good until {expired_at:%Y-%m-%d}")


class NoSuchLinkError(LookupError):
    """There is no such link. It is not said which part of it is wrong."""


def open_link(ports: Ports, request: LinkRequest) -> str:
    """The address from which the document can be fetched within five minutes.

    Raises:
        NoSuchLinkError: for a link that was never given.
        LinkClosedError: for one that is too old.
    """
    found = ports.document_links.find(request.provider, request.document, secret_hash(request.key))
    if found is None:
        raise NoSuchLinkError
    if ports.clock.now() >= found.expires_at:
        raise LinkClosedError(found.expires_at)
    return ports.records.address(found.attachment, _FETCH_WITHIN)
