"""The orders of the sample books, worked out by hand."""

from __future__ import annotations

import pytest

from msp_billing.domain.invoices import Invoice, InvoiceLine, LineKind
from msp_billing.domain.periods import Period
from tests.providers.sample_billing import MONTHS, billed

SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = MONTHS
ONE_TIME = (LineKind.ONE_TIME, LineKind.RECONCILIATION)


def collabrance(period: Period, account: str) -> Invoice:
    (invoice,) = billed("collabrance", "monthly", period)[account].invoices
    return invoice


def amounts(lines: list[InvoiceLine]) -> list[tuple[str, int, str]]:
    return [(line.product, int(line.quantity), str(line.amount.amount)) for line in lines]


def section(period: Period, account: str, subscriber: str) -> list[tuple[str, int, str]]:
    lines = collabrance(period, account).lines
    return amounts([line for line in lines if line.subscriber == subscriber])


def once(period: Period, account: str, subscriber: str) -> list[tuple[str, int, str]]:
    lines = collabrance(period, account).lines
    return amounts([e for e in lines if e.subscriber == subscriber and e.kind in ONE_TIME])


@pytest.mark.rule("COL-10", "COL-11", "COL-23")
def test_a_firewall_that_was_ordered_in_october_is_billed_with_octobers_services() -> None:
    """On the invoice of November, in full, with its setup, its shipping and two tunnels."""
    assert section(OCTOBER, "cornerstone-networks", "westfield-tool") == [
        ("COM4003", 24, "162.00"),  # 24 x 6.75
        ("SHP9002", 1, "52.50"),  # ground
        ("SET9102", 1, "150.00"),
        ("RMM2001", 22, "924.00"),  # 22 x 42.00
        ("RMM2101", 3, "239.85"),  # 3 x 79.95
        ("SAS3301", 22, "90.20"),  # 22 x 4.10
        ("SAS3401", 3, "25.20"),  # 3 x 8.40
        ("SEC1160", 1, "58.00"),
        ("SEC1301", 2, "190.00"),  # the setup of two tunnels, 2 x 95.00
        ("SEC1310", 2, "24.00"),  # 2 x 12.00
    ]
    assert once(SEPTEMBER, "cornerstone-networks", "westfield-tool") == []
    assert once(NOVEMBER, "cornerstone-networks", "westfield-tool") == []
    september, november = (
        section(period, "cornerstone-networks", "westfield-tool")[-2:]
        for period in (SEPTEMBER, NOVEMBER)
    )
    assert [product for product, *_ in september] == ["SAS3301", "SAS3401"]
    assert november == [("SEC1160", 1, "58.00"), ("SEC1310", 2, "24.00")]


@pytest.mark.rule("COL-08", "COL-09", "COL-11")
def test_a_new_customer_that_was_ordered_on_20_october_is_billed_from_november_on() -> None:
    """30 days later is 19 November, after the invoice of 10 November: first on 10 December's."""
    expected = {
        SEPTEMBER: [],
        OCTOBER: [("SET9103", 12, "300.00")],  # 12 mailboxes are moved with the order, 12 x 25.00
        NOVEMBER: [
            ("SET9101", 21, "1260.00"),  # 21 active users on 3 November, 21 x 60.00
            ("RMM2001", 20, "840.00"),  # as ordered, 20 x 42.00
            ("RMM2001", 3, "126.00"),  # 23 were counted, 3 x 42.00
            ("RMM2002", 2, "29.00"),  # 2 x 14.50
            ("RMM2101", 1, "79.95"),
            ("SAS3401", 1, "8.40"),
        ],
        DECEMBER: [
            ("RMM2001", 23, "966.00"),  # 23 x 42.00
            ("RMM2002", 2, "29.00"),
            ("RMM2101", 1, "79.95"),
            ("SAS3401", 1, "8.40"),
        ],
    }
    assert str(collabrance(NOVEMBER, "cornerstone-networks").invoice_on) == "2026-12-10"
    for period, lines in expected.items():
        assert section(period, "cornerstone-networks", "marengo-feed-mill") == lines


@pytest.mark.rule("COL-11")
def test_the_setup_fee_that_waits_for_the_activation_is_told_in_october() -> None:
    for period, told in ((OCTOBER, 1), (NOVEMBER, 0)):
        findings = billed("collabrance", "monthly", period)["cornerstone-networks"].findings
        waiting = [entry for entry in findings if entry.code == "setup-fee-waiting"]
        assert len(waiting) == told


@pytest.mark.rule("COL-11", "COL-23", "COL-28")
def test_a_firewall_is_bought_once_with_its_setup_and_overnight_shipping() -> None:
    once_in = {
        period: once(period, "mill-town-technology", "millbrook-transit") for period in MONTHS
    }
    assert once_in == {
        SEPTEMBER: [],
        OCTOBER: [],
        NOVEMBER: [("HWD5101", 1, "895.00"), ("SHP9004", 1, "131.25"), ("SET9102", 1, "150.00")],
        DECEMBER: [],
    }
    assert once(DECEMBER, "mill-town-technology", "northfield-home-care") == [
        ("HAP5001", 1, "1450.00")
    ]


@pytest.mark.rule("COL-28")
@pytest.mark.parametrize("period", MONTHS, ids=str)
def test_every_line_of_a_firewall_says_whose_it_is(period: Period) -> None:
    whose = {"SEC1153": "rented", "SEC1160": "rented", "HWD5101": "owned"}
    lines = [
        line
        for outcome in billed("collabrance", "monthly", period).values()
        for invoice in outcome.invoices
        for line in invoice.lines
    ]
    firewalls = [line for line in lines if line.product in whose]
    assert len(firewalls) > 200
    for line in firewalls:
        assert line.ownership == whose[line.product]
        assert line.description.endswith(f"({line.ownership})")
    assert {line.ownership for line in lines if line.product not in whose} == {None}


@pytest.mark.rule("COL-22")
@pytest.mark.parametrize("period", MONTHS, ids=str)
def test_every_account_has_its_own_licenses_and_nothing_is_reported(period: Period) -> None:
    for outcome in billed("collabrance", "monthly", period).values():
        codes = {finding.code for finding in outcome.findings}
        assert "required-product-missing" not in codes
        for invoice in outcome.invoices:
            own = next(entry.subscriber for entry in invoice.sections if entry.internal)
            for product, price in (("SAS3001", "47.25"), ("SAS3002", "30.00")):
                licenses = [line for line in invoice.lines if line.product == product]
                assert [line.subscriber for line in licenses] == [own]
                assert str(licenses[0].unit_price.amount) == price


@pytest.mark.rule("KR-08")
def test_audits_and_firewalls_of_each_site_are_billed_once_by_the_users_there() -> None:
    """6 users: up to 10, 750.00; 15: up to 50, 1,250.00; the third studio has 4."""

    def onboarding(period: Period) -> list[tuple[str, int, str]]:
        parts = billed("kr-group", "recurring-charges", period)["birch-and-beam"].invoices
        lines = [line for part in parts if part.id.part == "onboarding" for line in part.lines]
        return amounts(lines)

    assert {period: onboarding(period) for period in MONTHS} == {
        SEPTEMBER: [("AUDIT", 2, "1000.00")],
        OCTOBER: [("FIREWALL", 1, "750.00"), ("FIREWALL", 1, "1250.00")],
        # Ordered on 20 October: November's charges were compared on the 5th, December's later.
        NOVEMBER: [],
        DECEMBER: [("AUDIT", 1, "500.00"), ("FIREWALL", 1, "750.00")],
    }
