"""Rows of numbers: 1 to n, each once. One bit per number, however many there are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msp_billing.adapters.dynamodb.restored_numbers import is_number
from msp_billing.usecases.wholeness.findings import Finding, FindingKind

if TYPE_CHECKING:
    from msp_billing.usecases.ports.stored import Item, StoredItems

_NUMBER = re.compile(r"^(?P<prefix>.*?)(?P<digits>[0-9]+)$")
_MOST_NAMED = 20
_HIGHEST = 1_000_000_000
"""A number above was changed by hand; one bit for each below takes 125 MB at most."""

Row = tuple[str, str]
"""Provider and series, as the counter is called: INVOICE, INFORMATION, CREDIT_NOTE."""


@dataclass
class _Bits:
    bits: bytearray = field(default_factory=bytearray)
    highest: int = 0

    def set(self, number: int) -> bool:
        """Whether it was set before."""
        byte, bit = divmod(number, 8)
        if byte >= len(self.bits):
            self.bits.extend(bytes(byte + 1 - len(self.bits)))
        before = bool(self.bits[byte] & (1 << bit))
        self.bits[byte] |= 1 << bit
        self.highest = max(self.highest, number)
        return before

    def has(self, number: int) -> bool:
        byte, bit = divmod(number, 8)
        return byte < len(self.bits) and bool(self.bits[byte] & (1 << bit))


class NumberRows:
    """The numbers that documents have, and those that ledgers name."""

    def __init__(self) -> None:
        self._documents: dict[Row, _Bits] = {}
        self._entered: dict[Row, _Bits] = {}
        self._prefixes: dict[Row, set[str]] = {}

    @property
    def providers(self) -> set[str]:
        """Whose documents and lost numbers were seen, also of one that is in no list."""
        return {provider for provider, _ in self._documents}

    def note(self, row: Row, number: str, where: str) -> Iterator[Finding]:
        """A document has this number."""
        found = _NUMBER.match(number)
        if found is None:
            what = f"{number} is no number"
            yield Finding(kind=FindingKind.UNREADABLE, where=where, what=what)
            return
        if int(found["digits"]) > _HIGHEST:
            what = f"{number} is higher than any number that was given out"
            yield Finding(kind=FindingKind.NUMBER_BEYOND_COUNTER, where=where, what=what)
            return
        self._prefixes.setdefault(row, set()).add(found["prefix"])
        if self._documents.setdefault(row, _Bits()).set(int(found["digits"])):
            what = f"{number} was given to another document too"
            yield Finding(kind=FindingKind.NUMBER_TWICE, where=where, what=what)

    def note_entered(self, row: Row, number: str) -> None:
        """A ledger has a document of this number."""
        found = _NUMBER.match(number)
        if found is not None and int(found["digits"]) <= _HIGHEST:
            self._entered.setdefault(row, _Bits()).set(int(found["digits"]))

    def note_lost(self, row: Row, first: int, last: int) -> None:
        """Numbers that a restore passed over: given out once, and known to have no document."""
        bits = self._documents.setdefault(row, _Bits())
        for number in range(first, last + 1):
            bits.set(number)

    def findings(self, before: Mapping[Row, int], after: Mapping[Row, int]) -> Iterator[Finding]:
        """Numbers that are missing, and numbers too many.

        Args:
            before: the counters when the first document was read: every number up to them was
                given to a document then.
            after: the counters behind the last one: no document may have more.
        """
        for row in sorted(before.keys() | after.keys() | self._documents.keys()):
            place = f"PROVIDER#{row[0]} COUNTER#{row[1]}"
            bits = self._documents.get(row, _Bits())
            last = before.get(row, 0)
            yield from self._gaps(row, bits, last, place)
            until = after.get(row, 0)
            if bits.highest > until:
                what = f"number {bits.highest} was given out, the counter stands at {until}"
                yield Finding(kind=FindingKind.NUMBER_BEYOND_COUNTER, where=place, what=what)
            entered = self._entered.get(row, _Bits())
            unknown = (n for n in range(1, entered.highest + 1) if entered.has(n))
            for number in (n for n in unknown if not bits.has(n)):
                what = f"a ledger has {self._name(row, number)}, and no document has this number"
                yield Finding(kind=FindingKind.NOT_ISSUED, where=place, what=what)

    def _gaps(self, row: Row, bits: _Bits, last: int, place: str) -> Iterator[Finding]:
        missing = 0
        for number in range(1, last + 1):
            if bits.has(number):
                continue
            missing += 1
            if missing <= _MOST_NAMED:
                what = f"{self._name(row, number)} was given out, and no document has it"
                yield Finding(kind=FindingKind.NUMBER_MISSING, where=place, what=what)
        if missing > _MOST_NAMED:
            what = f"{missing} numbers in all were given out, and no document has them"
            yield Finding(kind=FindingKind.NUMBER_MISSING, where=place, what=what)

    def _name(self, row: Row, number: int) -> str:
        prefixes = sorted(self._prefixes.get(row, ()))
        return f"{prefixes[-1] if prefixes else ''}{number:06d}"


def counters(stored: StoredItems, providers: Collection[str]) -> dict[Row, int]:
    """Where the counters of providers stand now."""
    series = ("INVOICE", "INFORMATION", "CREDIT_NOTE")
    keys = [(f"PROVIDER#{name}", f"COUNTER#{row}") for name in providers for row in series]
    found: dict[tuple[str, str], Item] = stored.get_many(keys)
    return {
        (pk.partition("#")[2], sk.partition("#")[2]): int(item["last_number"])
        for (pk, sk), item in found.items()
        if is_number(item.get("last_number"))  # the check of the counter says when it is none
    }
