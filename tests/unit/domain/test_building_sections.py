"""Term discounts, and the order of an invoice's sections, worked out by hand."""

from __future__ import annotations

import pytest

from msp_billing.domain.invoices import InvoiceLine, LineKind, PriceBasis
from tests.unit.domain.builders import (
    MARCH,
    TERM_DISCOUNTS,
    account,
    agreement_data,
    build,
    charged,
    context,
    device,
    line_data,
    only_invoice,
    policy,
    usd,
)


def discounts(lines: tuple[InvoiceLine, ...]) -> list[tuple[str, str]]:
    return [
        (line.description, str(line.amount.amount))
        for line in lines
        if line.kind is LineKind.DISCOUNT
    ]


# --- Term discounts -------------------------------------------------------------------------------


DISCOUNTED = context(MARCH, policy(term_discounts=TERM_DISCOUNTS))


@pytest.mark.rule("KR-09")
@pytest.mark.parametrize(
    ("years", "shown", "total"),
    [
        (1, [], "1003.25"),
        (3, [("3-year term discount, 10% of 211.00 USD", "-21.10")], "982.15"),
        (4, [("4-year term discount, 10% of 211.00 USD", "-21.10")], "982.15"),
        (5, [("5-year term discount, 15% of 211.00 USD", "-31.65")], "971.60"),
    ],
)
def test_a_term_discounts_its_categories_only(
    years: int, shown: list[tuple[str, str]], total: str
) -> None:
    """Support: 2 x 45.50 + 120.00 = 211.00. Beside it 250.00 flat, 8.25 backup, 500.00 setup.

    A one-time charge in the discounted category (34.00) is not discounted either.
    """
    lines = [
        line_data("PC"),
        line_data("SERVER"),
        line_data("SITE"),
        line_data("BACKUP"),
        line_data("SETUP", bill_once_in="2026-03"),
        line_data("PC", line="moved", quantity=1, bill_once_in="2026-03", price={"flat": "34"}),
    ]
    rows = [device("a"), device("b"), device("s", "Server", backup="yes")]
    known = account(agreement_data(*lines, term_years=years))
    invoice = only_invoice(build(known, rows, where=DISCOUNTED))
    assert discounts(invoice.lines) == shown
    # 211.00 + 250.00 + 8.25 + 500.00 + 34.00 = 1003.25
    assert invoice.total == usd(total)


@pytest.mark.rule("KR-09")
def test_a_discount_is_a_line_of_its_own_with_its_reason() -> None:
    known = account(agreement_data(line_data("PC"), term_years=3))
    line = only_invoice(build(known, [device("a"), device("b")], where=DISCOUNTED)).lines[-1]
    assert (line.product, line.category, int(line.quantity)) == ("TERM-3Y", "support", 1)
    assert line.unit_price == line.amount == usd("-9.10")  # 10% of 91.00
    reason = line.reason
    assert (reason.clause, reason.agreement, reason.agreement_line) == ("term", "main", None)
    assert (reason.quantity_from, reason.count) == ("term of 3 years in the agreement", None)
    assert (reason.price_basis, reason.price_from) == (PriceBasis.PERCENT, "policy 2026-01")
    assert reason.arithmetic == "10% of 91.00 = -9.10"


@pytest.mark.rule("KR-09")
def test_each_agreement_has_the_discount_of_its_own_term() -> None:
    short = agreement_data(line_data("SERVER"), agreement="short")
    long = agreement_data(line_data("PC"), agreement="long", term_years=5)
    rows = [device("a"), device("s", "Server")]
    invoice = only_invoice(build(account(short, long), rows, where=DISCOUNTED))
    # 15% of 45.50 is 6.825: 6.83, and nothing of the server.
    assert discounts(invoice.lines) == [("5-year term discount, 15% of 45.50 USD", "-6.83")]
    assert invoice.total == usd("158.67")


# --- Sections -------------------------------------------------------------------------------------


SITES = [
    {"subscriber": "dock", "name": "Dock"},
    {"subscriber": "office", "name": "Head Office", "internal": True},
    {"subscriber": "pier", "name": "Pier"},
]
AT_SITES = [device(f"pc-{s}", site=s) for s in ("dock", "office", "pier")]


@pytest.mark.rule("COL-06")
def test_internal_sections_come_first_then_the_accounts_own_then_subscribers() -> None:
    lines = [line_data("SITE"), line_data("PC", subscriber="each")]
    invoice = only_invoice(build(account(agreement_data(*lines), subscribers=SITES), AT_SITES))
    assert [(s.subscriber, s.title, s.internal) for s in invoice.sections] == [
        ("office", "Head Office", True),
        (None, "Tern Harbor", False),
        ("dock", "Dock", False),
        ("pier", "Pier", False),
    ]
    assert [line.subscriber for line in invoice.lines] == ["office", None, "dock", "pier"]


def test_a_section_without_lines_is_left_out() -> None:
    lines = [line_data("PC", subscriber="each")]
    invoice = only_invoice(build(account(agreement_data(*lines), subscribers=SITES), AT_SITES[:1]))
    assert [section.subscriber for section in invoice.sections] == ["dock"]


def test_a_discount_on_the_sections_comes_below_them() -> None:
    lines = [line_data("PC", subscriber="each")]
    known = account(agreement_data(*lines, term_years=3), subscribers=SITES)
    invoice = only_invoice(build(known, AT_SITES, where=DISCOUNTED))
    assert [section.subscriber for section in invoice.sections] == ["office", "dock", "pier", None]
    assert charged(invoice.lines)[-1] == ("TERM-3Y", None, 1, "-13.65")  # 10% of 3 x 45.50


def test_a_discount_comes_last_in_the_accounts_own_section() -> None:
    lines = [line_data("SITE"), line_data("PC")]
    known = account(agreement_data(*lines, term_years=3))
    invoice = only_invoice(build(known, [device("a")], where=DISCOUNTED))
    assert [line.product for line in invoice.lines] == ["PC", "SITE", "TERM-3Y"]
