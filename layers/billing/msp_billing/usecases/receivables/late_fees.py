"""Late fees: off unless the policy's step has one, and once for each case and step."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from msp_billing.domain.ledger.documents import late_fee_document, late_fee_entry
from msp_billing.domain.ledger.entries import EntryDraft, EntryKind, LedgerEntry, LedgerId
from msp_billing.usecases.receivables.appending import enter

if TYPE_CHECKING:
    from msp_billing.domain.dunning.dunning_policy import LateFee
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.usecases.ports import Ports


def charge_late_fee(
    ports: Ports,
    ledger: LedgerId,
    case: int,
    step: str,
    fee: LateFee,
    today: date,
    *,
    base: Decimal | None = None,
) -> LedgerEntry | None:
    """Add the fee of a step to what the account owes, due today.

    Safe to repeat: the fee of a case and step is entered once, and stays what it was. It is taken
    of what is overdue without fees, and so never of a fee. Nobody needs to react to it: a fee
    alone neither starts nor keeps a case.

    Args:
        base: what a percentage is taken of, when less than all that is overdue counts.

    Returns:
        The entry of the fee; None where it comes to nothing.
    """
    document = late_fee_document(case, step)

    def decide(position: LedgerPosition) -> tuple[EntryDraft, ...]:
        if document in position.items_by_document:
            return ()
        made = late_fee_entry(position, case, step, fee, today, "dunning", base=base)
        return () if made is None else (made,)

    enter(ports, ledger, decide)
    return ports.ledgers.find(ledger, EntryKind.LATE_FEE, document)
