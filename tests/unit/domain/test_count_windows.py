"""Which items count at a moment or in a month: last seen, offboarding, month window, cut-off."""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.counting.previous_counts import PreviousCounts
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.periods import Period
from tests.unit.domain.builders import APRIL, FEBRUARY, MARCH
from tests.unit.domain.count_builders import count, counter, items, names, pcs_rule, row

MAY, AUGUST, DECEMBER = (Period(year=2026, month=month) for month in (5, 8, 12))

# --- INT-07: switched off, and still on the bill for thirty days ----------------------------------

THIRTY_DAYS = pcs_rule(last_seen_within_days=30)


@pytest.mark.rule("INT-07")
@pytest.mark.parametrize(
    ("last_seen", "period", "counts"),
    [
        # Last seen 7 March: 24 days to the 31st and one more to 1 April, 25; 30 more to 1 May, 55.
        ("2026-03-07", APRIL, True),
        ("2026-03-07", MAY, False),
        ("2026-03-02", APRIL, True),  # 29 days to 31 March, 30 to 1 April: the last day
        ("2026-03-01", APRIL, False),  # 31 days
        # From 30 January it is 30 days to 1 March: one of January's, 28 of February's, one more.
        ("2026-01-30", MARCH, True),
        ("2026-01-29", MARCH, False),
        (None, MAY, True),  # nobody knows when it was seen: it is in the inventory
    ],
)
def test_an_item_counts_for_thirty_days_after_it_was_last_seen(
    last_seen: str | None, period: Period, counts: bool
) -> None:
    found = count([row("shut-down", seen=last_seen)], THIRTY_DAYS, period=period)
    assert (found.quantity == 1) is counts


@pytest.mark.rule("INT-07")
def test_without_the_rule_nobody_asks_when_an_item_was_last_seen() -> None:
    assert count([row("dusty", seen="2024-01-01")]).quantity == 1


@pytest.mark.rule("INT-07")
def test_a_device_that_was_dropped_is_named_with_the_day_it_was_last_seen() -> None:
    before = PreviousCounts(period=APRIL, items={"pcs:-": items("shut-down", "front-desk")})
    rows = [row("shut-down", seen="2026-03-07"), row("front-desk", seen="2026-04-30")]
    found = count(rows, THIRTY_DAYS, period=MAY, previous=before)
    assert names(found.items) == ["front-desk"]
    assert [(gone.name, gone.until_on) for gone in found.left] == [("shut-down", date(2026, 3, 7))]


# --- INT-08: officially offboarded only when it was online ----------------------------------------

WHEN_SEEN = pcs_rule(last_seen_within_days=30, offboarding_when_seen=True)


@pytest.mark.rule("INT-08")
@pytest.mark.parametrize(
    ("asked", "seen", "counts", "pending"),
    [
        ("2026-03-20", "2026-03-19", True, True),  # not seen since the request
        ("2026-03-20", "2026-03-20", False, False),  # seen on the day of the request
        ("2026-03-20", "2026-03-25", False, False),
        ("2026-03-20", None, True, True),  # never seen: nobody could take anything off it
        ("2026-03-31", "2026-03-07", True, True),
        ("2026-04-01", "2026-03-31", True, False),  # asked after the inventory of 1 April, 00:00
        ("2026-03-20", "2026-03-01", False, False),  # pending, but 31 days unseen: INT-07 drops it
        (None, "2026-03-31", True, False),
    ],
)
def test_offboarding_needs_the_device_online(
    asked: str | None, seen: str | None, counts: bool, pending: bool
) -> None:
    counting = counter([row("old-pc", offboard_asked=asked, seen=seen)], WHEN_SEEN, period=APRIL)
    found = counting.count(counting._policy.count_rule("pcs"), None)
    assert found is not None
    assert (found[1].quantity == 1) is counts
    assert bool(counting.findings) is pending


@pytest.mark.rule("INT-08")
def test_pending_offboardings_are_listed_by_name_and_since_when() -> None:
    rows = [
        row("b-pc", offboard_asked="2026-03-20", seen="2026-03-19"),
        row("a-pc", offboard_asked="2026-03-12", seen="2026-03-10"),
        row("c-pc", seen="2026-03-31"),
    ]
    counting = counter(rows, WHEN_SEEN, period=APRIL)
    counting.count(counting._policy.count_rule("pcs"), None)
    (finding,) = counting.findings
    assert finding.code == "offboarding-pending"
    assert [(item.name, item.since_on) for item in finding.items] == [
        ("a-pc", date(2026, 3, 12)),
        ("b-pc", date(2026, 3, 20)),
    ]
    assert "2 items asked to be offboarded and not seen since" in finding.what


