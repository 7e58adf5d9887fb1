"""The invoice that an entry of a ledger is of, also while no index knows its number yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msp_billing.domain.cycles import CycleId
from msp_billing.domain.ledger.entries import EntryKind, LedgerEntry, LedgerId
from msp_billing.domain.periods import Period
from msp_billing.usecases.stored_invoices import invoice_id

if TYPE_CHECKING:
    from msp_billing.domain.invoices import Invoice
    from msp_billing.usecases.ports import Ports


def entered_invoice(
    ports: Ports, ledger: LedgerId, number: str, entries: Iterable[LedgerEntry]
) -> Invoice | None:
    """The invoice with a number that a ledger has; None when it is not stored.

    The index of numbers lags behind the table. What it does not find is looked up in the cycle
    that the invoice's entry names, so that a statement never leaves an invoice out
    (docs/faults.md, 42).

    Args:
        entries: of the ledger.
    """
    found = ports.invoices.find_by_number(ledger.provider, number)
    if found is not None:
        return found
    for entry in entries:
        if entry.kind is EntryKind.INVOICE and entry.document == number and entry.cycle:
            return _of_cycle(ports, ledger, number, entry.cycle)
    return None


def _of_cycle(ports: Ports, ledger: LedgerId, number: str, run_and_period: str) -> Invoice | None:
    run, _, period = run_and_period.rpartition("/")
    cycle = CycleId(provider=ledger.provider, run=run, period=Period.parse(period))
    record = ports.invoices.records(cycle, [ledger.account]).get(ledger.account)
    if record is None:
        return None
    ids = [
        invoice_id(cycle, ledger.account, part, revision)
        for part in record.parts
        for revision in range(1, record.revision + 1)
    ]
    invoices = ports.invoices.invoices(ids).values()
    return next((invoice for invoice in invoices if invoice.number == number), None)
