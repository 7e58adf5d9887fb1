"""How `mspbill explain` tells of counts that are not simply a number of items."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from msp_billing.domain.clauses import Clause
from msp_billing.domain.counting.counts import CountedItem, LateChange, QuantityChange
from msp_billing.domain.explaining import Explanation, SourceOfCount
from mspbill.explain_text import explanation_rows

ANNA = CountedItem(item_id="1", name="Anna", since_on=date(2026, 5, 1))
SEATS = CountedItem(item_id="2", name="Seats", quantity=21)


def told(**changes: Any) -> dict[str, str]:
    shown = Explanation(
        invoice="PW-000001",
        line=1,
        description="User support",
        section="Harbor",
        amount="84.00 USD",
        arithmetic="2 x 42.00 = 84.00",
        quantity_from="counted: Users",
        price_from="price book 1",
        service_period="2026-11-01 to 2026-11-30",
        agreement="main",
        clause=Clause(clause="c", title="Users", text="Counted."),
        policy_version="1",
        price_book_version="1",
        source=SourceOfCount(
            file="f.csv", sha256="a", as_of="2026-11-30T20:00:00+00:00", age_hours=0, rows=2
        ),
        compared_with="2026-10",
    ).model_copy(update=changes)
    return dict(explanation_rows(shown, "USD", ZoneInfo("America/Chicago")))


def test_what_waits_for_the_next_count_is_named_with_its_date() -> None:
    late = LateChange(item=ANNA, received_on=date(2026, 11, 26), what="added")
    assert told(late=(late,))["Next month"] == (
        "received after the cut-off: Anna (added, received 26 November 2026)"
    )
    assert "Next month" not in told()


def test_quantities_and_the_day_that_an_item_left_are_told() -> None:
    gone = CountedItem(item_id="3", name="Bob", until_on=date(2026, 11, 9))
    rows = told(items=(ANNA, SEATS), left=(gone,), changed=(QuantityChange(item=SEATS, before=20),))
    assert rows["Counted"] == "2 items: Anna: 1 (since 1 May 2026), Seats: 21"
    assert rows["Left"] == "since 2026-10: Bob, left 9 November 2026"
    assert rows["Changed"] == "since 2026-10: Seats: 21, before 20"


def test_nothing_changed_is_said_so() -> None:
    assert told(items=(ANNA,))["Changes"] == "none since 2026-10"
