"""What a policy may say of its reports, and when a cycle makes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.cycles import CyclePlanError, plan_cycle
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.reports.planning import ReportPlan, plan_reports
from tests.unit.domain.builders import (
    MARCH,
    NO_HOLIDAYS,
    count_rule_data,
    policy,
    run_data,
)

ARREARS: dict[str, Any] = {
    "opens": {"day": 23, "at": "06:00"},
    "moments": [
        {"moment": "devices", "at": {"day": 23, "at": "18:00"}, "wait_hours": 12},
        {"moment": "users", "at": {"business_day": -1, "at": "20:00"}, "wait_hours": 8},
    ],
    "compare": {"month": 1, "business_day": 1, "at": "09:00"},
    "issue": {"month": 1, "day": 10, "at": "08:00"},
    "due": {"month": 2, "day": 5},
}
RULES = [
    count_rule_data("servers", "Servers", {"kind": ["Server"]}, moment="devices"),
    count_rule_data("full", "Users", {"kind": ["User"]}, moment="users"),
]


def report(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "report": "device-report",
        "kind": "device_report",
        "title": "Device report",
        "after_moment": "devices",
        "count_rules": ["servers"],
        "clause": "calendar",
    }
    return {key: value for key, value in (made | changes).items() if value is not None}


USERS = report(
    report="user-changes",
    kind="user_changes",
    after_moment=None,
    at={"month": 1, "day": 1, "at": "06:00"},
    count_rules=["full"],
)
REVIEW = report(
    report="review",
    kind="quarterly_review",
    after_moment=None,
    goes_with="invoices",
    count_rules=None,
    months=[3, 6, 9, 12],
)


def known(*reports: dict[str, Any]) -> ProviderPolicy:
    return policy(runs=[run_data(**ARREARS, reports=list(reports))], count_rules=RULES)


def planned(*reports: dict[str, Any], period: Period = MARCH) -> ReportPlan:
    made = known(*reports)
    plan = plan_cycle(made, made.runs[0], period, NO_HOLIDAYS)
    return plan_reports(made, made.runs[0], period, NO_HOLIDAYS, plan)


@pytest.mark.rule("COL-03")
def test_the_device_report_goes_out_on_the_24th() -> None:
    """Counted on 23 March at 18:00 in Chicago, with twelve hours for the export to arrive."""
    (made,) = planned(report()).after_moments["devices"]
    assert made.at == datetime(2026, 3, 24, 11, 0, tzinfo=UTC)  # 06:00 in Chicago


@pytest.mark.rule("COL-19")
@pytest.mark.parametrize(
    ("period", "reported_at"),
    [
        # The 1st at 06:00 in Chicago: daylight saving in April, none in November and January.
        ("2026-03", datetime(2026, 4, 1, 11, 0, tzinfo=UTC)),
        ("2026-10", datetime(2026, 11, 1, 12, 0, tzinfo=UTC)),  # a Sunday, and the clocks change
        ("2026-12", datetime(2027, 1, 1, 12, 0, tzinfo=UTC)),  # New Year's Day
    ],
)
def test_user_changes_are_reported_on_the_1st_be_it_a_holiday(
    period: str, reported_at: datetime
) -> None:
    (made,) = planned(USERS, period=Period.parse(period)).on_days
    assert made.at == reported_at


@pytest.mark.rule("COL-19")
def test_billed_contacts_go_out_with_the_comparison_on_the_first_business_day() -> None:
    contacts = report(kind="billed_contacts", after_moment=None, goes_with="comparison")
    (made,) = planned(contacts, period=Period.parse("2026-10")).with_comparison
    assert made.at == datetime(2026, 11, 2, 15, 0, tzinfo=UTC)  # Monday, 09:00 in Chicago


@pytest.mark.rule("KR-17")
def test_a_review_is_made_in_the_months_that_close_a_quarter() -> None:
    made = [
        month
        for month in range(1, 13)
        if planned(REVIEW, period=Period(year=2026, month=month)).with_invoices
    ]
    assert made == [3, 6, 9, 12]


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ({"day": 28}, "made before the last snapshot"),
        ({"month": 1, "business_day": 1, "at": "09:01"}, "made after the comparison"),
    ],
)
def test_a_day_that_does_not_fit_the_run_is_refused(at: dict[str, Any], message: str) -> None:
    with pytest.raises(CyclePlanError, match=message):
        planned(USERS | {"at": at})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"after_moment": None}, "say once when the report is made"),
        ({"goes_with": "comparison"}, "say once when the report is made"),
        ({"count_rules": []}, "needs 'count_rules'"),
        ({"kind": "pre_invoices"}, "has no 'count_rules'"),
        ({"findings": ["uncovered"]}, "belong to a report of kind 'uncovered_devices'"),
        ({"kind": "billed_contacts"}, "made from invoices"),
        (
            {
                "kind": "quarterly_review",
                "count_rules": None,
                "after_moment": None,
                "goes_with": "comparison",
            },
            "when the invoices have gone out",
        ),
        ({"months": [13]}, "numbers from 1 to 12"),
        ({"months": [3, 3]}, "numbers from 1 to 12, each once"),
        ({"after_moment": "noon"}, "after the moment 'noon', which the run lacks"),
        ({"count_rules": ["guests"]}, "names the unknown count rule 'guests'"),
        ({"count_rules": ["full"]}, "when 'full' was not counted yet"),
        ({"clause": "none"}, "the clause 'none' is referred to"),
    ],
)
def test_a_report_that_cannot_be_made_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        known(report(**changes))


def test_a_run_has_one_report_of_a_kind_because_an_account_gets_one_mail_of_it() -> None:
    with pytest.raises(ValidationError, match="two reports of kind 'device_report'"):
        known(report(), report(report="other"))
    with pytest.raises(ValidationError, match="lists the report 'device-report' twice"):
        known(report(), USERS | {"report": "device-report"})
