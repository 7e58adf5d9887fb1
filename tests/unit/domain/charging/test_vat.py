"""Under which rate of VAT every amount of an invoice is; worked out by hand."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given

from msp_billing.domain.charging.vat import VatCategory, VatPart, shared_out
from msp_billing.domain.corrections.credit_notes import CreditRequest, credit_note_for
from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind
from tests.unit.domain.builders import PROPERTY, build, usd
from tests.unit.domain.charging.test_charging_properties import Bill, bills
from tests.unit.domain.charging.vat_samples import vat_context, vat_invoice


def told(line: InvoiceLine) -> list[tuple[str, str, str]]:
    return [(part.category.value, f"{part.percent}", f"{part.amount.amount}") for part in line.vat]


def by_product(invoice: Invoice) -> dict[str, list[tuple[str, str, str]]]:
    return {f"{line.product}:{line.kind.value}": told(line) for line in invoice.lines}


def test_every_amount_has_its_rate_and_a_discount_has_those_of_what_it_lowers() -> None:
    # Support at 10% off: 3 firewalls at 20% are 300.00, 2 PCs at 0% are 91.00; backup at 10%.
    found = by_product(vat_invoice())
    assert found["FIREWALL:recurring"] == [("S", "20", "300.00")]
    assert found["PC:recurring"] == [("Z", "0", "91.00")]
    assert found["TERM-3Y:discount"] == [("S", "20", "-30.00"), ("Z", "0", "-9.10")]
    assert found["SERVER:recurring"] == []  # nothing is charged for it
    taxes = [told(line) for line in vat_invoice().lines if line.kind is LineKind.TAX]
    assert [entry[0][:2] for entry in taxes] == [("S", "20"), ("S", "10")]
    assert taxes[0] == [("S", "20", "270.00")]


def test_what_frees_from_the_tax_is_said_of_every_amount() -> None:
    certificate = {"certificate": "BE0123", "reason": "Article 196", "reverse_charge": True}
    invoice = vat_invoice(tax_exemptions=[certificate])
    parts = {part for line in invoice.lines for part in line.vat if part.percent == 0}
    assert {part.category for part in parts} == {VatCategory.REVERSE_CHARGE, VatCategory.ZERO}
    assert {part.reason for part in parts} == {"Article 196", None}
    school = vat_invoice(tax_exemptions=[{"certificate": "S-7"}])
    found = {(part.category, part.reason) for line in school.lines for part in line.vat}
    assert found == {(VatCategory.EXEMPT, "certificate S-7"), (VatCategory.ZERO, None)}


def test_abroad_it_is_outside_of_the_tax_and_under_two_taxes_at_once_it_is_no_vat() -> None:
    abroad = vat_invoice(tax_place="untaxed")
    assert {part.category for line in abroad.lines for part in line.vat} == {
        VatCategory.OUTSIDE,
    }
    twice = by_product(vat_invoice(tax_place="outback"))
    assert twice["FIREWALL:recurring"] == []


def test_without_a_vat_number_nothing_is_frozen() -> None:
    plain = vat_invoice(vat_context(seller={}))
    assert all(line.vat == () for line in plain.lines)
    assert plain.total == vat_invoice().total


def test_a_credit_note_takes_back_as_much_of_the_one_rate_as_of_the_other() -> None:
    invoice = vat_invoice().numbered("LP-1")
    request = CreditRequest.model_validate(
        {"request": "all", "reason": "Void", "requested_by": "Jo"}
    )
    note = credit_note_for(invoice, request, (), invoice.invoice_on)
    assert [entry.vat for entry in note.lines] == [
        line.vat for line in invoice.lines if line.amount.amount
    ]
    parts = (
        VatPart(category=VatCategory.STANDARD, percent=Decimal(20), amount=usd("-30.00")),
        VatPart(category=VatCategory.ZERO, amount=usd("-10.00")),
    )
    half = shared_out(parts, usd("-40.00"), usd("-20.01"))
    assert [part.amount for part in half] == [usd("-15.01"), usd("-5.00")]
    tax = (VatPart(category=VatCategory.STANDARD, percent=Decimal(20), amount=usd("300.00")),)
    assert shared_out(tax, usd("60.00"), usd("20.00"))[0].amount == usd("100.00")


@PROPERTY
@given(bills())
def test_the_parts_of_a_line_are_its_amount_and_tax_is_due_on_all_of_a_rate(bill: Bill) -> None:
    for invoice in build(bill.of, [], where=vat_context()).invoices:
        charges = [line for line in invoice.lines if line.kind is not LineKind.TAX]
        if any(line.amount.amount and not line.vat for line in charges):
            assert bill.of.tax_place == "outback"
            continue
        bases: dict[Decimal, Decimal] = {}
        for line in charges:
            assert sum(part.amount.amount for part in line.vat) == line.amount.amount
            for part in line.vat:
                bases[part.percent] = bases.get(part.percent, Decimal(0)) + part.amount.amount
        for line in invoice.lines:
            if line.kind is LineKind.TAX:
                assert line.vat[0].amount.amount == bases[line.vat[0].percent]


def test_a_provider_without_a_policy_on_taxes_says_nothing_of_them() -> None:
    invoice = vat_invoice(vat_context(taxes=None))
    assert all(line.vat == () for line in invoice.lines)
