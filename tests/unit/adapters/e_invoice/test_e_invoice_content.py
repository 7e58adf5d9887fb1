"""What an e-invoice says, as another library reads it, and when there is none."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from msp_billing.adapters.e_invoice import (
    e_credit_note,
    e_invoice,
    why_no_e_credit_note,
    why_no_e_invoice,
)
from msp_billing.adapters.e_invoice.unit_codes import unit_code
from msp_billing.domain.charging.vat import VatCategory
from msp_billing.domain.invoices import Invoice, LineKind
from msp_billing.domain.money import minor_unit_digits
from msp_billing.domain.parties import Buyer, PayTo, Seller
from msp_billing.domain.policy import ProviderPolicy
from tests.unit.adapters.e_invoice.samples import (
    HOSTILE,
    american_invoice,
    american_provider,
    charge,
    credited,
    invoice_of,
    with_credit,
)
from tests.unit.adapters.e_invoice.validation import parsed, sums, texts
from tests.unit.adapters.invoice_samples import policy
from tests.unit.domain.builders import PROPERTY, build
from tests.unit.domain.charging.test_charging_properties import HERE, Bill, bills
from tests.unit.domain.charging.vat_samples import vat_context, vat_invoice

SELLER_WITH_VAT = vat_context().policy


def xml_of(invoice: Invoice, provider: ProviderPolicy | None = None) -> bytes:
    xml = e_invoice(invoice, provider or american_provider())
    assert xml is not None
    return xml


def one_line(**changes: Any) -> Invoice:
    return invoice_of(charge(LineKind.RECURRING, "2", "10", "20.00"), **changes)


# --- As others read it ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def document() -> Any:
    invoice = american_invoice()
    return parsed(e_invoice(invoice, american_provider(), with_credit(invoice, "100.00")) or b"")


def test_another_library_reads_who_bills_whom(document: Any) -> None:
    seller, buyer = document.trade.agreement.seller, document.trade.agreement.buyer
    assert str(seller.name) == "Northwind Managed IT, LLC"
    assert str(seller.legal_organization.trade_name) == "Northwind Managed IT"
    assert str(seller.id) == "northwind"
    assert (str(seller.address.line_one), str(seller.address.country_id)) == (
        "400 Harbor Street, Suite 210",
        "US",
    )
    assert str(buyer.name) == "Harbor Dental Group"
    assert str(buyer.address.line_three) == "Floor 2, Superior"
    assert str(document.trade.agreement.buyer_reference) == "04011000-1234-56"
    assert str(document.trade.agreement.buyer_order.issuer_assigned_id._text) == "PO 2026-118"


def test_another_library_reads_every_line_and_what_is_to_be_paid(document: Any) -> None:
    invoice = american_invoice()
    charges = [e for e in invoice.lines if e.kind not in {LineKind.DISCOUNT, LineKind.TAX}]
    items = document.trade.items.children
    assert [item.settlement.monetary_summation.total_amount._value for item in items] == [
        line.amount.amount for line in charges
    ]
    assert [str(item.product.seller_assigned_id._text) for item in items][:2] == ["CODE-1"] * 2
    extras = document.trade.settlement.allowance_charge.children
    assert [(str(e.reason), e.actual_amount._value) for e in extras] == [
        ("Term, 10%", Decimal("161.50")),
        ("Nothing off", Decimal("0.00")),
        ("State, 6% of 684.50 USD", Decimal("41.07")),
        ("County, exempt by C-1", Decimal("0.00")),
        ("City, 6% of -20.00 USD", Decimal("1.20")),
    ]
    assert [e.indicator._value for e in extras] == [False, False, True, True, False]
    summation = document.trade.settlement.monetary_summation
    assert summation.grand_total._amount == invoice.total.amount
    assert summation.prepaid_total._value == Decimal("100.00")
    assert summation.due_amount._value == invoice.total.amount - 100
    means = document.trade.settlement.payment_means.children[0]
    assert str(means.type_code) == "30"
    assert str(means.payee_account.proprietary_id) == "4400120087"
    assert str(document.trade.settlement.payment_reference) == invoice.number
    assert document.trade.settlement.terms.children[0].due._value == invoice.due_on


def test_quantity_times_price_is_the_amount_also_where_the_price_is_no_price_of_one() -> None:
    tree = etree.fromstring(xml_of(american_invoice()))
    told = [
        tuple(next(item.iter(f"{{*}}{name}")).text for name in ("BilledQuantity", "ChargeAmount"))
        for item in tree.iter("{*}IncludedSupplyChainTradeLineItem")
    ]
    assert told[:5] == [
        ("17", "95"),
        ("250", "0.12345"),
        ("1", "500"),
        ("1", "500.01"),  # 120 x 4.1667 would be 500.00
        ("1", "25.00"),  # 7 x 3.3333 would be 23.33
    ]
    assert told[-2:] == [("-1", "75.00"), ("-2", "10")]
    detail = texts(xml_of(american_invoice()), "Description")[4]
    assert detail.endswith("7 at 3.3333 is 25.00")


def test_hostile_text_is_text() -> None:
    xml = xml_of(american_invoice())
    names = texts(xml, "Name")
    (hostile,) = [name for name in names if name.startswith("<b>R&amp;D</b> #set page(0pt)")]
    assert "{{ 7*7 }}" in hostile
    assert "x" * 1000 in hostile
    assert not set(hostile) & {"\x00", "\x07", "\x1b", "\u202e", "\ufffe"}
    assert HOSTILE.count("<") == hostile.count("<")
    assert texts(xml, "LineTwo")[1] == "12 Pier Road"


def test_a_word_of_ten_thousand_letters_and_an_emoji_stay_whole() -> None:
    word = "ü" * 10_000 + "💻"
    line = charge(LineKind.RECURRING, "1", "1", "1.00", product=word)
    assert texts(xml_of(invoice_of(line)), "SellerAssignedID") == [word]


# --- Sums ----------------------------------------------------------------------------------------


def ties_out(xml: bytes, total: Decimal) -> None:
    """The sums of the standard hold, and come to the invoice's total."""
    found = sums(xml)
    tree = etree.fromstring(xml)
    items = list(tree.iter("{*}IncludedSupplyChainTradeLineItem"))
    amounts = []
    for item in items:
        quantity, price, amount = (
            Decimal(next(item.iter(f"{{*}}{name}")).text)
            for name in ("BilledQuantity", "ChargeAmount", "LineTotalAmount")
        )
        assert price >= 0
        assert (quantity * price).quantize(Decimal("0.01"), ROUND_HALF_UP) == amount
        amounts.append(amount)
    assert items
    assert sum(amounts) == found["LineTotalAmount"]
    basis = found["LineTotalAmount"] - found["AllowanceTotalAmount"] + found["ChargeTotalAmount"]
    assert basis == found["TaxBasisTotalAmount"]
    assert basis + found["TaxTotalAmount"] == found["GrandTotalAmount"] == total
    assert found["DuePayableAmount"] == total - found["TotalPrepaidAmount"]
    rows = list(tree.iter("{*}CalculatedAmount"))
    assert sum(Decimal(row.text) for row in rows) == found["TaxTotalAmount"]
    assert sum(Decimal(entry.text) for entry in tree.iter("{*}BasisAmount")) == basis


