"""Rows of numbers: invoices, documents for information and credit notes are counted apart.

Each row begins at one, so that only its prefix tells its numbers from those of another: a prefix
belongs to one row, and stays with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from msp_billing.domain.policy import ProviderPolicy

NumberRow = Literal["INVOICE", "INFORMATION", "CREDIT_NOTE"]

_CALLED: dict[NumberRow, str] = {
    "INVOICE": "invoices",
    "INFORMATION": "documents for information",
    "CREDIT_NOTE": "credit notes",
}


def prefixes(policy: ProviderPolicy) -> Iterator[tuple[str, NumberRow]]:
    """Every prefix of a policy with the row that it is of; runs for information share one row."""
    yield policy.invoice_number_prefix, "INVOICE"
    yield policy.credit_note_number_prefix, "CREDIT_NOTE"
    for run in policy.runs:
        if run.number_prefix is not None:
            yield run.number_prefix, "INFORMATION"


def shared_prefixes(policy: ProviderPolicy) -> Iterator[str]:
    """Prefixes of two rows: two documents would have one number.

    A new policy is refused for it, and one that is stored is read all the same: an older release
    took it, and who cannot be read is not billed.
    """
    rows: dict[str, NumberRow] = {}
    for prefix, row in prefixes(policy):
        first = rows.setdefault(prefix, row)
        if first != row:
            yield f"{_CALLED[row]} cannot share the {_CALLED[first]}' number prefix '{prefix}'"


def moved_prefixes(was: ProviderPolicy, becomes: ProviderPolicy) -> Iterator[str]:
    """Prefixes that were of another row: its numbers would be given out again, from one on.

    One that two rows had stays with the first of them, so that only the other needs a new one.
    """
    rows: dict[str, NumberRow] = {}
    for prefix, row in prefixes(was):
        rows.setdefault(prefix, row)
    for prefix, row in dict.fromkeys(prefixes(becomes)):
        if rows.get(prefix, row) != row:
            yield (
                f"The number prefix '{prefix}' is of {_CALLED[rows[prefix]]}, and would be of "
                f"{_CALLED[row]}: their numbers would be given out again, from one on."
            )
