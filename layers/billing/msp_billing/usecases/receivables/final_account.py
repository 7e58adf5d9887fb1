"""The final statement of an account that leaves, out of its ledger and its invoices (MSA-05)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.contracts.final_statements import (
    FinalStatement,
    StatementError,
    final_statement,
)
from msp_billing.domain.contracts.lifetimes import lifetime
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.statements import movements
from msp_billing.usecases.context import calendar_around
from msp_billing.usecases.dunning.context import load_account
from msp_billing.usecases.receivables.entered_invoices import entered_invoice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msp_billing.domain.invoices import Invoice
    from msp_billing.domain.ledger.entries import LedgerEntry, LedgerId
    from msp_billing.usecases.ports import Ports


def final_account(ports: Ports, provider: str, account: str) -> FinalStatement:
    """Every document of an account down to zero, or what is missing to it.

    One-time charges that wait for an invoice are known to the run that bills them, not here: bill
    the account's last month before.

    Raises:
        UnknownAccountError: when the book does not have the account.
        StatementError: when two documents contradict each other, or one is not stored.
    """
    found = load_account(ports, provider, account)
    policy = found.policy
    versions = ports.policies.current(provider)
    book = ports.policies.price_book(provider, versions.price_book_version)
    entries = tuple(ports.ledgers.entries(found.position.ledger))
    calendar = calendar_around(ports, policy, found.today.year)
    return final_statement(
        [lifetime(entry, policy, book, calendar) for entry in found.account.agreements],
        found.account.name,
        found.position.ledger.currency,
        _invoices(ports, found.position.ledger, entries),
        movements(found.position.ledger, entries),
    )


def _invoices(
    ports: Ports, ledger: LedgerId, entries: tuple[LedgerEntry, ...]
) -> Iterator[Invoice]:
    """Every invoice that was entered. One left out would let the account look settled."""
    for entry in entries:
        if entry.kind is EntryKind.INVOICE:
            invoice = entered_invoice(ports, ledger, entry.document, entries)
            if invoice is None:
                raise StatementError(f"{entry.document} of {ledger} was entered and is not stored")
            yield invoice