@pytest.mark.rule("INT-07", "INT-08")
def test_a_pending_device_goes_from_the_bill_when_it_was_not_seen_for_too_long() -> None:
    """Asked on 10 March, last seen on the 7th: on 1 April 25 days, on 1 May 55."""
    device = row("lost-laptop", offboard_asked="2026-03-10", seen="2026-03-07")
    quantities = [count([device], WHEN_SEEN, period=month).quantity for month in (APRIL, MAY)]
    assert quantities == [1, 0]


@pytest.mark.rule("INT-08")
def test_a_device_of_two_rules_is_reported_once() -> None:
    both = [WHEN_SEEN, {**WHEN_SEEN, "rule": "all", "where": {}}]
    rows = [row("old-pc", offboard_asked="2026-03-20", seen="2026-03-19")]
    counting = counter(rows, *both, period=APRIL)
    for rule in counting._policy.count_rules:
        counting.count(rule, None)
    (finding,) = counting.findings
    assert [item.name for item in finding.items] == ["old-pc"]


# --- COL-15: at any time in the month -------------------------------------------------------------

ANY_TIME = pcs_rule(window="month", moment="month-end")


@pytest.mark.rule("COL-15")
@pytest.mark.parametrize(
    ("created", "deleted", "counts"),
    [
        ("2025-06-01", None, True),
        ("2026-02-01", None, True),
        ("2026-02-28", None, True),  # created on the last day: the whole month
        ("2026-03-01", None, False),
        ("2025-06-01", "2026-02-01", True),  # deleted on the first day: the whole month
        ("2025-06-01", "2026-01-31", False),
        ("2026-02-10", "2026-02-10", True),  # came and went on one day
        ("2026-02-10", "2026-02-20", True),
        ("2025-06-01", "2026-03-15", True),
        (None, None, True),
    ],
)
def test_a_mailbox_counts_that_was_there_on_any_day_of_the_month(
    created: str | None, deleted: str | None, counts: bool
) -> None:
    """February 2026, read at the beginning of 1 March."""
    box = row("box", online=created, offboarded=deleted)
    assert (count([box], ANY_TIME, period=FEBRUARY).quantity == 1) is counts


@pytest.mark.rule("COL-15")
def test_mailboxes_count_per_type() -> None:
    rows = [
        row("exchange", "Exchange", online="2026-03-30"),
        row("archive", "Archive", offboarded="2026-03-02"),
    ]
    by_type = {
        kind: count(rows, {**ANY_TIME, "where": {"kind": [kind]}}).quantity
        for kind in ("Exchange", "Archive", "Kiosk")
    }
    assert by_type == {"Exchange": 1, "Archive": 1, "Kiosk": 0}


# --- COL-13, COL-04: changes after the cut-off ----------------------------------------------------

BY_THE_24TH = pcs_rule(cut_off={"day": 24})
LAST_3_BUSINESS_DAYS = pcs_rule(cut_off={"business_day": -3, "at": "00:00"})
KNOWN = PreviousCounts(period=FEBRUARY, items={"pcs:-": items("anna", "bob")})


def before(rows: list[str], period: Period) -> PreviousCounts:
    return PreviousCounts(period=period, items={"pcs:-": items(*rows)})


def added_and_removed(added_on: str, removed_on: str) -> list[FeedRow]:
    """Anna was there, Bob was taken off and Carl was put on the list."""
    return [
        row("anna"),
        row("bob", "Inactive", changed=removed_on),
        row("carl", changed=added_on),
    ]


@pytest.mark.rule("COL-13")
@pytest.mark.parametrize(
    ("received", "counted", "late"),
    [
        ("2026-03-01", ["anna", "carl"], []),
        ("2026-03-24", ["anna", "carl"], []),  # received by the 24th
        ("2026-03-25", ["anna", "bob"], [("bob", "removed"), ("carl", "added")]),
        ("2026-03-31", ["anna", "bob"], [("bob", "removed"), ("carl", "added")]),
    ],
)
def test_changes_reach_the_count_when_they_were_received_by_the_24th(
    received: str, counted: list[str], late: list[tuple[str, str]]
) -> None:
    rows = added_and_removed(received, received)
    found = count(rows, BY_THE_24TH, previous=KNOWN)
    assert names(found.items) == counted
    assert [(change.item.name, change.what) for change in found.late] == late


@pytest.mark.rule("COL-13")
def test_late_changes_take_effect_in_the_next_months_count() -> None:
    rows = added_and_removed("2026-03-25", "2026-03-25")
    march = count(rows, BY_THE_24TH, previous=KNOWN)
    in_march = PreviousCounts(period=MARCH, items={"pcs:-": march.items})
    april = count(rows, BY_THE_24TH, period=APRIL, previous=in_march)
    assert names(april.items) == ["anna", "carl"]
    assert (names(april.joined), names(april.left), april.late) == (["carl"], ["bob"], ())
    assert april.left[0].until_on == date(2026, 3, 25)


