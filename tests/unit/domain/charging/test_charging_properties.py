"""What holds for every bill with minimums, allowances, adjustments and taxes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import assume, given
from hypothesis import strategies as st

from msp_billing.domain.accounts import Account
from msp_billing.domain.invoices import Invoice, LineKind
from msp_billing.domain.money import total
from msp_billing.domain.outcomes import AccountOutcome
from tests.unit.domain.builders import (
    PROPERTY,
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
from tests.unit.domain.charging.test_pricing import ANY_PRICE

HERE = where(taxed_book(), taxes=tax_policy_data(), term_discounts=TERM_DISCOUNTS)


class Bill(NamedTuple):
    of: Account
    devices: int

    @property
    def outcome(self) -> AccountOutcome:
        rows = [device(f"pc-{n}", row=n + 2) for n in range(self.devices)]
        return build(self.of, rows, where=HERE)


@st.composite
def bills(draw: st.DrawFn, *, starts_on: str = "2025-01-01", exempt: bool = False) -> Bill:
    lines: list[dict[str, Any]] = [
        line_data(
            "PC", price=draw(ANY_PRICE), minimum_quantity=draw(st.none() | st.integers(1, 40))
        ),
        line_data("FIREWALL", quantity=draw(st.integers(0, 5))),
        line_data("BACKUP", quantity=draw(st.integers(0, 30))),
    ]
    floor = draw(st.none() | st.integers(1, 5000))
    minimum = {"minimum": "monthly", "amount": floor, "categories": ["support"]}
    credit = draw(st.none() | st.integers(-300, 300).filter(bool))
    return Bill(
        account(
            agreement_data(
                *lines,
                starts_on=starts_on,
                term_years=draw(st.sampled_from([0, 3, 5])),
                minimums=[] if floor is None else [minimum],
            ),
            tax_place=draw(st.sampled_from(["harbor", "outback", "untaxed"])),
            tax_exemptions=[{"certificate": "C-1"}] if exempt else [],
            adjustments=[]
            if credit is None
            else [adjustment_data(amount=str(credit), category="backup", dated_on="2026-02-27")],
        ),
        draw(st.integers(0, 30)),
    )


def invoices_of(bill: Bill) -> tuple[Invoice, ...]:
    outcome = bill.outcome
    if outcome.parked:
        assert [problem.code for problem in outcome.problems] == ["negative-invoice"]
    return outcome.invoices


def sum_of(invoice: Invoice, *kinds: LineKind) -> Decimal:
    return sum((e.amount.amount for e in invoice.lines if e.kind in kinds), Decimal(0))


@PROPERTY
@given(bill=bills())
def test_lines_sum_to_the_total_and_no_invoice_is_negative(bill: Bill) -> None:
    for invoice in invoices_of(bill):
        assert total((line.amount for line in invoice.lines), "USD") == invoice.total
        assert invoice.total.amount >= 0
        for line in invoice.lines:
            assert line.amount.amount >= 0 or line.kind in {
                LineKind.DISCOUNT,
                LineKind.ADJUSTMENT,
                LineKind.TAX,  # of a credit
            }


@PROPERTY
@given(bill=bills())
def test_the_month_never_comes_to_less_than_its_minimum(bill: Bill) -> None:
    floors = [entry.amount for entry in bill.of.agreements[0].minimums]
    assume(floors)
    for invoice in invoices_of(bill):
        support = [line for line in invoice.lines if line.category == "support"]
        monthly = sum((line.amount.amount for line in support), Decimal(0))
        assert monthly >= Decimal(str(floors[0]))
        missing = [line for line in support if line.product == "MINIMUM"]
        if missing:
            assert monthly == Decimal(str(floors[0]))


@PROPERTY
@given(bill=bills())
def test_the_taxed_amounts_are_what_is_taxable_after_discounts(bill: Bill) -> None:
    # Firewalls are hardware, backup and its credit are software, everything else is untaxed.
    for invoice in invoices_of(bill):
        if bill.of.tax_place == "untaxed":
            assert not sum_of(invoice, LineKind.TAX)
            continue
        firewalls = sum(
            (e.amount.amount for e in invoice.lines if e.product == "FIREWALL"), Decimal(0)
        )
        percent = {0: 0, 3: 10, 5: 15}[bill.of.agreements[0].term_years]
        software = sum(
            (e.amount.amount for e in invoice.lines if e.category == "backup"), Decimal(0)
        )
        hardware = firewalls * (100 - percent) / 100
        county = Decimal("0.5") if bill.of.tax_place == "harbor" else 0
        expected = hardware * (6 + county) / 100 + software * 4 / 100
        # Each of three taxes is rounded once, and the discount is shared out by the cent.
        assert abs(sum_of(invoice, LineKind.TAX) - expected) <= Decimal("0.02")


@PROPERTY
@given(bill=bills(exempt=True))
def test_who_is_exempt_is_charged_no_tax_on_any_invoice(bill: Bill) -> None:
    for invoice in invoices_of(bill):
        taxes = [line for line in invoice.lines if line.kind is LineKind.TAX]
        assert all(not line.amount.amount and "C-1" in line.description for line in taxes)


@PROPERTY
@given(bill=bills(), day=st.integers(1, 31))
def test_no_charge_is_prorated(bill: Bill, day: int) -> None:
    outcome = bill.outcome
    assume(not outcome.parked and outcome.invoices)
    agreement = bill.of.agreements[0]
    later = agreement.model_copy(update={"starts_on": agreement.starts_on.replace(2026, 3, day)})
    moved = Bill(bill.of.model_copy(update={"agreements": (later,)}), bill.devices)
    assert only_invoice(moved.outcome) == only_invoice(outcome)
