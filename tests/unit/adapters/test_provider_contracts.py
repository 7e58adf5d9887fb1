"""Contracts in a provider directory: what is wrong is said with its line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.adapters.directory_samples import copy_sound, edit, messages, problems_of

TERMS = """contract_terms:
  - terms: managed
    title: Managed services contract
    trial: {days: 90, clause: term}
    renewal: {how: monthly, clause: term}
    prices: {how: fixed_for_term, clause: term}
    change_window: {every_months: 6, clause: term}
    notice: {business_days: 30, clause: term}
    early_end: {how: pay_out_remainder, clause: term}
term_discounts:
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = copy_sound(tmp_path)
    edit(found, "provider.yaml", ("term_discounts:\n", TERMS))
    edit(found, "accounts/acme.yaml", ("    coverage", "    terms: managed\n    coverage"))
    assert messages(found) == []
    return found


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        (
            "accounts/acme.yaml",
            "terms: managed",
            "terms: manged",
            "There is no contract terms 'manged'. Did you mean 'managed'?",
        ),
        (
            "provider.yaml",
            "prices: {how: fixed_for_term, clause: term}",
            "prices: {how: fixed_for_term, clause: terms}",
            "There is no clause 'terms'. Did you mean 'term'?",
        ),
        (
            "provider.yaml",
            "notice: {business_days: 30, clause: term}",
            "notice: {clause: term}",
            "Give a notice either in 'days' or in 'business_days', exactly one. Write one of the "
            "two.",
        ),
        (
            "price-book.yaml",
            "code: SERVER",
            "code: SERVER\n    end_rule: {notice_by_day: 10, clause: monthy}",
            "There is no clause 'monthy'. Did you mean 'monthly'?",
        ),
        (
            "accounts/acme.yaml",
            "term_years: 3",
            "term_years: 3\n    ending: {notice_on: 2025-12-31}",
            "Notice was given before the agreement starts. Correct 'notice_on' or 'starts_on'.",
        ),
        (
            "accounts/acme.yaml",
            "subscriber: each}",
            "subscriber: each, committed_until: 2025-12-31}",
            "The commitment of line servers ends before it starts. Correct the commitment or "
            "'starts_on'.",
        ),
        (
            "accounts/acme.yaml",
            "product: USER}",
            "product: USER, cancelled: {notice_on: 2026-05-04, returned_on: 2026-05-03}}",
            "The hardware was returned before notice was given. Correct 'returned_on' or "
            "'notice_on'.",
        ),
        (
            "accounts/acme.yaml",
            "    terms: managed\n",
            "    ending: {notice_on: 2026-05-04}\n",
            "Notice was given, but the agreement has no 'terms' that say how long it runs on. "
            "Name them, or write 'ends_on'.",
        ),
    ],
)
def test_a_mistake_in_a_contract_is_one_message(
    root: Path, file: str, old: str, new: str, told: str
) -> None:
    edit(root, file, (old, new))
    (problem,) = problems_of(root)
    assert told in str(problem)
    assert problem.file == file
    assert problem.line is not None


def test_several_mistakes_in_contracts_are_said_in_one_go(root: Path) -> None:
    edit(root, "provider.yaml", ("trial: {days: 90, clause: term}", "trial: {days: 90}"))
    edit(
        root,
        "accounts/acme.yaml",
        ("terms: managed", "terms: gone\n    ending: {notice_on: 2025-12-31}"),
        ("product: USER}", "product: USER, committed_until: 2025-12-31}"),
    )
    told = "\n".join(messages(root))
    for expected in ("clause", "'gone'", "before the agreement starts", "line users ends before"):
        assert expected in told


def test_a_new_agreement_may_count_the_same_once_the_old_one_has_ended_by_notice(
    root: Path,
) -> None:
    # 30 business days from 4 May 2026 end on 16 June (Memorial Day is the 25th of May): June is
    # the last month of the old agreement.
    (agreement,) = (root / "accounts/birch.yaml").read_text("utf-8").split("agreements:\n")[1:]
    edit(
        root,
        "accounts/birch.yaml",
        ("starts_on: 2026-06-15", "starts_on: 2026-01-01"),
        ("    coverage", "    terms: managed\n    ending: {notice_on: 2026-05-04}\n    coverage"),
    )
    second = agreement.replace("agreement: managed", "agreement: second")
    with (root / "accounts/birch.yaml").open("a") as file:
        file.write(second.replace("2026-06-15", "2026-07-01"))
    assert messages(root) == []
    edit(root, "accounts/birch.yaml", ("2026-07-01", "2026-06-30"))
    assert [entry.code for entry in problems_of(root)] == ["counted-twice"]
