"""The longest texts that a provider directory admits still make an invoice."""

from __future__ import annotations

from tests.unit.domain.builders import (
    MARCH,
    account,
    agreement_data,
    build,
    context,
    count_rule_data,
    device,
    line_data,
    only_invoice,
    policy,
    price_book,
    product_data,
)

LONG = "x" * 500


def test_a_long_name_with_a_long_note_is_billed() -> None:
    book = price_book(products=[product_data("SITE", "flat", {"flat": "1"}, name=LONG)])
    known = account(agreement_data(line_data("SITE", note=LONG)))
    (line,) = only_invoice(build(known, where=context(MARCH, book=book))).lines
    assert line.description == f"{LONG}, {LONG}"


def test_a_long_title_of_a_count_rule_is_billed() -> None:
    rule = count_rule_data("pcs", LONG, {"kind": ["PC"]})
    book = price_book(
        products=[product_data("PC", "support", {"each": "1"}, count_rule="pcs")], version=LONG
    )
    here = context(MARCH, policy(count_rules=[rule]), book)
    known = account(agreement_data(line_data("PC")))
    (line,) = only_invoice(build(known, [device("a")], where=here)).lines
    assert line.reason.quantity_from == f"counted: {LONG}"
    assert line.reason.price_from == f"price book {LONG}, from 2026-01-01"
