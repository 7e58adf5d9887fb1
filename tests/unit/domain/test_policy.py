"""A policy that does not fit together is refused, with every inconsistency by name."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.domain.policy import ProviderPolicy, UnknownNameError, UnknownRunError
from msp_billing.domain.run_policy import ApprovalPolicy, RunPolicy, SnapshotMoment
from tests.unit.domain.builders import (
    MUST_BE_PRICED,
    TERM_DISCOUNTS,
    count_rule_data,
    feed_data,
    policy,
    policy_data,
    run_data,
)


def refusal(**changes: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        policy(**changes)
    return str(refused.value)


def run_refusal(**changes: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        RunPolicy.model_validate(run_data(**changes))
    return str(refused.value)


def test_the_sound_policy_is_accepted() -> None:
    known = policy(term_discounts=TERM_DISCOUNTS)
    assert known.run_policy("monthly").title == "Monthly invoice"
    assert known.feed("devices").title == "Device inventory"
    assert known.count_rule("pcs").title == "PCs"
    assert known.clause("term").text == "A longer term costs less."
    assert known.zone.key == "America/Chicago"


def test_a_policy_comes_back_from_json() -> None:
    known = policy(term_discounts=TERM_DISCOUNTS, runs=[run_data(must_be_priced=[MUST_BE_PRICED])])
    assert ProviderPolicy.model_validate_json(known.model_dump_json()) == known


OTHER_MOMENT = count_rule_data("pcs", "PCs", {"kind": ["PC"]}, moment="midnight")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parked_share_limit": "1.01"}, "parked_share_limit is a share between 0 and 1"),
        ({"parked_share_limit": "-0.01"}, "parked_share_limit is a share between 0 and 1"),
        ({"feeds": [feed_data(), feed_data()]}, "the feed 'devices' is listed twice"),
        (
            {"count_rules": [count_rule_data("pcs", "PCs", {})] * 2},
            "the count rule 'pcs' is listed twice",
        ),
        (
            {"clauses": [{"clause": "calendar", "title": "T", "text": "X"}] * 2},
            "the clause 'calendar' is listed twice",
        ),
        ({"runs": [run_data(), run_data(categories=["x"])]}, "the run 'monthly' is listed twice"),
        (
            {"runs": [run_data(), run_data(run="other")]},
            "the category billed by a run 'support' is listed twice",
        ),
        (
            {"count_rules": [count_rule_data("pcs", "PCs", {}, feed="rmm")]},
            "count rule pcs uses the unknown feed 'rmm'",
        ),
        ({"count_rules": [OTHER_MOMENT]}, "count rule pcs uses the unknown moment 'midnight'"),
        (
            {"count_rules": [count_rule_data("pcs", "PCs", {"os": ["x"], "kind": ["PC"]})]},
            "count rule pcs filters by os, which the feed lacks",
        ),
        (
            {"count_rules": [count_rule_data("pcs", "PCs", {}, clause="nowhere")]},
            "the clause 'nowhere' is referred to but not listed",
        ),
        ({"runs": [run_data(clause="nowhere")]}, "the clause 'nowhere' is referred to"),
        (
            {"term_discounts": [TERM_DISCOUNTS[0] | {"clause": "nowhere"}]},
            "the clause 'nowhere' is referred to",
        ),
        (
            {"runs": [run_data(must_be_priced=[MUST_BE_PRICED | {"clause": "nowhere"}])]},
            "the clause 'nowhere' is referred to",
        ),
        (
            {"runs": [run_data(must_be_priced=[MUST_BE_PRICED | {"feed": "rmm"}])]},
            "must_be_priced of run monthly uses the unknown feed 'rmm'",
        ),
        (
            {"runs": [run_data(must_be_priced=[MUST_BE_PRICED | {"attribute": "os"}])]},
            "must_be_priced of run monthly: the feed has no 'os'",
        ),
        (
            {"runs": [run_data(must_be_priced=[MUST_BE_PRICED | {"moment": "midnight"}])]},
            "must_be_priced of run monthly uses the unknown moment 'midnight'",
        ),
        ({"time_zone": "America/Chicgo"}, "'America/Chicgo' is no time zone"),
        ({"time_zone": "CEST"}, "'CEST' is no time zone"),
        ({"invoice_number_prefix": "lp"}, "String should match pattern"),
        ({"mail_from": "Lantern <billing@lantern.example>"}, "String should match pattern"),
        ({"runs": []}, "at least 1 item"),
        ({"clauses": []}, "at least 1 item"),
        ({"colour": "red"}, "Extra inputs are not permitted"),
    ],
)
def test_each_inconsistency_is_found_and_named(changes: dict[str, Any], message: str) -> None:
    assert message in refusal(**changes)


def test_several_inconsistencies_are_told_at_once() -> None:
    told = refusal(
        parked_share_limit="2",
        feeds=[feed_data(), feed_data()],
        count_rules=[
            count_rule_data("pcs", "PCs", {"os": ["x"]}, moment="midnight", clause="nowhere"),
            count_rule_data("users", "Users", {}, feed="ad"),
        ],
        runs=[run_data(must_be_priced=[MUST_BE_PRICED | {"attribute": "os"}])],
    )
    for message in (
        "parked_share_limit",
        "the feed 'devices' is listed twice",
        "count rule pcs filters by os",
        "count rule pcs uses the unknown moment 'midnight'",
        "count rule users uses the unknown feed 'ad'",
        "must_be_priced of run monthly: the feed has no 'os'",
        "the clause 'nowhere' is referred to",
    ):
        assert message in told


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"opens": {"day": 29, "at": "06:00"}}, "a plain 'day' from 1 to 28"),
        ({"opens": {"business_day": 1, "at": "06:00"}}, "a plain 'day' from 1 to 28"),
        (
            {"opens": {"day": 1, "when_closed": "next_business_day", "at": "06:00"}},
            "a plain 'day' from 1 to 28",
        ),
        ({"opens": {"day": 1, "at": "02:59"}}, "'opens' must be at 03:00 or later"),
        ({"opens": {"day": 1, "at": "00:00"}}, "'opens' must be at 03:00 or later"),
        (
            {"moments": [{"moment": "m", "at": {"day": 1}}] * 2},
            "two snapshot moments have the same name",
        ),
        ({"labels_by_coverage": {"full": "Full"}}, "needs 'invoice_per: agreement'"),
        ({"categories": []}, "'categories' is missing"),
        ({"due": None}, "'due' is missing"),
        ({"number_prefix": "PW-"}, "only an informational run has its own 'number_prefix'"),
        ({"show": ["itemz"]}, "Input should be 'items'"),
        ({"invoice_per": "site"}, "Input should be 'account' or 'agreement'"),
        ({"run": "Monthly run"}, "String should match pattern"),
    ],
)
def test_a_run_that_does_not_work_is_refused(changes: dict[str, Any], message: str) -> None:
    assert message in run_refusal(**changes)


@pytest.mark.parametrize("at", ["03:00", "23:59"])
def test_a_cycle_opens_from_three_in_the_morning_on(at: str) -> None:
    assert RunPolicy.model_validate(run_data(opens={"day": 28, "at": at})).opens.day == 28


def test_an_unknown_run_is_named_with_those_that_there_are() -> None:
    known = policy(runs=[run_data(), run_data(run="other", categories=["x"])])
    with pytest.raises(UnknownRunError, match="no run 'yearly'; its runs are monthly, other"):
        known.run_policy("yearly")


def test_an_unknown_count_rule_is_refused() -> None:
    with pytest.raises(KeyError, match="mailboxes"):
        policy().count_rule("mailboxes")


def test_a_person_who_approves_has_an_address() -> None:
    with pytest.raises(ValidationError, match="at least one address in 'approvers'"):
        ApprovalPolicy(by="person")
    assert ApprovalPolicy(by="automatic").approvers == ()


@pytest.mark.parametrize("hours", [-1, 73])
def test_exports_have_at_most_three_days_to_arrive(hours: int) -> None:
    with pytest.raises(ValidationError):
        SnapshotMoment.model_validate({"moment": "m", "at": {"day": 1}, "wait_hours": hours})


@pytest.mark.rule("KR-09")
@pytest.mark.parametrize(
    ("years", "category", "percent"),
    [
        (0, "support", None),
        (2, "support", None),
        (3, "support", "10"),
        (4, "support", "10"),
        (5, "support", "15"),
        (10, "support", "15"),
        (5, "backup", None),
    ],
)
def test_the_longest_term_that_is_reached_decides_the_discount(
    years: int, category: str, percent: str | None
) -> None:
    found = policy(term_discounts=TERM_DISCOUNTS).term_discount(years, category)
    assert (found and found.percent) == (percent and Decimal(percent))


@pytest.mark.parametrize("percent", ["0", "100", "-5", "110"])
def test_a_discount_is_more_than_nothing_and_less_than_everything(percent: str) -> None:
    assert "percent" in refusal(term_discounts=[TERM_DISCOUNTS[0] | {"percent": percent}])


def test_unknown_keys_are_refused_wherever_they_stand() -> None:
    paths: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
        lambda data: data["runs"][0],
        lambda data: data["runs"][0]["moments"][0],
        lambda data: data["feeds"][0]["columns"],
        lambda data: data["count_rules"][0],
        lambda data: data["clauses"][0],
    ]
    for part in paths:
        data = policy_data()
        part(data)["mispelt"] = 1
        with pytest.raises(ValidationError, match="mispelt"):
            ProviderPolicy.model_validate(data)


def test_the_day_on_which_a_cycle_opens_has_no_latest_day() -> None:
    """The schedule fires on the day itself; the plan would open on another one."""
    late = {"day": 20, "no_later_than_day": 10, "at": "06:00"}
    assert "a plain 'day' from 1 to 28" in run_refusal(opens=late)


def test_a_filter_without_values_is_refused() -> None:
    """It would let nothing count, and bill nothing, without a word."""
    rule = count_rule_data("pcs", "PCs", {"kind": []})
    assert "the filter by kind lists no value" in refusal(count_rules=[rule])


def test_a_policy_has_the_same_bytes_in_every_process() -> None:
    """Its hash is compared when it is put in force; the order of a set differs by process."""
    every = ["summary_by_product", "items", "summary_by_category"]
    known = policy(runs=[run_data(show=every)])
    in_order = '"show":["items","summary_by_category","summary_by_product"]'
    assert in_order in known.model_dump_json()


def test_what_a_policy_does_not_have_is_named() -> None:
    known = policy()
    with pytest.raises(UnknownNameError, match="no clause 'of-another-version'"):
        known.clause("of-another-version")
    with pytest.raises(UnknownNameError, match="no feed 'gone'"):
        known.feed("gone")