@PROPERTY
@given(bills(), st.sampled_from([HERE, vat_context()]))
def test_the_total_is_the_invoices_whatever_was_billed(bill: Bill, where: Any) -> None:
    for invoice in build(bill.of, [], where=where).invoices:
        xml = e_invoice(invoice.numbered("LP-1"), where.policy)
        if xml is None:
            assert where is not HERE
            assert bill.of.tax_place == "outback"  # two taxes at once are no VAT
        else:
            ties_out(xml, invoice.total.amount)


@st.composite
def any_invoice(draw: st.DrawFn) -> Invoice:
    """Lines of every kind, whose amounts need not be quantity times price."""
    currency = draw(st.sampled_from(["USD", "JPY", "EUR"]))
    digits = minor_unit_digits(currency)
    lines = []
    for kind in draw(st.lists(st.sampled_from(LineKind), min_size=1, max_size=8)):
        quantity = draw(st.decimals(-1000, 1000, places=draw(st.integers(0, 4))))
        price = draw(st.decimals(-1000, 1000, places=draw(st.integers(0, 6))))
        other = draw(st.none() | st.decimals(-10_000, 10_000, places=digits))
        product = (quantity * price).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        amount = product if other is None else other
        lines.append(charge(kind, f"{quantity:f}", f"{price:f}", f"{amount:f}", currency=currency))
    return invoice_of(*lines, currency=currency)


@PROPERTY
@given(any_invoice())
def test_the_total_is_the_invoices_also_for_lines_that_nobody_would_write(invoice: Invoice) -> None:
    ties_out(xml_of(invoice), invoice.total.amount)


# --- Where there is none -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("invoice", "provider", "why"),
    [
        (one_line(number=None), policy(), "It is a draft"),
        (one_line(informational=True, due_on=None), policy(), "It is for information"),
        (one_line(country="UK"), policy(), "'UK', the country of the account, is none"),
        (one_line(), policy(country="XX"), "'XX', the country of the provider, is none"),
        (one_line(), SELLER_WITH_VAT, "It is not known which rate of VAT line 1 is under"),
        (
            invoice_of(
                charge(LineKind.RECURRING, "1", "1", "1.000", currency="BHD"), currency="BHD"
            ),
            policy(),
            "BHD has more than two decimals",
        ),
        (
            vat_invoice(tax_exemptions=[{"certificate": "B", "reverse_charge": True}]).numbered(
                "1"
            ),
            SELLER_WITH_VAT,
            "has no VAT number or registration",
        ),
        (
            vat_invoice(buyer={"vat_id": "QQ1234"}).numbered("1"),
            SELLER_WITH_VAT,
            "The VAT number QQ1234 begins with no country",
        ),
        (vat_invoice(tax_place="outback").numbered("1"), SELLER_WITH_VAT, "It is not known which"),
    ],
)
def test_where_there_is_no_e_invoice_it_is_said_why(
    invoice: Invoice, provider: ProviderPolicy, why: str
) -> None:
    assert e_invoice(invoice, provider) is None
    assert why in (why_no_e_invoice(invoice, provider) or "")


