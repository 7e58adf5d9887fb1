"""Documents on their way from the one who makes them to the one who stores or mails them."""

from __future__ import annotations

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
    """A document with the name under which a person gets it."""

    file_name: str = Field(min_length=1, max_length=255, description="Without a folder.")
    media_type: MediaType
    content: bytes = Field(repr=False)
