"""A late change after a late change: each takes effect one month later (COL-04, COL-13)."""

from __future__ import annotations

import pytest

from msp_billing.domain.counting.previous_counts import PreviousCounts
from tests.unit.domain.builders import APRIL, FEBRUARY, MARCH
from tests.unit.domain.count_builders import count, counter, items, names, pcs_rule, row

BY_THE_24TH = pcs_rule(cut_off={"day": 24}, moment="month-end")


@pytest.mark.rule("COL-04", "COL-13")
def test_who_came_late_and_left_late_is_counted_once_in_between() -> None:
    """Carl comes on 26 February and leaves on 26 March, each received that day, after the 24th."""
    anna, came = row("anna"), "2026-02-26"
    february = count(
        [anna, row("carl", online=came, changed=came)],
        BY_THE_24TH,
        period=FEBRUARY,
        previous=PreviousCounts(period=FEBRUARY.shifted(-1), items={"pcs:-": items("anna")}),
    )
    assert names(february.items) == ["anna"]
    left = row("carl", online=came, offboarded="2026-03-26", changed="2026-03-26")
    march = count(
        [anna, left],
        BY_THE_24TH,
        period=MARCH,
        previous=PreviousCounts(period=FEBRUARY, items={"pcs:-": february.items}),
    )
    assert names(march.items) == ["anna", "carl"]
    assert [(change.item.name, change.what) for change in march.late] == [("carl", "removed")]
    april = count(
        [anna, left],
        BY_THE_24TH,
        period=APRIL,
        previous=PreviousCounts(period=MARCH, items={"pcs:-": march.items}),
    )
    assert (names(april.items), names(april.left)) == (["anna"], ["carl"])


@pytest.mark.rule("COL-13")
def test_who_changed_type_and_left_late_is_still_counted_once() -> None:
    """Anna was full in February; in March she became mobile and left, received on the 26th."""
    rules = [
        pcs_rule(cut_off={"day": 24}, moment="month-end", where={"kind": ["Full"]}),
        pcs_rule(
            rule="mobile", cut_off={"day": 24}, moment="month-end", where={"kind": ["Mobile"]}
        ),
    ]
    was_full = PreviousCounts(period=FEBRUARY, items={"pcs:-": items("anna"), "mobile:-": ()})
    left = row("anna", "Mobile", online="2025-01-01", offboarded="2026-03-26", changed="2026-03-26")
    counting = counter([left], *rules, previous=was_full)
    found = [counting.count(rule, None) for rule in counting._policy.count_rules]
    assert [entry[1].quantity for entry in found if entry] == [1, 0]
