"""The lines of a BAI2 file as logical records: continuations (88) joined, the end slash read off.

A slash at the end of a line ends the last field on it. A line without one ends in a text, which may
hold commas and slashes itself and which the next 88 goes on with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.adapters.payments.file_faults import Faults

_CODES = frozenset({"01", "02", "03", "16", "49", "98", "99"})
_AMOUNT = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_COUNT = re.compile(r"\d{1,9}", re.ASCII)
FUNDS_TYPES = frozenset({"", "Z", "0", "1", "2", "V", "S", "D"})


@dataclass(slots=True)
class Record:
    """A record with its continuations."""

    code: str
    line: int
    physical_lines: int
    pieces: list[str] = field(default_factory=list)

    def fields(self) -> list[str]:
        """Everything behind the code, by commas. What a text holds beyond is for the caller."""
        joined = ""
        for index, piece in enumerate(self.pieces):
            last = index == len(self.pieces) - 1
            bare = piece.rstrip()
            if bare.endswith("/"):
                joined += bare[:-1] + ("" if last else ",")
            else:
                joined += bare + ("" if last else " ")
        return [part.strip() for part in joined.split(",")]


def read_records(text: str, faults: Faults) -> list[Record]:
    """The records of a file, in order; lines that are none become problems."""
    records: list[Record] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        code, comma, rest = line[:2], line[2:3], line[3:]
        if comma != ",":
            faults.add("record", number, f"The line begins with '{line[:3]}' and not with a code.")
        elif code == "88":
            if records:
                records[-1].pieces.append(rest)
                records[-1].physical_lines += 1
            else:
                faults.add("record", number, "A continuation (88) with nothing before it.")
        elif code in _CODES:
            records.append(Record(code, number, 1, [rest]))
        else:
            faults.add("record", number, f"There is no record '{code}' in BAI2.")
    return records


def whole_amount(text: str) -> int | None:
    """An amount in the currency's smallest unit; None for what is none. Empty is zero."""
    if not text:
        return 0
    return int(text) if _AMOUNT.fullmatch(text) else None


def whole_count(text: str) -> int | None:
    """A number of records or accounts; None for what is none."""
    return int(text) if _COUNT.fullmatch(text) else None


def after_funds(rest: list[str]) -> list[str] | None:
    """What follows the funds type and its availability; None when they cannot be read.

    V has a value date and time, S three amounts (today, in one day, later), D pairs of days and
    amounts. They say when the money can be used, not how much came.
    """
    if not rest:
        return []
    kind = rest[0]
    if kind not in FUNDS_TYPES:
        return None
    length = {"V": 2, "S": 3}.get(kind, 0)
    if kind == "D":
        pairs = whole_count(rest[1]) if len(rest) > 1 else None
        if pairs is None:
            return None
        length = 1 + 2 * pairs
    # Some banks leave trailing availability out when nothing follows it.
    return rest[1 + length :]


def summary_amounts(fields: list[str]) -> list[int] | None:
    """The amounts of the balances and totals behind account and currency in a 03 record.

    None when the fields do not come out even. A bank that leaves the empty funds type out at the
    end of a line is understood, because what follows then is a type code and no funds type.
    """
    amounts: list[int] = []
    rest = fields
    while any(rest):
        code, rest = rest[0], rest[1:]
        if not code:
            # Balances that the bank leaves out come as four empty fields.
            rest = rest[3:]
            continue
        amount = whole_amount(rest[0]) if rest else None
        if amount is None or len(code) != 3 or not code.isdigit():
            return None
        amounts.append(amount)
        rest = rest[2:]
        following = after_funds(rest) if rest and rest[0] in FUNDS_TYPES else rest
        if following is None:
            return None
        rest = following
    return amounts
