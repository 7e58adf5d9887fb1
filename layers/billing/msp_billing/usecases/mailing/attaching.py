"""What goes with a mail: the sealed documents themselves, or links to those too large for SES."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from msp_billing.domain.document_links import LINK_LIFE, DocumentLink, document_name
from msp_billing.domain.documents import NamedDocument

if TYPE_CHECKING:
    from msp_billing.domain.outbox import Attachment, OutboxMail
    from msp_billing.usecases.ports import Ports

MAIL_LIMIT_BYTES = 40_000_000
"""SES's limit of 40 MB for a mail as it is sent, attachments encoded; read as the smaller MB."""

_ROOM_FOR_WORDS = 1_000_000
"""Set aside for what the mail says itself."""

_BYTES_PER_LINE, _LENGTH_OF_LINE = 57, 78
"""Base64 writes 57 bytes as 76 characters and the end of a line."""

_SECRET_BYTES = 32


def documents_of(
    ports: Ports, mail: OutboxMail, limit_bytes: int = MAIL_LIMIT_BYTES
) -> tuple[NamedDocument, ...]:
    """Every document that goes with a mail: the very bytes that were sealed, or a link to them.

    The largest documents give way first, until the rest fits into a mail. What is linked is not
    read.
    """
    linked = _too_large(mail.attachments, limit_bytes - _ROOM_FOR_WORDS)
    return tuple(
        _linked(ports, mail, entry) if entry in linked else _attached(ports, entry)
        for entry in mail.attachments
    )


def attached(ports: Ports, mail: OutboxMail) -> NamedDocument:
    """The first document that goes with a mail."""
    return documents_of(ports, mail)[0]


def _too_large(attachments: tuple[Attachment, ...], room_bytes: int) -> frozenset[Attachment]:
    used, linked = 0, set()
    for entry in sorted(attachments, key=lambda entry: entry.size_bytes):
        used += -(-entry.size_bytes // _BYTES_PER_LINE) * _LENGTH_OF_LINE
        if used > room_bytes:
            linked.add(entry)
    return frozenset(linked)


def _attached(ports: Ports, entry: Attachment) -> NamedDocument:
    return NamedDocument(
        file_name=entry.file_name,
        media_type=entry.media_type,
        content=ports.records.get(entry.key, entry.sha256),
    )


def _linked(ports: Ports, mail: OutboxMail, entry: Attachment) -> NamedDocument:
    """A new link: its secret is in this one mail, and only the hash of it is kept."""
    secret, now = secrets.token_urlsafe(_SECRET_BYTES), ports.clock.now()
    document = document_name(entry)
    ports.document_links.put(
        DocumentLink(
            provider=mail.id.provider,
            document=document,
            secret_sha256=secret_hash(secret),
            attachment=entry,
            mail=mail.id,
            made_at=now,
            expires_at=now + LINK_LIFE,
        )
    )
    place = f"{ports.api_url}/documents/{mail.id.provider}/{document}"
    return NamedDocument(
        file_name=entry.file_name,
        media_type=entry.media_type,
        content=b"",
        link=f"{place}?{urlencode({'key': secret})}",
        size_bytes=entry.size_bytes,
        link_until=now + LINK_LIFE,
    )


def secret_hash(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