@pytest.mark.rule("COL-13")
def test_late_changes_are_reported_by_name_and_date() -> None:
    rows = added_and_removed("2026-03-26", "2026-03-27")
    counting = counter(rows, BY_THE_24TH, previous=KNOWN)
    counting.count(counting._policy.count_rules[0], None)
    found = {
        finding.what.split(":")[0]: [(item.name, item.since_on) for item in finding.items]
        for finding in counting.findings
    }
    assert {finding.code for finding in counting.findings} == {"late-change"}
    assert found == {
        "1 item removed after the cut-off": [("bob", date(2026, 3, 27))],
        "1 item added after the cut-off": [("carl", date(2026, 3, 26))],
    }


@pytest.mark.rule("COL-04")
@pytest.mark.parametrize(
    ("period", "holidays", "received", "late"),
    [
        # August 2026 ends on a Monday: its last 3 business days are Thu 27, Fri 28 and Mon 31.
        (AUGUST, [], "2026-08-26", False),
        (AUGUST, [], "2026-08-27", True),
        (AUGUST, [], "2026-08-29", True),  # the Saturday inside them
        (AUGUST, [], "2026-08-31", True),
        # December 2026 ends on a Thursday: Tue 29, Wed 30, Thu 31.
        (DECEMBER, [], "2026-12-28", False),
        (DECEMBER, [], "2026-12-29", True),
        # With 30 December closed they begin a day earlier.
        (DECEMBER, [date(2026, 12, 30)], "2026-12-28", True),
        (DECEMBER, [date(2026, 12, 30)], "2026-12-27", False),
    ],
)
def test_changes_of_the_last_three_business_days_go_to_the_next_months_count(
    period: Period, holidays: list[date], received: str, late: bool
) -> None:
    found = count(
        [row("carl", changed=received)],
        LAST_3_BUSINESS_DAYS,
        period=period,
        previous=before(["anna"], period.shifted(-1)),
        calendar=BusinessCalendar(holidays=frozenset(holidays)),
    )
    assert [change.item.name for change in found.late] == (["carl"] if late else [])
    assert found.quantity == (0 if late else 1)


@pytest.mark.rule("COL-04", "COL-13")
@pytest.mark.parametrize(
    ("late_row", "counts"),
    [
        # The last count is unknown: the row's own days decide. The month is March 2026.
        (row("x", online="2026-03-05", changed="2026-03-26"), False),  # an addition
        (row("x", online=None, changed="2026-03-26"), False),
        (row("x", online="2025-01-01", changed="2026-03-26"), True),  # was there, edited late
        (row("x", "Inactive", online="2025-01-01", changed="2026-03-26"), False),
    ],
)
def test_without_a_last_count_the_days_of_the_row_decide(late_row: FeedRow, counts: bool) -> None:
    assert (count([late_row], BY_THE_24TH).quantity == 1) is counts


@pytest.mark.rule("COL-04", "COL-13")
def test_a_late_removal_by_its_date_still_counts() -> None:
    """Both went on 26 March, received on the 27th; Y had come on the 2nd, in time."""
    gone = row("x", online="2025-01-01", offboarded="2026-03-26", changed="2026-03-27")
    short = row("y", online="2026-03-02", offboarded="2026-03-26", changed="2026-03-27")
    found = count([gone, short], {**BY_THE_24TH, "moment": "month-end"})
    assert names(found.items) == ["x", "y"]
    assert [(entry.item.name, entry.what) for entry in found.late] == [
        ("x", "removed"),
        ("y", "removed"),
    ]


@pytest.mark.rule("COL-13")
def test_a_contact_whose_type_was_changed_late_counts_once_as_what_it_was() -> None:
    """Anna becomes a mobile user on the 26th: full in March, mobile in April."""
    rules = [
        pcs_rule(cut_off={"day": 24}, where={"kind": ["Full"]}),
        pcs_rule(rule="mobile", cut_off={"day": 24}, where={"kind": ["Mobile"]}),
    ]
    was_full = PreviousCounts(period=FEBRUARY, items={"pcs:-": items("anna")})
    counting = counter([row("anna", "Mobile", changed="2026-03-26")], *rules, previous=was_full)
    found = [counting.count(rule, None) for rule in counting._policy.count_rules]
    assert [entry[1].quantity for entry in found if entry] == [1, 0]


@pytest.mark.rule("COL-13")
def test_a_late_change_that_alters_nothing_is_not_reported() -> None:
    counting = counter([row("anna", changed="2026-03-26")], BY_THE_24TH, previous=KNOWN)
    counting.count(counting._policy.count_rules[0], None)
    assert counting.findings == ()
