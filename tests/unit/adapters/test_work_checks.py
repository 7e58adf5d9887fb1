"""Work by the hour in a provider directory: what does not fit is told by file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.domain.problems import Problem, ProblemsError

KR_GROUP = Path(__file__).resolve().parents[3] / "providers/kr-group"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A sample without its exports, which work rules do not need."""
    folder = tmp_path / "kr-group"
    shutil.copytree(KR_GROUP, folder, ignore=shutil.ignore_patterns("feeds"))
    return folder


def changed(root: Path, old: str, new: str) -> tuple[str, list[Problem]]:
    """What is said after every occurrence of a text was replaced, and the line of the first."""
    path = root / "provider.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    line = text[: text.index(old)].count("\n") + 1
    with pytest.raises(ProblemsError) as caught:
        load_provider_directory(root)
    return f"provider.yaml:{line}", list(caught.value.problems)


def test_hours_whose_product_another_run_bills_are_told(root: Path) -> None:
    _, problems = changed(root, "product: SVC-USER", "product: AUDIT")
    assert [problem.code for problem in problems] == ["rate-product-of-another-run"]
    assert problems[0].what == (
        "The hours are billed as 'AUDIT', whose category the run 'recurring-charges' bills, and "
        "the work is billed by 'service'."
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("rate_card: standard", "rate_card: standerd", "Did you mean 'standard'?"),
        ("work: {rules: service,", "work: {rules: servise,", "Did you mean 'service'?"),
        ("product: SVC-USER", "product: SVC-USR", "Did you mean 'SVC-USER'?"),
        ("    feed: time-entries\n    rate", "    feed: time-entry\n    rate", "'time-entries'?"),
        (
            "after_hours_clause: after-hours-support",
            "after_hours_clause: after-hour-support",
            "Did you mean 'after-hours-support'?",
        ),
    ],
)
def test_names_that_mean_nothing_are_told_with_the_nearest(
    root: Path, old: str, new: str, said: str
) -> None:
    place, problems = changed(root, old, new)
    assert said in problems[0].fix
    assert f"provider.yaml:{problems[0].line}" == place


def test_an_increment_that_is_no_exact_hour_is_told(root: Path) -> None:
    _, problems = changed(root, "increment_minutes: 15", "increment_minutes: 20")
    assert problems[0].what == "The increment of 20 minutes is no exact part of a decimal hour."
