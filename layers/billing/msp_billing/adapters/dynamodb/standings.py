"""How accounts stand: one item each, changed by compare-and-set, with everything that happened."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.dynamodb.bodies import DAMAGED, what_is_wrong
from msp_billing.adapters.dynamodb.ledgers import unchanged
from msp_billing.adapters.dynamodb.outbox import mail_item
from msp_billing.adapters.dynamodb.table import (
    Item,
    Key,
    Table,
    encode,
    encode_values,
    pack,
    put_new,
    unpack,
)
from msp_billing.domain.dunning.standing import HistoryEntry, Standing
from msp_billing.usecases.errors import StandingUnreadableError

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.bodies import Bodies
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.outbox import OutboxMail


class DynamoStandingStore:
    """Standings of accounts and their histories."""

    def __init__(self, table: Table, bodies: Bodies) -> None:
        self._table = table
        self._bodies = bodies

    def find(self, provider: str, account: str) -> Standing:
        """How an account stands, read consistently; good, when nothing was ever stored."""
        item = self._table.get(_key(provider, account))
        return Standing(provider=provider, account=account) if item is None else self._read(item)

    def all_of(
        self,
        provider: str,
        after: str | None = None,
        unreadable: Callable[[str, StandingUnreadableError], None] | None = None,
    ) -> Iterator[Standing]:
        """Every account of which something is stored, in order of the name."""
        for item in self._table.query(f"STANDINGS#{provider}", after=after):
            try:
                standing = self._read(item)
            except StandingUnreadableError as error:
                if unreadable is None:
                    raise
                unreadable(str(item["sk"]), error)
            else:
                yield standing

    def change(
        self,
        before: Standing,
        after: Standing,
        history: Sequence[HistoryEntry] = (),
        *,
        position: LedgerPosition | None = None,
        mails: Sequence[OutboxMail] = (),
    ) -> bool:
        """Compare-and-set of the standing, on the ledger's version too when a position is given.

        Raises:
            ValueError: when ``after`` is not the version after ``before``.
        """
        if after.version != before.version + 1:
            raise ValueError(f"version {after.version} does not follow {before.version}")
        actions = [
            self._put(before, after),
            *([unchanged(position)] if position is not None else []),
            *(put_new(_history_item(after, n, entry)) for n, entry in enumerate(history)),
            *(put_new(mail_item(mail)) for mail in mails),
        ]
        token = hashlib.sha256(repr(actions).encode()).hexdigest()[:36]
        return self._table.transact(actions, token)

    def history(self, provider: str, account: str) -> Iterator[HistoryEntry]:
        """Everything that happened, in order."""
        for item in self._table.query(_history_pk(provider, account)):
            yield HistoryEntry.model_validate_json(unpack(item["body"]))

    def acknowledge(self, provider: str, account: str, consumer: str, version: int) -> None:
        """Keep that a consumer has done what an entitlement version says; it never goes back."""
        known = {"pk": f"CONSUMERS#{provider}", "sk": consumer}
        self._table.put(known, "attribute_not_exists(pk)")
        self._table.update(
            (_acknowledged_pk(provider, consumer), account),
            "SET entitlement_version = :version",
            "attribute_not_exists(pk) OR entitlement_version < :version",
            version=version,
        )

    def acknowledged(self, provider: str, consumer: str) -> dict[str, int]:
        """By account, the entitlement version that a consumer has done last."""
        items = self._table.query(_acknowledged_pk(provider, consumer))
        return {item["sk"]: int(item["entitlement_version"]) for item in items}

    def consumers(self, provider: str) -> tuple[str, ...]:
        """Every consumer that ever acknowledged something, in order of the name."""
        return tuple(item["sk"] for item in self._table.query(f"CONSUMERS#{provider}"))

    def _put(self, before: Standing, after: Standing) -> dict[str, Any]:
        pk, sk = _key(after.provider, after.account)
        prefix = f"{after.provider}/standings/{after.account}"
        item = {
            "pk": pk,
            "sk": sk,
            "standing_version": after.version,
            "account_state": after.state.value,
            **self._bodies.attributes(after.model_dump_json(), prefix),
        }
        if before.version == 0:
            return put_new(item)
        return {
            "Put": {
                "Item": encode(item),
                "ConditionExpression": "standing_version = :before",
                "ExpressionAttributeValues": encode_values({"before": before.version}),
            }
        }

    def _read(self, item: Item) -> Standing:
        try:
            return Standing.model_validate_json(self._bodies.read(item))
        except DAMAGED as error:
            provider, account = item["pk"].removeprefix("STANDINGS#"), item["sk"]
            raise StandingUnreadableError(provider, account, what_is_wrong(error)) from error


def _key(provider: str, account: str) -> Key:
    return (f"STANDINGS#{provider}", account)


def _history_pk(provider: str, account: str) -> str:
    return f"STANDING#{provider}#{account}"


def _acknowledged_pk(provider: str, consumer: str) -> str:
    return f"ACKNOWLEDGED#{provider}#{consumer}"


def _history_item(standing: Standing, n: int, entry: HistoryEntry) -> Item:
    return {
        "pk": _history_pk(standing.provider, standing.account),
        "sk": f"{standing.version:08d}#{n}",
        "body": pack(entry.model_dump_json()),
    }
