"""Putting versions and accounts in force: in one transaction, where it is not too much for one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.dynamodb.table import (
    MAX_TRANSACTION_BYTES,
    Item,
    Key,
    Table,
    encode,
    encode_key,
    encode_values,
    pause,
)
from msp_billing.usecases.records import MAX_ACCOUNTS_AT_ONCE, CurrentVersions

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.bodies import Bodies
    from msp_billing.domain.accounts import Account

PROVIDERS = "PROVIDERS"
_MAX_ROUNDS = 6


class InterferedWithError(RuntimeError):
    """Others kept writing the accounts that were to be put in force; applying again goes on."""


def changed_accounts(
    table: Table,
    bodies: Bodies,
    provider: str,
    accounts: Sequence[Account],
    applied_at: datetime,
) -> list[Item]:
    """The items of the accounts whose content is not what is stored."""
    keys = [(f"ACCOUNTS#{provider}", account.account) for account in accounts]
    known = table.get_many(keys)
    changed: list[Item] = []
    for account, key in zip(accounts, keys, strict=True):
        json_text = account.model_dump_json()
        digest = hashlib.sha256(json_text.encode()).hexdigest()
        if key in known and known[key]["content_sha256"] == digest:
            continue
        changed.append(
            {
                "pk": key[0],
                "sk": key[1],
                "content_sha256": digest,
                "applied_at": applied_at.isoformat(),
                **bodies.attributes(json_text, f"{provider}/accounts"),
            }
        )
    return changed


def put_in_force(
    table: Table,
    bodies: Bodies,
    current: CurrentVersions,
    accounts: Sequence[Account],
    instead_of: CurrentVersions | None,
) -> bool:
    """Make versions current, with the accounts that changed.

    A new provider is seen by nobody before it is current, which comes last: it begins all at once,
    however many accounts it has.

    Returns:
        False, and nothing is changed, when ``instead_of`` is not what is in force (any more).
    """
    provider = current.provider
    changed = changed_accounts(table, bodies, provider, accounts, current.applied_at)
    *before, last = _groups(changed)
    for group in before:
        if not _commit(table, bodies, current, instead_of, group, makes_current=False):
            return False
    return _commit(table, bodies, current, instead_of, last, makes_current=True)


def _commit(
    table: Table,
    bodies: Bodies,
    current: CurrentVersions,
    instead_of: CurrentVersions | None,
    accounts: Sequence[Item],
    *,
    makes_current: bool,
) -> bool:
    """Put accounts, and what is current, unless somebody else did meanwhile."""
    key: Key = (f"PROVIDER#{current.provider}", "CURRENT")
    puts: list[dict[str, Any]] = [{"Put": {"Item": encode(item)}} for item in accounts]
    for round_number in range(_MAX_ROUNDS):
        there = table.get(key)
        known = None
        if there is not None:
            known = CurrentVersions.model_validate_json(bodies.read(there))
        if round_number and known == current and _all_there(table, accounts):
            return True  # the answer to our own commit was lost
        if known != instead_of:
            return False
        unchanged = _unchanged(there)
        if makes_current:
            body = bodies.attributes(current.model_dump_json(), f"{current.provider}/current")
            item = {"pk": key[0], "sk": key[1], **body}
            listed = {"pk": PROVIDERS, "sk": current.provider}
            actions = [
                {"Put": {"Item": encode(item), **unchanged}},
                {"Put": {"Item": encode(listed)}},
                *puts,
            ]
        else:
            actions = [{"ConditionCheck": {"Key": encode_key(key), **unchanged}}, *puts]
        token = hashlib.sha256(repr((actions, round_number)).encode()).hexdigest()[:36]
        if table.transact(actions, token):
            return True
        pause(round_number)
    raise InterferedWithError(f"{current.provider} could not be put in force: others kept writing")


def _all_there(table: Table, accounts: Sequence[Item]) -> bool:
    found = table.get_many((item["pk"], item["sk"]) for item in accounts)
    return all(found.get((item["pk"], item["sk"])) == item for item in accounts)


def _unchanged(there: Item | None) -> dict[str, Any]:
    """The condition that what is current is what was read."""
    if there is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "body = :body",
        "ExpressionAttributeValues": encode_values({"body": there["body"]}),
    }


def _groups(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Items that fit in a transaction together; one group at least, perhaps an empty one."""
    group: list[Item] = []
    size = 0
    for item in items:
        length = len(item.get("body", b"")) + 1_000
        if group and (len(group) == MAX_ACCOUNTS_AT_ONCE or size + length > MAX_TRANSACTION_BYTES):
            yield group
            group, size = [], 0
        group.append(item)
        size += length
    yield group
