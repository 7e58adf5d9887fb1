"""What the name of a sealed document says: of which cycle it is, and which number it has."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DOCUMENT = re.compile(
    r"^[^/]+/(?P<run>[^/]+)/(?P<period>\d{4}-\d\d)/"
    r"(?P<kind>invoices|credit-notes)/(?P<number>[^/]+)\.pdf$"
)


@dataclass(frozen=True)
class SealedDocument:
    """An invoice or a credit note that was sealed, and that a customer may have.

    Attributes:
        kind: "invoices" or "credit-notes".
        period: as ``2026-11``.
    """

    run: str
    period: str
    kind: str
    number: str


def document_of(key: str) -> SealedDocument | None:
    """The document whose key it is in the records bucket; None for a key of anything else."""
    found = _DOCUMENT.match(key)
    return None if found is None else SealedDocument(**found.groupdict())
