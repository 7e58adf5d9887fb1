"""Prefixes tell rows of numbers apart: no two documents ever have one number."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.number_rows import moved_prefixes, prefixes
from msp_billing.domain.policy import ProviderPolicy
from tests.unit.domain.work.test_time_lines import PROJECT_WORK, work_policy


def policy(**changes: Any) -> ProviderPolicy:
    return work_policy(**changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"credit_note_number_prefix": "T-", "invoice_number_prefix": "T-"},
            "credit notes cannot share the invoices' number prefix 'T-'",
        ),
        (
            {"credit_note_number_prefix": "PW-"},
            "documents for information cannot share the credit notes' number prefix 'PW-'",
        ),
        (
            {"invoice_number_prefix": "PW-"},
            "documents for information cannot share the invoices' number prefix 'PW-'",
        ),
    ],
)
def test_a_prefix_is_of_one_row(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        policy(**changes)


def test_every_prefix_is_known_with_its_row() -> None:
    assert set(prefixes(policy(invoice_number_prefix="T-"))) == {
        ("T-", "INVOICE"),
        ("CN-", "CREDIT_NOTE"),
        ("PW-", "INFORMATION"),
    }


def test_a_prefix_stays_with_its_row() -> None:
    """Project work would begin at PW-000001 under the prefix that the invoices had."""
    was = policy(invoice_number_prefix="T-")
    runs = [PROJECT_WORK | {"number_prefix": "T-"}]
    becomes = policy(invoice_number_prefix="N-", runs=runs)
    assert list(moved_prefixes(was, becomes)) == [
        "The number prefix 'T-' is of invoices, and would be of documents for information: their "
        "numbers would be given out again, from one on."
    ]
    assert list(moved_prefixes(was, policy(invoice_number_prefix="N-"))) == []
    assert list(moved_prefixes(was, was)) == []
