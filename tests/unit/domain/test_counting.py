"""Counting: what is there at a moment, and what joined and left since the last one."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.counting.counts import CountedItem, CountRule, count_items, present_at
from msp_billing.domain.feeds.definitions import FeedRow
from tests.unit.domain.builders import PROPERTY, count_rule_data, device

MIDNIGHT_MARCH = datetime(2026, 3, 1, 0, 0)
EVENING_23RD = datetime(2026, 2, 23, 18, 0)


@pytest.mark.rule("INT-01", "INT-04", "INT-05")
@pytest.mark.parametrize(
    ("online", "offboarded", "present"),
    [
        (None, None, True),  # no dates: it is in the inventory, so it is there
        ("2026-02-28", None, True),
        ("2026-03-01", None, False),  # its day had not begun at 00:00
        ("2026-03-07", None, False),
        (None, "2026-02-28", False),
        ("2026-01-05", "2026-03-01", True),  # its last day had not begun
        ("2026-01-05", "2026-03-07", True),
        ("2026-02-07", "2026-02-07", False),  # came and went on one day
        ("2026-02-28", "2026-03-01", True),
        ("2026-03-01", "2026-03-01", False),
    ],
)
def test_at_midnight_on_the_first(
    online: str | None, offboarded: str | None, present: bool
) -> None:
    row = device("d", online=online, offboarded=offboarded)
    assert present_at(row, MIDNIGHT_MARCH) is present


@pytest.mark.rule("COL-02")
@pytest.mark.parametrize(
    ("online", "offboarded", "present"),
    [
        ("2026-02-22", None, True),
        ("2026-02-23", None, True),  # on the network on the 23rd
        ("2026-02-24", None, False),
        (None, "2026-02-24", True),
        (None, "2026-02-23", False),
        (None, "2026-02-22", False),
        ("2026-02-23", "2026-02-23", False),
        ("2026-02-23", "2026-02-24", True),
    ],
)
def test_in_the_evening_of_the_23rd(
    online: str | None, offboarded: str | None, present: bool
) -> None:
    row = device("d", online=online, offboarded=offboarded)
    assert present_at(row, EVENING_23RD) is present


@pytest.mark.rule("INT-01")
def test_online_on_the_first_counts_from_the_first_minute_on() -> None:
    row = device("d", online="2026-03-01")
    moments = [datetime(2026, 3, 1, 0, 0), datetime(2026, 3, 1, 0, 1), datetime(2026, 3, 1, 18, 0)]
    assert [present_at(row, moment) for moment in moments] == [False, True, True]


# --- Filters --------------------------------------------------------------------------------------


def rule(**where: list[str]) -> CountRule:
    return CountRule.model_validate(count_rule_data("r", "R", where))


@pytest.mark.parametrize(
    ("where", "matches"),
    [
        ({}, True),
        ({"kind": ["Server"]}, True),
        ({"kind": ["PC", "Server"]}, True),
        ({"kind": ["  sERVER "]}, True),
        ({"kind": ["PC"]}, False),
        ({"kind": ["Serv"]}, False),
        ({"kind": ["Server"], "backup": ["yes"]}, True),
        ({"kind": ["Server"], "backup": ["no"]}, False),
        ({"os": ["Linux"]}, False),  # an attribute that the row lacks matches nothing
    ],
)
def test_a_row_counts_when_all_its_filters_hold(where: dict[str, list[str]], matches: bool) -> None:
    row = device("d", " Server ", backup="YES")
    assert rule(**where).matches(row) is matches


@pytest.mark.rule("COL-12")
def test_users_are_told_apart_by_their_ou() -> None:
    ous = ["Active Users", "Mobile Only", "Disabled", "active users", "Service Accounts"]
    rows = [
        FeedRow(item_id=ou, name=ou, account=None, subscriber=None, attributes={"ou": ou}, row=2)
        for ou in ous
    ]
    active, mobile = rule(ou=["Active Users"]), rule(ou=["Mobile Only"])
    assert [row.name for row in rows if active.matches(row)] == ["Active Users", "active users"]
    assert [row.name for row in rows if mobile.matches(row)] == ["Mobile Only"]


# --- Joined and left ------------------------------------------------------------------------------


def counted(*names: str) -> tuple[CountedItem, ...]:
    return tuple(CountedItem(item_id=f"id-{name}", name=name) for name in names)


def names(items: tuple[CountedItem, ...]) -> list[str]:
    return [item.name for item in items]


def test_a_count_names_what_it_is_made_of_in_the_order_of_names() -> None:
    count = count_items([device("bob"), device("Anna", online="2026-02-07"), device("carl")], None)
    assert count.quantity == 3
    assert names(count.items) == ["Anna", "bob", "carl"]
    assert [item.since_on for item in count.items] == [date(2026, 2, 7), None, None]


def test_items_of_the_same_name_are_told_apart_by_their_id() -> None:
    rows = [
        FeedRow(item_id=item_id, name="LAPTOP", account=None, subscriber=None, row=2)
        for item_id in ("b", "a")
    ]
    count = count_items(rows, counted("LAPTOP"))
    assert [item.item_id for item in count.items] == ["a", "b"]
    assert [item.item_id for item in count.joined] == ["a", "b"]
    assert [item.item_id for item in count.left] == ["id-LAPTOP"]


def test_what_joined_and_what_left_is_told_by_id() -> None:
    count = count_items([device("bob"), device("dora")], counted("anna", "bob", "carl"))
    assert (names(count.joined), names(count.left)) == (["dora"], ["anna", "carl"])


def test_an_item_with_a_new_name_neither_joined_nor_left() -> None:
    renamed = device("bob")._replace(name="robert")
    count = count_items([renamed], counted("bob"))
    assert (names(count.items), count.joined, count.left) == (["robert"], (), ())


def test_where_nothing_is_known_of_before_nothing_joined_or_left() -> None:
    count = count_items([device("anna")], None)
    assert (names(count.items), count.joined, count.left) == (["anna"], (), ())


def test_where_nothing_was_counted_before_everything_joined() -> None:
    count = count_items([device("anna")], ())
    assert (names(count.joined), count.left) == (["anna"], ())


def test_where_nothing_is_left_everything_left() -> None:
    count = count_items([], counted("anna", "bob"))
    assert (count.quantity, names(count.left)) == (0, ["anna", "bob"])


NAMES = st.lists(st.sampled_from("abcdefghijkl"), unique=True)


@PROPERTY
@given(before=NAMES, now=NAMES)
def test_joined_and_left_reconcile_the_two_counts(before: list[str], now: list[str]) -> None:
    count = count_items([device(name) for name in now], counted(*before))
    assert count.quantity == len(before) + len(count.joined) - len(count.left) == len(now)
    assert set(names(count.joined)) == set(now) - set(before)
    assert set(names(count.left)) == set(before) - set(now)


@PROPERTY
@given(rows=st.permutations([device(name) for name in "abCdE"]))
def test_a_count_does_not_depend_on_the_order_of_the_feed(rows: list[FeedRow]) -> None:
    assert count_items(rows, counted("a")) == count_items(reversed(rows), counted("a"))
    assert names(count_items(rows, None).items) == ["a", "b", "C", "d", "E"]


@PROPERTY
@given(
    day=st.dates(date(2026, 2, 1), date(2026, 4, 30)),
    moment=st.datetimes(datetime(2026, 2, 1), datetime(2026, 4, 30)),
)
def test_an_item_is_there_from_its_first_day_until_its_last(day: date, moment: datetime) -> None:
    comes, goes = device("d", online=str(day)), device("d", offboarded=str(day))
    # What comes on a day is there exactly when what goes on that day is gone.
    assert present_at(comes, moment) is not present_at(goes, moment)
