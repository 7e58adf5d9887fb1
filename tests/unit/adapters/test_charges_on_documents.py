"""What minimums, adjustments and taxes look like on an invoice."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.adapters.invoice_pdf.invoice_presentation import present_invoice
from msp_billing.adapters.mails.invoice_view import billed_entries
from msp_billing.domain.invoices import Invoice
from tests.unit.domain.builders import (
    TERM_DISCOUNTS,
    account,
    agreement_data,
    build,
    device,
    line_data,
    only_invoice,
)
from tests.unit.domain.charging.tax_samples import tax_policy_data, taxed_book, where
from tests.unit.domain.charging.test_adjustments import adjustment_data

HERE = where(taxed_book(), taxes=tax_policy_data(), term_discounts=TERM_DISCOUNTS)


def billed(of: Any) -> Invoice:
    """Sixty PCs, three a site."""
    rows = [device(f"pc-{n}", row=n + 2) for n in range(60)]
    return only_invoice(build(of, rows, where=HERE))


def shown(of: Any) -> dict[str, Any]:
    """As the document shows the invoice for them."""
    return present_invoice(billed(of), HERE.policy, HERE.price_book)


STEPS = {"graduated": [{"up_to": 50, "each": "40"}, {"up_to": None, "each": "30"}]}


def test_each_sum_stands_under_the_lines_and_amounts_without_units_have_none() -> None:
    # 50 x 40 + 10 x 30 = 2,300.00; less 10% is 2,070.00, to 2,500.00 there are 430.00 missing.
    # Two firewalls' setup 500.00 is hardware: 6% 30.00 and 0.5% 2.50. Credit 50.00, labour.
    minimum = {"minimum": "monthly", "amount": "2500", "categories": ["support"]}
    lines = [line_data("PC", price=STEPS), line_data("SETUP", bill_once_in="2026-03")]
    known = account(
        agreement_data(*lines, term_years=3, minimums=[minimum]),
        tax_place="harbor",
        adjustments=[adjustment_data(dated_on="2026-02-27")],
    )
    document = shown(known)
    assert [(entry["label"], entry["amount"]) for entry in document["totals"][:3]] == [
        ("Charges", "$3,180.00"),  # 2,300.00 + 500.00 + 430.00 - 50.00
        ("Discounts", "-$230.00"),
        ("Taxes", "$32.50"),
    ]
    assert document["totals"][3]["amount"] == "$2,982.50"
    table = document["blocks"][0]["sections"][0]["lines"]
    columns = [(e["code"], e["quantity"], e["unit_price"], e["amount"]) for e in table]
    assert columns == [
        ("PC", "60", "by step", "$2,300.00"),
        ("SETUP", "1", "$500.00", "$500.00"),
        ("TERM-3Y", "", "", "-$230.00"),
        ("MINIMUM", "", "", "$430.00"),
        ("CREDIT", "", "", "-$50.00"),
        ("TAX-STATE", "", "", "$30.00"),
        ("TAX-COUNTY", "", "", "$2.50"),
    ]
    assert table[0]["note"].endswith("50 x 40 + 10 x 30 = 2300.00")
    assert table[3]["note"].endswith("minimum 2500.00 - 2070.00 billed = 430.00")


@pytest.mark.parametrize(("years", "title"), [(3, "Discounts and taxes"), (0, "Taxes")])
def test_a_section_of_what_follows_from_others_is_named_by_it(years: int, title: str) -> None:
    line = line_data("FIREWALL", subscriber="each", quantity=1)
    known = account(agreement_data(line, term_years=years), sites=["dock"], tax_place="harbor")
    sections = shown(known)["blocks"][0]["sections"]
    assert [section["title"] for section in sections] == ["Dock", title]


def test_a_price_by_steps_is_never_shown_as_its_average() -> None:
    """50 x 40 + 10 x 30 = 2,300.00 would be 60 x 38.3333: nobody pays that for a PC."""
    lines = [line_data("PC", price=STEPS), line_data("SETUP", subscriber="each", quantity=1)]
    invoice = billed(account(agreement_data(*lines), sites=["dock"], tax_place="harbor"))
    run = HERE.policy.runs[0].model_copy(update={"show": frozenset({"summary_by_product"})})
    policy = HERE.policy.model_copy(update={"runs": (run,)})
    blocks = present_invoice(invoice, policy, HERE.price_book)["blocks"]
    rows = [row for block in blocks if block["kind"] == "products" for row in block["rows"]]
    assert {"by step"} == {row["unit_price"] for row in rows if row["code"] == "PC"}
    entry = billed_entries(invoice)[0]
    assert (entry.detail, entry.amount) == ("60, by step", "$2,300.00")


def test_a_mail_shows_no_quantity_of_what_is_only_an_amount() -> None:
    lines = [line_data("PC", price={"each": "40"})]
    invoice = billed(account(agreement_data(*lines, term_years=3), tax_place="harbor"))
    shown_there = {entry.amount: entry.detail for entry in billed_entries(invoice)}
    assert shown_there["$2,400.00"] == "60 × $40.00"
    assert shown_there["-$240.00"] == ""
