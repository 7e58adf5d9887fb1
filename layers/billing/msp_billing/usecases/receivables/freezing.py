"""Freezing what is true of invoices on the day they are issued, for their documents and mails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.amount_differences import at_issue
from msp_billing.domain.ledger.balance_at_issue import balance_at_issue, positions_around
from msp_billing.domain.ledger.entries import LedgerId
from msp_billing.usecases.stored_invoices import previous_invoices

if TYPE_CHECKING:
    from msp_billing.domain.at_issue import Balance
    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.usecases.context import BatchRequest
    from msp_billing.usecases.ports import Ports


@dataclass(frozen=True)
class Entered:
    """An invoice in its account's ledger.

    Args:
        on: the day it was entered on, in the provider's zone.
        around: the positions before it and behind the credit that was used on it; None when it
            stood in the ledger already.
    """

    invoice: Invoice
    on: date
    around: tuple[LedgerPosition, LedgerPosition] | None

    @property
    def now(self) -> bool:
        """Whether it was entered now, and did not stand there already."""
        return self.around is not None


def freeze(ports: Ports, request: BatchRequest, entered: Sequence[Entered]) -> None:
    """Store what is frozen with the batch's invoices, for those that have nothing yet.

    An attempt that broke off after it had entered an invoice left it without; what stood around its
    entry is then read from the ledger, and is the same.
    """
    standing = [entry.invoice.id for entry in entered if not entry.now]
    known = ports.at_issue.find_many(standing) if standing else {}
    missing = [entry for entry in entered if entry.invoice.id not in known]
    if not missing:
        return
    accounts = tuple(dict.fromkeys(entry.invoice.id.account for entry in missing))
    previous = {
        (account, invoice.id.part): invoice
        for account, invoices in previous_invoices(ports, request.cycle_id, accounts).items()
        for invoice in invoices
    }
    ports.at_issue.put_many(
        [
            at_issue(
                invoice,
                previous.get((invoice.id.account, invoice.id.part)),
                balance,
            )
            for invoice, balance in _balances(ports, missing)
        ]
    )


def _balances(ports: Ports, entered: Iterable[Entered]) -> Iterator[tuple[Invoice, Balance | None]]:
    for entry in entered:
        invoice = entry.invoice
        around, on = entry.around, entry.on
        if around is None:
            ledger = ledger_of(invoice)
            found = positions_around(ledger, ports.ledgers.entries(ledger), invoice.number or "")
            if found is None:
                yield invoice, None
                continue
            around = (found.before, found.following)
            policy = ports.policies.policy(invoice.id.provider, invoice.policy_version)
            on = found.recorded_at.astimezone(policy.zone).date()
        yield invoice, balance_at_issue(*around, invoice, on)


def ledger_of(invoice: Invoice) -> LedgerId:
    """The ledger that an invoice belongs in."""
    return LedgerId(
        provider=invoice.id.provider, account=invoice.id.account, currency=invoice.currency
    )
