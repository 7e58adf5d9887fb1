"""The final statement of an account that leaves, out of its ledger and its invoices (MSA-05)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.domain.contracts.final_statements import FinalStatement, final_statement
from msp_billing.domain.contracts.lifetimes import lifetime
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.ledger.statements import movements
from msp_billing.usecases.context import calendar_around
from msp_billing.usecases.dunning.context import load_account

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports


def final_account(ports: Ports, provider: str, account: str) -> FinalStatement:
    """Every document of an account down to zero, or what is missing to it.

    One-time charges that wait for an invoice are known to the run that bills them, not here: bill
    the account's last month before.

    Raises:
        UnknownAccountError: when the book does not have the account.
        StatementError: when two documents contradict each other.
    """
    found = load_account(ports, provider, account)
    policy = found.policy
    versions = ports.policies.current(provider)
    book = ports.policies.price_book(provider, versions.price_book_version)
    entries = tuple(ports.ledgers.entries(found.position.ledger))
    numbers = [entry.document for entry in entries if entry.kind is EntryKind.INVOICE]
    invoices = [ports.invoices.find_by_number(provider, number) for number in numbers]
    calendar = calendar_around(ports, policy, found.today.year)
    return final_statement(
        [lifetime(entry, policy, book, calendar) for entry in found.account.agreements],
        found.account.name,
        found.position.ledger.currency,
        [invoice for invoice in invoices if invoice is not None],
        movements(found.position.ledger, entries),
    )
