"""The formats that can be exported, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msp_billing.adapters.accounting_exports.beancount_journal import journal_files
from msp_billing.adapters.accounting_exports.quickbooks import quickbooks_files
from msp_billing.adapters.accounting_exports.xero import xero_files
from msp_billing.domain.accounting.exported import AccountingPeriod, ExportFile
from msp_billing.domain.policy import ProviderPolicy

FORMATS: Mapping[str, Callable[[AccountingPeriod, ProviderPolicy], tuple[ExportFile, ...]]] = {
    "quickbooks": quickbooks_files,
    "xero": xero_files,
    "journal": journal_files,
}
"""What each format makes of a period. No file is made for what there is nothing of."""
