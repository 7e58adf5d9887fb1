"""Proving a ledger: every balance worked out anew, and the first entry that does not fit named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier, Text
from msp_billing.domain.ledger.entries import EntryKind, LedgerEntry, LedgerId
from msp_billing.domain.ledger.position import LedgerPosition, after
from msp_billing.domain.money import CurrencyCode, ExactDecimal


class MisfitKind(StrEnum):
    """In what way an entry, or what is kept beside the entries, does not fit."""

    UNREADABLE = "unreadable"
    DEBITS_AND_CREDITS = "debits and credits"
    HASH = "hash"  # its content is not what it was made with
    ORDER = "order"  # one is missing, or it does not follow the one before
    TWICE = "twice"  # its document was entered before
    ANCHOR = "anchor"  # the chain is whole, and is not the one that was anchored
    MISSING_TAIL = "missing tail"
    HEAD = "head"  # the stored position is not what the entries come to


class Misfit(Frozen):
    """The first thing that does not fit."""

    kind: MisfitKind
    sequence: int = Field(ge=1, description="Of the entry; for a head, of the last one it is of.")
    what: Text


class Anchor(Frozen):
    """How far a ledger had come on a day: kept where nobody can change it."""

    schema_version: int = 1
    account: Identifier
    currency: CurrencyCode
    sequence: int = Field(ge=1)
    hash: str


class DatedAnchor(Frozen):
    """An anchor and the day that it was made on."""

    on: date
    anchor: Anchor


class Verification(Frozen):
    """What came of proving one ledger."""

    ledger: LedgerId
    entries: int = Field(description="How many fit, from the first one on.")
    balance: ExactDecimal = Field(description="What those come to.")
    anchored_on: date | None = Field(default=None, description="Of the newest anchor.")
    misfit: Misfit | None = None

    @property
    def fits(self) -> bool:
        """Whether everything is as it was entered."""
        return self.misfit is None


def verify(
    ledger: LedgerId,
    entries: Iterable[LedgerEntry],
    head: LedgerPosition,
    anchors: Sequence[DatedAnchor] = (),
) -> Verification:
    """Work the position out anew from the entries, and compare it with all that is kept of it.

    Args:
        entries: as they are stored, in the order of their places.
        head: the position as it is stored.
        anchors: of this account, any number; every one must be met by the entries.
    """
    proof = _Proof(ledger, anchors)
    for entry in entries:
        misfit = proof.misfit_of(entry)
        if misfit is not None:
            return proof.result(misfit)
        proof.take(entry)
    return proof.result(proof.missing_tail(head) or proof.misfit_of_head(head))


class _Proof:
    """A proof on its way: the position so far."""

    def __init__(self, ledger: LedgerId, anchors: Sequence[DatedAnchor]) -> None:
        self._position = LedgerPosition.empty(ledger)
        self._anchors = {entry.anchor.sequence: entry for entry in anchors}
        self._newest = max(anchors, key=lambda entry: entry.anchor.sequence, default=None)
        self._documents: dict[tuple[EntryKind, str], int] = {}
        self._met: DatedAnchor | None = None

    def misfit_of(self, entry: LedgerEntry) -> Misfit | None:
        expected = self._position.version + 1
        if entry.sequence != expected:
            what = f"entry {expected} is missing: entry {entry.sequence} is in its place"
            return Misfit(kind=MisfitKind.ORDER, sequence=expected, what=what)
        summed = sum((posting.amount for posting in entry.postings), Decimal(0))
        if summed:
            what = f"debits and credits of entry {expected} differ by {summed}"
            return Misfit(kind=MisfitKind.DEBITS_AND_CREDITS, sequence=expected, what=what)
        if entry.computed_hash() != entry.hash:
            what = f"entry {expected} ({entry.document}) was changed: its hash is of other content"
            return Misfit(kind=MisfitKind.HASH, sequence=expected, what=what)
        if entry.previous_hash != self._position.last_hash:
            what = (
                f"entry {expected} does not follow entry {expected - 1}: one of the two was "
                "replaced"
            )
            return Misfit(kind=MisfitKind.ORDER, sequence=expected, what=what)
        return self._entered_twice(entry) or self._other_than_anchored(entry)

    def _entered_twice(self, entry: LedgerEntry) -> Misfit | None:
        before = self._documents.get((entry.kind, entry.document))
        if before is None:
            return None
        what = f"{entry.document} is entered in entry {before} and again in {entry.sequence}"
        return Misfit(kind=MisfitKind.TWICE, sequence=entry.sequence, what=what)

    def _other_than_anchored(self, entry: LedgerEntry) -> Misfit | None:
        anchored = self._anchors.get(entry.sequence)
        if anchored is None or anchored.anchor.hash == entry.hash:
            return None
        first = 1 if self._met is None else self._met.anchor.sequence + 1
        what = (
            f"entries {first} to {entry.sequence} are not those that were anchored on "
            f"{anchored.on}: one of them was changed, and all hashes after it were made anew"
        )
        return Misfit(kind=MisfitKind.ANCHOR, sequence=first, what=what)

    def take(self, entry: LedgerEntry) -> None:
        self._position = after(self._position, entry)
        if entry.kind is not EntryKind.ALLOCATION:
            self._documents[entry.kind, entry.document] = entry.sequence
        self._met = self._anchors.get(entry.sequence, self._met)

    def missing_tail(self, head: LedgerPosition) -> Misfit | None:
        last = self._position.version
        known = [(head.version, "the head")]
        if self._newest is not None:
            known.append((self._newest.anchor.sequence, f"the anchor of {self._newest.on}"))
        furthest, who = max(known)
        if furthest <= last:
            return None
        what = f"entries {last + 1} to {furthest} are missing: {who} has them"
        return Misfit(kind=MisfitKind.MISSING_TAIL, sequence=last + 1, what=what)

    def misfit_of_head(self, head: LedgerPosition) -> Misfit | None:
        found = self._position
        if head == found:
            return None
        if head.version < found.version:
            what = f"the head is an old one, of entry {head.version}; there are {found.version}"
        elif head.balance != found.balance:
            what = f"the head has a balance of {head.balance}, the entries come to {found.balance}"
        else:
            what = f"the head is not what the {found.version} entries come to"
        return Misfit(kind=MisfitKind.HEAD, sequence=max(1, head.version), what=what)

    def result(self, misfit: Misfit | None) -> Verification:
        return Verification(
            ledger=self._position.ledger,
            entries=self._position.version,
            balance=self._position.balance,
            anchored_on=None if self._newest is None else self._newest.on,
            misfit=misfit,
        )


def unreadable(
    ledger: LedgerId, entries: Iterable[LedgerEntry], sequence: int, why: str
) -> Verification:
    """The result where an entry cannot be read; one before it may be what does not fit first.

    Args:
        entries: those before it.
        sequence: of the one that cannot be read.
    """
    proof = _Proof(ledger, ())
    for entry in entries:
        misfit = proof.misfit_of(entry)
        if misfit is not None:
            return proof.result(misfit)
        proof.take(entry)
    balanced = MisfitKind.DEBITS_AND_CREDITS if "debits and credits" in why else None
    what = f"entry {sequence} cannot be read: {why}"[:500]
    kind = balanced or MisfitKind.UNREADABLE
    return proof.result(Misfit(kind=kind, sequence=sequence, what=what))
