"""Documents on their way from the one who makes them to the one who stores or mails them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from msp_billing.domain.base import Frozen

MediaType = Annotated[
    str, StringConstraints(pattern=r"^[a-z]+/[A-Za-z0-9][A-Za-z0-9.+-]{0,99}$", max_length=120)
]
"""Type and subtype without parameters, for example ``application/pdf``."""

PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class NamedDocument(Frozen):
    """A document with the name under which a person gets it.

    One with a link is not attached to its mail, because the mail would be larger than SES takes:
    whoever reads the mail fetches it there, and it has no content here.
    """

    file_name: str = Field(min_length=1, max_length=255, description="Without a folder.")
    media_type: MediaType
    content: bytes = Field(repr=False)
    link: str | None = Field(
        default=None,
        max_length=2000,
        repr=False,
        description="Not attached; it can be fetched here. As secret as the document.",
    )
    size_bytes: int | None = Field(
        default=None, ge=0, description="Of a document that is not here because it has a link."
    )
    link_until: datetime | None = Field(
        default=None, description="Until when it can be fetched there, where that ends."
    )
