"""Two sources of one thing: which differences reach a person, and that none of them bills."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from msp_billing.domain.building.building import build_account
from msp_billing.domain.counting.cross_check_policy import CrossCheck
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS
from msp_billing.domain.cycles import plan_cycle
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.problems import Problem
from msp_billing.domain.snapshots import AccountSnapshot
from tests.unit.domain.builders import (
    MARCH,
    NO_HOLIDAYS,
    account,
    agreement_data,
    charged,
    context,
    count_rule_data,
    feed_data,
    line_data,
    only_invoice,
    policy,
    reading,
)
from tests.unit.domain.count_builders import row

BROKEN = Problem(code="feed-missing", what="There is no export.", fix="Put it there.")
UNCOVERED = {
    "check": "uncovered",
    "title": "Devices without our agent",
    "winner": "every-device",
    "against": "discovered",
    "report": "only_against",
    "code": "uncovered",
    "clause": "covered",
}
DIFFER = {
    "check": "contacts",
    "title": "Devices in two sources",
    "winner": "pcs",
    "against": "discovered",
    "clause": "covered",
}


def outcome(
    check: dict[str, Any],
    rmm: list[FeedRow],
    discovery: list[FeedRow],
    *,
    sites: tuple[str, ...] = (),
    problems: tuple[Problem, ...] = (),
    discovery_columns: dict[str, Any] | None = None,
) -> AccountOutcome:
    columns = discovery_columns or feed_data()["columns"]
    known = policy(
        feeds=[feed_data(), feed_data(feed="discovery", columns=columns)],
        count_rules=[
            count_rule_data("pcs", "PCs", {"kind": ["PC"]}),
            count_rule_data("every-device", "Devices in the RMM", {}),
            count_rule_data("discovered", "Devices on the network", {}, feed="discovery"),
        ],
        cross_checks=[check],
    )
    here = context(MARCH, known)
    (planned,) = plan_cycle(known, here.run, MARCH, NO_HOLIDAYS).moments
    at = planned.moment_at
    line = line_data("PC", subscriber="each") if sites else line_data("PC")
    readings = (
        reading(at, rmm),
        reading(at, discovery, feed="discovery", problems=problems),
    )
    taken = AccountSnapshot(account=account(agreement_data(line), sites=sites), readings=readings)
    return build_account(here, taken, NO_PREVIOUS_COUNTS)


@pytest.mark.rule("INT-09")
def test_a_device_that_only_discovery_knows_is_listed_with_where_and_since_when() -> None:
    found = outcome(
        UNCOVERED,
        [row("front-desk", site="dock"), row("files", "Server", site="dock")],
        [
            row("FRONT-DESK", site="dock"),
            row("files", site="dock"),
            row("camera-pc", site="Dock", online="2026-02-11"),
        ],
        sites=("dock", "pier"),
    )
    (finding,) = found.findings
    assert (finding.code, finding.clause, finding.subscriber) == ("uncovered", "covered", "dock")
    assert [(item.name, item.where, item.since_on) for item in finding.items] == [
        ("camera-pc", "Dock", date(2026, 2, 11))
    ]
    assert finding.others == ()


@pytest.mark.rule("INT-09")
def test_an_uncovered_device_is_never_billed_by_itself() -> None:
    rmm, discovery = [row("front-desk")], [row("front-desk"), row("camera-pc")]
    found = outcome(UNCOVERED, rmm, discovery)
    assert len(found.findings) == 1
    assert charged(only_invoice(found).lines) == [("PC", None, 1, "45.50")]


@pytest.mark.rule("INT-09")
def test_what_the_rmm_alone_has_is_not_uncovered() -> None:
    assert (
        outcome(UNCOVERED, [row("front-desk"), row("at-home")], [row("front-desk")]).findings == ()
    )


@pytest.mark.rule("INT-09")
def test_a_device_that_is_gone_from_the_network_is_not_uncovered() -> None:
    gone = row("camera-pc", online="2026-01-05", offboarded="2026-02-20")
    later = row("phone", online="2026-03-02")
    assert outcome(UNCOVERED, [row("a")], [row("a"), gone, later]).findings == ()


@pytest.mark.rule("INT-09")
def test_a_device_at_a_place_that_nobody_knows_is_listed_too() -> None:
    found = outcome(
        UNCOVERED, [row("a", site="dock")], [row("x", site="Warehouse")], sites=("dock",)
    )
    (finding,) = found.findings
    assert finding.subscriber is None
    assert [(item.name, item.where) for item in finding.items] == [("x", "Warehouse")]


def test_a_disagreement_names_what_each_source_alone_has() -> None:
    found = outcome(
        DIFFER, [row("a"), row("b"), row("srv", "Server")], [row("b"), row("c"), row("d")]
    )
    (finding,) = found.findings
    assert finding.code == "sources-differ"
    assert [item.name for item in finding.items] == ["a"]
    assert [item.name for item in finding.others] == ["c", "d"]
    assert finding.what.startswith("1 only in 'PCs', which bills (first list), and 2 only in")
    assert charged(only_invoice(found).lines) == [("PC", None, 2, "91.00")]


@pytest.mark.parametrize(
    ("tolerance", "reported"),
    [
        ({}, True),
        ({"tolerance_items": 2}, True),
        ({"tolerance_items": 3}, False),
        # 3 differ; the winner has 10, of which 29% are 2.9 and 30% are 3.
        ({"tolerance_percent": "29"}, True),
        ({"tolerance_percent": "30"}, False),
        ({"tolerance_items": 3, "tolerance_percent": "1"}, False),
    ],
)
def test_a_difference_within_the_tolerance_is_not_reported(
    tolerance: dict[str, Any], reported: bool
) -> None:
    """The winner has a0 to a9; the other lacks a0 and a1, and has x."""
    rmm = [row(f"a{number}") for number in range(10)]
    found = outcome(DIFFER | tolerance, rmm, [*rmm[2:], row("x")])
    assert bool(found.findings) is reported


def test_items_are_matched_by_id_when_the_policy_says_so() -> None:
    renamed = row("new-name", item_id="id-a")
    assert outcome(DIFFER, [row("a")], [renamed]).findings != ()
    assert outcome(DIFFER | {"match_by": "item_id"}, [row("a")], [renamed]).findings == ()


def test_a_source_without_places_is_compared_with_the_account_as_a_whole() -> None:
    columns = {key: value for key, value in feed_data()["columns"].items() if key != "subscriber"}
    rmm = [row("a", site="dock"), row("b", site="pier")]
    found = outcome(
        DIFFER,
        rmm,
        [row("a"), row("b"), row("c")],
        sites=("dock", "pier"),
        discovery_columns=columns,
    )
    (finding,) = found.findings
    assert (finding.subscriber, [item.name for item in finding.others]) == (None, ["c"])


def test_a_check_that_cannot_be_made_says_so_and_the_account_is_billed() -> None:
    found = outcome(UNCOVERED, [row("a")], [], problems=(BROKEN,))
    (finding,) = found.findings
    assert finding.code == "sources-not-compared"
    assert "There is no export." in finding.what
    assert only_invoice(found).lines[0].quantity == 1


def test_a_check_of_a_rule_with_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="not one with itself"):
        CrossCheck.model_validate(DIFFER | {"against": "pcs"})
