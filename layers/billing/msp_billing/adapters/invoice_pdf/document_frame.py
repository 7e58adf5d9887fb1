"""What frames every page of a provider's documents: colours, paper, head and foot."""

from __future__ import annotations

from datetime import date
from typing import Any

from msp_billing.adapters.invoice_pdf.brand_colours import readable_on_white
from msp_billing.adapters.invoice_pdf.printable_text import printable
from msp_billing.domain.policy import ProviderPolicy

LETTER_PAPER_CURRENCIES = frozenset({"USD", "CAD", "MXN", "COP", "CLP", "PHP"})
"""Where office paper is Letter; everywhere else it is A4."""


def document_frame(
    policy: ProviderPolicy,
    *,
    heading: str,
    reference: str,
    account_name: str,
    dated_on: date,
    currency: str,
) -> dict[str, Any]:
    """What makes the file and frames every page."""
    return {
        "language": "en",
        "title": f"{printable(heading)}, {reference}",
        "author": printable(policy.name),
        "dated_on": [dated_on.year, dated_on.month, dated_on.day],
        "paper": "us-letter" if currency in LETTER_PAPER_CURRENCIES else "a4",
        "colours": {
            "primary": readable_on_white(policy.brand.primary),
            "accent": readable_on_white(policy.brand.accent),
        },
        "reference": reference,
        "running": {
            "provider": printable(policy.name, 50),
            "heading": printable(heading, 50),
            "account": printable(account_name, 50),
        },
    }


def provider_block(policy: ProviderPolicy) -> dict[str, Any]:
    """The provider, as the top of the first page shows it."""
    return {
        "name": printable(policy.name),
        "address": [printable(line) for line in policy.address],
        "contact": [
            printable(line, unbroken=64)
            for line in (policy.phone, policy.reply_to, policy.website)
            if line is not None
        ],
    }
