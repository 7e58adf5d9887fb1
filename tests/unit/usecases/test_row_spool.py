"""Rows of all accounts are put aside and come out by account, however many times they were put."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.feeds.tables import FeedTable
from msp_billing.usecases import row_spool
from msp_billing.usecases.row_spool import RowSpool, SpooledRows

OWNERS = {"acme": "acme", "acme inc": "acme", "birch": "birch"}


def row(name: str, item: str, line: int, subscriber: str | None = None) -> FeedRow:
    return FeedRow(item_id=item, name=item, account=name, subscriber=subscriber, row=line)


def spooled(tables: list[list[FeedRow]], in_memory: int = 50_000) -> RowSpool:
    spool = RowSpool(OWNERS)
    with patch.object(row_spool, "MAX_ROWS_IN_MEMORY", in_memory):
        for rows in tables:
            spool.add(FeedTable.of_rows(rows))
        spool.flush()
    return spool


names = st.sampled_from(["acme", "ACME Inc", "Birch ", "nobody"])
tables_of_rows = st.lists(
    st.lists(names, min_size=1, max_size=6).flatmap(
        lambda chosen: st.just(chosen) | st.just([chosen[0]] * 40)
    ),
    max_size=5,
)


@given(tables_of_rows, st.sampled_from([1, 7, 50_000]))
def test_every_row_comes_out_for_its_account_once_and_nobody_elses(chosen, in_memory):
    lines = iter(range(2, 10_000))
    tables = [[row(name, f"d-{next(lines)}", next(lines)) for name in group] for group in chosen]
    spool = spooled(tables, in_memory)
    every = [entry for rows in tables for entry in rows]
    for account, known_as in (("acme", {"acme", "ACME Inc"}), ("birch", {"Birch "})):
        own = [entry for entry in every if entry.account in known_as]
        taken = spool.take(account)
        assert sorted(taken.rows(), key=lambda entry: entry.row) == own
        assert taken.count == spool.count(account) == len(own)
        assert taken.are_different_items()
    assert spool.unknown == {entry.account for entry in every if entry.account == "nobody"}
    spool.close()


@pytest.mark.parametrize("in_memory", [1, 50_000])
def test_an_item_id_that_is_there_twice_is_noticed_wherever_its_rows_were_put(in_memory):
    once = [row("acme", "d-1", 2), row("birch", "d-1", 3)]
    again = [row("acme inc", "d-1", 4), row("birch", "d-2", 5)]
    spool = spooled([once, again], in_memory)
    assert not spool.take("acme").are_different_items()
    assert spool.take("birch").are_different_items()
    spool.close()


def test_an_account_without_rows_has_none():
    spool = spooled([])
    assert (list(spool.take("acme").rows()), spool.take("acme").count) == ([], 0)
    spool.close()


def test_columns_that_change_within_a_file_are_kept_apart():
    with_site = FeedTable.of_rows([row("acme", "d-1", 2, "north")])
    without = FeedTable({"item_id": ["d-2"], "name": ["d-2"], "account": ["acme"], "row": [3]})
    spool = RowSpool(OWNERS)
    spool.add(with_site)
    spool.add(without)
    spool.flush()
    assert [entry.subscriber for entry in spool.take("acme").rows()] == ["north", None]
    spool.close()


def test_rows_of_one_table_are_as_they_were():
    rows = [row("acme", "d-1", 2), row("acme", "d-1", 3)]
    taken = SpooledRows.of([FeedTable.of_rows(rows)])
    assert (list(taken.rows()), taken.count, taken.are_different_items()) == (rows, 2, False)
