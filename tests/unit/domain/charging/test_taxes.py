"""Sales tax by place and class, worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from msp_billing.domain.charging.tax_policy import TaxExemption, TaxPolicy, TaxRate
from msp_billing.domain.charging.taxes import (
    TaxableAmount,
    UntaxableError,
    rate_in_force,
    work_out_taxes,
)
from msp_billing.domain.money import Money
from tests.unit.domain.builders import PROPERTY, usd
from tests.unit.domain.charging.tax_samples import tax_policy, tax_policy_data

INVOICE_ON = date(2026, 3, 10)
MARCH_FIRST = date(2026, 3, 1)


def taxable(
    amount: str, tax_class: str = "hardware", place: str = "harbor", over_time: bool = True
) -> TaxableAmount:
    return TaxableAmount(place, tax_class, usd(amount), MARCH_FIRST if over_time else None)


def exemption(**changes: Any) -> TaxExemption:
    return TaxExemption.model_validate({"certificate": "MN-77"} | changes)


def taxes(
    *amounts: TaxableAmount,
    exemptions: tuple[TaxExemption, ...] = (),
    policy: TaxPolicy | None = None,
) -> list[tuple[str, str, str]]:
    """Jurisdiction, amount and arithmetic of every tax."""
    found = work_out_taxes(policy or tax_policy(), amounts, exemptions, INVOICE_ON)
    return [(t.jurisdiction.jurisdiction, str(t.amount.amount), t.arithmetic) for t in found]


def test_state_and_county_are_charged_one_upon_the_other_each_on_its_own_line() -> None:
    # 6% and 0.5% of 1,234.00: 74.04 and 6.17.
    assert taxes(taxable("1000.00"), taxable("234.00")) == [
        ("state", "74.04", "6% of 1,234.00 = 74.04"),
        ("county", "6.17", "0.5% of 1,234.00 = 6.17"),
    ]


def test_the_tax_is_rounded_once_on_the_sum() -> None:
    # 6% of 0.08 is 0.0048 and rounds to nothing; 6% of 0.16 is 0.0096 and rounds to a cent.
    assert taxes(taxable("0.08"), taxable("0.08"))[0] == ("state", "0.01", "6% of 0.16 = 0.01")


def test_classes_of_another_rate_have_their_own_line_and_untaxed_ones_none() -> None:
    found = taxes(taxable("100.00"), taxable("200.00", "software"), taxable("50.00", "labour"))
    assert found == [
        ("state", "6.00", "6% of 100.00 = 6.00"),
        ("state", "8.00", "4% of 200.00 = 8.00"),
        ("county", "0.50", "0.5% of 100.00 = 0.50"),
    ]


def test_every_place_has_its_own_line() -> None:
    found = taxes(taxable("100.00"), taxable("100.00", place="outback"))
    assert found == [
        ("state", "6.00", "6% of 100.00 = 6.00"),
        ("state", "6.00", "6% of 100.00 = 6.00"),
        ("county", "0.50", "0.5% of 100.00 = 0.50"),
    ]


def test_where_no_jurisdiction_takes_a_tax_there_is_none() -> None:
    assert taxes(taxable("100.00", place="untaxed")) == []


def test_a_credit_takes_its_tax_back() -> None:
    assert taxes(taxable("100.00"), taxable("-150.00", over_time=False))[0] == (
        "state",
        "-3.00",
        "6% of -50.00 = -3.00",
    )


# --- Exemptions ----------------------------------------------------------------------------------


def test_an_exempt_account_sees_its_certificate_and_no_amount() -> None:
    assert taxes(taxable("1234.00"), exemptions=(exemption(),)) == [
        ("state", "0.00", "exempt by certificate MN-77, 6% of 1,234.00 not charged"),
        ("county", "0.00", "exempt by certificate MN-77, 0.5% of 1,234.00 not charged"),
    ]


def test_a_certificate_reaches_no_further_than_its_jurisdictions_and_classes() -> None:
    state_hardware = exemption(jurisdictions=["state"], tax_classes=["hardware"])
    found = taxes(taxable("100.00"), taxable("200.00", "software"), exemptions=(state_hardware,))
    assert [entry[:2] for entry in found] == [
        ("state", "0.00"),
        ("state", "8.00"),
        ("county", "0.50"),
    ]


@pytest.mark.parametrize(
    ("ends_on", "parks"),
    [("2026-03-09", True), ("2026-03-10", False), (None, False)],  # invoiced on 10 March
)
def test_a_certificate_holds_to_its_last_day_and_then_stops_the_invoice(
    ends_on: str | None, parks: bool
) -> None:
    certificates = (exemption(ends_on=ends_on),)
    if not parks:
        assert taxes(taxable("10.00"), exemptions=certificates)[0][1] == "0.00"
        return
    with pytest.raises(UntaxableError) as refused:
        taxes(taxable("10.00"), exemptions=certificates)
    assert refused.value.code == "tax-exemption-expired"
    assert "MN-77 ran out on 2026-03-09" in refused.value.what


def test_a_renewed_certificate_takes_over_and_one_to_come_changes_nothing_yet() -> None:
    old = exemption(ends_on="2026-02-28")
    renewed = exemption(certificate="MN-78", starts_on="2026-03-01")
    to_come = exemption(certificate="MN-79", starts_on="2026-03-11")
    assert "MN-78" in taxes(taxable("10.00"), exemptions=(old, renewed))[0][2]
    assert taxes(taxable("10.00"), exemptions=(to_come,))[0][1] == "0.60"


def test_an_expired_certificate_for_what_is_not_sold_does_not_matter() -> None:
    old = exemption(ends_on="2026-02-28", tax_classes=["software"])
    assert taxes(taxable("10.00"), exemptions=(old,))[0][1] == "0.60"


# --- Which rate ----------------------------------------------------------------------------------


def rates(*rows: tuple[str, str]) -> list[TaxRate]:
    return [
        TaxRate(from_on=date.fromisoformat(day), tax_class="hardware", percent=Decimal(percent))
        for day, percent in rows
    ]


RISE = rates(("2020-01-01", "6"), ("2026-07-01", "7"))
FALL = rates(("2020-01-01", "6"), ("2026-07-01", "5"))


@pytest.mark.parametrize(
    ("table", "period_from", "invoice_on", "percent"),
    [
        # A higher rate: from the first billing period that starts on its day or after it.
        (RISE, "2026-06-01", "2026-07-10", "6"),  # June, billed in arrears on 10 July
        (RISE, "2026-07-01", "2026-06-15", "7"),  # July, billed in advance on 15 June
        (RISE, "2026-07-01", "2026-07-01", "7"),
        # A lower rate: on bills from its day on, whatever they are for.
        (FALL, "2026-06-01", "2026-07-10", "5"),  # June, billed in arrears on 10 July
        (FALL, "2026-07-01", "2026-06-15", "6"),  # July, billed in advance on 15 June
        (FALL, "2026-07-01", "2026-07-01", "5"),
        # What is sold on a day goes by the invoice date, up or down.
        (RISE, None, "2026-06-30", "6"),
        (RISE, None, "2026-07-01", "7"),
        (FALL, None, "2026-06-30", "6"),
        (FALL, None, "2026-07-01", "5"),
    ],
)
def test_a_new_rate_applies_from_the_period_or_from_the_bill(
    table: list[TaxRate], period_from: str | None, invoice_on: str, percent: str
) -> None:
    starts_on = None if period_from is None else date.fromisoformat(period_from)
    found = rate_in_force(table, starts_on, date.fromisoformat(invoice_on))
    assert found is not None
    assert found.percent == Decimal(percent)


def test_a_rate_that_has_not_begun_stops_the_invoice() -> None:
    data = tax_policy_data()
    data["jurisdictions"][0]["rates"][0]["from_on"] = "2026-03-02"
    policy = TaxPolicy.model_validate(data)
    with pytest.raises(UntaxableError) as refused:
        taxes(taxable("10.00"), policy=policy)
    assert refused.value.code == "no-tax-rate"


def test_a_place_that_the_policy_lacks_stops_the_invoice() -> None:
    with pytest.raises(UntaxableError) as refused:
        taxes(taxable("10.00", place="atlantis"))
    assert refused.value.code == "unknown-tax-place"


# --- The tables ----------------------------------------------------------------------------------


def test_each_fault_of_the_tables_is_named_all_at_once() -> None:
    data = tax_policy_data()
    data["classes"].append({"tax_class": "hosting", "title": "Hosting"})
    data["places"].append({"place": "moon", "title": "Moon", "jurisdictions": ["crater"]})
    data["places"].append({"place": "harbor", "title": "Again", "jurisdictions": ["state"]})
    rates_of_state = data["jurisdictions"][0]["rates"]
    rates_of_state.append(rates_of_state[0])
    rates_of_state.append({"from_on": "2020-01-01", "tax_class": "tea", "percent": "1"})
    with pytest.raises(ValidationError) as refused:
        TaxPolicy.model_validate(data)
    for message in (
        "state has no rate for the tax class 'hosting'",
        "county has no rate for the tax class 'hosting'",
        "state has a rate for the unknown tax class 'tea'",
        "state has two rates for 'hardware' from 2020-01-01: keep one",
        "the tax place moon names the unknown jurisdiction 'crater'",
        "the tax place 'harbor' is listed twice",
    ):
        assert message in str(refused.value)


# --- Whatever the amounts ------------------------------------------------------------------------

AMOUNTS = st.lists(
    st.builds(
        taxable,
        st.decimals(-500, 5000, places=2).map(str),
        st.sampled_from(["hardware", "software", "labour"]),
        st.sampled_from(["harbor", "outback", "untaxed"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


@PROPERTY
@given(amounts=AMOUNTS)
def test_who_is_exempt_pays_no_tax(amounts: list[TaxableAmount]) -> None:
    found = work_out_taxes(tax_policy(), amounts, (exemption(),), INVOICE_ON)
    assert all(not entry.amount.amount and entry.certificate == "MN-77" for entry in found)


@PROPERTY
@given(amounts=AMOUNTS)
def test_each_tax_is_its_percentage_of_its_base_to_the_cent(amounts: list[TaxableAmount]) -> None:
    found = list(work_out_taxes(tax_policy(), amounts, (), INVOICE_ON))
    for entry in found:
        exact = entry.base.amount * entry.percent / 100
        assert abs(entry.amount.amount - exact) <= Decimal("0.005")
        assert entry.amount == entry.amount.rounded()
    harbor = [e for e in amounts if e.place == "harbor" and e.tax_class == "hardware"]
    base = sum((e.amount.amount for e in harbor), Decimal(0))
    county = [e.base.amount for e in found if e.jurisdiction.jurisdiction == "county"]
    assert county == ([base] if harbor else [])
    assert all(isinstance(entry.base, Money) for entry in found)
