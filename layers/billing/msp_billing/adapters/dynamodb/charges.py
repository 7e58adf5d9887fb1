"""Claims: which cycle bills a one-time charge, so that no two of them do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.dynamodb.table import Key, Table, encode, encode_key, encode_values
from msp_billing.usecases.errors import ChargeClaimedError

if TYPE_CHECKING:
    from msp_billing.domain.cycles import CycleId

Action = dict[str, Any]

_SEPARATOR = "#"  # before every character of an identifier, so that accounts do not mix in order
_LAST = "\uffff"


def claimant(cycle: CycleId) -> str:
    """How a cycle signs its claims; the provider is part of their key."""
    return f"{cycle.run}/{cycle.period}"


def claims(table: Table, provider: str, accounts: Sequence[str]) -> dict[str, dict[str, str]]:
    """Every charge of these accounts that is claimed, and by which cycle.

    One query for all: accounts come in the order of their names, and so do their claims.
    """
    found: dict[str, dict[str, str]] = {account: {} for account in accounts}
    if not found:
        return found
    span = (f"{min(found)}{_SEPARATOR}", f"{max(found)}{_SEPARATOR}{_LAST}")
    for item in table.query(claims_pk(provider), between=span):
        account, charge = item["sk"].split(_SEPARATOR, 1)
        if account in found:
            found[account][charge] = item["claimed_by"]
    return found


def claim_actions(
    cycle: CycleId, account: str, wanted: Iterable[str], before: Iterable[str]
) -> Iterator[Action]:
    """The writes that claim what is billed now and give free what was billed before only."""
    now = sorted(set(wanted))
    signed = {"by": claimant(cycle)}
    for charge in now:
        pk, sk = _key(cycle, account, charge)
        yield {
            "Put": {
                "Item": encode({"pk": pk, "sk": sk, "claimed_by": claimant(cycle)}),
                "ConditionExpression": "attribute_not_exists(pk) OR claimed_by = :by",
                "ExpressionAttributeValues": encode_values(signed),
            }
        }
    for charge in sorted(set(before) - set(now)):
        yield {
            "Delete": {
                "Key": encode_key(_key(cycle, account, charge)),
                "ConditionExpression": "attribute_not_exists(pk) OR claimed_by = :by",
                "ExpressionAttributeValues": encode_values(signed),
            }
        }


def check_free(table: Table, cycle: CycleId, wanted: dict[str, frozenset[str]]) -> None:
    """Refuse charges that another cycle bills, before anything is written.

    Args:
        wanted: charges by account.

    Raises:
        ChargeClaimedError: naming them.
    """
    keys = {
        _key(cycle, account, charge): f"{account}: {charge}"
        for account, charges in wanted.items()
        for charge in sorted(charges)
    }
    taken = [
        f"{keys[key]} is billed by {item['claimed_by']}"
        for key, item in table.get_many(keys).items()
        if item["claimed_by"] != claimant(cycle)
    ]
    if taken:
        raise ChargeClaimedError("; ".join(taken))


def claims_pk(provider: str) -> str:
    """The partition of a provider's claims."""
    return f"CHARGES#{provider}"


def _key(cycle: CycleId, account: str, charge: str) -> Key:
    return (claims_pk(cycle.provider), f"{account}{_SEPARATOR}{charge}")
