"""What an invoice says of counts with ratios, quantities, days and late changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.adapters.invoice_pdf.invoice_presentation import present_invoice
from msp_billing.domain.counting.counts import Count, CountedItem, LateChange, QuantityChange
from msp_billing.domain.invoices import Invoice
from tests.unit.adapters.invoice_samples import policy, price_book, users_by_kind

ANNA = CountedItem(item_id="1", name="Anna")
BOB = CountedItem(item_id="2", name="Bob", until_on=date(2026, 11, 20))


def shown(count: Count) -> dict[str, Any]:
    """The presentation of an invoice whose first count is this one."""
    invoice: Invoice = users_by_kind()
    first, *others = invoice.counts
    counts = (first.model_copy(update={"count": count}), *others)
    return present_invoice(invoice.model_copy(update={"counts": counts}), policy(), price_book())


def first_count(count: Count) -> dict[str, Any]:
    found: dict[str, Any] = shown(count)["counts"]["sections"][0]["counts"][0]
    return found


@pytest.mark.rule("INT-10", "COL-14")
def test_a_ratio_is_shown_with_the_items_it_multiplies() -> None:
    items = tuple(CountedItem(item_id=name, name=name) for name in ("WS-1", "WS-2", "WS-3"))
    found = first_count(Count(items=items, joined=(), left=(), ratio=Decimal("1.50")))
    assert found["quantity"] == "5 (3 x 1.5 = 4.5, rounded up to 5)"
    assert found["names"] == ["WS-1", "WS-2", "WS-3"]


@pytest.mark.rule("COL-17")
def test_quantities_of_a_vendors_invoice_stand_beside_their_rows() -> None:
    items = (
        CountedItem(item_id="a", name="Archived mailboxes", quantity=1),
        CountedItem(item_id="p", name="Protected mailboxes", quantity=21),
    )
    found = first_count(Count(items=items, joined=(), left=()))
    assert found["quantity"] == "22 (sum of 2 rows)"
    assert found["names"] == ["Archived mailboxes: 1", "Protected mailboxes: 21"]


@pytest.mark.rule("COL-04", "COL-13")
def test_changes_after_the_cut_off_are_listed_by_name_and_date() -> None:
    late = LateChange(item=ANNA, received_on=date(2026, 11, 26), what="added")
    found = first_count(Count(items=(), joined=(), left=(), late=(late,)))
    assert found["quantity"] == "0"
    assert found["late"] == "For the next count: Anna (added, received 26 November 2026)"
    assert first_count(Count(items=(ANNA,), joined=(), left=()))["late"] is None


@pytest.mark.rule("INT-10")
def test_what_left_stands_with_its_day_and_what_was_there_before_adds_up() -> None:
    grown = QuantityChange(item=CountedItem(item_id="p", name="Protected", quantity=4), before=1)
    fallen = QuantityChange(item=CountedItem(item_id="k", name="Kept", quantity=2), before=5)
    count = Count(
        items=(ANNA, grown.item, fallen.item), joined=(ANNA,), left=(BOB,), changed=(grown, fallen)
    )
    row = shown(count)["changes"]["rows"][0]
    # Now 1 + 4 + 2 = 7; before Bob 1, Protected 1, Kept 5 = 7.
    assert (row["before"], row["now"]) == ("7", "7")
    assert [entry["name"] for entry in row["joined"]] == ["Anna", "Protected: 4, before 1"]
    assert row["left"] == ["Bob, left 20 November 2026", "Kept: 2, before 5"]
