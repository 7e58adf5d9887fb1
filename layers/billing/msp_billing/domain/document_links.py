"""Links to documents that are too large for a mail: as secret as the document, and not for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field, StringConstraints

from msp_billing.domain.base import Frozen, Identifier
from msp_billing.domain.outbox import Attachment, MailId

LINK_LIFE = timedelta(days=400)
"""As long as somebody may look for last year's invoice."""

DocumentName = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
"""The beginning of the document's SHA-256: it tells nothing about what it is."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class DocumentLink(Frozen):
    """One way to one document. The secret itself is in the mail, and nowhere else."""

    provider: Identifier
    document: DocumentName
    secret_sha256: Sha256
    attachment: Attachment
    mail: MailId = Field(description="The mail that it was written in.")
    made_at: datetime
    expires_at: datetime


def document_name(attachment: Attachment) -> str:
    """What a document is called in links."""
    return attachment.sha256[:32]
