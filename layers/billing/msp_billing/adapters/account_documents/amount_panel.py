"""The panel with the amount that matters, as the first page of an invoice has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msp_billing.adapters.invoice_pdf.invoice_payment import page_code, printable_link
from msp_billing.adapters.invoice_pdf.printable_text import printable

_LONGEST_LINE = 240
_UNBROKEN = 48  # numbers of accounts must not get breaks


def amount_panel(
    label: str,
    amount: str,
    by: str,
    title: str,
    lines: Iterable[str],
    *,
    bank: Iterable[list[str]] = (),
    link: str | None = None,
) -> dict[str, Any]:
    """The panel's ``due`` (the amount) and ``payment`` (what to do about it).

    Args:
        bank: where transfers go, a label and a value each.
        link: the page to pay on.
    """
    return {
        "due": {"label": label, "amount": amount, "by": by, "notes": []},
        "payment": {
            "title": title,
            "lines": [printable(line, _LONGEST_LINE, unbroken=_UNBROKEN) for line in lines],
            "bank": list(bank),
            "link": None if link is None else {"text": printable_link(link), "url": link},
            "code": None if link is None else page_code(link),
        },
    }
