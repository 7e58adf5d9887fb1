"""Policies, price books and the book of accounts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from msp_billing.adapters.dynamodb.putting_in_force import (
    PROVIDERS,
    changed_accounts,
    put_in_force,
)
from msp_billing.domain.accounts import Account
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.usecases.errors import UnknownProviderError, VersionConflictError
from msp_billing.usecases.records import BookEntry, CurrentVersions

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.bodies import Bodies
    from msp_billing.adapters.dynamodb.table import Item, Table

_CACHED_VERSIONS = 16


class DynamoPolicyStore:
    """Versions of policies and price books; a stored version never changes."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies
        # Versions are immutable, so that a warm Lambda may keep them.
        self._load_policy = lru_cache(_CACHED_VERSIONS)(self._read_policy)
        self._load_price_book = lru_cache(_CACHED_VERSIONS)(self._read_price_book)

    def providers(self) -> Iterator[str]:
        """Every provider, in order of its name."""
        for item in self._table.query(PROVIDERS):
            yield str(item["sk"])

    def find_current(self, provider: str) -> CurrentVersions | None:
        """The versions in force, or None when the provider was never applied."""
        item = self._table.get((f"PROVIDER#{provider}", "CURRENT"))
        return CurrentVersions.model_validate_json(self._bodies.read(item)) if item else None

    def current(self, provider: str) -> CurrentVersions:
        """The versions in force. Raises UnknownProviderError."""
        found = self.find_current(provider)
        if found is None:
            raise UnknownProviderError(f"the provider '{provider}' was never applied")
        return found

    def policy(self, provider: str, version: str) -> ProviderPolicy:
        """A pinned policy. Raises UnknownProviderError."""
        return self._load_policy(provider, version)

    def price_book(self, provider: str, version: str) -> PriceBook:
        """A pinned price book. Raises UnknownProviderError."""
        return self._load_price_book(provider, version)

    def put_versions(self, policy: ProviderPolicy, price_book: PriceBook) -> None:
        """Store both; nobody bills with them before they are current.

        Raises:
            VersionConflictError: when a version is stored with other content.
        """
        provider = policy.provider
        self._put_version(provider, f"POLICY#{policy.version}", policy)
        self._put_version(provider, f"PRICE_BOOK#{price_book.version}", price_book)

    def put_in_force(
        self,
        current: CurrentVersions,
        accounts: Sequence[Account],
        instead_of: CurrentVersions | None,
    ) -> bool:
        """Make versions current, with the accounts that changed. False when others came first."""
        return put_in_force(self._table, self._bodies, current, accounts, instead_of)

    def _put_version(self, provider: str, sk: str, given: ProviderPolicy | PriceBook) -> None:
        """Store a version once. Fields that the model got since then are no other content."""
        json_text = given.model_dump_json()
        digest = hashlib.sha256(json_text.encode()).hexdigest()
        item: Item = {
            "pk": f"PROVIDER#{provider}",
            "sk": sk,
            "content_sha256": digest,
            **self._bodies.attributes(json_text, f"{provider}/versions"),
        }
        existing = self._table.put(item, "attribute_not_exists(pk)")
        if existing is None or existing["content_sha256"] == digest:
            return
        if type(given).model_validate_json(self._bodies.read(existing)) != given:
            raise VersionConflictError(
                f"{provider} has {sk.replace('#', ' ').lower()} with other content: give the "
                "changed file a new 'version'"
            )

    def _read_policy(self, provider: str, version: str) -> ProviderPolicy:
        return ProviderPolicy.model_validate_json(self._version(provider, f"POLICY#{version}"))

    def _read_price_book(self, provider: str, version: str) -> PriceBook:
        return PriceBook.model_validate_json(self._version(provider, f"PRICE_BOOK#{version}"))

    def _version(self, provider: str, sk: str) -> bytes:
        item = self._table.get((f"PROVIDER#{provider}", sk))
        if item is None:
            raise UnknownProviderError(f"{provider} has no {sk.replace('#', ' ').lower()}")
        return self._bodies.read(item)


class DynamoBook:
    """The accounts of providers, in order of their names."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def entries(self, provider: str) -> Iterator[BookEntry]:
        """Every account, in order of its name."""
        for item in self._table.query(f"ACCOUNTS#{provider}"):
            yield self._entry(item)

    def find(self, provider: str, account: str) -> BookEntry | None:
        """One account, or None when the book does not have it."""
        item = self._table.get((f"ACCOUNTS#{provider}", account))
        return None if item is None else self._entry(item)

    def _entry(self, item: Item) -> BookEntry:
        return BookEntry(
            account=Account.model_validate_json(self._bodies.read(item)),
            applied_at=datetime.fromisoformat(item["applied_at"]),
        )

    def put(self, provider: str, accounts: Sequence[Account], applied_at: datetime) -> None:
        """Store accounts; one whose content is the same keeps when it was applied."""
        self._table.put_many(
            changed_accounts(self._table, self._bodies, provider, accounts, applied_at)
        )
