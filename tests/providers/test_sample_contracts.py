"""The lives of agreements in the sample books, worked out by hand."""

from __future__ import annotations

import pytest

from msp_billing.domain.invoices import Invoice
from msp_billing.domain.outcomes import AccountOutcome, OutcomeKind
from msp_billing.domain.periods import Period
from tests.providers.sample_billing import MONTHS, billed

SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = MONTHS


def agreement_run(period: Period, account: str) -> AccountOutcome:
    return billed("kr-group", "agreement", period)[account]


def charged(outcome: AccountOutcome) -> list[tuple[str, int, str]]:
    """Product, quantity and amount of every line of the one invoice; empty without an invoice."""
    return [
        (line.product, int(line.quantity), str(line.amount.amount))
        for invoice in outcome.invoices
        for line in invoice.lines
    ]


@pytest.mark.rule("KR-06")
def test_seasonal_users_are_billed_until_the_window_of_january() -> None:
    # 16 full-time at 85.00 and 9 part-time at 45.00, of whom two work from 20 September to 6
    # November: counted 7, 7 + 2, 9, and 7 again. The agreement starts in January.
    users = [
        charged(agreement_run(period, "grand-river-brewing"))
        for period in (SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER)
    ]
    assert users == [
        [("USER-FT", 16, "1360.00"), ("USER-PT", 7, "315.00")],
        [("USER-FT", 16, "1360.00"), ("USER-PT", 7, "315.00")],  # counted on 12 September
        [("USER-FT", 16, "1360.00"), ("USER-PT", 9, "405.00")],
        [("USER-FT", 16, "1360.00"), ("USER-PT", 9, "405.00")],  # counted 7
    ]
    (invoice,) = agreement_run(DECEMBER, "grand-river-brewing").invoices
    contracted = invoice.lines[1].reason.contracted
    assert contracted is not None
    assert (contracted.counted, contracted.contracted, contracted.billed) == (7, 9, 9)
    assert str(contracted.next_window_on) == "2027-01-01"


@pytest.mark.rule("KR-06")
def test_a_user_who_left_is_billed_until_the_window_of_march() -> None:
    # 47 full-time users in October, one leaves on 2 October. In December one who was part-time is
    # full-time: 47 are counted again, and of 8 part-time users 7.
    quantities = [
        [
            quantity
            for product, quantity, _ in charged(agreement_run(period, "lakeshore-orthopedics"))
        ]
        for period in (OCTOBER, NOVEMBER, DECEMBER)
    ]
    assert [entry[:2] for entry in quantities] == [[47, 8], [47, 8], [47, 8]]


@pytest.mark.rule("KR-10")
def test_a_trial_that_is_left_on_day_ninety_costs_nothing_more() -> None:
    for period in (SEPTEMBER, OCTOBER, NOVEMBER):
        assert charged(agreement_run(period, "cherry-bay-outfitters")) == [
            ("USER-FT", 12, "1200.00"),  # 12 x 100.00
            ("USER-PT", 1, "55.00"),
        ]
    december = agreement_run(DECEMBER, "cherry-bay-outfitters")
    assert (december.agreements, december.invoices) == ((), ())


@pytest.mark.rule("KR-10")
def test_a_contract_that_is_left_early_is_paid_out_once() -> None:
    # 15 x 100.00 + 2 x 55.00 = 1,610.00 a month. Service ends in October, the contract on 31
    # January 2027: November, December and January are 3 x 1,610.00 = 4,830.00.
    for period in (SEPTEMBER, OCTOBER):
        assert charged(agreement_run(period, "silver-birch-surveyors")) == [
            ("USER-FT", 15, "1500.00"),
            ("USER-PT", 2, "110.00"),
        ]
    november = agreement_run(NOVEMBER, "silver-birch-surveyors")
    assert charged(november) == [("PAY-OUT", 3, "4830.00")]
    assert [entry.kind for entry in november.agreements] == [OutcomeKind.BILLED]
    assert november.invoices[0].lines[0].charge == "pay-out:managed-it:agreement"
    assert agreement_run(DECEMBER, "silver-birch-surveyors").invoices == ()


@pytest.mark.rule("KR-11")
def test_a_renewed_year_has_the_price_list_of_its_first_day() -> None:
    totals = [
        charged(agreement_run(period, "old-harbor-printing"))
        for period in (OCTOBER, NOVEMBER, DECEMBER)
    ]
    assert totals == [
        [("USER-FT", 10, "1000.00"), ("USER-PT", 4, "220.00")],  # 4 x 55.00
        [("USER-FT", 10, "1000.00"), ("USER-PT", 4, "230.00")],  # 4 x 57.50
        [("USER-FT", 10, "1000.00"), ("USER-PT", 4, "230.00")],
    ]


@pytest.mark.rule("KR-11")
def test_within_a_term_the_old_price_stays() -> None:
    # Dune Grass is in its year from April 2026: 2 x 55.00, although 57.50 is on the list.
    assert charged(agreement_run(DECEMBER, "dune-grass-property"))[1] == ("USER-PT", 2, "110.00")


@pytest.mark.rule("INT-06")
def test_the_month_of_the_onboarding_is_free() -> None:
    september = billed("integris", "managed-services", SEPTEMBER)["north-quay-marine"]
    (outcome,) = september.agreements
    assert (outcome.kind, september.invoices) == (OutcomeKind.NOTHING_TO_BILL, ())
    assert outcome.reason == "2026-09 is free at the beginning of the agreement"
    october = billed("integris", "managed-services", OCTOBER)["north-quay-marine"]
    assert charged(october)[0] == ("PC", 22, "1342.00")  # 22 x 61.00, in full


def collabrance(period: Period) -> Invoice:
    (invoice,) = billed("collabrance", "monthly", period)["prairie-it-partners"].invoices
    return invoice


def lines_of(period: Period, subscriber: str, *products: str) -> list[tuple[str, int, str]]:
    return [
        (line.product, int(line.quantity), str(line.amount.amount))
        for line in collabrance(period).lines
        if line.subscriber == subscriber and line.product in products
    ]


@pytest.mark.rule("COL-21")
def test_returned_firewalls_are_billed_until_the_month_they_are_verified() -> None:
    # Cancelled on 15 September; received on the 18th and verified on the 20th of November.
    for period in (SEPTEMBER, OCTOBER, NOVEMBER):
        found = lines_of(period, "glenwood-lumber-and-supply", "SEC1153")
        assert found == [("SEC1153", 2, "63.00")]  # 2 x 31.50
    assert lines_of(DECEMBER, "glenwood-lumber-and-supply", "SEC1153") == []


@pytest.mark.rule("COL-16")
def test_a_cancelled_siem_is_billed_until_its_commitment_ends() -> None:
    # 12 months from 1 February 2026; cancelled on 2 September.
    for period in MONTHS:
        found = lines_of(period, "glenwood-lumber-and-supply", "SEC1201")
        assert found == [("SEC1201", 1, "18.00")]


@pytest.mark.rule("COL-21")
def test_datto_that_was_cancelled_after_the_tenth_is_billed_one_more_month() -> None:
    # Told on 12 October: November is billed, December is not.
    for period in (SEPTEMBER, OCTOBER, NOVEMBER):
        found = lines_of(period, "springdale-counseling", "SAS3201")
        assert found == [("SAS3201", 6, "21.60")]  # 6 x 3.60
    assert lines_of(DECEMBER, "springdale-counseling", "SAS3201") == []
