"""Statements of account over ledgers that are kept by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

from msp_billing.domain.ledger.account_statement import (
    AccountStatement,
    Addressee,
    account_statement,
)
from tests.unit.domain.ledger.ledger_samples import LEDGER, Books

TERN_HARBOR = Addressee(name="Tern Harbor", address=("1 Pier Road", "Duluth, MN 55802"))


def books() -> Books:
    """$1,200.00 of September paid and taken back in part, $800.00 of October less $50.00, and more.

    Open on 5 December: LP-000001 of $1,200.00 (due 30 August, 97 days), LP-000002 of $750.00 (due
    30 October, 36 days), LP-000003 of $2,000.00 (due 15 December), and nothing held.
    """
    kept = Books()
    kept.invoice("LP-000001", "1200.00", "2026-08-15", "2026-08-30")
    kept.pay("W-1", "1200.00", "2026-08-28")
    october = kept.invoice("LP-000002", "800.00", "2026-10-15", "2026-10-30")
    kept.credit(october, "CN-000001", "50.00", "2026-10-20")
    kept.take_back("bank:W-1", "1200.00", "2026-11-03")
    kept.invoice("LP-000003", "2000.00", "2026-11-15", "2026-12-15")
    return kept


def statement_of(kept: Books, from_on: str, to_on: str, **changes: Any) -> AccountStatement:
    last = date.fromisoformat(to_on)
    return account_statement(
        LEDGER,
        kept.entries,
        date.fromisoformat(from_on),
        last,
        changes.pop("addressee", TERN_HARBOR),
        changes.pop("made_on", last),
        **changes,
    )
