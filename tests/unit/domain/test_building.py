"""From a snapshot to invoices, every amount worked out by hand."""

from __future__ import annotations

from datetime import date

import pytest

from msp_billing.domain.counting.counts import CountedItem
from msp_billing.domain.counting.previous_counts import PreviousCounts
from msp_billing.domain.invoices import LineKind, PriceBasis
from msp_billing.domain.outcomes import AccountOutcome, OutcomeKind
from tests.unit.domain.builders import (
    FEBRUARY,
    MARCH,
    SEAL,
    account,
    agreement_data,
    build,
    charged,
    context,
    device,
    item_names,
    line_data,
    only_invoice,
    policy,
    price_book,
    product_data,
    run_data,
    usd,
)

PER_AGREEMENT = run_data(
    invoice_per="agreement",
    labels_by_coverage={"co-managed": "Agreement Hybrid IT", "remote": "Agreement Remote Only IT"},
)


def kinds(outcome: AccountOutcome) -> dict[str, OutcomeKind]:
    return {entry.agreement: entry.kind for entry in outcome.agreements}


# --- One invoice ----------------------------------------------------------------------------------


def test_an_invoice_says_who_what_and_when() -> None:
    known = account(purchase_order="PO-7", contacts_by_kind={"invoice": ["cfo@tern.example"]})
    invoice = only_invoice(build(known, [device("a")]))
    assert str(invoice.id) == "lantern/monthly/2026-03/tern-harbor/all"
    assert invoice.number is None
    assert (invoice.label, invoice.account_name) == ("Managed services", "Tern Harbor")
    assert invoice.bill_to == ("Tern Harbor", "1 Pier Road")
    assert (invoice.purchase_order, invoice.recipients) == ("PO-7", ("cfo@tern.example",))
    assert (invoice.invoice_on, invoice.due_on) == (date(2026, 3, 2), date(2026, 3, 15))
    assert invoice.service_period.starts_on == date(2026, 3, 1)
    assert invoice.service_period.ends_on == date(2026, 3, 31)
    assert (invoice.policy_version, invoice.price_book_version) == ("2026-01", "2026-01")
    assert invoice.snapshot_sha256 == SEAL


def test_lines_are_in_the_order_of_the_price_book_and_sum_to_the_total() -> None:
    lines = [line_data(code) for code in ("SETUP", "BACKUP", "SITE", "PC", "SERVER")]
    rows = [device("a", backup="yes"), device("b"), device("s", "Server", backup="yes")]
    invoice = only_invoice(build(account(agreement_data(*lines)), rows))
    assert charged(invoice.lines) == [
        ("SERVER", None, 1, "120.00"),
        ("PC", None, 2, "91.00"),  # 2 x 45.50
        ("SITE", None, 1, "250.00"),
        ("BACKUP", None, 2, "16.50"),  # 2 x 8.25
        ("SETUP", None, 1, "500.00"),
    ]
    assert [line.line for line in invoice.lines] == [1, 2, 3, 4, 5]
    assert invoice.total == usd("977.50")


def test_a_line_says_why_it_is_what_it_is() -> None:
    own = line_data("PC", line="pcs-2026", price={"each": "40"}, note="by contract 12")
    (line,) = only_invoice(build(account(agreement_data(own)), [device("a")])).lines
    assert line.description == "Pc, by contract 12"
    assert (line.unit, line.category, line.kind) == ("PC", "support", LineKind.RECURRING)
    assert line.unit_price == usd("40")
    reason = line.reason
    assert (reason.agreement, reason.agreement_line) == ("main", "pcs-2026")
    assert (reason.clause, reason.count) == ("inventory", "pcs:-")  # the count rule's clause
    assert (reason.quantity_from, reason.price_basis) == ("counted: PCs", PriceBasis.EACH)
    assert reason.price_from == "own price in agreement line pcs-2026"
    assert reason.arithmetic == "1 x 40 = 40.00"


def test_a_line_that_is_not_counted_refers_to_the_clause_of_its_product_or_the_run() -> None:
    book = price_book(
        products=[
            product_data("SITE", "flat", {"flat": "250"}, clause="covered"),
            product_data("SETUP", "one-time", {"flat": "500"}),
        ]
    )
    known = account(agreement_data(line_data("SITE"), line_data("SETUP")))
    lines = only_invoice(build(known, where=context(MARCH, book=book))).lines
    assert [line.reason.clause for line in lines] == ["covered", "calendar"]


@pytest.mark.rule("MSA-01")
def test_setup_fees_are_billed_once_beside_flat_and_counted_lines() -> None:
    lines = [line_data("PC"), line_data("SITE"), line_data("SETUP", bill_once_in="2026-03")]
    known = account(agreement_data(*lines))
    march = only_invoice(build(known, [device("a")], MARCH))
    april = only_invoice(build(known, [device("a")], MARCH.shifted(1)))
    assert [(line.product, line.kind, str(line.amount.amount)) for line in march.lines] == [
        ("PC", LineKind.RECURRING, "45.50"),
        ("SITE", LineKind.RECURRING, "250.00"),
        ("SETUP", LineKind.ONE_TIME, "500.00"),
    ]
    assert charged(april.lines) == charged(march.lines)[:2]


