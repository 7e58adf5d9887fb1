"""Putting versions and accounts in force: in one transaction, where it is not too much for one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from msp_billing.usecases.errors import InterferedWithError
from msp_billing.usecases.records import MAX_ACCOUNTS_AT_ONCE, CurrentVersions

if TYPE_CHECKING:
    from msp_billing.adapters.dynamodb.bodies import Bodies
    from msp_billing.domain.accounts import Account

PROVIDERS = "PROVIDERS"
_MAX_ROUNDS = 6


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
    however many accounts it has. Of one that bills, more accounts than a transaction holds follow
    each other. The first of them say so where everybody looks: whoever planned before is refused.

    Returns:
        False, and nothing is changed, when ``instead_of`` is not what is in force (any more).

    Raises:
        InterferedWithError: when others kept writing, or put something else in force between two
            transactions; some of the accounts are in force then.
    """
    changed = changed_accounts(table, bodies, current.provider, accounts, current.applied_at)
    *before, last = _groups(changed)
    standing = instead_of
    for group in before:
        begun = None
        if standing is not None:
            begun = standing.model_copy(update={"applied_at": current.applied_at})
        if not _commit(table, bodies, _Step(current.provider, standing, begun, group)):
            return _refused(current.provider, is_first=group is before[0])
        standing = begun
    if not _commit(table, bodies, _Step(current.provider, standing, current, last)):
        return _refused(current.provider, is_first=not before)
    return True


@dataclass(frozen=True)
class _Step:
    """One transaction: accounts, and what is in force before it and after it.

    Attributes:
        after: None for a provider that is seen by nobody yet.
    """

    provider: str
    before: CurrentVersions | None
    after: CurrentVersions | None
    accounts: Sequence[Item]


def _refused(provider: str, *, is_first: bool) -> bool:
    """False, where nothing was changed. Raises InterferedWithError where something was."""
    if is_first:
        return False
    raise InterferedWithError(
        f"Somebody else applied {provider} while its accounts were put in force: some of them are. "
        "Plan again, look at every account that changes, and apply again."
    )


def _commit(table: Table, bodies: Bodies, step: _Step) -> bool:
    """Put accounts, and what is current, unless somebody else did meanwhile."""
    key: Key = (f"PROVIDER#{step.provider}", "CURRENT")
    puts: list[dict[str, Any]] = [{"Put": {"Item": encode(item)}} for item in step.accounts]
    for round_number in range(_MAX_ROUNDS):
        there = table.get(key)
        known = None
        if there is not None:
            known = CurrentVersions.model_validate_json(bodies.read(there))
        if round_number and known == step.after and _all_there(table, step.accounts):
            return True  # the answer to our own commit was lost
        if known != step.before:
            return False
        actions = [*_current_actions(bodies, step, key, there), *puts]
        token = hashlib.sha256(repr((actions, round_number)).encode()).hexdigest()[:36]
        if table.transact(actions, token):
            return True
        pause(round_number)
    raise InterferedWithError(
        f"{step.provider} could not be put in force, or not all of it: others kept writing. Plan "
        "and apply again."
    )


def _current_actions(
    bodies: Bodies, step: _Step, key: Key, there: Item | None
) -> list[dict[str, Any]]:
    """What makes versions current, or checks that those of before still are."""
    unchanged = _unchanged(there)
    if step.after is None or step.after == step.before:
        return [{"ConditionCheck": {"Key": encode_key(key), **unchanged}}]
    body = bodies.attributes(step.after.model_dump_json(), f"{step.provider}/current")
    item = {"pk": key[0], "sk": key[1], **body}
    listed = {"pk": PROVIDERS, "sk": step.provider}
    return [{"Put": {"Item": encode(item), **unchanged}}, {"Put": {"Item": encode(listed)}}]


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
