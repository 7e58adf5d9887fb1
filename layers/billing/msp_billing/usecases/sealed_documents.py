"""Documents of numbered invoices and notes: sealed once, and attached as they were sealed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from msp_billing.domain.outbox import Attachment
from msp_billing.domain.seals import seal
from msp_billing.usecases.errors import SealBrokenError

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Records

_LOGGER = logging.getLogger(__name__)


def seal_document(records: Records, key: str, content: bytes, media_type: str) -> Attachment:
    """Seal a document under the key of its number; what lies there already is the document.

    A call may be cut off behind the seal, and be tried again by a program that draws the same
    invoice in another way. What it says does not change after it was numbered, and Object Lock
    keeps the first; held against it, the second would keep the mail from going out for ever.
    """
    try:
        stored = records.put_once(key, content, media_type)
        sha256, size_bytes = stored.sha256, stored.size_bytes
    except SealBrokenError:
        _LOGGER.warning("%s was sealed with other bytes before, and goes out as it was", key)
        sealed = records.get(key)
        sha256, size_bytes = seal(sealed), len(sealed)
    return Attachment(
        key=key,
        sha256=sha256,
        file_name=key.rpartition("/")[2],
        media_type=media_type,
        size_bytes=size_bytes,
    )
