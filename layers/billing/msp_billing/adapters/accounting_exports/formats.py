"""The formats that can be exported, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from msp_billing.adapters.accounting_exports.beancount_journal import journal_files
from msp_billing.adapters.accounting_exports.quickbooks import quickbooks_files
from msp_billing.adapters.accounting_exports.xero import xero_files
from msp_billing.domain.ledger.entries import EntryKind

if TYPE_CHECKING:
    from msp_billing.domain.accounting.exported import AccountingPeriod, ExportFile
    from msp_billing.domain.policy import ProviderPolicy

FORMATS: Mapping[str, Callable[[AccountingPeriod, ProviderPolicy], tuple[ExportFile, ...]]] = {
    "quickbooks": quickbooks_files,
    "xero": xero_files,
    "journal": journal_files,
}
"""What each format makes of a period. No file is made for what there is nothing of."""

_WITH_OPENINGS = frozenset({"journal"})


def for_format(period: AccountingPeriod, name: str) -> AccountingPeriod:
    """What of a period a format is given.

    Invoices that were taken over from another system stand in the provider's books already, with
    their revenue: an accounting program must not get them a second time. The journal is made anew
    each time and begins with nothing: it gets them, against the account for opening balances.
    """
    if name in _WITH_OPENINGS:
        return period
    kept = (e for e in period.entries if e.entry.kind is not EntryKind.OPENING)
    return replace(period, entries=tuple(kept))
