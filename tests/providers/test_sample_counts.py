"""Collabrance's counts from other sources, worked out by hand: Cottonwood and Osage.

The stories are in the comments of the two accounts; prices are in price-book.yaml.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from msp_billing.domain.findings import Finding
from msp_billing.domain.invoices import CountEvidence, Invoice
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from tests.providers.sample_billing import MONTHS, billed

SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = MONTHS


def outcome(period: Period, account: str = "cottonwood-it") -> AccountOutcome:
    return billed("collabrance", "monthly", period)[account]


def section(period: Period, subscriber: str) -> list[tuple[str, int, str]]:
    (invoice,) = outcome(period).invoices
    return [
        (line.product, int(line.quantity), str(line.amount.amount))
        for line in invoice.lines
        if line.subscriber == subscriber
    ]


def quantities(product: str, subscriber: str) -> list[int]:
    """The quantity of a product at a subscriber in each of the four months."""
    found = [
        quantity
        for period in MONTHS
        for code, quantity, _ in section(period, subscriber)
        if code == product
    ]
    assert len(found) == len(MONTHS)
    return found


def evidence(period: Period, rule: str, subscriber: str) -> CountEvidence:
    invoice: Invoice = outcome(period).invoices[0]
    return next(
        entry for entry in invoice.counts if (entry.rule, entry.subscriber) == (rule, subscriber)
    )


def findings(period: Period, code: str) -> list[Finding]:
    return [entry for entry in outcome(period).findings if entry.code == code]


@pytest.mark.rule("COL-13", "COL-15", "COL-16", "COL-17", "COL-18")
def test_the_december_of_meadow_lane_pediatrics_adds_up_by_hand() -> None:
    assert section(DECEMBER, "meadow-lane-pediatrics") == [
        ("COM4003", 9, "60.75"),  # 9 x 6.75: eight that stay, and one deleted on 1 December
        ("COM4004", 2, "6.00"),  # 2 x 3.00
        ("RMM2001", 8, "336.00"),  # 8 x 42.00
        ("RMM2002", 2, "29.00"),  # 2 x 14.50
        ("RMM2101", 1, "79.95"),
        ("SAS3101", 10, "28.50"),  # 10 x 2.85, from the vendor's invoice
        ("SAS3201", 11, "39.60"),  # 9 active and 2 archived x 3.60
        ("SAS3301", 8, "32.80"),  # 7 active and 1 with a bypass x 4.10
        ("SEC1201", 1, "18.00"),
    ]
    # 60.75 + 6 + 336 + 29 + 79.95 + 28.50 + 39.60 + 32.80 + 18 = 630.60
    (invoice,) = outcome(DECEMBER).invoices
    assert invoice.section_total("meadow-lane-pediatrics").amount == Decimal("630.60")


@pytest.mark.rule("COL-04")
def test_a_change_of_the_last_three_business_days_waits_for_the_next_month() -> None:
    """October 2026 ends on Friday 30; the 28th is the third business day from its end.

    MLP Sales 02 was announced on the 28th and counts from November on; MLP Office 02, whose end
    was announced on 29 December, of 29, 30 and 31, still counts in December.
    """
    assert quantities("RMM2001", "meadow-lane-pediatrics") == [7, 7, 8, 8]
    late = {
        (period, change.item.name, change.what, str(change.received_on))
        for period in MONTHS
        for change in evidence(period, "azure-users", "meadow-lane-pediatrics").count.late
    }
    assert late == {
        (OCTOBER, "MLP Sales 02", "added", "2026-10-28"),
        (DECEMBER, "MLP Office 02", "removed", "2026-12-29"),
    }
    (reported,) = findings(OCTOBER, "late-change")
    assert [item.name for item in reported.items] == ["MLP Sales 02"]


@pytest.mark.rule("COL-13")
def test_basic_support_takes_changes_until_the_24th() -> None:
    """All in November: one new on the 24th, one gone on the 25th, one from mobile on the 27th.

    Five full users and three mobile ones until October. November: the new one counts, the one who
    is gone still does, and the mobile one still is one: 6 and 3. December: 6 full, 2 mobile.
    """
    assert quantities("RMM2001", "sandhill-outfitters") == [5, 5, 6, 6]
    assert quantities("RMM2002", "sandhill-outfitters") == [3, 3, 3, 2]
    december = evidence(DECEMBER, "basic-users", "sandhill-outfitters").count
    assert [item.name for item in december.joined] == ["SHO Field 03"]
    assert [(item.name, str(item.until_on)) for item in december.left] == [
        ("SHO Office 02", "2026-11-25")
    ]


@pytest.mark.rule("COL-14")
def test_workstations_of_a_workgroup_stand_for_users() -> None:
    # 5 x 1.5 = 7.5, hence 8 x 42.00; 3 x 1 x 42.00
    assert section(DECEMBER, "little-creek-auto") == [("RMM2001", 8, "336.00")]
    assert section(DECEMBER, "blue-door-studio") == [("RMM2001", 3, "126.00")]


@pytest.mark.rule("COL-15")
def test_a_mailbox_of_a_week_bills_for_its_month() -> None:
    """One lives from 5 to 12 November, one ends on 1 December: 9, 9, 9 + 1, and 8 + 1."""
    assert quantities("COM4003", "meadow-lane-pediatrics") == [9, 9, 10, 9]
    november = evidence(NOVEMBER, "exchange-mailboxes", "meadow-lane-pediatrics")
    assert "online-09@meadow-lane-pediatrics.example" in {
        item.name for item in november.count.items
    }


@pytest.mark.rule("COL-17")
def test_a_customer_that_the_vendors_invoice_lacks_parks_the_account_by_name() -> None:
    parked = outcome(NOVEMBER, "osage-technology")
    (problem,) = parked.problems
    assert problem.code == "not-on-vendor-invoice"
    assert problem.what.startswith("Stone Arch Bakery has no row for 'Seats of security")
    (december,) = outcome(DECEMBER, "osage-technology").invoices
    training = {
        line.subscriber: int(line.quantity) for line in december.lines if line.product == "SAS3101"
    }
    assert training == {"rolling-hills-clinic": 15, "stone-arch-bakery": 5}


def test_contacts_and_directory_are_compared_and_both_lists_are_named() -> None:
    """In October one user is in the directory before it counts: within the tolerance."""
    assert [findings(period, "sources-differ") for period in (SEPTEMBER, OCTOBER, NOVEMBER)] == [
        [],
        [],
        [],
    ]
    (finding,) = findings(DECEMBER, "sources-differ")
    assert finding.subscriber == "meadow-lane-pediatrics"
    assert [item.name for item in finding.items] == ["MLP Office 02"]
    assert [item.name for item in finding.others] == ["MLP Intern 01", "MLP Intern 02"]
