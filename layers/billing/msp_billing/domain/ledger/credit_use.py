"""What became of the amount of a credit note, as it was entered; that never changes."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from msp_billing.domain.base import Frozen
from msp_billing.domain.ledger.entries import LedgerAccount, LedgerEntry
from msp_billing.domain.money import ExactDecimal


class CreditUse(Frozen):
    """The three parts of a credit note's amount; they sum to it."""

    off_invoice: ExactDecimal = Field(ge=0, description="Off what was open of its invoice.")
    off_loss: ExactDecimal = Field(ge=0, description="Off what had been given up of it.")
    held: ExactDecimal = Field(ge=0, description="Held for the account, for what it owes besides.")


def credit_use(entry: LedgerEntry) -> CreditUse:
    """What the entry of a credit note did with the amount."""

    def lowered(on: LedgerAccount) -> Decimal:
        return -sum((p.amount for p in entry.postings if p.on is on), Decimal(0))

    return CreditUse(
        off_invoice=lowered(LedgerAccount.RECEIVABLE),
        off_loss=lowered(LedgerAccount.WRITTEN_OFF),
        held=lowered(LedgerAccount.CREDIT),
    )
