"""Proof that what is exported is what the ledgers have, by kind of entry and currency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.statements import balance_effect
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.domain.accounting.exported import ExportedEntry, ExportFile, Sums


def ledger_sums(entries: Iterable[ExportedEntry]) -> dict[tuple[EntryKind, str], Decimal]:
    """What entries come to; by which credit is used is nothing to anybody's balance."""
    sums: dict[tuple[EntryKind, str], Decimal] = {}
    for exported in entries:
        if exported.entry.kind is not EntryKind.ALLOCATION:
            key = (exported.entry.kind, exported.customer.currency)
            sums[key] = sums.get(key, Decimal(0)) + balance_effect(exported.entry)
    return sums


def file_sums(files: Iterable[ExportFile]) -> dict[tuple[EntryKind, str], Decimal]:
    """What files come to together."""
    sums: dict[tuple[EntryKind, str], Decimal] = {}
    for file in files:
        for key, amount in file.sums.items():
            sums[key] = sums.get(key, Decimal(0)) + amount
    return sums


def untied(ledger: Sums, exported: Sums) -> Iterator[Problem]:
    """What differs; nothing, when it ties out."""
    for kind, currency in sorted(ledger.keys() | exported.keys()):
        expected = ledger.get((kind, currency), Decimal(0))
        found = exported.get((kind, currency), Decimal(0))
        if expected != found:
            yield Problem(
                code="export-does-not-tie-out",
                what=f"{kind.replace('_', ' ')}: the ledgers come to {expected} {currency}, the "
                f"files to {found} {currency}.",
                fix="Do not import anything; report it as a fault of the export.",
                where=f"{kind}/{currency}",
            )
