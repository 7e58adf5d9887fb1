"""What became of the amount of a credit note, as it was entered; that never changes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from pydantic import Field

from msp_billing.domain.base import Frozen
from msp_billing.domain.ledger.entries import LedgerAccount, LedgerEntry
from msp_billing.domain.money import ExactDecimal

if TYPE_CHECKING:
    from msp_billing.domain.ledger.position import LedgerPosition


class CreditUse(Frozen):
    """The three parts of a credit note's amount; they sum to it."""

    off_invoice: ExactDecimal = Field(ge=0, description="Off what was open of its invoice.")
    off_loss: ExactDecimal = Field(ge=0, description="Off what had been given up of it.")
    held: ExactDecimal = Field(ge=0, description="Held for the account, for what it owes besides.")
    left: ExactDecimal | None = Field(
        default=None, ge=0, description="Left to pay of the invoice after it, where it is known."
    )

    @property
    def settles(self) -> bool:
        """Whether nothing is left to pay of the invoice: more came off than was open, or all."""
        return bool(self.held or self.off_loss) or self.left == 0


def credit_use(entry: LedgerEntry, following: LedgerPosition | None = None) -> CreditUse:
    """What the entry of a credit note did with the amount.

    Args:
        following: where the account stood behind the entry, which tells what was left to pay.
    """
    item = None if following is None else following.items_by_document.get(entry.lowers or "")

    def lowered(on: LedgerAccount) -> Decimal:
        return -sum((p.amount for p in entry.postings if p.on is on), Decimal(0))

    return CreditUse(
        off_invoice=lowered(LedgerAccount.RECEIVABLE),
        off_loss=lowered(LedgerAccount.WRITTEN_OFF),
        held=lowered(LedgerAccount.CREDIT),
        left=None if item is None else item.open,
    )