# --- Nothing is ever prorated ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        ("2025-01-01", None),
        ("2026-03-01", None),
        ("2026-03-16", None),
        ("2026-03-31", None),
        ("2025-01-01", "2026-03-01"),
        ("2026-03-10", "2026-03-20"),
    ],
)
def test_a_part_of_a_month_bills_the_whole_month(starts: str, ends: str | None) -> None:
    lines = [line_data("PC"), line_data("SITE")]
    known = account(agreement_data(*lines, starts_on=starts, ends_on=ends))
    invoice = only_invoice(build(known, [device("a"), device("b", online="2026-02-28")]))
    assert invoice.total == usd("341.00")  # 2 x 45.50 + 250.00
    assert {str(line.service_period.ends_on) for line in invoice.lines} == {"2026-03-31"}


@pytest.mark.parametrize("dates", [{"starts_on": "2026-04-01"}, {"ends_on": "2026-02-28"}])
def test_future_and_ended_agreements_have_no_outcome(dates: dict[str, str]) -> None:
    outcome = build(account(agreement_data(line_data("SITE"), **dates)))
    assert (outcome.agreements, outcome.invoices, outcome.parked) == ((), (), False)


def test_an_agreement_that_ended_leaves_the_others_alone() -> None:
    ended = agreement_data(line_data("SITE"), agreement="old", ends_on="2026-02-28")
    outcome = build(account(ended, agreement_data(line_data("SITE"))))
    assert kinds(outcome) == {"main": OutcomeKind.BILLED}
    assert only_invoice(outcome).total == usd("250.00")


def test_quantities_of_zero_bill_nothing() -> None:
    outcome = build(account(), [device("t", "Tablet")])
    assert kinds(outcome) == {"main": OutcomeKind.NOTHING_TO_BILL}
    assert outcome.invoices == ()
    assert outcome.agreements[0].reason == "no quantity in the run monthly"


# --- Per account or per agreement -----------------------------------------------------------------


TWO = (
    agreement_data(line_data("PC"), agreement="hybrid", coverage="co-managed"),
    agreement_data(line_data("SITE"), agreement="branch", coverage="remote"),
    agreement_data(line_data("SERVER"), agreement="idle"),
)


def test_one_invoice_for_all_agreements_of_an_account() -> None:
    outcome = build(account(*TWO), [device("a")])
    invoice = only_invoice(outcome)
    assert charged(invoice.lines) == [("PC", None, 1, "45.50"), ("SITE", None, 1, "250.00")]
    assert (invoice.id.part, invoice.label) == ("all", "Managed services")
    assert kinds(outcome) == {
        "hybrid": OutcomeKind.BILLED,
        "branch": OutcomeKind.BILLED,
        "idle": OutcomeKind.NOTHING_TO_BILL,
    }


@pytest.mark.rule("KR-03")
def test_one_invoice_for_each_agreement_with_the_label_of_its_coverage() -> None:
    here = context(MARCH, policy(runs=[PER_AGREEMENT]))
    rows = [device("a"), device("s", "Server")]
    invoices = build(account(*TWO), rows, where=here).invoices
    assert [(i.id.part, i.label, str(i.total.amount)) for i in invoices] == [
        ("hybrid", "Agreement Hybrid IT", "45.50"),
        ("branch", "Agreement Remote Only IT", "250.00"),
        ("idle", "Managed services", "120.00"),  # no coverage: the run's own label
    ]
    # Each carries the counts of its own lines and no other.
    assert [[e.key for e in i.counts] for i in invoices] == [["pcs:-"], [], ["servers:-"]]


# --- Counts on the invoice ------------------------------------------------------------------------


def before(**items: list[str]) -> PreviousCounts:
    return PreviousCounts(
        period=FEBRUARY,
        items={
            f"{rule}:-": tuple(CountedItem(item_id=f"id-{name}", name=name) for name in names)
            for rule, names in items.items()
        },
    )


def test_what_fell_to_zero_is_still_told_by_name() -> None:
    outcome = build(account(), [device("a")], previous=before(pcs=["a"], servers=["s"]))
    invoice = only_invoice(outcome)
    assert [line.product for line in invoice.lines] == ["PC"]
    left = {entry.rule: [item.name for item in entry.count.left] for entry in invoice.counts}
    assert left == {"pcs": [], "servers": ["s"]}


def test_a_count_of_nothing_that_was_nothing_before_is_left_out() -> None:
    invoice = only_invoice(build(account(), [device("a")], previous=before(pcs=["a"])))
    assert [entry.rule for entry in invoice.counts] == ["pcs"]


def test_the_items_of_a_line_are_named() -> None:
    rows = [device("b"), device("a"), device("s", "Server"), device("c", online="2026-03-01")]
    invoice = only_invoice(build(account(), rows))
    assert item_names(invoice, "PC") == ["a", "b"]
    assert item_names(invoice, "SERVER") == ["s"]