def test_where_there_is_one_there_is_no_reason() -> None:
    assert why_no_e_invoice(one_line(), policy()) is None
    assert why_no_e_credit_note(credited(one_line()), policy()) is None


def test_what_is_outside_of_vat_does_not_stand_beside_what_is_not() -> None:
    inside = vat_invoice().numbered("LP-1")
    first, *others = (line for line in inside.lines if line.vat)
    outside = first.vat[0].model_copy(update={"category": VatCategory.OUTSIDE, "percent": 0})
    changed = {line.line: line for line in (*others, first.model_copy(update={"vat": (outside,)}))}
    lines = tuple(changed.get(line.line, line) for line in inside.lines)
    mixed = inside.model_copy(update={"lines": lines})
    assert "not subject to VAT and some is" in (why_no_e_invoice(mixed, SELLER_WITH_VAT) or "")


def test_a_credit_note_without_its_share_of_the_tax_is_not_told_as_if_it_had_it() -> None:
    invoice = vat_invoice().numbered("LP-1")
    firewall = next(line.line for line in invoice.lines if line.product == "FIREWALL")
    tax = next(line.line for line in invoice.lines if line.kind is LineKind.TAX)
    alone = credited(invoice, {"line": firewall, "amount": "100"})
    assert e_credit_note(alone, SELLER_WITH_VAT) is None
    assert "not its share" in (why_no_e_credit_note(alone, SELLER_WITH_VAT) or "")
    both = credited(invoice, {"line": firewall, "amount": "100"}, {"line": tax, "amount": "20"})
    xml = e_credit_note(both, SELLER_WITH_VAT) or b""
    ties_out(xml, Decimal("120.00"))
    draft = both.model_copy(update={"number": None})
    assert "draft" in (why_no_e_credit_note(draft, SELLER_WITH_VAT) or "")


def test_a_credit_note_names_its_invoice_and_says_why() -> None:
    note = credited(american_invoice(), {"line": 1, "quantity": "2"}, reason="Two users had left")
    read = parsed(e_credit_note(note, american_provider()) or b"")
    assert str(read.header.type_code) == "381"
    reference = read.trade.settlement.invoice_referenced_document
    assert str(reference.issuer_assigned_id._text) == "NW-000123"
    assert reference.issue_date_time._value == date(2026, 11, 15)
    assert [str(entry.content) for entry in read.header.notes.children] == ["Two users had left"]
    assert read.trade.settlement.monetary_summation.grand_total._amount == Decimal("190.00")


# --- Payment, language, units --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pay_to", "means", "said"),
    [
        (PayTo(link="https://pay.example/{number}/{account}"), "68", "/NW-000123/harbor-dental"),
        (PayTo(cheques_to=("Northwind", "Box 1")), "20", "Northwind, Box 1"),
        (PayTo(), "1", "Routing 091000019"),
    ],
)
def test_without_a_bank_account_the_means_is_what_there_is(
    pay_to: PayTo, means: str, said: str
) -> None:
    xml = xml_of(one_line(), policy(pay_to=pay_to))
    assert means in texts(xml, "TypeCode")
    assert said in texts(xml, "Information")[0]


def test_there_is_no_page_to_pay_on_where_credit_has_paid_it_all() -> None:
    invoice = one_line()
    provider = american_provider()
    assert "pay.northwind.example/NW-000123?amount=20.00" in xml_of(invoice).decode()
    paid = e_invoice(invoice, provider, with_credit(invoice, "20.00")) or b""
    assert texts(paid, "Information") == ["First Harbor Bank · ABA 091000019"]
    assert sums(paid)["DuePayableAmount"] == 0


def test_a_registered_provider_needs_no_short_name_and_terms_are_in_the_accounts_language() -> None:
    provider = policy(seller=Seller(registration_id="DE-HRB-1"))
    xml = xml_of(one_line(locale="de", buyer=Buyer()), provider)
    assert "DE-HRB-1" in texts(xml, "ID")
    assert "northwind" not in texts(xml, "ID")
    assert "30. November 2026" in " ".join(texts(xml, "Description"))


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ("user", "C62"),
        ("device", "H87"),
        ("Managed devices", "H87"),
        ("hour", "HUR"),
        ("hours, after hours", "HUR"),
        ("Stunden", "HUR"),
        ("month", "MON"),
        ("GB", "E34"),
        ("project", "LS"),
        ("something else", "C62"),
        ("", "C62"),
        (".", "C62"),
    ],
)
def test_units_have_codes_that_others_know(unit: str, code: str) -> None:
    assert unit_code(unit) == code
