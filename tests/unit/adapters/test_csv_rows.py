"""The cells of a row: the days and the quantity that count rules go by."""

from __future__ import annotations

import io
from datetime import date

import pytest

from msp_billing.adapters.feeds.csv_feed import RowProblem, read_feed
from msp_billing.domain.feeds.definitions import FeedColumns, FeedDefinition, FeedRow

VENDOR = FeedDefinition(
    feed="vendor-invoice",
    title="Vendor invoice",
    scope="provider",
    columns=FeedColumns(
        item_id="Item",
        account="Partner",
        subscriber="Customer",
        quantity="Quantity",
    ),
)
DEVICES = FeedDefinition(
    feed="devices",
    title="Devices",
    scope="account",
    columns=FeedColumns(
        item_id="Id",
        last_seen_on="Last Seen",
        offboard_requested_on="Offboard Requested",
        change_received_on="Changed",
    ),
)


def read(definition: FeedDefinition, text: str) -> list[FeedRow | RowProblem]:
    return list(read_feed(definition, io.BytesIO(text.encode()), "feeds/x.csv"))


def test_last_seen_offboard_request_and_change_are_read_as_days():
    text = "Id,Last Seen,Offboard Requested,Changed\na,2026-03-07 18:03,2026-03-09,2026-03-10\n"
    (row,) = read(DEVICES, text)
    assert isinstance(row, FeedRow)
    assert row.last_seen_on == date(2026, 3, 7)
    assert row.offboard_requested_on == date(2026, 3, 9)
    assert row.change_received_on == date(2026, 3, 10)
    assert row.quantity == 1


def test_days_that_are_not_there_are_unknown():
    (row,) = read(DEVICES, "Id,Last Seen,Offboard Requested,Changed\na,,,\n")
    assert isinstance(row, FeedRow)
    days = (row.last_seen_on, row.offboard_requested_on, row.change_received_on)
    assert days == (None, None, None)


def test_a_day_that_cannot_be_read_is_a_fault_of_the_row():
    found = read(DEVICES, "Id,Last Seen,Offboard Requested,Changed\na,0001-01-01,3/4/26,x\n")
    assert all(isinstance(entry, RowProblem) for entry in found)
    assert [e.problem.code for e in found if isinstance(e, RowProblem)] == ["feed-date"] * 3


@pytest.mark.rule("COL-17")
@pytest.mark.parametrize(
    ("written", "quantity"), [("26", 26), (" 26 ", 26), ("0", 0), ("26.0", 26), ("007", 7)]
)
def test_a_quantity_is_a_whole_number(written: str, quantity: int) -> None:
    (row,) = read(VENDOR, f"Item,Partner,Customer,Quantity\nsat,P,Maple,{written}\n")
    assert isinstance(row, FeedRow)
    assert row.quantity == quantity


@pytest.mark.rule("COL-17")
@pytest.mark.parametrize("written", ["", " ", "-1", "2.5", '"1,250"', "n/a", "12345678", "٣"])
def test_a_quantity_that_is_missing_or_no_whole_number_is_a_fault(written: str) -> None:
    (found,) = read(VENDOR, f"Item,Partner,Customer,Quantity\nsat,P,Maple,{written}\n")
    assert isinstance(found, RowProblem)
    assert (found.problem.code, found.account, found.problem.line) == ("feed-quantity", "P", 2)


def test_the_same_id_at_two_subscribers_of_an_account_is_two_items():
    text = "Item,Partner,Customer,Quantity\nadmin,P,Maple,1\nadmin,P,Birch,1\nadmin,P,maple ,1\n"
    maple, birch, twice = read(VENDOR, text)
    assert isinstance(maple, FeedRow)
    assert isinstance(birch, FeedRow)
    assert isinstance(twice, RowProblem)
    assert twice.problem.code == "feed-item-twice"
