from __future__ import annotations

from msp_billing.domain.counting.counted_feeds import feeds_counted_at
from tests.unit.domain.builders import (
    MUST_BE_PRICED,
    count_rule_data,
    feed_data,
    policy,
    run_data,
)

LATER = {"moment": "later", "at": {"day": 1, "at": "01:00"}}


def test_a_moment_reads_the_feeds_of_its_counts_in_the_policys_order() -> None:
    known = policy(
        feeds=[feed_data(feed=name) for name in ("first", "second", "devices", "idle")],
        count_rules=[
            count_rule_data("b", "B", {}, feed="second"),
            count_rule_data("a", "A", {}, feed="first"),
            count_rule_data("c", "C", {}, feed="first", moment="later"),
        ],
        runs=[
            run_data(
                moments=[*run_data()["moments"], LATER],
                must_be_priced=[MUST_BE_PRICED],
            )
        ],
    )
    run = known.runs[0]
    read = {
        moment: [feed.feed for feed in feeds_counted_at(known, run, moment)]
        for moment in ("inventory", "later", "never")
    }
    assert read == {
        "inventory": ["first", "second", "devices"],
        "later": ["first"],
        "never": [],
    }


def test_the_source_that_only_checks_another_is_read_too() -> None:
    known = policy(
        feeds=[feed_data(), feed_data(feed="discovery")],
        count_rules=[
            count_rule_data("pcs", "PCs", {}),
            count_rule_data("found", "Found", {}, feed="discovery"),
        ],
        cross_checks=[
            {
                "check": "uncovered",
                "title": "Uncovered",
                "winner": "pcs",
                "against": "found",
                "clause": "covered",
            }
        ],
    )
    read = feeds_counted_at(known, known.runs[0], "inventory")
    assert [feed.feed for feed in read] == ["devices", "discovery"]
