"""Count rules and cross checks that do not fit their feeds and moments are refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.domain.builders import count_rule_data, feed_data, policy, run_data
from tests.unit.domain.count_builders import EVERY_COLUMN, pcs_rule, rule_policy

CHECK = {"check": "c", "title": "C", "winner": "pcs", "against": "all", "clause": "covered"}
ALL = count_rule_data("all", "Everything", {})


def refusal(*rules: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(ValidationError) as error:
        rule_policy(*rules, **changes)
    return str(error.value)


@pytest.mark.parametrize(
    ("setting", "column"),
    [
        ({"window": "month", "moment": "month-end"}, "online_on"),
        ({"window": "month", "moment": "month-end"}, "offboarded_on"),
        ({"last_seen_within_days": 30}, "last_seen_on"),
        ({"last_seen_within_days": 0}, "last_seen_on"),
        ({"offboarding_when_seen": True}, "offboard_requested_on"),
        ({"offboarding_when_seen": True}, "last_seen_on"),
        ({"cut_off": {"day": 24}}, "change_received_on"),
        ({"quantity_from_rows": True}, "quantity"),
    ],
)
def test_a_rule_needs_the_column_that_it_goes_by(setting: dict[str, Any], column: str) -> None:
    columns = {name: header for name, header in EVERY_COLUMN.items() if name != column}
    assert rule_policy(pcs_rule(**setting)).count_rules[0].rule == "pcs"
    said = refusal(pcs_rule(**setting), feeds=[feed_data(columns=columns)])
    assert f"the feed 'devices' needs the column '{column}'" in said


@pytest.mark.rule("COL-15")
def test_a_whole_month_is_not_counted_before_it_is_over() -> None:
    said = refusal(pcs_rule(window="month", moment="inventory"))
    assert "the moment 'inventory' of run monthly is in the month itself" in said


@pytest.mark.parametrize("setting", [{"last_seen_within_days": 0}, {"offboarding_when_seen": True}])
def test_a_month_and_one_moment_are_not_asked_about_at_once(setting: dict[str, Any]) -> None:
    said = refusal(pcs_rule(window="month", moment="month-end", **setting))
    assert "which ask about one moment" in said


@pytest.mark.parametrize("ratio", ["0", "-1", "101", "1.00001", 1.5])
def test_a_ratio_is_an_exact_number_above_zero(ratio: object) -> None:
    assert "ratio" in refusal(pcs_rule(ratio=ratio))


@pytest.mark.parametrize(
    ("checks", "says"),
    [
        ([CHECK, CHECK], "the cross check 'c' is listed twice"),
        ([CHECK | {"against": "none"}], "cross check c names the unknown count rule 'none'"),
        ([CHECK | {"clause": "none"}], "the clause 'none' is referred to but not listed"),
    ],
)
def test_a_cross_check_names_what_is_there(checks: list[dict[str, Any]], says: str) -> None:
    assert says in refusal(pcs_rule(), ALL, cross_checks=checks)


def test_a_cross_check_compares_counts_of_one_run() -> None:
    runs = [
        run_data(),
        run_data(
            run="second",
            categories=["other"],
            moments=[{"moment": "later", "at": {"day": 1, "at": "01:00"}}],
        ),
    ]
    with pytest.raises(ValidationError, match="no run has the moments inventory and later"):
        policy(
            runs=runs,
            count_rules=[pcs_rule(), {**ALL, "moment": "later"}],
            cross_checks=[CHECK],
        )
