"""The 94-character records of a NACHA file, and the sums that its control records must agree with.

Positions are counted from 1 here, as in the Nacha Operating Rules, Appendix Three.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msp_billing.adapters.payments.file_faults import Faults

RECORD_LENGTH = 94
_HASH_MODULUS = 10**10
_FILLER = re.compile(r"9+")
_DIGITS = re.compile(r"\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Record:
    """One record with the line it stands on."""

    line: int
    content: str

    def at(self, first: int, last: int) -> str:
        """The characters at these positions, without the spaces around them."""
        return self.content[first - 1 : last].strip()

    def number(self, first: int, last: int) -> int | None:
        """The digits at these positions, all of them; None when one is missing."""
        text = self.content[first - 1 : last]
        whole = len(text) == last - first + 1 and _DIGITS.fullmatch(text)
        return int(text) if whole else None

    @property
    def kind(self) -> str:
        """The record type code."""
        return self.content[:1]


@dataclass(slots=True)
class Sums:
    """What the entries of a batch, or the batches of a file, come to (in cents)."""

    records: int = 0
    entry_hash: int = 0
    debits: int = 0
    credits: int = 0
    batches: int = 0

    def add(self, other: Sums) -> None:
        """Take in the sums of a batch."""
        self.records += other.records
        self.entry_hash += other.entry_hash
        self.debits += other.debits
        self.credits += other.credits
        self.batches += 1


def read_records(text: str, faults: Faults) -> list[Record]:
    """The records of a file without its fillers. Spaces that a transfer trimmed are no fault."""
    lines = text.splitlines()
    if len(lines) == 1 and len(text) > RECORD_LENGTH and len(text) % RECORD_LENGTH == 0:
        # Some banks write no line ends at all.
        lines = [text[at : at + RECORD_LENGTH] for at in range(0, len(text), RECORD_LENGTH)]
    records = []
    for number, line in enumerate(lines, start=1):
        bare = line.rstrip()
        if not bare or _FILLER.fullmatch(bare):
            continue
        if len(bare) > RECORD_LENGTH:
            faults.add("record", number, f"The record has {len(bare)} characters, and not 94.")
        elif bare[0] not in "156789":
            faults.add("record", number, f"There is no record type '{bare[0]}'.")
        elif not bare.isascii():
            faults.add("record", number, "The record has characters that ACH does not know.")
        else:
            records.append(Record(number, bare))
    return records


def is_debit(transaction_code: str) -> bool:
    """Whether an entry counts among the debits: its code ends in 5 to 9."""
    return transaction_code[-1:] in {"5", "6", "7", "8", "9"}


def check_batch(control: Record, sums: Sums, batch_number: int | None, faults: Faults) -> None:
    """Compare a batch control (8) with the batch."""
    _compare(control, "batch", "entries and addenda", (5, 10), sums.records, faults)
    _compare(control, "batch", "entry hash", (11, 20), sums.entry_hash % _HASH_MODULUS, faults)
    _compare(control, "batch", "debits in cents", (21, 32), sums.debits, faults)
    _compare(control, "batch", "credits in cents", (33, 44), sums.credits, faults)
    _compare(control, "batch", "batch number", (88, 94), batch_number, faults)


def check_file(control: Record, sums: Sums, faults: Faults) -> None:
    """Compare a file control (9) with the file."""
    _compare(control, "file", "batches", (2, 7), sums.batches, faults)
    _compare(control, "file", "entries and addenda", (14, 21), sums.records, faults)
    _compare(control, "file", "entry hash", (22, 31), sums.entry_hash % _HASH_MODULUS, faults)
    _compare(control, "file", "debits in cents", (32, 43), sums.debits, faults)
    _compare(control, "file", "credits in cents", (44, 55), sums.credits, faults)


def _compare(
    control: Record,
    whole: str,
    what: str,
    place: tuple[int, int],
    counted: int | None,
    faults: Faults,
) -> None:
    told = control.number(*place)
    if told != counted or told is None:
        faults.add(
            "total",
            control.line,
            f"The control record of the {whole} says '{control.at(*place)}' ({what}), counted "
            f"{'nothing' if counted is None else counted}.",
        )
