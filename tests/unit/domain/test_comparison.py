"""The comparison with last month, worked out by hand and for any lines (COL-05)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.comparison import Comparison, ComparisonRow, compare
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.money import CurrencyMismatchError, total
from msp_billing.domain.run_summary import count_changed_items
from tests.unit.document_samples import DECEMBER, NOVEMBER, InvoiceMaker, counted, usd

MAPLE, BIRCH = "maple", "birch"


def november() -> Invoice:
    """Maple: 2 mailboxes (anna, bob), protection on 2. Birch: 1 mailbox (finn), a backup."""
    return (
        InvoiceMaker(NOVEMBER)
        .line("COM4003", "2", "6.75", subscriber=MAPLE, counted=counted(("anna", "bob")))
        .line("SEC1153", "2", "31.50", subscriber=MAPLE, description="Protection")
        .line("COM4003", "1", "6.75", subscriber=BIRCH, counted=counted(("finn",)))
        .line("COM9000", "1", "20.00", subscriber=BIRCH, description="Backup")
        .make()
    )


def december() -> Invoice:
    """Maple: bob left, carl and dora joined; protection got dearer. Birch: the backup ended."""
    return (
        InvoiceMaker(DECEMBER)
        .line("COM4003", "3", "6.75", subscriber=MAPLE, counted=counted(("anna", "carl", "dora")))
        .line("SEC1153", "2", "32.00", subscriber=MAPLE, description="Protection")
        .line("COM4003", "1", "6.75", subscriber=BIRCH, counted=counted(("finn",)))
        .make()
    )


def compared(current: tuple[Invoice, ...], previous: tuple[Invoice, ...]) -> Comparison:
    return compare("tern-harbor", "Tern Harbor", DECEMBER, "USD", current, previous)


def names(row: ComparisonRow) -> tuple[list[str], list[str]]:
    return [item.name for item in row.joined], [item.name for item in row.left]


@pytest.mark.rule("COL-05")
def test_every_line_stands_beside_last_month_with_its_difference() -> None:
    rows = compared((december(),), (november(),)).rows
    shown: list[Any] = [
        (
            row.subscriber,
            row.product,
            row.previous_quantity,
            row.current_quantity,
            row.quantity_change,
            row.previous_amount,
            row.current_amount,
            row.amount_change,
        )
        for row in rows
    ]
    assert shown == [
        (MAPLE, "COM4003", 2, 3, 1, usd("13.50"), usd("20.25"), usd("6.75")),
        (MAPLE, "SEC1153", 2, 2, 0, usd("63.00"), usd("64.00"), usd("1.00")),
        (BIRCH, "COM4003", 1, 1, 0, usd("6.75"), usd("6.75"), usd("0.00")),
        (BIRCH, "COM9000", 1, 0, -1, usd("20.00"), usd("0.00"), usd("-20.00")),
    ]


@pytest.mark.rule("COL-05")
def test_the_totals_tie_out_to_the_invoices_to_the_cent() -> None:
    result = compared((december(),), (november(),))
    # 20.25 + 64.00 + 6.75 = 91.00; 13.50 + 63.00 + 6.75 + 20.00 = 103.25.
    assert result.current_total == december().total == usd("91.00")
    assert result.previous_total == november().total == usd("103.25")


@pytest.mark.rule("COL-05")
def test_added_and_removed_items_are_named() -> None:
    mailboxes, protection, birch, backup = compared((december(),), (november(),)).rows
    assert names(mailboxes) == (["carl", "dora"], ["bob"])
    for row in (protection, birch, backup):
        assert names(row) == ([], [])


@pytest.mark.rule("COL-05")
def test_items_that_change_places_are_named_though_the_number_is_the_same() -> None:
    before = InvoiceMaker(NOVEMBER).line("COM4003", "1", "6.75", counted=counted(("anna",)))
    now = InvoiceMaker(DECEMBER).line("COM4003", "1", "6.75", counted=counted(("bob",)))
    (row,) = compared((now.make(),), (before.make(),)).rows
    assert row.quantity_change == 0
    assert names(row) == (["bob"], ["anna"])


def test_the_first_month_has_nothing_to_compare_with() -> None:
    result = compared((december(),), ())
    assert not result.has_previous
    assert result.previous_total == usd("0.00")
    assert all(row.previous_quantity == 0 for row in result.rows)


def test_a_month_without_an_invoice_shows_what_ended() -> None:
    result = compared((), (november(),))
    assert result.current_total == usd("0.00")
    assert {row.amount_change for row in result.rows} == {
        usd("-13.50"),
        usd("-63.00"),
        usd("-6.75"),
        usd("-20.00"),
    }


def test_invoices_per_agreement_are_compared_each_with_its_own() -> None:
    def made(part: str, quantity: str) -> Invoice:
        return InvoiceMaker(DECEMBER, part=part).line("COM4003", quantity, "6.75").make()

    result = compared((made("hybrid", "3"), made("remote", "1")), (made("hybrid", "2"),))
    assert [(row.part, int(row.quantity_change)) for row in result.rows] == [
        ("hybrid", 1),
        ("remote", 1),
    ]


def test_two_lines_of_one_product_are_one_row() -> None:
    now = InvoiceMaker(DECEMBER).line("COM4003", "3", "6.75").line("COM4003", "1", "5.00").make()
    (row,) = compared((now,), ()).rows
    assert (int(row.current_quantity), row.current_amount) == (4, usd("25.25"))


def test_an_item_that_two_products_bill_joined_once() -> None:
    now = InvoiceMaker(DECEMBER)
    before = InvoiceMaker(NOVEMBER)
    for product in ("COM4003", "SEC1153"):
        now.line(product, "2", "1.00", counted=counted(("anna", "bob")))
        before.line(product, "1", "1.00", counted=counted(("anna",)))
    result = compared((now.make(),), (before.make(),))
    assert [names(row) for row in result.rows] == [(["bob"], [])] * 2
    assert count_changed_items(result) == (1, 0)


def test_rows_that_do_not_tie_out_are_refused() -> None:
    result = compared((december(),), (november(),))
    with pytest.raises(ValidationError, match="rows sum to"):
        Comparison.model_validate(
            result.model_dump() | {"current_total": usd("91.01").model_dump()}
        )


def test_invoices_of_two_currencies_are_never_added_up() -> None:
    euros = december().model_copy(
        update={"total": usd("91.00").model_copy(update={"currency": "EUR"})}
    )
    with pytest.raises(CurrencyMismatchError):
        compared((euros,), (november(),))


def test_a_changed_currency_shows_both_months_each_in_its_own() -> None:
    yen = InvoiceMaker(DECEMBER, currency="JPY").line("COM4003", "3", "1500", subscriber=MAPLE)
    result = compared((yen.make(),), (november(),))
    assert result.currency_changed
    assert (str(result.previous_total), str(result.current_total)) == ("103.25 USD", "4500 JPY")
    shown = [
        (row.product, str(row.previous_amount), str(row.current_amount)) for row in result.rows
    ]
    assert shown == [
        ("COM4003", "0 JPY", "4500 JPY"),
        ("COM4003", "13.50 USD", "0.00 USD"),
        ("SEC1153", "63.00 USD", "0.00 USD"),
        ("COM4003", "6.75 USD", "0.00 USD"),
        ("COM9000", "20.00 USD", "0.00 USD"),
    ]
    assert not compared((december(),), (november(),)).currency_changed


@pytest.mark.parametrize(
    ("current", "previous", "expected"),
    [
        (True, False, ("0 JPY", "4500 JPY")),
        (False, True, ("4500 JPY", "0 JPY")),
        (False, False, ("0.00 USD", "0.00 USD")),
    ],
)
def test_a_month_without_an_invoice_is_in_the_other_months_currency(
    current: bool, previous: bool, expected: tuple[str, str]
) -> None:
    def yen(month: Any) -> tuple[Invoice, ...]:
        return (InvoiceMaker(month, currency="JPY").line("COM4003", "3", "1500").make(),)

    result = compared(yen(DECEMBER) if current else (), yen(NOVEMBER) if previous else ())
    assert (str(result.previous_total), str(result.current_total)) == expected


lines = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from([None, MAPLE, BIRCH]),
        st.frozensets(st.sampled_from("pqrstuvw"), max_size=6),
        st.decimals("-50", "50", places=3),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda line: line[:2],
)
months = st.none() | lines


def invoice_of(
    month: list[tuple[str, str | None, frozenset[str], Decimal]] | None, maker: InvoiceMaker
) -> tuple[Invoice, ...]:
    if month is None:
        return ()
    for product, subscriber, items, price in month:
        maker.line(
            product,
            str(len(items)),
            str(price),
            subscriber=subscriber,
            counted=counted(tuple(sorted(items))),
        )
    return (maker.make(),)


@pytest.mark.rule("COL-05")
@given(now=months, before=months)
def test_any_two_months_tie_out_in_amounts_quantities_and_names(
    now: list[tuple[str, str | None, frozenset[str], Decimal]] | None,
    before: list[tuple[str, str | None, frozenset[str], Decimal]] | None,
) -> None:
    current = invoice_of(now, InvoiceMaker(DECEMBER))
    previous = invoice_of(before, InvoiceMaker(NOVEMBER))
    result = compared(current, previous)
    assert result.current_total == total((entry.total for entry in current), "USD")
    assert result.previous_total == total((entry.total for entry in previous), "USD")
    changes = total((row.amount_change for row in result.rows), "USD")
    assert changes == result.current_total - result.previous_total
    for row in result.rows:
        assert row.quantity_change == len(row.joined) - len(row.left)
    assert len({(row.subscriber, row.product) for row in result.rows}) == len(result.rows)
