"""What differs from last month, and why, in words that a clerk can pass on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.comparison import Comparison, ComparisonRow
from msp_billing.domain.counting.counts import CountedItem
from msp_billing.domain.periods import Period
from msp_billing.domain.reports.differences import differences
from tests.unit.domain.builders import PROPERTY, usd

MARCH = Period(year=2026, month=3)


def row(product: str, before: str, now: str, **more: Any) -> ComparisonRow:
    """``before`` and ``now`` as ``quantity@amount``."""
    (quantity, amount), (quantity_now, amount_now) = (entry.split("@") for entry in (before, now))
    return ComparisonRow(
        part="all",
        subscriber=None,
        subscriber_name="Harbor",
        product=product,
        description=product,
        category="support",
        previous_quantity=Decimal(quantity),
        current_quantity=Decimal(quantity_now),
        previous_amount=usd(amount),
        current_amount=usd(amount_now),
        **more,
    )


def told(*rows: ComparisonRow) -> list[tuple[str, str, str]]:
    compared = Comparison(
        account="harbor",
        account_name="Harbor",
        period=MARCH,
        previous_period=MARCH.shifted(-1),
        has_previous=True,
        rows=rows,
        previous_total=usd(str(sum(entry.previous_amount.amount for entry in rows))),
        current_total=usd(str(sum(entry.current_amount.amount for entry in rows))),
    )
    return [(d.product, f"{d.change.amount}", d.why) for d in differences(compared)]


def item(name: str) -> CountedItem:
    return CountedItem(item_id=name, name=name)


def test_items_that_joined_and_left_are_named() -> None:
    changed = row("PC", "2@80.00", "3@120.00", joined=(item("a"), item("b")), left=(item("c"),))
    assert told(changed) == [("PC", "40.00", "quantity 2 → 3; joined: a, b; left: c")]


def test_a_price_is_told_apart_from_a_quantity() -> None:
    assert told(row("PC", "2@80.00", "2@90.00")) == [
        ("PC", "10.00", "price per unit changed: 80.00 for 2 → 90.00 for 2")
    ]
    assert told(row("PC", "2@80.00", "4@160.00")) == [("PC", "80.00", "quantity 2 → 4")]
    assert told(row("FLAT", "1@80.00", "1@90.00")) == [("FLAT", "10.00", "amount 80.00 → 90.00")]


def test_what_is_new_and_what_is_gone_is_said_so() -> None:
    assert told(row("SETUP", "1@500.00", "0@0.00"), row("VPN", "0@0.00", "2@20.00")) == [
        ("SETUP", "-500.00", "no longer billed: was 1"),
        ("VPN", "20.00", "new: 2, not billed last month"),
    ]


def test_the_largest_comes_first_and_what_is_the_same_is_left_out() -> None:
    rows = (
        row("A", "1@10.00", "1@11.00"),
        row("B", "1@5.00", "1@5.00"),
        row("C", "2@9.00", "1@1.00"),
    )
    assert [product for product, _, _ in told(*rows)] == ["C", "A"]


AMOUNTS = st.decimals("-500", "500", places=2).map(lambda value: f"{value:f}")


@PROPERTY
@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), max_size=8))
def test_the_differences_sum_to_the_difference_of_the_totals(
    amounts: list[tuple[str, str]],
) -> None:
    rows = [row(f"P{n}", f"1@{old}", f"1@{new}") for n, (old, new) in enumerate(amounts)]
    changes = sum((Decimal(change) for _, change, _ in told(*rows)), Decimal(0))
    assert changes == sum((entry.amount_change.amount for entry in rows), Decimal(0))
