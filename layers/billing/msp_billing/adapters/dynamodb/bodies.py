"""Bodies of documents: in the item while they fit, in S3 with their hash when they do not."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from msp_billing.adapters.dynamodb.table import MAX_BODY_BYTES, pack, unpack
from msp_billing.usecases.errors import SealBrokenError

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Records

DAMAGED = (ValidationError, zlib.error, KeyError, SealBrokenError)
"""How it shows that an item was changed by hand: what AWS refuses is none of it."""


def what_is_wrong(error: Exception) -> str:
    """Why a document cannot be read: the first thing that is wrong, on one line."""
    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"])
    return f"{type(error).__name__}: {error}"


class Bodies:
    """Packs documents into item attributes and back (docs/faults.md, 27)."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def attributes(self, json_text: str, spill_prefix: str) -> dict[str, Any]:
        """The attributes that hold a document.

        Args:
            spill_prefix: object key prefix for a document that is too large for an item; its
                content hash completes the key, so that a changed draft never meets its old one.
        """
        body = pack(json_text)
        if len(body) <= MAX_BODY_BYTES:
            return {"body": body}
        stored = self._records.put_by_hash(spill_prefix, body)
        return {"body_key": stored.key, "body_sha256": stored.sha256}

    def read(self, item: dict[str, Any]) -> bytes:
        """The JSON of an item's document."""
        if "body" in item:
            return unpack(item["body"])
        return unpack(self._records.get(item["body_key"], item["body_sha256"]))
