"""What the lives of agreements come to on invoices."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.charging.adjustments import Adjustment
from msp_billing.domain.contracts.change_windows import ContractedCount
from msp_billing.domain.counting.previous_counts import PreviousCounts
from msp_billing.domain.invoices import InvoiceLine, LineKind
from msp_billing.domain.outcomes import AccountOutcome, OutcomeKind
from tests.unit.domain.builders import (
    account,
    agreement_data,
    build,
    context,
    line_data,
    only_invoice,
    policy,
)
from tests.unit.domain.contracts.billed_contracts import BOOK, Months, amounts, built
from tests.unit.domain.contracts.contract_samples import (
    KR_TERMS,
    collabrance_agreement,
    day,
    kr_agreement,
    month,
)


def only_line(outcome: AccountOutcome) -> InvoiceLine:
    (line,) = only_invoice(outcome).lines
    return line


# --- A line of a site's own beside the line for each ------------------------------------------


@pytest.mark.rule("COL-20")
@pytest.mark.parametrize(
    "end",
    [
        {"ends_on": "2026-02-28"},
        # 30 business days from Wednesday, 14 January: 11 of January (the 19th is a holiday), and
        # 19 of February (the 16th is one), until Friday the 27th.
        {"cancelled": {"notice_on": "2026-01-14"}},
        {"cancelled": {"notice_on": "2026-01-02", "wanted_on": "2026-02-28"}},
    ],
)
def test_after_its_own_line_a_site_is_billed_by_the_line_for_each(end: dict[str, Any]) -> None:
    each = line_data("SITE", subscriber="each")
    own = line_data("SITE", line="own", subscriber="pier", price={"flat": "70"}, **end)
    of = account(collabrance_agreement(each, own), sites=["dock", "pier"])
    billed = [
        [(line.subscriber, str(line.amount.amount)) for line in invoice.lines]
        for invoice in (only_invoice(built(of, period, 0)) for period in ("2026-02", "2026-03"))
    ]
    assert billed == [
        [("dock", "250.00"), ("pier", "70.00")],
        [("dock", "250.00"), ("pier", "250.00")],
    ]


def test_a_line_that_is_held_after_notice_still_stands_in_for_the_line_for_each() -> None:
    """Committed until June: cancelled in January, it bills on, and the site is billed once."""
    each = line_data("SITE", subscriber="each")
    own = line_data(
        "SITE",
        line="own",
        subscriber="pier",
        price={"flat": "70"},
        committed_until="2026-06-30",
        cancelled={"notice_on": "2026-01-15"},
    )
    of = account(collabrance_agreement(each, own), sites=["pier"])
    billed = [amounts(built(of, period, 0)) for period in ("2026-06", "2026-07")]
    assert billed == [[("SITE", 1, "70.00")], [("SITE", 1, "250.00")]]


# --- KR-11: the price of what came within the term ----------------------------------------------


@pytest.mark.rule("KR-11", "COL-10")
@pytest.mark.parametrize("starts_on", [None, "2026-09-15"])
def test_a_line_that_an_order_brought_has_the_list_price_of_the_orders_day(
    starts_on: str | None,
) -> None:
    """Three years from January 2025; 45.50 per PC until June 2026, 50.00 from July on."""
    own = line_data("PC", line="new", subscriber="pier", quantity=2, starts_on=starts_on)
    each = line_data("PC", subscriber="each", quantity=1)
    agreement = kr_agreement(starts_on="2025-01-01", lines=[each, own], term_years=3)
    order = {
        "order": "o-1",
        "kind": "new-service",
        "ordered_on": "2026-08-03",
        "agreement": "main",
        "subscriber": "pier",
        "items": [{"item": "pcs", "line": "new", "quantity": 2}],
    }
    rule = {"kind": "new-service", "starts": {"months_after_order": 0}, "clause": "calendar"}
    in_policy = policy(contract_terms=[KR_TERMS], order_rules=[rule])

    def billed(ordered_on: str, period: str, **more: Any) -> list[tuple[str | None, str]]:
        orders = [order | {"ordered_on": ordered_on}]
        of = account(agreement, sites=["dock", "pier"], orders=orders, **more)
        invoice = only_invoice(build(of, where=context(month(period), in_policy, BOOK)))
        return [(line.subscriber, str(line.amount.amount)) for line in invoice.lines]

    assert billed("2026-08-03", "2026-07") == [("dock", "45.50")]
    assert billed("2026-08-03", "2026-08") == [("dock", "45.50"), ("pier", "100.00")]  # 2 x 50.00
    assert billed("2026-08-03", "2026-10") == [("dock", "45.50"), ("pier", "100.00")]
    assert billed("2026-06-30", "2026-08") == [("dock", "45.50"), ("pier", "91.00")]  # 2 x 45.50
    # A credit for one of them takes back what was billed for it.
    credit = {
        "adjustment": "one-less",
        "dated_on": "2026-08-10",
        "product": "PC",
        "quantity": -1,
        "subscriber": "pier",
        "description": "One was never delivered",
        "reason": "Ticket 4",
        "entered_by": "Clerk",
    }
    with_credit = billed("2026-08-03", "2026-09", adjustments=[credit])
    assert with_credit == [("dock", "45.50"), ("pier", "100.00"), ("pier", "-50.00")]
    # From the renewal on, the list of its first day.
    assert billed("2026-06-30", "2028-01") == [("dock", "50.00"), ("pier", "100.00")]


# --- KR-06: change windows -------------------------------------------------------------------


@pytest.mark.rule("KR-06")
def test_a_decrease_waits_for_the_window_and_an_increase_does_not() -> None:
    # From 1 January 2025 on: the windows are in July and January. 45.50 per PC.
    of = Months(kr_agreement(starts_on="2025-01-01", term_years=3))
    expected = [
        ("2025-02", 3, 3, "136.50"),  # 3 x 45.50
        ("2025-03", 2, 3, "136.50"),  # one fewer, still 3
        ("2025-04", 4, 4, "182.00"),  # 4 x 45.50: billed at once
        ("2025-05", 0, 4, "182.00"),
        ("2025-06", 2, 4, "182.00"),
        ("2025-07", 2, 2, "91.00"),  # the window: 2 x 45.50
        ("2025-08", 1, 2, "91.00"),
    ]
    for period, counted, billed, amount in expected:
        outcome = of.bill(period, counted)
        line, discount = only_invoice(outcome).lines
        assert (int(line.quantity), str(line.amount.amount)) == (billed, amount), period
        assert discount.kind is LineKind.DISCOUNT
        evidence = only_invoice(outcome).evidence(line)
        assert evidence is not None
        assert len(evidence.count.items) == counted  # the appendix lists who was counted


@pytest.mark.rule("KR-06")
def test_the_line_shows_counted_contracted_and_billed() -> None:
    of = Months(kr_agreement(starts_on="2025-01-01", term_years=1))
    of.bill("2025-02", 3)
    line = only_line(of.bill("2025-03", 2))
    assert line.reason.contracted == ContractedCount(
        counted=2, contracted=3, billed=3, next_window_on=day("2025-07-01")
    )
    assert line.reason.quantity_from == (
        "counted: PCs; counted 2, contracted 3, billed 3: a lower count is billed from 2025-07-01"
    )


@pytest.mark.rule("KR-06")
def test_what_was_agreed_is_billed_from_the_first_invoice_on() -> None:
    line = line_data("PC", contracted_quantity=[{"from_on": "2025-01-01", "quantity": 5}])
    of = Months(kr_agreement(starts_on="2025-01-01", term_years=1, lines=[line]))
    assert amounts(of.bill("2025-01", 3)) == [("PC", 5, "227.50")]  # 5 x 45.50


def test_without_change_windows_every_count_bills_as_it_is() -> None:
    of = Months(collabrance_agreement(line_data("PC")))
    assert [amounts(of.bill(f"2025-0{number}", 9 - number)) for number in (2, 3)] == [
        [("PC", 7, "318.50")],
        [("PC", 6, "273.00")],
    ]
    assert only_line(of.bill("2025-04", 1)).reason.contracted is None


def test_an_invoice_from_before_the_terms_gives_the_contracted_count() -> None:
    of = Months(kr_agreement(terms=None, starts_on="2025-01-01"))
    of.bill("2025-02", 4)
    of.change(kr_agreement(starts_on="2025-01-01"))
    assert amounts(of.bill("2025-03", 2)) == [("PC", 4, "182.00")]


# --- KR-10: trial and pay-out ----------------------------------------------------------------

LEAVES = {"notice_on": "2026-12-30", "ends_on": "2026-12-31"}


@pytest.mark.rule("KR-10")
def test_the_remainder_is_one_line_on_one_final_invoice() -> None:
    # 3 PCs at the 50.00 of the list in force on 1 October 2026: 150.00 a month. The year ends on
    # 30 September 2027: after December 9 months are left, 9 x 150.00 = 1,350.00.
    of = Months(kr_agreement())
    of.bill_all("2026-10", "2026-11", 3)
    of.change(kr_agreement(ending=LEAVES))
    assert amounts(of.bill("2026-12", 3)) == [("PC", 3, "150.00")]
    final = of.bill("2027-01", 2)
    line = only_line(final)
    assert (line.product, line.kind, int(line.quantity)) == ("PAY-OUT", LineKind.PAY_OUT, 9)
    assert str(line.amount.amount) == "1350.00"
    assert line.reason.arithmetic == "9 x 150.00 = 1350.00"
    assert line.reason.clause == "term"
    assert (line.service_period.starts_on, line.service_period.ends_on) == (
        day("2027-01-01"),
        day("2027-09-30"),
    )
    assert [entry.kind for entry in final.agreements] == [OutcomeKind.BILLED]
    for period in ("2027-02", "2027-03", "2027-10"):
        assert of.bill(period, 2).invoices == ()


@pytest.mark.rule("KR-10")
def test_building_the_same_cycle_again_finds_the_same_pay_out() -> None:
    of = Months(kr_agreement(ending=LEAVES))
    of.bill_all("2026-10", "2026-12", 3)
    previous = of.previous
    first = of.bill("2027-01", 3)
    again = built(of.account, "2027-01", 3, previous, of.claims)
    assert again == first


@pytest.mark.rule("KR-10")
def test_a_month_that_was_billed_in_advance_is_not_paid_again() -> None:
    # January was billed before the notice came: 8 months are left, 8 x 150.00 = 1,200.00.
    of = Months(kr_agreement())
    of.bill_all("2026-10", "2027-01", 3)
    of.change(kr_agreement(ending=LEAVES))
    assert amounts(of.bill("2027-02", 3)) == [("PAY-OUT", 8, "1200.00")]


@pytest.mark.rule("KR-10")
def test_the_monthly_amount_is_what_was_billed_after_discounts() -> None:
    # A term of 3 years: 150.00 less 10% is 135.00; until 30 September 2029 33 months are left:
    # 33 x 135.00 = 4,455.00.
    of = Months(kr_agreement(term_years=3, ending=LEAVES))
    of.bill_all("2026-10", "2026-12", 3)
    assert amounts(of.bill("2027-01", 3)) == [("PAY-OUT", 33, "4455.00")]


@pytest.mark.rule("KR-10")
def test_a_trial_that_is_left_costs_nothing_more() -> None:
    of = Months(kr_agreement(ending={"notice_on": "2026-12-29"}))
    of.bill_all("2026-10", "2026-12", 3)
    assert len(of.invoices) == 3
    for period in ("2027-01", "2027-02"):
        outcome = of.bill(period, 3)
        assert (outcome.invoices, outcome.agreements) == ((), ())


@pytest.mark.rule("KR-10")
def test_a_month_billed_after_a_trial_had_ended_is_told_once_for_a_credit_note() -> None:
    of = Months(kr_agreement())
    of.bill_all("2026-10", "2027-01", 3)
    of.change(kr_agreement(ending={"notice_on": "2026-12-29"}))
    (finding,) = of.bill("2027-02", 3).findings
    assert finding.code == "billed-after-end"
    assert "2027-01 was billed for agreement main with 150.00 USD" in finding.what
    assert of.bill("2027-03", 3).findings == ()


def test_a_pay_out_is_never_guessed() -> None:
    of = account(kr_agreement(ending=LEAVES))
    outcome = built(of, "2027-01", 3)
    assert [problem.code for problem in outcome.problems] == ["pay-out-unknown"]
    assert built(of, "2027-10", 3).problems == ()  # the contract is over: nothing to ask for


def test_an_ended_agreement_is_parked_beside_one_that_runs_on() -> None:
    running = agreement_data(line_data("PC"), agreement="second")
    outcome = built(account(kr_agreement(ending=LEAVES), running), "2027-01", 3)
    assert [(entry.agreement, entry.kind) for entry in outcome.agreements] == [
        ("main", OutcomeKind.PARKED),
        ("second", OutcomeKind.PARKED),
    ]


def test_a_pay_out_with_hardware_that_is_not_back_is_settled_by_hand() -> None:
    lines = [line_data("PC"), line_data("FIREWALL", quantity=1)]
    of = Months(kr_agreement(lines=lines))
    of.bill_all("2026-10", "2026-12", 3)
    of.change(kr_agreement(lines=lines, ending=LEAVES))
    outcome = built(of.account, "2027-01", 3, of.previous)
    assert [problem.code for problem in outcome.problems] == ["pay-out-by-hand"]


def test_nothing_billed_is_nothing_to_pay_out_and_is_told() -> None:
    of = Months(kr_agreement(ending=LEAVES))
    of.bill_all("2026-10", "2026-12", 0)
    outcome = of.bill("2027-01", 0)
    assert outcome.invoices == ()
    assert [entry.code for entry in outcome.findings] == ["pay-out-of-nothing"]
    assert of.bill("2027-02", 0).findings == ()


# --- KR-11: renewal --------------------------------------------------------------------------


@pytest.mark.rule("KR-11")
def test_a_new_list_price_applies_from_the_renewal_on() -> None:
    # 45.50 until June 2026, 50.00 from July on; the year runs from October 2025.
    of = Months(kr_agreement(starts_on="2025-10-01"))
    of.bill_all("2025-10", "2026-10", 2)
    assert [str(invoice.total.amount) for invoice in of.invoices] == ["91.00"] * 12 + ["100.00"]
    assert "from 2026-07-01" in of.invoices[-1].lines[0].reason.price_from


@pytest.mark.rule("KR-11")
def test_an_own_price_stays_at_the_renewal() -> None:
    line = line_data("PC", price={"each": "40.00"})
    of = Months(kr_agreement(starts_on="2025-10-01", lines=[line]))
    of.bill_all("2026-09", "2026-10", 2)
    assert [str(invoice.total.amount) for invoice in of.invoices] == ["80.00", "80.00"]


@pytest.mark.rule("KR-09", "KR-11")
def test_renewed_by_the_month_there_is_no_discount_for_a_term() -> None:
    # 3 years from March 2023 on: 2 x 45.50 = 91.00 less 9.10; from March 2026 on 91.00.
    def of(renews: str) -> list[tuple[str, int, str]]:
        contract = Months(kr_agreement(starts_on="2023-03-01", term_years=3, renews=renews))
        contract.bill("2026-02", 2)
        return amounts(contract.bill("2026-03", 2))

    assert of("monthly") == [("PC", 2, "91.00")]
    assert of("term") == [("PC", 2, "91.00"), ("TERM-3Y", 1, "-9.10")]


# --- INT-06, COL-20, COL-21, MSA-05 ------------------------------------------------------------


@pytest.mark.rule("INT-06")
def test_the_first_month_is_free_and_the_second_is_billed_in_full() -> None:
    data = agreement_data(line_data("PC"), starts_on="2026-03-10", terms="master-service-agreement")
    of = Months(data)
    march = of.bill("2026-03", 3)
    assert march.invoices == ()
    (outcome,) = march.agreements
    assert (outcome.kind, outcome.reason) == (
        OutcomeKind.NOTHING_TO_BILL,
        "2026-03 is free at the beginning of the agreement",
    )
    assert amounts(of.bill("2026-04", 3)) == [("PC", 3, "136.50")]


@pytest.mark.rule("COL-20")
def test_the_month_in_which_service_ends_is_billed_in_full_and_none_after_it() -> None:
    # Notice of 2 March 2026 ends on 13 April.
    of = Months(collabrance_agreement(line_data("PC"), ending={"notice_on": "2026-03-02"}))
    of.bill_all("2026-03", "2026-04", 2)
    assert [str(invoice.total.amount) for invoice in of.invoices] == ["91.00", "91.00"]
    assert of.bill("2026-05", 2).agreements == ()


@pytest.mark.rule("COL-16", "COL-20")
def test_a_committed_line_is_billed_alone_until_its_commitment_ends() -> None:
    lines = [line_data("PC"), line_data("SITE", committed_until="2026-06-30")]
    of = Months(collabrance_agreement(*lines, ending={"notice_on": "2026-03-02"}))
    assert amounts(of.bill("2026-04", 2)) == [("PC", 2, "91.00"), ("SITE", 1, "250.00")]
    assert amounts(of.bill("2026-05", 2)) == [("SITE", 1, "250.00")]
    assert amounts(of.bill("2026-06", 2)) == [("SITE", 1, "250.00")]
    assert of.bill("2026-07", 2).agreements == ()


@pytest.mark.rule("MSA-05")
def test_a_one_time_charge_is_billed_in_its_month_after_the_end_too() -> None:
    lines = [line_data("PC"), line_data("SETUP", quantity=1, bill_once_in="2026-05")]
    of = Months(collabrance_agreement(*lines, ending={"notice_on": "2026-03-02"}))
    assert amounts(of.bill("2026-04", 2)) == [("PC", 2, "91.00")]
    assert amounts(of.bill("2026-05", 2)) == [("SETUP", 1, "500.00")]
    assert of.bill("2026-06", 2).invoices == ()


@pytest.mark.rule("MSA-05", "KR-10")
def test_the_closing_invoice_has_everything_that_is_unbilled() -> None:
    # 9 x 150.00 are paid out, less a credit of 50.00 that was entered on the last day but one.
    of = Months(kr_agreement(ending=LEAVES))
    of.bill_all("2026-10", "2026-12", 3)
    credit = Adjustment(
        adjustment="outage",
        dated_on=day("2026-12-30"),
        amount=Decimal(-50),
        category="support",
        description="Outage of 29 December",
        reason="Agreed on the phone",
        entered_by="clerk",
    )
    of.account = of.account.model_copy(update={"adjustments": (credit,)})
    closing = of.bill("2027-01", 3)
    assert amounts(closing) == [("PAY-OUT", 9, "1350.00"), ("CREDIT", 1, "-50.00")]
    assert str(only_invoice(closing).total.amount) == "1300.00"
    assert of.bill("2027-02", 3).invoices == ()


@pytest.mark.rule("MSA-04", "COL-21")
def test_a_minimum_ends_with_the_service_and_not_with_the_hardware() -> None:
    minimum = {"minimum": "floor", "amount": "500.00", "categories": ["support"]}
    lines = [line_data("PC"), line_data("FIREWALL", quantity=1)]
    leaving = {"ending": {"notice_on": "2026-03-02"}, "minimums": [minimum]}
    of = Months(collabrance_agreement(*lines, **leaving))
    # 2 x 45.50 + 95.00 = 186.00: 314.00 are missing to 500.00. From May on the firewall is alone.
    assert amounts(of.bill("2026-04", 2)) == [
        ("PC", 2, "91.00"),
        ("FIREWALL", 1, "95.00"),
        ("MINIMUM", 1, "314.00"),
    ]
    assert amounts(of.bill("2026-05", 2)) == [("FIREWALL", 1, "95.00")]


def test_terms_that_the_policy_lacks_stop_the_account_by_name() -> None:
    outcome = built(account(kr_agreement(terms="gone")), "2026-11", 2)
    (problem,) = outcome.problems
    assert problem.code == "unknown-terms"
    assert "follows the terms 'gone', which the policy 2026-01 lacks" in problem.what


@pytest.mark.parametrize("last", ["2026-11", "2026-10"])
def test_after_parked_months_the_last_invoice_still_counts(last: str) -> None:
    # The month before is not known, an earlier one is: the contracted count is not lost.
    of = Months(kr_agreement())
    of.bill_all("2026-10", last, 4)
    earlier = PreviousCounts(period=None, items={}, billed=of.previous.billed)
    assert amounts(built(of.account, "2026-12", 2, earlier)) == [("PC", 4, "200.00")]


def test_a_pay_out_counts_from_the_last_month_that_was_billed() -> None:
    # Service ended in October, November was parked: the remainder is paid from November on.
    leaving: dict[str, Any] = {"notice_on": "2026-10-20", "ends_on": "2027-01-10"}
    of = Months(kr_agreement(ending=leaving))
    of.bill_all("2026-10", "2026-12", 3)
    earlier = PreviousCounts(period=None, items={}, billed=of.previous.billed)
    # January has an invoice of its own to come, February to September are left: 8 x 150.00.
    assert amounts(built(of.account, "2027-02", 3, earlier)) == [("PAY-OUT", 8, "1200.00")]
    assert month("2027-02").first_day > day("2027-01-10")
