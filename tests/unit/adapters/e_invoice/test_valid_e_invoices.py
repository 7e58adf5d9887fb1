"""Every sort of document is valid by the schemas and by all rules of EN 16931."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.adapters.e_invoice import e_credit_note, e_invoice
from msp_billing.domain.invoices import Invoice, LineKind
from msp_billing.domain.parties import BankAccount, Buyer, PayTo
from tests.unit.adapters.e_invoice.samples import (
    american_invoice,
    american_provider,
    charge,
    credited,
    invoice_of,
    with_credit,
)
from tests.unit.adapters.e_invoice.validation import complaints, sums, texts
from tests.unit.domain.charging.vat_samples import (
    SELLER,
    two_places,
    vat_context,
    vat_invoice,
)

EURO_BANK = BankAccount(iban="FR7630006000011234567890189", bic="AGRIFRPP")
FRENCH = vat_context(pay_to=PayTo(bank=EURO_BANK).model_dump()).policy
REVERSED = {"certificate": "BE0123", "reason": "Article 196", "reverse_charge": True}
BUYER = {"vat_id": "BE0123456789", "reference": "PO-desk"}


def american() -> bytes | None:
    invoice = american_invoice()
    return e_invoice(invoice, american_provider(), with_credit(invoice, "1000.00"))


def french(**changes: Any) -> bytes | None:
    return e_invoice(vat_invoice(**changes).numbered("LP-7"), FRENCH)


def japanese() -> bytes | None:
    # A currency without cents, where a price has some; and a total below zero.
    yen = [
        charge(LineKind.RECURRING, "3", "33.50", "101", currency="JPY"),
        charge(LineKind.ADJUSTMENT, "1", "-5000", "-5000", currency="JPY"),
    ]
    return e_invoice(invoice_of(*yen, currency="JPY"), american_provider())


def free_of_charge() -> bytes | None:
    return e_invoice(invoice_of(charge(LineKind.RECURRING, "4", "0", "0.00")), american_provider())


def american_credit_note() -> bytes | None:
    parts = [{"line": 1, "quantity": "2"}, {"line": 17, "amount": "4.11"}]
    return e_credit_note(credited(american_invoice(), *parts), american_provider())


def french_credit_note() -> bytes | None:
    return e_credit_note(credited(vat_invoice().numbered("LP-7")), FRENCH)


DOCUMENTS: dict[str, Callable[[], bytes | None]] = {
    "American": american,
    "French": french,
    "French, exempt": lambda: french(tax_exemptions=[{"certificate": "S-7"}]),
    "French, reverse charge": lambda: french(tax_exemptions=[REVERSED], buyer=BUYER, country="BE"),
    "French, to a customer abroad": lambda: french(tax_place="untaxed", country="US", buyer=BUYER),
    "French, two places of the same rate": lambda: e_invoice(two_places().numbered("LP-8"), FRENCH),
    "Japanese": japanese,
    "free of charge": free_of_charge,
    "American credit note": american_credit_note,
    "American credit note over all": lambda: e_credit_note(
        credited(american_invoice()), american_provider()
    ),
    "French credit note": french_credit_note,
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_is_valid_by_two_schemas_and_the_rules_of_the_standard(name: str) -> None:
    xml = DOCUMENTS[name]()
    assert xml is not None
    assert complaints(xml) == []
    assert DOCUMENTS[name]() == xml


def test_the_rules_find_a_total_that_is_wrong_by_a_cent_and_an_unknown_unit() -> None:
    xml = american() or b""
    due = sums(xml)["DuePayableAmount"]
    wrong = xml.replace(f">{due}<".encode(), f">{due + Decimal('0.01')}<".encode())
    assert any("BR-CO-16" in entry for entry in complaints(wrong))
    wrong = xml.replace(b'unitCode="HUR"', b'unitCode="hours"')
    assert complaints(wrong) != []


def test_vat_is_told_by_rate() -> None:
    xml = french() or b""
    invoice: Invoice = vat_invoice()
    # 270.00 at 20% is 54.00; backup 10 x 2.50 = 25.00 at 10% is 2.50; 81.90 at 0%.
    found = list(zip(texts(xml, "BasisAmount"), texts(xml, "CalculatedAmount"), strict=True))
    assert ("270.00", "54.00") in found
    assert sum(Decimal(tax) for _, tax in found) == sums(xml)["TaxTotalAmount"]
    assert sums(xml)["GrandTotalAmount"] == invoice.total.amount
    assert SELLER["vat_id"] in texts(xml, "ID")
    assert "FR7630006000011234567890189" in texts(xml, "IBANID")


def test_taxes_of_one_rate_are_added_up_as_they_were_rounded() -> None:
    xml = DOCUMENTS["French, two places of the same rate"]() or b""
    assert sums(xml)["TaxTotalAmount"] == Decimal("40.00")  # 20% of 200.04 would be 40.01
    assert sums(xml)["GrandTotalAmount"] == two_places().total.amount == Decimal("240.04")


def test_outside_of_vat_there_is_no_vat_number_of_anybody() -> None:
    xml = DOCUMENTS["French, to a customer abroad"]() or b""
    assert BUYER["vat_id"] not in xml.decode()
    assert SELLER["vat_id"] not in xml.decode()
    assert Buyer.model_validate(BUYER).reference in texts(xml, "BuyerReference")
