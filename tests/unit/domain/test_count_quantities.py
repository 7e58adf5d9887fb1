"""What a count comes to: ratios, quantities of rows, and the items it names."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.counting.counts import Count, CountedItem, count_items
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS, PreviousCounts
from msp_billing.domain.feeds.definitions import FeedRow
from tests.unit.domain.builders import (
    FEBRUARY,
    MARCH,
    PROPERTY,
    account,
    agreement_data,
    build,
    context,
    item_names,
    line_data,
    only_invoice,
    price_book,
    product_data,
    run_data,
)
from tests.unit.domain.count_builders import (
    count,
    counter,
    items,
    names,
    pcs_rule,
    row,
    rule_policy,
)

# --- COL-14: workstations stand for users ---------------------------------------------------------


@pytest.mark.rule("COL-14")
@pytest.mark.parametrize(
    ("workstations", "ratio", "users"),
    [
        (0, "1.5", 0),
        (1, "1.5", 2),  # 1 x 1.5 = 1.5
        (2, "1.5", 3),  # 3.0: nothing to round
        (5, "1.5", 8),  # 7.5
        (14, "1.5", 21),
        (14, "1", 14),
        (3, "0.3333", 1),  # 0.9999
        (10, "1.1", 11),  # 11.0 exactly; with binary fractions it would be 11.000000000000002
    ],
)
def test_workstations_times_the_ratio_rounded_up(workstations: int, ratio: str, users: int) -> None:
    rows = [row(f"ws-{number}") for number in range(workstations)]
    found = count(rows, pcs_rule(ratio=ratio))
    assert (found.quantity, len(found.items)) == (users, workstations)


@pytest.mark.rule("COL-14")
def test_the_ratio_rounds_the_sum_not_every_workstation() -> None:
    """3 x 1.5 = 4.5, hence 5; each for itself would be 2 + 2 + 2 = 6."""
    assert count([row("a"), row("b"), row("c")], pcs_rule(ratio="1.5")).quantity == 5


@pytest.mark.rule("COL-14")
def test_the_invoice_bills_the_users_that_the_workstations_stand_for() -> None:
    where = context(
        FEBRUARY,
        rule_policy(pcs_rule(ratio="1.5")),
        price_book(products=[product_data("PC", "support", {"each": "20"}, count_rule="pcs")]),
    )
    rows = [row("ws-1"), row("ws-2"), row("ws-3")]
    invoice = only_invoice(build(account(agreement_data(line_data("PC"))), rows, where=where))
    (line,) = invoice.lines
    # 3 workstations x 1.5 = 4.5, so 5 users at 20.00.
    assert (str(line.quantity), str(line.amount.amount)) == ("5", "100.00")
    assert item_names(invoice, "PC") == ["ws-1", "ws-2", "ws-3"]


# --- COL-17: the quantity on the vendor's invoice -------------------------------------------------

VENDOR = pcs_rule(title="Datto SaaS", quantity_from_rows=True, where={})


@pytest.mark.rule("COL-17")
def test_the_quantity_is_the_sum_of_the_rows_archived_mailboxes_too() -> None:
    """21 active and 4 archived mailboxes bill as 25."""
    rows = [
        row("Protected mailboxes", quantity=21, site="dock"),
        row("Archived mailboxes", quantity=4, site="dock"),
        row("Protected mailboxes", quantity=7, site="pier"),
    ]
    found = count(rows, VENDOR, subscriber="dock", sites=["dock", "pier"])
    assert found.quantity == 25
    assert [(item.name, item.quantity) for item in found.items] == [
        ("Archived mailboxes", 4),
        ("Protected mailboxes", 21),
    ]


@pytest.mark.rule("COL-17")
def test_a_subscriber_that_is_missing_from_the_vendors_invoice_is_no_zero() -> None:
    counting = counter(
        [row("Protected mailboxes", quantity=21, site="dock")], VENDOR, sites=["dock", "pier"]
    )
    rule = counting._policy.count_rules[0]
    assert counting.count(rule, "dock") is not None
    assert counting.problems == {}
    assert counting.count(rule, "pier") is None
    (problem,) = counting.problems.values()
    assert problem.code == "not-on-vendor-invoice"
    assert "Pier has no row for 'Datto SaaS'" in problem.what


@pytest.mark.rule("COL-17")
def test_the_account_is_parked_by_name_until_the_vendor_says_how_many() -> None:
    of = account(agreement_data(line_data("PC", subscriber="each")), sites=["dock", "pier"])
    rows = [row("Protected mailboxes", quantity=21, site="dock")]
    where = context(FEBRUARY, rule_policy(VENDOR))
    outcome = build(of, rows, where=where)
    assert [problem.code for problem in outcome.problems] == ["not-on-vendor-invoice"]
    with_zero = [*rows, row("Protected mailboxes", quantity=0, site="pier")]
    assert only_invoice(build(of, with_zero, where=where)).lines[0].quantity == 21


@pytest.mark.rule("COL-17")
def test_a_quantity_that_changed_is_told_from_what_joined_and_left() -> None:
    was = CountedItem(item_id="id-a", name="a", quantity=26)
    gone = CountedItem(item_id="id-g", name="g", quantity=2)
    now = [CountedItem(item_id="id-a", name="a", quantity=28), CountedItem(item_id="n", name="n")]
    found = count_items(now, [was, gone])
    assert (names(found.joined), names(found.left)) == (["n"], ["g"])
    assert [(change.item.name, change.before) for change in found.changed] == [("a", 26)]
    # 26 + 2 before; 28 + 1 now.
    assert (found.quantity_before, found.quantity) == (28, 29)


# --- Items are their own at a subscriber ----------------------------------------------------------


def test_one_login_at_two_subscribers_is_two_items() -> None:
    rows = [row("admin", site="dock"), row("admin", site="pier")]
    both = count(rows, sites=["dock", "pier"])
    assert [(item.item_id, item.subscriber) for item in both.items] == [
        ("id-admin", "dock"),
        ("id-admin", "pier"),
    ]
    before = PreviousCounts(period=FEBRUARY, items={"pcs:-": both.items})
    one = count(rows[:1], sites=["dock", "pier"], previous=before)
    assert [item.subscriber for item in one.left] == ["pier"]


def test_an_item_under_two_names_of_one_subscriber_is_unknown_not_two() -> None:
    rows = [row("admin", site="dock", line=2), row("admin", site="Dock ", line=3)]
    counting = counter(rows, sites=["dock"])
    assert counting.count(counting._policy.count_rules[0], "dock") is None
    (problem,) = counting.problems.values()
    assert problem.code == "feed-item-twice"
    assert "on line 2 as 'dock' and on line 3 as 'Dock '" in problem.what


# --- Joined and left, with their days -------------------------------------------------------------


@pytest.mark.rule("INT-10")
@pytest.mark.parametrize(
    ("still_listed", "left_on"),
    [
        ([row("old", offboarded="2026-02-07")], date(2026, 2, 7)),
        ([row("old", "Server", changed="2026-02-11")], date(2026, 2, 11)),  # another kind now
        ([row("old", "Server")], None),
        ([], None),  # the export does not list it any more
    ],
)
def test_what_left_is_named_with_the_day_it_left(
    still_listed: list[FeedRow], left_on: date | None
) -> None:
    before = PreviousCounts(period=FEBRUARY, items={"pcs:-": items("old", "stays")})
    rows = [row("stays"), row("new", online="2026-02-20"), *still_listed]
    found = count(rows, previous=before)
    assert [(item.name, item.until_on) for item in found.left] == [("old", left_on)]
    assert [(item.name, item.since_on) for item in found.joined] == [("new", date(2026, 2, 20))]


# --- For all inputs -------------------------------------------------------------------------------

NAMES = st.sampled_from([f"d{number}" for number in range(8)])
COUNTED = st.dictionaries(NAMES, st.integers(0, 5), max_size=8).map(
    lambda found: [
        CountedItem(item_id=f"id-{name}", name=name, quantity=quantity)
        for name, quantity in found.items()
    ]
)
RATIOS = st.sampled_from([Decimal(1), Decimal("1.5"), Decimal("0.25"), Decimal("2.7")])


@PROPERTY
@given(COUNTED, COUNTED, RATIOS)
def test_a_count_equals_the_items_it_names(
    now: list[CountedItem], before: list[CountedItem], ratio: Decimal
) -> None:
    found = count_items(now, before, ratio=ratio)
    units = sum(item.quantity for item in found.items)
    assert units * ratio <= found.quantity < units * ratio + 1
    assert sorted(found.items, key=str) == sorted(now, key=str)
    _says_what_changed(found, now, before, ratio)


def _says_what_changed(
    found: Count, now: list[CountedItem], before: list[CountedItem], ratio: Decimal
) -> None:
    units_before = sum(item.quantity for item in before)
    assert units_before * ratio <= found.quantity_before < units_before * ratio + 1
    ids_now, ids_before = {item.item_id for item in now}, {item.item_id for item in before}
    assert {item.item_id for item in found.joined} == ids_now - ids_before
    assert {item.item_id for item in found.left} == ids_before - ids_now
    assert {change.item.item_id for change in found.changed} <= ids_now & ids_before


ROWS = st.lists(
    st.builds(
        row,
        NAMES,
        st.sampled_from(["PC", "Server"]),
        online=st.sampled_from([None, "2026-01-05", "2026-03-05"]),
        offboarded=st.sampled_from([None, "2026-03-09"]),
        seen=st.sampled_from([None, "2026-01-01", "2026-02-27"]),
        offboard_asked=st.sampled_from([None, "2026-02-26"]),
        changed=st.sampled_from([None, "2026-03-10", "2026-03-28"]),
    ),
    max_size=8,
    unique_by=lambda entry: entry.item_id,
)
RULES = st.sampled_from(
    [
        pcs_rule(),
        pcs_rule(last_seen_within_days=30, offboarding_when_seen=True),
        pcs_rule(window="month", moment="month-end"),
        pcs_rule(cut_off={"day": 24}, moment="month-end"),
    ]
)


@PROPERTY
@given(ROWS, RULES, st.none() | st.sets(NAMES))
def test_a_count_of_any_rule_is_made_of_rows_or_of_what_was_there_before(
    rows: list[FeedRow], rule: dict[str, object], before: set[str] | None
) -> None:
    previous = None if before is None else items(*sorted(before))
    last = (
        NO_PREVIOUS_COUNTS
        if previous is None
        else PreviousCounts(period=FEBRUARY, items={"pcs:-": previous})
    )
    found = count(rows, rule, previous=last)
    ids = [item.item_id for item in found.items]
    assert found.quantity == len(ids) == len(set(ids))
    assert set(ids) <= {entry.item_id for entry in rows}
    if previous is None:
        assert (found.joined, found.left) == ((), ())
    else:
        assert found.quantity == len(previous) + len(found.joined) - len(found.left)
    added = {change.item.item_id for change in found.late if change.what == "added"}
    removed = {change.item.item_id for change in found.late if change.what == "removed"}
    assert not added & set(ids)
    assert removed <= set(ids)


# --- Every device is covered, but for those that are not there any more ---------------------------


@pytest.mark.rule("INT-02", "INT-07", "INT-08")
@pytest.mark.parametrize(
    ("device", "parked"),
    [
        (row("cam", "Camera", seen="2026-02-25"), True),  # of a kind without a price
        (row("cam", "Camera"), True),
        (row("cam", "Camera", seen="2026-01-15"), False),  # 45 days unseen: not there any more
        (row("old", seen="2026-01-15"), False),
        (row("old", seen="2026-02-20", offboard_asked="2026-02-19"), False),  # offboarded
        (row("old", seen="2026-02-18", offboard_asked="2026-02-19"), False),  # counts, pending
    ],
)
def test_a_device_that_the_rules_have_dropped_needs_no_price(device: FeedRow, parked: bool) -> None:
    demand = {
        "feed": "devices",
        "moment": "inventory",
        "attribute": "kind",
        "clause": "covered",
    }
    known = rule_policy(
        pcs_rule(last_seen_within_days=30, offboarding_when_seen=True),
        runs=[run_data(must_be_priced=[demand])],
    )
    rows = [row("front-desk", seen="2026-02-28"), device]
    outcome = build(account(agreement_data(line_data("PC"))), rows, where=context(MARCH, known))
    assert outcome.parked is parked
    assert [problem.code for problem in outcome.problems] == (["unpriced-items"] if parked else [])


@pytest.mark.rule("INT-08")
def test_a_pending_offboarding_reaches_the_outcome_of_the_account() -> None:
    known = rule_policy(pcs_rule(last_seen_within_days=30, offboarding_when_seen=True))
    rows = [row("old", seen="2026-02-18", offboard_asked="2026-02-19")]
    outcome = build(account(agreement_data(line_data("PC"))), rows, where=context(MARCH, known))
    assert [finding.code for finding in outcome.findings] == ["offboarding-pending"]
    assert only_invoice(outcome).lines[0].quantity == 1


@pytest.mark.rule("COL-16", "COL-18")
def test_several_filters_are_the_kinds_of_device_that_a_service_covers() -> None:
    """SIEM by server; file-level backup by the devices that have it, of any kind."""
    rows = [
        row("dc", "Server"),
        row("files", "Server", backup="Yes"),
        row("pc", backup=" yes"),
        row("other"),
    ]
    by_kind = pcs_rule(where={"kind": ["Server"]})
    with_backup = pcs_rule(where={"backup": ["yes"]})
    enabled = pcs_rule(where={"kind": ["active", "bypass"]})
    users = [row("ann", "Active"), row("bob", "bypass"), row("cyd", "disabled")]
    assert names(count(rows, by_kind).items) == ["dc", "files"]
    assert names(count(rows, with_backup).items) == ["files", "pc"]
    assert names(count(users, enabled).items) == ["ann", "bob"]
