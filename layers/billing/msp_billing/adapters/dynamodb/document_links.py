"""Links to documents too large for their mails: found by the hash of their secret, never listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.document_links import DocumentLink

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.table import Key, Table


class DynamoDocumentLinks:
    """One item per link: each mail that holds one has a secret of its own."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put(self, link: DocumentLink) -> None:
        """Add a link."""
        pk, sk = _key(link.provider, link.document, link.secret_sha256)
        self._table.put({"pk": pk, "sk": sk, "link": link.model_dump_json()})

    def find(self, provider: str, document: str, secret_sha256: str) -> DocumentLink | None:
        """The link with this secret, or None.

        The secret is part of the key as its hash, so that nothing that somebody guesses is ever
        compared with what is stored, letter by letter.
        """
        item = self._table.get(_key(provider, document, secret_sha256))
        return None if item is None else DocumentLink.model_validate_json(item["link"])


def _key(provider: str, document: str, secret_sha256: str) -> Key:
    return (f"DOCUMENT_LINKS#{provider}", f"{document}#{secret_sha256}")
