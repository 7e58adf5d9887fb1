"""Numbers that were given out before a restore: never again, and known to be lost.

A number is in customers' hands and on sealed documents, whatever the table says. Were it given out
again, the new invoice would go out with the sealed document of the old one.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeGuard

from pydantic import ValidationError

from msp_billing.adapters.dynamodb.numbering import counter_action, last_number
from msp_billing.adapters.dynamodb.table import Item, Table, UnprocessedError, pause, put_new
from msp_billing.domain import number_rows
from msp_billing.usecases.errors import SealBrokenError, UnknownProviderError
from msp_billing.usecases.restoring.sealed_names import document_of

if TYPE_CHECKING:
    from msp_billing.usecases.ports import PolicyStore, Records
    from msp_billing.usecases.ports.stored import StoredItems

SERIES = ("INVOICE", "INFORMATION", "CREDIT_NOTE")
LOST = "LOST_NUMBERS#"
_DIGITS = re.compile(r"^(?P<prefix>.*?)(?P<digits>[0-9]+)$")
_TRIES = 5
_DAMAGED = (ValidationError, zlib.error, KeyError, SealBrokenError, UnknownProviderError)


@dataclass(frozen=True)
class LostNumbers:
    """Numbers of a row that no document of the restored table has."""

    provider: str
    series: str
    first: int
    last: int


def pass_over_all(
    table: Table,
    live: StoredItems,
    policies: Sequence[PolicyStore],
    records: Records,
    at: datetime,
    why: str,
) -> Iterator[LostNumbers]:
    """Pass over every number that the table in use has given out, or that is sealed.

    A provider that was applied since is among them, and so are the prefixes of a policy that was:
    applying it again to the restored table must not begin at one.

    Args:
        table: the restored table.
        live: the items of the table in use.
        policies: of both tables.
    """
    for provider in sorted({name for store in policies for name in store.providers()}):
        prefixes = prefixes_of(provider, policies)
        highest = highest_given_out(live, records, provider, prefixes)
        yield from pass_over(table, provider, highest, at, why)


def prefixes_of(provider: str, policies: Iterable[PolicyStore]) -> dict[str, str]:
    """The series of each prefix of a provider's numbers, by what is in force in any of the tables.

    Where both know a prefix, the first of them says of which series it is.
    """
    found: dict[str, str] = {}
    for store in policies:
        try:
            current = store.find_current(provider)
            if current is None:
                continue
            policy = store.policy(provider, current.policy_version)
        except _DAMAGED:  # perhaps why it is restored; the other table says it
            continue
        for prefix, series in number_rows.prefixes(policy):
            found.setdefault(prefix, series)
    return found


def highest_given_out(
    live: StoredItems | None, records: Records, provider: str, prefixes: dict[str, str]
) -> dict[str, int]:
    """By series, the highest number that is known to have been given out.

    Args:
        live: the table that was restored from, if it is still there.
        prefixes: the series of each prefix of numbers.
    """
    highest = dict.fromkeys(SERIES, 0)
    if live is not None:
        keys = [(f"PROVIDER#{provider}", f"COUNTER#{series}") for series in SERIES]
        for (_, sk), item in live.get_many(keys).items():
            highest[sk.partition("#")[2]] = _last_of(item)
    for key in records.keys(f"{provider}/", after=f"{provider}/"):
        document = document_of(key)
        found = None if document is None else _DIGITS.match(document.number)
        if found is not None and (series := prefixes.get(found["prefix"])) is not None:
            highest[series] = max(highest[series], int(found["digits"]))
    return highest


def _last_of(counter: Item) -> int:
    """The last number of a counter; 0 for one that is damaged: what is sealed says more then."""
    last = counter.get("last_number")
    return int(last) if is_number(last) else 0


def pass_over(
    table: Table, provider: str, highest: dict[str, int], at: datetime, why: str
) -> Iterator[LostNumbers]:
    """Raise the restored table's counters to these, and keep which numbers are lost by it.

    A counter that is damaged there too is left: nothing gets a number by it, and the proof of the
    table names it.
    """
    for series, last in highest.items():
        key = (f"PROVIDER#{provider}", f"COUNTER#{series}")
        for round_number in range(_TRIES):
            standing = table.get(key)
            if standing is not None and not is_number(standing.get("last_number")):
                break
            known = last_number(standing)
            if known >= last:
                break
            lost: Item = {
                "pk": key[0],
                "sk": f"{LOST}{series}#{known + 1:08d}",
                "first": known + 1,
                "last": last,
                "lost_at": at.isoformat(),
                "why": why,
            }
            actions = [counter_action(key, standing, last - known), put_new(lost)]
            # Two providers may lose the same numbers: DynamoDB refuses a token for something else.
            token = hashlib.sha256(repr((table.name, actions)).encode()).hexdigest()[:36]
            if table.transact(actions, token):
                yield LostNumbers(provider, series, known + 1, last)
                break
            pause(round_number)
        else:
            raise UnprocessedError(f"the counter {series} of {provider} was not raised to {last}")


def is_number(value: Any) -> TypeGuard[Decimal]:
    """Whether a counter's value is one; the table gives every number as a decimal."""
    return isinstance(value, int | Decimal)


def lost_in(items: Iterable[Item]) -> Iterator[LostNumbers]:
    """The numbers that items say are lost."""
    for item in items:
        series = str(item["sk"]).split("#")[1]
        provider = str(item["pk"]).partition("#")[2]
        yield LostNumbers(provider, series, int(item["first"]), int(item["last"]))
