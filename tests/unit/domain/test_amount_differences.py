"""Why an invoice's amount differs from the last one's: causes that sum to the difference."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.adapters.difference_words import difference_in_words
from msp_billing.domain.amount_differences import MAX_DIFFERENCES, why_it_differs
from msp_billing.domain.at_issue import Cause
from msp_billing.domain.invoices import Invoice, LineKind, PriceBasis
from msp_billing.domain.money import total
from msp_billing.domain.periods import Period
from tests.unit.document_samples import DECEMBER, NOVEMBER, InvoiceMaker, counted, usd


def with_kind(invoice: Invoice, line: int, kind: LineKind) -> Invoice:
    lines = [
        entry.model_copy(update={"kind": kind}) if entry.line == line else entry
        for entry in invoice.lines
    ]
    return invoice.model_copy(update={"lines": tuple(lines)})


def amounts(previous: Invoice, current: Invoice) -> list[tuple[Cause, str, str]]:
    return [
        (entry.cause, entry.title, str(entry.amount.amount))
        for entry in why_it_differs(previous, current)
    ]


@pytest.mark.rule("KR-02")
def test_more_of_something_at_the_same_price_is_a_matter_of_the_count() -> None:
    """11 x 6.75 = 74.25, then 13 x 6.75 = 87.75: two more are 13.50."""
    before = InvoiceMaker(NOVEMBER).line("COM4003", "11", "6.75").make("LP-1")
    now = InvoiceMaker(DECEMBER).line("COM4003", "13", "6.75").make("LP-2")
    (found,) = why_it_differs(before, now)
    assert (found.cause, found.amount) == (Cause.COUNT, usd("13.50"))
    assert (found.quantity_before, found.quantity_now) == (Decimal(11), Decimal(13))
    assert (found.price_before, found.price_now) == (usd("6.75"), usd("6.75"))


def test_who_joined_and_left_is_counted_from_what_both_invoices_froze() -> None:
    before = InvoiceMaker(NOVEMBER).line(
        "COM4003", "2", "6.75", counted=counted(("Ada", "Ben"))
    )  # fmt: skip
    now = InvoiceMaker(DECEMBER).line(
        "COM4003", "3", "6.75", counted=counted(("Ada", "Cleo", "Dora"))
    )
    (found,) = why_it_differs(before.make("LP-1"), now.make("LP-2"))
    assert (found.joined, found.left) == (2, 1)


def test_another_price_for_as_many_is_a_matter_of_the_price() -> None:
    """11 x 7.00 - 11 x 6.75 = 2.75."""
    before = InvoiceMaker(NOVEMBER).line("COM4003", "11", "6.75").make("LP-1")
    now = InvoiceMaker(DECEMBER).line("COM4003", "11", "7.00").make("LP-2")
    assert amounts(before, now) == [(Cause.PRICE, "Hosted mailbox", "2.75")]


@pytest.mark.rule("KR-07")
def test_count_and_price_at_once_are_told_apart() -> None:
    """10 x 100 = 1,000, then 12 x 95 = 1,140: two more at 100 are 200, 12 x -5 are -60."""
    before = InvoiceMaker(NOVEMBER).line("USER", "10", "100").make("LP-1")
    now = InvoiceMaker(DECEMBER).line("USER", "12", "95").make("LP-2")
    assert amounts(before, now) == [
        (Cause.COUNT, "Hosted mailbox", "200.00"),
        (Cause.PRICE, "Hosted mailbox", "-60.00"),
    ]


def test_what_is_new_and_what_ended() -> None:
    before = InvoiceMaker(NOVEMBER).line("OLD", "1", "40", description="Fax line").make("LP-1")
    now = InvoiceMaker(DECEMBER).line("NEW", "2", "30", description="Spam filter").make("LP-2")
    assert amounts(before, now) == [
        (Cause.NEW, "Spam filter", "60.00"),
        (Cause.ENDED, "Fax line", "-40.00"),
    ]


@pytest.mark.parametrize(
    ("kind", "cause"),
    [
        (LineKind.ONE_TIME, Cause.ONE_TIME),
        (LineKind.TIME, Cause.ONE_TIME),
        (LineKind.RECONCILIATION, Cause.ONE_TIME),
        (LineKind.PAY_OUT, Cause.ONE_TIME),
        (LineKind.DISCOUNT, Cause.DISCOUNT),
        (LineKind.SHORTFALL, Cause.MINIMUM),
        (LineKind.ADJUSTMENT, Cause.CREDIT),
        (LineKind.TAX, Cause.TAX),
    ],
)
def test_what_is_no_subscription_has_a_cause_of_its_own(kind: LineKind, cause: Cause) -> None:
    """A set-up fee of last month is not something that ended: it was billed once."""
    plain = InvoiceMaker(NOVEMBER).line("COM4003", "1", "6.75")
    before = with_kind(plain.line("X", "1", "50", description="Extra").make("LP-1"), 2, kind)
    now = InvoiceMaker(DECEMBER).line("COM4003", "1", "6.75").make("LP-2")
    assert amounts(before, now) == [(cause, "Extra", "-50.00")]
    assert amounts(now, before) == [(cause, "Extra", "50.00")]


def test_one_product_of_many_sections_is_one_cause_and_names_the_only_section() -> None:
    def maker(period, quantities):
        result = InvoiceMaker(period)
        for name, quantity in quantities.items():
            result.line(
                "PC", quantity, "42", subscriber=name.lower(), section=name, description="PC"
            )
        return result.make("LP-1")

    before = maker(NOVEMBER, {"Harbor": "3", "Pier": "5"})
    assert amounts(before, maker(DECEMBER, {"Harbor": "4", "Pier": "7"})) == [
        (Cause.COUNT, "PC", "126.00")
    ]
    assert amounts(before, maker(DECEMBER, {"Harbor": "3", "Pier": "6"})) == [
        (Cause.COUNT, "PC, Pier", "42.00")
    ]


def test_a_move_between_sections_at_one_price_is_no_cause() -> None:
    before = InvoiceMaker(NOVEMBER).line("PC", "2", "42", subscriber="a", section="A")
    now = InvoiceMaker(DECEMBER).line("PC", "2", "42", subscriber="b", section="B")
    assert why_it_differs(before.make("LP-1"), now.make("LP-2")) == ()


def test_several_prices_of_one_product_are_not_taken_apart_wrongly() -> None:
    """Two prices within an invoice: the count changed, so the count is what is said."""
    before = InvoiceMaker(NOVEMBER).line("PC", "1", "40", subscriber="a", section="A")
    before.line("PC", "1", "60", subscriber="b", section="B")
    now = InvoiceMaker(DECEMBER).line("PC", "2", "40", subscriber="a", section="A")
    now.line("PC", "2", "60", subscriber="b", section="B")
    (found,) = why_it_differs(before.make("LP-1"), now.make("LP-2"))
    assert (found.cause, found.amount) == (Cause.COUNT, usd("100.00"))
    assert (found.price_before, found.price_now) == (None, None)


def test_a_discount_on_another_amount_is_one_cause() -> None:
    """10% of 1,000 = 100, then 10% of 1,200 = 120: it takes 20 more off."""

    def with_discount(period, amount, off):
        maker = InvoiceMaker(period).line("USER", "1", amount, description="Users")
        maker.line("TERM-3Y", "1", off, description=f"Term discount, 10% of {amount}")
        return with_kind(maker.make("LP-1"), 2, LineKind.DISCOUNT)

    before, now = (
        with_discount(NOVEMBER, "1000", "-100"),
        with_discount(DECEMBER, "1200", "-120"),
    )
    assert amounts(before, now) == [
        (Cause.PRICE, "Users", "200.00"),
        (Cause.DISCOUNT, "Term discount, 10% of 1200", "-20.00"),
    ]


def test_where_one_section_changed_its_own_number_is_told() -> None:
    """Harbor has 3 all the time, Pier 5, then 6: nobody at Pier counts to 9."""

    def made(period: Period, pier: str) -> Invoice:
        maker = InvoiceMaker(period)
        maker.line("PC", "3", "42", subscriber="a", section="Harbor", description="PC")
        maker.line("PC", pier, "42", subscriber="b", section="Pier", description="PC")
        return maker.make("LP-1")

    (found,) = why_it_differs(made(NOVEMBER, "5"), made(DECEMBER, "6"))
    assert found.title == "PC, Pier"
    assert (found.quantity_before, found.quantity_now) == (Decimal(5), Decimal(6))


def test_an_allowance_and_what_is_beyond_it_are_one_product() -> None:
    """80 of 100 included, then 100 and 5 beyond them at 2.00: 25 more, and no price for them."""
    before = InvoiceMaker(NOVEMBER).line("M", "80", "0", description="Mailbox, included")
    now = InvoiceMaker(DECEMBER).line("M", "100", "0", description="Mailbox, included")
    now.line("M", "5", "2.00", description="Mailbox, beyond what is included")
    (found,) = why_it_differs(before.make("LP-1"), now.make("LP-2"))
    assert (found.cause, found.title, found.amount) == (Cause.COUNT, "Mailbox", usd("10.00"))
    assert difference_in_words(found) == "Mailbox: 25 more (80 → 105)"


def test_a_price_in_steps_is_not_told_as_its_average() -> None:
    """10 x 10 = 100, then 10 x 10 + 2 x 8 = 116: two more cost 16, at no price of 9.67."""

    def stepped(invoice: Invoice) -> Invoice:
        (line,) = invoice.lines
        reason = line.reason.model_copy(update={"price_basis": PriceBasis.GRADUATED})
        return invoice.model_copy(update={"lines": (line.model_copy(update={"reason": reason}),)})

    before = stepped(InvoiceMaker(NOVEMBER).line("M", "10", "10").make("LP-1"))
    now = stepped(InvoiceMaker(DECEMBER).line("M", "12", "9.6667").make("LP-2"))
    (found,) = why_it_differs(before, now)
    assert (found.cause, found.amount) == (Cause.COUNT, usd("16.00"))
    assert difference_in_words(found) == "Hosted mailbox: 2 more (10 → 12)"


def test_a_product_with_another_name_is_told_by_the_new_one() -> None:
    before = InvoiceMaker(NOVEMBER).line("PC", "1", "40", description="PC").make("LP-1")
    now = InvoiceMaker(DECEMBER).line("PC", "2", "40", description="Workstation").make("LP-2")
    assert amounts(before, now) == [(Cause.COUNT, "Workstation", "40.00")]


lines = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C", "D"]),
        st.integers(0, 40),
        st.sampled_from(["6.75", "0.125", "100", "33.333"]),
        st.sampled_from(["one", "two"]),
        st.sampled_from(list(LineKind)),
    ),
    min_size=1,
    max_size=12,
)


def drawn(period, entries) -> Invoice:
    maker = InvoiceMaker(period)
    for product, quantity, price, section, _ in entries:
        maker.line(product, str(quantity), price, subscriber=section, section=section)
    invoice = maker.make("LP-1")
    for number, entry in enumerate(entries, start=1):
        invoice = with_kind(invoice, number, entry[4])
    return invoice


@given(lines, lines)
def test_the_causes_always_sum_to_the_difference(before, now) -> None:
    previous, current = drawn(NOVEMBER, before), drawn(DECEMBER, now)
    found = why_it_differs(previous, current)
    assert total((entry.amount for entry in found), "USD") == current.total - previous.total
    assert all(entry.amount.amount for entry in found)
    sizes = [abs(entry.amount.amount) for entry in found]
    assert sizes == sorted(sizes, reverse=True)


def test_the_limit_is_what_a_page_shows() -> None:
    assert MAX_DIFFERENCES == 12
