from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.feeds.tables import DAYS, FeedTable
from msp_billing.domain.snapshots import FeedReading

texts = st.text(max_size=4)
days = st.none() | st.dates(date(1980, 1, 1), date(2199, 12, 31))
rows_of_a_feed = st.lists(
    st.builds(
        FeedRow,
        item_id=texts,
        name=texts,
        account=st.none() | texts,
        subscriber=st.none() | texts,
        row=st.integers(1, 9),
        online_on=days,
        offboarded_on=days,
        last_seen_on=days,
        offboard_requested_on=days,
        change_received_on=days,
        quantity=st.integers(0, 9),
        attributes=st.dictionaries(st.sampled_from(["kind", "ou"]), texts),
    ),
    min_size=1,
    max_size=5,
)


@given(rows_of_a_feed)
def test_rows_come_out_of_a_stored_table_as_they_went_in(rows):
    stored = json.loads(json.dumps(FeedTable.of_rows(rows).packed()))
    assert list(FeedTable.unpacked(stored).rows()) == rows


@given(rows_of_a_feed)
def test_rows_come_out_of_records_as_they_went_in(rows):
    table = FeedTable.of_rows(rows)
    again = FeedTable.of_records(table.records(), table.layout)
    assert list(again.rows()) == rows


@given(rows_of_a_feed, st.data())
def test_a_table_cut_in_two_and_joined_is_the_same(rows, data):
    table = FeedTable.of_rows(rows)
    cut = data.draw(st.integers(1, len(rows)))
    joined = FeedTable.joined([table.slice(0, cut), table.slice(cut, len(rows))])
    assert list(joined.rows()) == rows


@given(rows_of_a_feed)
def test_a_reading_is_sealed_and_read_back(rows):
    reading = FeedReading(
        feed="devices",
        moment="first",
        moment_at=datetime(2026, 12, 1, 6, tzinfo=UTC),
        seal=None,
        rows=rows,
    )
    assert FeedReading.model_validate_json(reading.model_dump_json()) == reading


def test_a_sealed_table_says_once_what_all_rows_have_and_leaves_defaults_out():
    rows = [
        FeedRow(
            item_id=f"d-{number}",
            name="PC",
            account="Acme",
            subscriber=None,
            row=number,
            online_on=date(2026, 1, number),
            attributes={"kind": "server"},
        )
        for number in (2, 3)
    ]
    assert FeedTable.of_rows(rows).packed() == {
        "item_id": ["d-2", "d-3"],
        "name": "PC",
        "account": "Acme",
        "row": [2, 3],
        "online_on": ["2026-01-02", "2026-01-03"],
        "attributes": {"kind": "server"},
    }


def test_every_column_that_is_a_day_is_known_as_one():
    """A new column of FeedRow that is a day has to be listed, or it would be sealed as it is."""
    hints = FeedRow.__annotations__
    assert {name for name, kind in hints.items() if "date" in str(kind)} == DAYS


def test_a_column_that_counting_does_not_know_is_refused():
    with pytest.raises(TypeError, match="colour"):
        FeedRow(item_id="a", name="a", account=None, subscriber=None, row=1, colour="red")  # type: ignore[call-arg]
