"""Prefixes tell rows of numbers apart: no two documents ever have one number."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.number_rows import moved_prefixes, prefixes, shared_prefixes
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
    ],
)
def test_a_new_policy_gives_no_prefix_to_two_rows(changes: dict[str, Any], said: str) -> None:
    assert list(shared_prefixes(policy(**changes))) == [said]


def test_documents_for_information_never_had_the_prefix_of_invoices() -> None:
    with pytest.raises(ValidationError, match="cannot share the invoices' number prefix 'PW-'"):
        policy(invoice_number_prefix="PW-")


@pytest.mark.parametrize("prefix", ["CN-", "PW-"])
def test_a_policy_that_was_stored_with_such_a_prefix_is_read(prefix: str) -> None:
    """An older release took it: refusing to read it would bill nobody."""
    other = {"invoice_number_prefix": prefix} if prefix == "CN-" else {}
    stored = policy(credit_note_number_prefix=prefix, **other)
    assert ProviderPolicy.model_validate_json(stored.model_dump_json()) == stored


def test_of_two_rows_with_one_prefix_the_invoices_keep_it() -> None:
    was = policy(invoice_number_prefix="CN-")
    becomes = policy(invoice_number_prefix="CN-", credit_note_number_prefix="CR-")
    assert list(moved_prefixes(was, becomes)) == []
    (refused,) = moved_prefixes(was, policy(invoice_number_prefix="T-"))
    assert refused.startswith("The number prefix 'CN-' is of invoices, and would be of credit")


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
