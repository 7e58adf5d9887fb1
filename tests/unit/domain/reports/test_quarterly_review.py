"""The quarterly review (KR-17), by hand.

December 2026 closes Q4; the review shows January to December 2026.
    October    users 3 PC at 45.50 = 136.50
    November   4 PC                = 182.00
    December   4 PC                = 182.00
    quarter                          500.50
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from msp_billing.domain.contracts.lifetimes import lifetime
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.periods import Period
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.reports.quarterly_review import (
    QuarterlyReview,
    ReviewHold,
    ReviewPayment,
    change_over,
    months_until,
    quarter_of,
    quarterly_review,
)
from tests.unit.domain.builders import (
    NO_HOLIDAYS,
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
    usd,
)

OCTOBER, NOVEMBER, DECEMBER = (Period(year=2026, month=month) for month in (10, 11, 12))
TERMS = {
    "terms": "committed",
    "title": "Committed term",
    "renewal": {"how": "term", "clause": "term"},
    "notice": {"days": 60, "clause": "term"},
}
AGREEMENT = agreement_data(line_data("PC"), starts_on="2024-03-01", term_years=3, terms="committed")
CUSTOMER = account(AGREEMENT)
BOOK = price_book(
    products=[product_data("PC", "support", {"each": "45.50"}, count_rule="pcs", unit="PC")]
)


def billed(period: Period, count: int) -> Invoice:
    rows = [device(f"PC-{number}", row=number + 2) for number in range(count)]
    return only_invoice(build(CUSTOMER, rows, period, where=context(period, known()))).numbered(
        f"LP-{period.month:06d}"
    )


def known() -> ProviderPolicy:
    return policy(contract_terms=[TERMS])


INVOICES = {
    OCTOBER: {"Monthly invoice": [billed(OCTOBER, 3)]},
    NOVEMBER: {"Monthly invoice": [billed(NOVEMBER, 4)]},
    DECEMBER: {"Monthly invoice": [billed(DECEMBER, 4)], "Service invoice": []},
}


def review(**changes: Any) -> QuarterlyReview:
    lives = [lifetime(entry, known(), price_book(), NO_HOLIDAYS) for entry in CUSTOMER.agreements]
    made = quarterly_review(
        "tern-harbor", "Tern Harbor", "USD", DECEMBER, INVOICES, lives, **changes
    )
    assert made is not None
    return made


@pytest.mark.rule("KR-17")
def test_the_quarter_s_invoices_are_added_up_over_all_runs() -> None:
    made = review()
    assert (made.quarter, made.quarter_months) == ("Q4 2026", (OCTOBER, NOVEMBER, DECEMBER))
    assert made.invoiced_in_quarter == usd("500.50")
    by_month = {
        month.period: month.invoiced_total("USD")
        for month in made.months
        if month.invoiced is not None
    }
    assert by_month == {
        OCTOBER: usd("136.50"),
        NOVEMBER: usd("182.00"),
        DECEMBER: usd("182.00"),
    }


@pytest.mark.rule("KR-17")
def test_counts_are_shown_over_twelve_months_and_unknown_ones_are_no_zero() -> None:
    made = review()
    assert [str(month.period) for month in made.months][::11] == ["2026-01", "2026-12"]
    (series,) = made.counts
    assert (series.title, series.quantities) == ("PCs", (None,) * 9 + (3, 4, 4))
    assert change_over(series) == 1


@pytest.mark.rule("KR-17")
def test_counts_are_the_quantities_that_were_billed() -> None:
    # Three PCs at a ratio of 1.5 are 4.5, rounded up to 5: what the invoice says.
    rule = count_rule_data("pcs", "PCs", {"kind": ["PC"]}, ratio="1.5")
    rows = [device(f"PC-{number}", row=number + 2) for number in range(3)]
    where = context(DECEMBER, policy(contract_terms=[TERMS], count_rules=[rule]), BOOK)
    invoice = only_invoice(build(CUSTOMER, rows, DECEMBER, where=where))
    assert [line.quantity for line in invoice.lines] == [5]
    made = quarterly_review(
        "tern-harbor", "Tern Harbor", "USD", DECEMBER, {DECEMBER: {"Monthly": [invoice]}}, []
    )
    assert made is not None
    assert [series.quantities[-1] for series in made.counts] == [5]


@pytest.mark.rule("KR-17")
def test_contract_end_and_notice_date_stand_there() -> None:
    # Three years from 1 March 2024 end on 28 February 2027; 60 days before that is 30 December 2026
    # (28 days of February, 31 of January, and the 31st of December are 60).
    (agreement,) = review().agreements
    assert agreement.ends_on == date(2027, 2, 28)
    assert agreement.notice_by == date(2026, 12, 30)
    assert agreement.starts_on == date(2024, 3, 1)


@pytest.mark.rule("KR-17")
def test_payments_and_holds_are_shown_where_they_are_recorded() -> None:
    assert review().payments is None
    assert review().holds == ()
    paid = ReviewPayment(received_on=date(2026, 11, 28), amount=usd("136.50"), reference="ACH 7")
    hold = ReviewHold(state="credit hold", since_on=date(2026, 12, 20), reason="unpaid")
    made = review(payments=(paid,), holds=(hold,))
    months = {month.period: month.paid for month in made.months}
    assert months[NOVEMBER] == usd("136.50")
    assert months[OCTOBER] == usd("0.00")
    assert made.holds == (hold,)


def test_what_was_credited_was_not_invoiced() -> None:
    # 20.50 and 25.00 of November's 182.00: 136.50 of it, and 500.50 - 45.50 = 455.00 in all.
    (november,) = INVOICES[NOVEMBER]["Monthly invoice"]
    made = review(credited={november.id: [usd("20.50"), usd("25.00")]})
    months = {month.period: month.invoiced_total("USD") for month in made.months}
    assert (months[OCTOBER], months[NOVEMBER]) == (usd("136.50"), usd("136.50"))
    assert made.invoiced_in_quarter == usd("455.00")


def test_an_account_without_any_invoice_gets_no_review() -> None:
    assert quarterly_review("a", "A", "USD", DECEMBER, {DECEMBER: {"Monthly": []}}, []) is None


@pytest.mark.parametrize(
    ("month", "name", "first"), [(1, "Q1 2026", 1), (3, "Q1 2026", 1), (4, "Q2 2026", 4)]
)
def test_quarters_are_those_of_the_calendar(month: int, name: str, first: int) -> None:
    quarter, months = quarter_of(Period(year=2026, month=month))
    assert quarter == name
    assert [entry.month for entry in months] == [first, first + 1, first + 2]


def test_twelve_months_reach_into_the_year_before() -> None:
    months = months_until(Period(year=2026, month=3))
    assert (str(months[0]), str(months[-1]), len(months)) == ("2025-04", "2026-03", 12)
