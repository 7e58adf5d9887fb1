"""Every item of the table as it is stored."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from msp_billing.usecases.errors import SealBrokenError
from msp_billing.usecases.ports.stored import DamagedItemError, Item, Key, Page

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.bodies import Bodies
    from msp_billing.adapters.dynamodb.whole_table import WholeTable

_BODY = frozenset({"body", "body_key", "body_sha256"})


class DynamoStoredItems:
    """The items, a page at a time."""

    def __init__(self, table: WholeTable, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def pages(self, after: Key | None = None) -> Iterator[Page]:
        """All items behind a key, read consistently."""
        for items, cursor in self._table.scan(after):
            yield Page(tuple(items), cursor)

    def get_many(self, keys: Iterable[Key]) -> dict[Key, Item]:
        """Those of the items that exist, read consistently."""
        return self._table.get_many(keys)

    def document(self, item: Item) -> str | None:
        """The JSON of an item's document. Raises DamagedItemError."""
        if not _BODY & item.keys():
            return None
        try:
            return self._bodies.read(item).decode()
        except (zlib.error, KeyError, TypeError, UnicodeDecodeError, SealBrokenError) as error:
            raise DamagedItemError(f"{type(error).__name__}: {error}"[:300]) from error
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"NoSuchKey", "404"}:
                raise
            raise DamagedItemError(f"its document {item.get('body_key')} is gone") from error

    def with_document(self, item: Item, document: str) -> Item:
        """The item with another document, beside the old one where that lies in the bucket."""
        folder = str(item.get("body_key", "")).rpartition("/")[0]
        rest = {name: value for name, value in item.items() if name not in _BODY}
        return rest | self._bodies.attributes(document, folder or f"{_owner(item)}/documents")

    def replace(self, before: Item, after: Item) -> bool:
        """Change what differs, if all of that is still as it was. False when it is not."""
        names = sorted(
            name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
        )
        if not names:
            return True
        return self._table.exchange(
            (before["pk"], before["sk"]),
            {name: before.get(name) for name in names},
            {name: after.get(name) for name in names},
        )


def _owner(item: Item) -> str:
    """The provider that an item is of: the second part of its partition's name."""
    return str(item["pk"]).split("#")[1]
