"""Minimums, adjustments, taxes and currencies on whole invoices, each worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.accounts import Account
from msp_billing.domain.feeds.definitions import FeedRow
from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind
from msp_billing.domain.outcomes import AccountOutcome
from tests.unit.domain.builders import (
    TERM_DISCOUNTS,
    Data,
    account,
    agreement_data,
    build,
    device,
    line_data,
    only_invoice,
    price_book,
    product_data,
    run_data,
    usd,
)
from tests.unit.domain.charging.tax_samples import tax_policy_data, taxed_book, where
from tests.unit.domain.charging.test_adjustments import adjustment_data


def pcs(count: int, site: str | None = None) -> list[FeedRow]:
    return [device(f"{site or 'pc'}-{n}", site=site, row=n + 2) for n in range(count)]


def told(lines: tuple[InvoiceLine, ...]) -> list[tuple[str, str, str]]:
    """Kind, description and amount of every line, in order."""
    return [(line.kind.value, line.description, str(line.amount.amount)) for line in lines]


def codes(outcome: AccountOutcome) -> list[str]:
    return [problem.code for problem in outcome.problems]


# --- Minimum quantities (MSA-04) -----------------------------------------------------------------


@pytest.mark.rule("MSA-04")
def test_what_a_line_falls_short_of_its_minimum_is_a_line_of_its_own() -> None:
    # 45.50 a PC: 17 are there, 20 were promised.
    known = account(agreement_data(line_data("PC", minimum_quantity=20)))
    invoice = only_invoice(build(known, pcs(17), where=where()))
    assert told(invoice.lines) == [
        ("recurring", "Pc", "773.50"),
        ("shortfall", "Pc, missing to the minimum of 20", "136.50"),
    ]
    there, missing = invoice.lines
    assert missing.reason.arithmetic == "minimum 20, counted 17: 3 x 45.50 = 136.50"
    assert missing.reason.quantity_from == "minimum of 20 in the agreement"
    assert (there.reason.count, missing.reason.count) == ("pcs:-", None)
    assert invoice.total == usd("910.00")


@pytest.mark.rule("MSA-04")
@pytest.mark.parametrize(("count", "total"), [(0, "910.00"), (20, "910.00"), (21, "955.50")])
def test_a_large_down_scaling_is_no_free_exit(count: int, total: str) -> None:
    known = account(agreement_data(line_data("PC", minimum_quantity=20)))
    assert only_invoice(build(known, pcs(count), where=where())).total == usd(total)


def test_the_minimum_of_a_line_for_each_site_holds_at_each() -> None:
    line = line_data("PC", subscriber="each", minimum_quantity=3)
    known = account(agreement_data(line), sites=["dock", "pier"])
    invoice = only_invoice(build(known, pcs(5, "Dock"), where=where()))
    # Five at the dock, nothing at the pier: 5 x 45.50 and 3 x 45.50.
    assert [(e.subscriber, e.kind.value, str(e.amount.amount)) for e in invoice.lines] == [
        ("dock", "recurring", "227.50"),
        ("pier", "shortfall", "136.50"),
    ]


@pytest.mark.rule("MSA-04")
@pytest.mark.rule("KR-09")
@pytest.mark.parametrize(("count", "total"), [(17, "819.00"), (20, "819.00"), (0, "819.00")])
def test_missing_units_are_discounted_like_those_that_are_there(count: int, total: str) -> None:
    # 20 x 45.50 = 910.00 less 10%: fewer devices must not cost more than the promised ones.
    known = account(agreement_data(line_data("PC", minimum_quantity=20), term_years=3))
    here = where(term_discounts=TERM_DISCOUNTS)
    assert only_invoice(build(known, pcs(count), where=here)).total == usd(total)


QUANTITY = {"minimum": "volume", "quantity": 10, "product": "PC", "clause": "volume"}


@pytest.mark.rule("MSA-04")
def test_a_minimum_quantity_of_an_agreement_adds_up_its_sites() -> None:
    line = line_data("PC", subscriber="each")
    known = account(agreement_data(line, minimums=[QUANTITY]), sites=["dock", "pier"])
    invoice = only_invoice(build(known, [*pcs(4, "Dock"), *pcs(3, "Pier")], where=where()))
    # 4 + 3 = 7 of 10: 3 x 45.50 are missing, of the agreement as a whole.
    (missing,) = (entry for entry in invoice.lines if entry.kind is LineKind.SHORTFALL)
    assert (missing.subscriber, missing.amount) == (None, usd("136.50"))
    assert missing.reason.clause == "volume"
    assert missing.reason.quantity_from == "minimum 'volume' in the agreement"
    assert invoice.total == usd("455.00")


def test_a_minimum_quantity_with_two_prices_stops_the_account() -> None:
    lines = [
        line_data("PC", line="dock", subscriber="dock", price={"each": "40"}),
        line_data("PC", line="pier", subscriber="pier"),
    ]
    known = account(agreement_data(*lines, minimums=[QUANTITY]), sites=["dock", "pier"])
    outcome = build(known, pcs(2, "Dock"), where=where())
    assert codes(outcome) == ["minimum-price"]
    assert "has 2 prices" in outcome.problems[0].what


# --- Minimum amounts (MSA-04) --------------------------------------------------------------------

AMOUNT = {"minimum": "monthly", "amount": "1000", "categories": ["support"], "clause": "volume"}


@pytest.mark.rule("MSA-04")
@pytest.mark.rule("KR-09")
def test_a_minimum_amount_is_what_the_month_comes_to_after_discounts() -> None:
    # 20 x 45.50 = 910.00, less 10% = 819.00; to 1,000.00 there are 181.00 missing.
    known = account(agreement_data(line_data("PC"), term_years=3, minimums=[AMOUNT]))
    invoice = only_invoice(build(known, pcs(20), where=where(term_discounts=TERM_DISCOUNTS)))
    assert told(invoice.lines) == [
        ("recurring", "Pc", "910.00"),
        ("discount", "3-year term discount, 10% of 910.00 USD", "-91.00"),
        ("shortfall", "Missing to the monthly minimum of 1,000.00 USD", "181.00"),
    ]
    assert invoice.lines[2].reason.arithmetic == "minimum 1000.00 - 819.00 billed = 181.00"
    assert (invoice.lines[2].product, invoice.total) == ("MINIMUM", usd("1000.00"))


@pytest.mark.rule("MSA-04")
@pytest.mark.parametrize(
    ("count", "total"),
    [
        (0, "1000.00"),  # nothing left to count
        (21, "1000.00"),  # 955.50
        (22, "1001.00"),  # 1,001.00: no shortfall
    ],
)
def test_a_month_never_comes_to_less_than_the_minimum(count: int, total: str) -> None:
    known = account(agreement_data(line_data("PC"), minimums=[AMOUNT]))
    outcome = build(known, pcs(count), where=where())
    assert only_invoice(outcome).total == usd(total)
    assert [entry.kind.value for entry in outcome.agreements] == ["billed"]


def test_one_time_charges_and_other_categories_do_not_fill_up_a_minimum() -> None:
    lines = [line_data("PC"), line_data("SETUP", bill_once_in="2026-03"), line_data("SITE")]
    known = account(agreement_data(*lines, minimums=[AMOUNT]))
    invoice = only_invoice(build(known, pcs(10), where=where()))
    # 455.00 + 250.00 + 500.00 + (1,000 - 455)
    assert invoice.total == usd("1750.00")


def test_a_minimum_of_another_run_is_left_to_it_and_one_of_two_runs_is_refused() -> None:
    runs = [
        run_data(categories=["support"]),
        run_data(run="other", categories=["flat", "backup", "one-time"], moments=[]),
    ]
    here = where(runs=runs)
    flat = AMOUNT | {"categories": ["flat"]}
    known = account(agreement_data(line_data("PC"), minimums=[flat]))
    assert only_invoice(build(known, pcs(2), where=here)).total == usd("91.00")
    both = AMOUNT | {"categories": ["support", "flat"]}
    known = account(agreement_data(line_data("PC"), minimums=[both]))
    assert codes(build(known, pcs(2), where=here)) == ["minimum-across-runs"]


def test_a_minimum_ends_with_its_agreement() -> None:
    ended = agreement_data(line_data("PC"), minimums=[AMOUNT], ends_on="2026-02-28")
    known = account(ended, agreement_data(line_data("SITE"), agreement="rest"))
    assert only_invoice(build(known, pcs(2), where=where())).total == usd("250.00")


@pytest.mark.rule("INT-06")
@pytest.mark.parametrize(("starts_on", "total"), [("2026-03-10", None), ("2026-02-10", "1000.00")])
def test_a_free_first_month_has_no_minimum(starts_on: str, total: str | None) -> None:
    terms = {"terms": "standard", "title": "Standard", "free_start": {"clause": "volume"}}
    agreement = agreement_data(
        line_data("PC"), minimums=[AMOUNT, QUANTITY], terms="standard", starts_on=starts_on
    )
    outcome = build(account(agreement), pcs(2), where=where(contract_terms=[terms]))
    if total is None:
        assert outcome.invoices == ()
    else:
        assert only_invoice(outcome).total == usd(total)


# --- Adjustments ---------------------------------------------------------------------------------

LIMIT = {"clause": "credits", "approval_above": {"USD": "100"}}


def adjusted(*entries: Data, agreements: tuple[Data, ...] = (), **changes: Any) -> Account:
    return account(*agreements, adjustments=list(entries), **changes)


def test_a_credit_is_a_line_with_its_reason_and_who() -> None:
    known = adjusted(adjustment_data(dated_on="2026-02-27", approved_by="Kim"))
    invoice = only_invoice(build(known, pcs(2), where=where(adjustments=LIMIT)))
    assert told(invoice.lines) == [
        ("recurring", "Pc", "91.00"),
        ("adjustment", "Credit for the outage of 4 March", "-50.00"),
    ]
    credit = invoice.lines[1]
    assert (credit.product, credit.charge) == ("CREDIT", "adjustment:outage-march")
    assert credit.reason.quantity_from == "entered by Pat, approved by Kim: Ticket 4711"
    assert (credit.reason.clause, credit.reason.arithmetic) == ("credits", "-50.00 as entered")
    assert credit.service_period.starts_on == date(2026, 2, 27)


def test_a_quantity_is_adjusted_at_the_accounts_own_price() -> None:
    entry = adjustment_data(
        amount=None, category=None, product="PC", quantity=-2, dated_on="2026-02-20"
    )
    agreement = agreement_data(line_data("PC", price={"each": "40"}))
    known = adjusted(entry, agreements=(agreement,))
    invoice = only_invoice(build(known, pcs(5), where=where()))
    credit = next(line for line in invoice.lines if line.kind is LineKind.ADJUSTMENT)
    assert (credit.amount, credit.quantity) == (usd("-80.00"), Decimal("-2"))
    assert credit.reason.arithmetic == "-2 x 40 = -80.00"
    assert credit.reason.price_from == "own price in agreement line pc"
    assert invoice.total == usd("120.00")  # 5 x 40 - 80


FIXED = {"terms": "fixed", "title": "Fixed", "prices": {"how": "fixed_for_term", "clause": "term"}}


@pytest.mark.rule("KR-11")
@pytest.mark.parametrize(
    ("terms", "dearer_from", "credit"),
    [
        # Billed at 45.50, the list price of the term's first day: 60.00 came in the second month.
        ("fixed", "2026-02-01", "-91.00"),
        # By the current list it goes by the first day of its month, as the month was billed.
        (None, "2026-02-01", "-120.00"),
        (None, "2026-02-02", "-91.00"),
    ],
)
def test_a_quantity_is_adjusted_at_the_price_that_its_month_was_billed_at(
    terms: str | None, dearer_from: str, credit: str
) -> None:
    entry = adjustment_data(
        amount=None, category=None, product="PC", quantity=-2, dated_on="2026-02-20"
    )
    contract = agreement_data(line_data("PC"), terms=terms, term_years=1, starts_on="2026-01-01")
    rows: list[Data] = [{"from_on": "2026-01-01", "price": {"each": "45.50"}}]
    rows.append({"from_on": dearer_from, "price": {"each": "60.00"}})
    book = price_book(
        products=[product_data("PC", "support", None, count_rule="pcs") | {"prices": rows}]
    )
    known = adjusted(entry, agreements=(contract,))
    invoice = only_invoice(build(known, pcs(5), where=where(book, contract_terms=[FIXED])))
    (line,) = (line for line in invoice.lines if line.kind is LineKind.ADJUSTMENT)
    assert line.amount == usd(credit)


def test_a_quantity_whose_price_is_open_stops_the_account() -> None:
    entry = adjustment_data(
        amount=None, category=None, product="PC", quantity=-2, dated_on="2026-02-20"
    )
    steps = {"tiers": [{"up_to": 10, "each": "50"}, {"up_to": None, "each": "40"}]}
    known = adjusted(entry, agreements=(agreement_data(line_data("PC", price=steps)),))
    assert codes(build(known, pcs(5), where=where())) == ["adjustment-price"]
    said = adjusted(entry | {"each": "50"}, agreements=(agreement_data(line_data("PC")),))
    assert only_invoice(build(said, pcs(5), where=where())).total == usd("127.50")


def test_an_adjustment_above_the_limit_is_held_back_and_reported_until_somebody_agrees() -> None:
    entry = adjustment_data(amount="-100.01", dated_on="2026-02-27")
    here = where(adjustments=LIMIT)
    outcome = build(adjusted(entry), pcs(5), where=here)
    assert told(only_invoice(outcome).lines) == [("recurring", "Pc", "227.50")]
    (finding,) = outcome.findings
    assert (finding.code, finding.clause) == ("adjustment-unapproved", "credits")
    assert "A credit of 100.01 USD, entered by Pat" in finding.what
    assert [item.item_id for item in finding.items] == ["outage-march"]
    approved = build(adjusted(entry | {"approved_by": "Kim"}), pcs(5), where=here)
    assert only_invoice(approved).total == usd("127.49")
    assert approved.findings == ()


def test_an_adjustment_up_to_the_limit_needs_nobody_else() -> None:
    entry = adjustment_data(amount="-100.00", dated_on="2026-02-27")
    outcome = build(adjusted(entry), pcs(5), where=where(adjustments=LIMIT))
    assert only_invoice(outcome).total == usd("127.50")


def test_an_adjustment_of_a_later_day_waits_for_the_next_cycle() -> None:
    here = where()
    later = adjustment_data(dated_on=str(here.charges_until.replace(day=2)))
    assert here.charges_until < date.fromisoformat(later["dated_on"])
    assert only_invoice(build(adjusted(later), pcs(2), where=here)).total == usd("91.00")


def test_credits_of_more_than_the_charges_stop_the_account() -> None:
    known = adjusted(adjustment_data(amount="-91.01", dated_on="2026-02-27"))
    outcome = build(known, pcs(2), where=where())
    assert codes(outcome) == ["negative-invoice"]
    assert outcome.problems[0].what == (
        "The invoice would come to -0.01 USD: its credits are more than its charges."
    )
    whole = adjusted(adjustment_data(amount="-91.00", dated_on="2026-02-27"))
    assert only_invoice(build(whole, pcs(2), where=where())).total == usd("0.00")


def test_an_adjustment_of_a_category_that_nobody_bills_stops_the_account() -> None:
    known = adjusted(adjustment_data(category="sundries", dated_on="2026-02-27"))
    assert codes(build(known, pcs(2), where=where())) == ["adjustment-category"]


# --- Sales tax -----------------------------------------------------------------------------------


def taxed(of: Account, rows: list[FeedRow] | None = None, **changes: Any) -> AccountOutcome:
    here = where(taxed_book(), taxes=tax_policy_data(), **changes)
    return build(of, rows or [], where=here)


def taxes_of(invoice: Invoice) -> list[tuple[str, str, str]]:
    return [
        (line.product, line.description, str(line.amount.amount))
        for line in invoice.lines
        if line.kind is LineKind.TAX
    ]


def test_taxable_lines_bring_a_line_of_tax_for_each_jurisdiction() -> None:
    # Setup is hardware here: 500.00 at 6% and 0.5%; the PCs are labour, taxed at 0.
    lines = [line_data("PC"), line_data("SETUP", bill_once_in="2026-03")]
    known = account(agreement_data(*lines), tax_place="harbor")
    invoice = only_invoice(taxed(known, pcs(2)))
    assert taxes_of(invoice) == [
        ("TAX-STATE", "State sales tax, Harbor, 6% of 500.00 USD", "30.00"),
        ("TAX-COUNTY", "County sales tax, Harbor, 0.5% of 500.00 USD", "2.50"),
    ]
    assert invoice.lines[-1].reason.arithmetic == "0.5% of 500.00 = 2.50"
    assert invoice.lines[-1].category == "tax"
    assert invoice.total == usd("623.50")  # 91.00 + 500.00 + 30.00 + 2.50


def test_tax_is_due_on_what_a_discount_leaves() -> None:
    # Support at 10% off: 3 firewalls 300.00 and 2 PCs 91.00 are 391.00, the discount 39.10. The
    # firewalls' part of it is 30.00, of the PCs 9.10: tax on 270.00 is 16.20 and 1.35.
    lines = [line_data("PC"), line_data("FIREWALL", quantity=3)]
    known = account(agreement_data(*lines, term_years=3), tax_place="harbor")
    invoice = only_invoice(taxed(known, pcs(2), term_discounts=TERM_DISCOUNTS))
    assert [entry[2] for entry in taxes_of(invoice)] == ["16.20", "1.35"]
    assert invoice.total == usd("369.45")  # 391.00 - 39.10 + 17.55


def test_a_site_is_taxed_where_it_is() -> None:
    lines = [line_data("FIREWALL", subscriber="each", quantity=1)]
    known = account(agreement_data(*lines), sites=["dock", "pier"], tax_place="harbor")
    pier = known.subscribers[1].model_copy(update={"tax_place": "outback"})
    known = known.model_copy(update={"subscribers": (known.subscribers[0], pier)})
    assert taxes_of(only_invoice(taxed(known))) == [
        ("TAX-STATE", "State sales tax, Harbor, 6% of 100.00 USD", "6.00"),
        ("TAX-STATE", "State sales tax, Outback, 6% of 100.00 USD", "6.00"),
        ("TAX-COUNTY", "County sales tax, Harbor, 0.5% of 100.00 USD", "0.50"),
    ]


def test_an_exempt_account_sees_why_it_pays_no_tax() -> None:
    known = account(
        agreement_data(line_data("FIREWALL", quantity=1)),
        tax_place="outback",
        tax_exemptions=[{"certificate": "MI-123"}],
    )
    invoice = only_invoice(taxed(known))
    assert taxes_of(invoice) == [
        ("TAX-STATE", "State sales tax, Outback, exempt by certificate MI-123", "0.00")
    ]
    assert invoice.total == usd("100.00")


@pytest.mark.parametrize(
    ("changes", "line", "code"),
    [
        ({}, line_data("FIREWALL", quantity=1), "no-tax-place"),
        ({"tax_place": "moon"}, line_data("FIREWALL", quantity=1), "unknown-tax-place"),
        (
            {
                "tax_place": "harbor",
                "tax_exemptions": [{"certificate": "MI-1", "ends_on": "2026-03-01"}],
            },
            line_data("FIREWALL", quantity=1),
            "tax-exemption-expired",
        ),
        ({}, line_data("PC", quantity=1), None),  # taxed nowhere: no place is needed
    ],
)
def test_an_unknown_tax_stops_the_account_by_name(
    changes: dict[str, Any], line: Data, code: str | None
) -> None:
    outcome = taxed(account(agreement_data(line), **changes))
    assert codes(outcome) == ([] if code is None else [code])


def test_a_product_without_a_tax_class_stops_the_account() -> None:
    known = account(agreement_data(line_data("PC", quantity=1)), tax_place="harbor")
    outcome = build(known, where=where(price_book(), taxes=tax_policy_data()))
    assert codes(outcome) == ["no-tax-class"]


def test_a_minimum_amount_is_taxed_as_its_category_and_a_credit_gives_its_tax_back() -> None:
    # Backup is software, at 4%: minimum 50.00, credit 10.00, tax 4% of 40.00.
    minimum = AMOUNT | {"amount": "50", "categories": ["backup"]}
    agreement = agreement_data(line_data("BACKUP", quantity=2), minimums=[minimum])
    credit = adjustment_data(amount="-10.00", category="backup", dated_on="2026-02-27")
    known = adjusted(credit, agreements=(agreement,), tax_place="outback")
    invoice = only_invoice(taxed(known))
    assert [entry[2] for entry in taxes_of(invoice)] == ["1.60"]
    assert invoice.total == usd("41.60")


def test_without_taxes_in_the_policy_there_is_no_tax() -> None:
    known = account(agreement_data(line_data("FIREWALL", quantity=1)))
    assert taxes_of(only_invoice(build(known, where=where(taxed_book())))) == []


# --- Allowances and currencies -------------------------------------------------------------------


def test_units_beyond_an_allowance_are_a_line_of_their_own_with_the_same_items() -> None:
    price = {"flat": "500", "included": 20, "each": "4.00"}
    known = account(agreement_data(line_data("PC", price=price)))
    invoice = only_invoice(build(known, pcs(23), where=where()))
    assert told(invoice.lines) == [
        ("recurring", "Pc", "500.00"),
        ("recurring", "Pc, beyond what is included", "12.00"),
    ]
    assert invoice.lines[1].reason.arithmetic == "23 counted, 20 included, 3 x 4.00 = 12.00"
    assert {line.reason.count for line in invoice.lines} == {"pcs:-"}


def test_each_account_is_billed_in_its_own_currency_and_rounded_to_it() -> None:
    prices = [
        {"from_on": "2026-01-01", "price": {"each": "45.50"}},
        {"from_on": "2026-01-01", "currency": "JPY", "price": {"each": "6500.5"}},
    ]
    book = price_book(products=[product_data("PC", "support", None, prices=prices)])
    for currency, total in (("USD", "136.50 USD"), ("JPY", "19502 JPY")):  # 3 x 6500.5 = 19501.5
        known = account(agreement_data(line_data("PC", quantity=3)), currency=currency)
        invoice = only_invoice(build(known, where=where(book)))
        assert (str(invoice.total), invoice.currency) == (total, currency)
    euros = account(agreement_data(line_data("PC", quantity=3)), currency="EUR")
    assert codes(build(euros, where=where(book))) == ["no-price"]


def test_two_prices_that_only_the_place_shows_stop_the_account() -> None:
    prices = [
        {"from_on": "2026-01-01", "places": ["state"], "price": {"each": "50"}},
        {"from_on": "2026-01-01", "places": ["county"], "price": {"each": "52"}},
    ]
    book = price_book(
        products=[product_data("PC", "support", None, prices=prices, tax_class="labour")]
    )
    here = where(book, taxes=tax_policy_data())
    agreement = agreement_data(line_data("PC", quantity=1))
    outback = build(account(agreement, tax_place="outback"), where=here)
    assert only_invoice(outback).total == usd("50.00")
    outcome = build(account(agreement, tax_place="harbor"), where=here)
    assert codes(outcome) == ["two-prices"]
    assert "PC has two prices that are valid on 2026-03-01" in outcome.problems[0].what
