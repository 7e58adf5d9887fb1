"""The sample books bill what was worked out by hand from the published policies."""

from __future__ import annotations

from decimal import Decimal

import pytest

from msp_billing.domain.invoices import Invoice, InvoiceLine
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.periods import Period
from tests.providers.sample_billing import MONTHS, billed

SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = MONTHS
EVERY_RUN = (
    ("integris", "managed-services"),
    ("kr-group", "recurring-charges"),
    ("kr-group", "agreement"),
    ("collabrance", "monthly"),
)


def invoices(provider: str, run: str, period: Period, account: str) -> dict[str, Invoice]:
    return {entry.id.part: entry for entry in billed(provider, run, period)[account].invoices}


def integris(period: Period, account: str) -> Invoice:
    return invoices("integris", "managed-services", period, account)["all"]


def agreement_invoice(period: Period, account: str, part: str = "managed-it") -> Invoice:
    return invoices("kr-group", "agreement", period, account)[part]


def collabrance(period: Period, account: str) -> Invoice:
    return invoices("collabrance", "monthly", period, account)["all"]


def amounts(lines: tuple[InvoiceLine, ...]) -> list[tuple[str, int, str]]:
    return [(line.product, int(line.quantity), str(line.amount.amount)) for line in lines]


def section(invoice: Invoice, subscriber: str) -> tuple[InvoiceLine, ...]:
    return tuple(line for line in invoice.lines if line.subscriber == subscriber)


def names(invoice: Invoice, product: str) -> set[str]:
    """The items that the lines of a product are made of."""
    lines = [line for line in invoice.lines if line.product == product]
    evidence = [invoice.evidence(line) for line in lines]
    return {item.name for entry in evidence if entry for item in entry.count.items}


# --- All providers -----------------------------------------------------------------------------


PARKED = {
    ("integris", "managed-services", OCTOBER): {"old-mill-accounting"},
    ("integris", "managed-services", NOVEMBER): {"sycamore-title"},
    ("kr-group", "agreement", OCTOBER): {"iron-range-machining"},
    ("collabrance", "monthly", OCTOBER): {"riverbend-computer"},
    ("collabrance", "monthly", NOVEMBER): {"osage-technology"},
}
NOTHING_TO_BILL = {
    ("integris", "managed-services"): "cedar-hill-montessori",
    ("kr-group", "recurring-charges"): "maple-street-community",
    ("kr-group", "agreement"): "maple-street-community",
    ("collabrance", "monthly"): "copper-kettle-it",
}
HUGE = {
    ("integris", "managed-services"): ("big-lantern-retail", "all"),
    ("kr-group", "recurring-charges"): ("two-peninsulas-clinics", "clinics"),
    ("collabrance", "monthly"): ("heartland-managed-it", "all"),
}


@pytest.mark.parametrize("period", MONTHS, ids=str)
@pytest.mark.parametrize(("provider", "run"), EVERY_RUN)
def test_only_the_accounts_with_a_broken_month_are_parked(
    provider: str, run: str, period: Period
) -> None:
    outcomes = billed(provider, run, period)
    parked = {account for account, outcome in outcomes.items() if outcome.parked}
    assert parked == PARKED.get((provider, run, period), set())


@pytest.mark.parametrize("period", MONTHS, ids=str)
@pytest.mark.parametrize(("provider", "run"), EVERY_RUN)
def test_an_account_has_nothing_to_bill(provider: str, run: str, period: Period) -> None:
    outcome = billed(provider, run, period)[NOTHING_TO_BILL[provider, run]]
    assert [entry.kind for entry in outcome.agreements] == [OutcomeKind.NOTHING_TO_BILL]
    assert outcome.invoices == ()


@pytest.mark.parametrize("period", MONTHS, ids=str)
@pytest.mark.parametrize(("provider", "run"), HUGE)
def test_the_huge_invoice_has_3000_lines(provider: str, run: str, period: Period) -> None:
    account, part = HUGE[provider, run]
    assert len(invoices(provider, run, period, account)[part].lines) == 3000


@pytest.mark.parametrize(("provider", "run"), EVERY_RUN)
def test_something_joins_and_something_leaves_in_the_three_later_months(
    provider: str, run: str
) -> None:
    counts = [
        evidence.count
        for period in MONTHS
        for outcome in billed(provider, run, period).values()
        for invoice in outcome.invoices
        for evidence in invoice.counts
    ]
    assert any(count.joined for count in counts)
    assert any(count.left for count in counts)


# --- Integris ----------------------------------------------------------------------------------


@pytest.mark.rule("INT-01")
def test_a_count_names_its_export_with_checksum_and_age() -> None:
    (evidence, *_) = integris(DECEMBER, "summit-freight").counts
    assert evidence.source.key == "rmm-devices/2026-12-01.csv"
    assert evidence.source.age_hours == 0
    assert len(evidence.source.sha256) == 64


@pytest.mark.rule("INT-02")
def test_each_account_has_its_own_price_per_pc_and_per_server() -> None:
    assert amounts(integris(SEPTEMBER, "summit-freight").lines) == [
        ("PC", 12, "696.00"),  # 12 x 58.00
        ("SERVER", 2, "240.00"),  # 2 x 120.00
    ]
    assert amounts(integris(SEPTEMBER, "harbor-point-legal").lines) == [
        ("PC", 20, "1500.00"),  # 20 x 75.00
        ("SERVER", 3, "225.00"),  # 3 x 75.00: the same price
    ]


@pytest.mark.rule("INT-02")
def test_a_server_without_a_price_stops_the_account_until_there_is_one() -> None:
    outcome = billed("integris", "managed-services", NOVEMBER)["sycamore-title"]
    assert [problem.code for problem in outcome.problems] == ["unpriced-items"]
    assert "SYC-SRV-01" in outcome.problems[0].what
    assert amounts(integris(DECEMBER, "sycamore-title").lines) == [
        ("PC", 20, "1200.00"),  # 20 x 60.00
        ("SERVER", 1, "118.00"),
    ]


@pytest.mark.rule("INT-03")
def test_an_invoice_in_advance_covers_its_own_month() -> None:
    invoice = integris(DECEMBER, "summit-freight")
    covered = invoice.service_period
    assert (str(invoice.invoice_on), str(covered.starts_on), str(covered.ends_on)) == (
        "2026-12-02",
        "2026-12-01",
        "2026-12-31",
    )


@pytest.mark.rule("INT-04")
def test_a_device_online_on_the_7th_is_free_until_the_next_invoice() -> None:
    assert "SUM-PC-13" not in names(integris(SEPTEMBER, "summit-freight"), "PC")
    october = integris(OCTOBER, "summit-freight")
    assert "SUM-PC-13" in names(october, "PC")
    assert amounts(october.lines)[0] == ("PC", 13, "754.00")  # in full: 13 x 58.00


@pytest.mark.rule("INT-04")
def test_a_device_online_on_the_first_itself_came_after_the_inventory() -> None:
    assert "HPL-NB-21" not in names(integris(OCTOBER, "harbor-point-legal"), "PC")
    assert "HPL-NB-21" in names(integris(NOVEMBER, "harbor-point-legal"), "PC")


@pytest.mark.rule("INT-05")
def test_a_device_offboarded_on_the_7th_stays_billed_for_that_month() -> None:
    assert "SUM-PC-04" in names(integris(OCTOBER, "summit-freight"), "PC")
    november = integris(NOVEMBER, "summit-freight")
    assert "SUM-PC-04" not in names(november, "PC")
    assert amounts(november.lines) == [("PC", 12, "696.00"), ("SERVER", 2, "240.00")]


@pytest.mark.rule("INT-07")
def test_a_device_that_is_switched_off_stays_on_the_bill_for_thirty_days() -> None:
    """TWV-PC-09 was last seen on 7 October: 25 days to 1 November, 55 to 1 December."""
    billed_in = {
        period: "TWV-PC-09" in names(integris(period, "tidewater-veterinary"), "PC")
        for period in MONTHS
    }
    assert billed_in == {SEPTEMBER: True, OCTOBER: True, NOVEMBER: True, DECEMBER: False}
    left = [
        (item.name, str(item.until_on))
        for entry in integris(DECEMBER, "tidewater-veterinary").counts
        for item in entry.count.left
    ]
    assert left == [("TWV-PC-09", "2026-10-07")]


@pytest.mark.rule("INT-08")
def test_offboarding_counts_when_the_device_was_online_and_is_pending_until_then() -> None:
    """PC-12, asked on 20 October, was seen on the 15th; PC-20, asked on the 26th, on the 27th.

    From 15 October it is 17 days to 1 November and 47 to 1 December, when INT-07 drops PC-12.
    """
    november = names(integris(NOVEMBER, "bayfront-dental"), "PC")
    assert "BFD-PC-12" in november
    assert "BFD-PC-20" not in november
    assert "BFD-PC-12" not in names(integris(DECEMBER, "bayfront-dental"), "PC")
    pending = {
        period: [
            (item.name, item.where, str(item.since_on))
            for finding in billed("integris", "managed-services", period)[
                "bayfront-dental"
            ].findings
            if finding.code == "offboarding-pending"
            for item in finding.items
        ]
        for period in MONTHS
    }
    assert pending == {
        SEPTEMBER: [],
        OCTOBER: [],
        NOVEMBER: [("BFD-PC-12", "Rockport Office", "2026-10-20")],
        DECEMBER: [],
    }


@pytest.mark.rule("INT-09")
def test_what_only_network_discovery_knows_is_listed_and_not_billed() -> None:
    uncovered = {
        (period, account, item.name, item.where, str(item.since_on))
        for period in MONTHS
        for account, outcome in billed("integris", "managed-services", period).items()
        for finding in outcome.findings
        if finding.code == "uncovered"
        for item in finding.items
    }
    kiosk = ("bayfront-dental", "bfd-kiosk-01", "Rockport Office", "2026-10-12")
    assert uncovered == {(NOVEMBER, *kiosk), (DECEMBER, *kiosk)}
    assert "BFD-KIOSK-01" not in names(integris(DECEMBER, "bayfront-dental"), "PC")


@pytest.mark.rule("MSA-01")
def test_a_setup_fee_is_billed_once_and_a_flat_fee_every_month() -> None:
    assert amounts(integris(OCTOBER, "north-quay-marine").lines) == [
        ("PC", 22, "1342.00"),  # 22 x 61.00
        ("SERVER", 2, "280.00"),  # 2 x 140.00
        ("SETUP", 1, "1200.00"),
    ]
    assert str(integris(NOVEMBER, "north-quay-marine").total.amount) == "1622.00"
    for period in MONTHS:
        flat = [
            line
            for line in integris(period, "greenfield-schools").lines
            if line.product == "MS-FLAT"
        ]
        assert amounts(tuple(flat)) == [("MS-FLAT", 1, "640.00")]


def test_a_broken_export_of_one_account_leaves_the_next_month_without_a_comparison() -> None:
    november = integris(NOVEMBER, "old-mill-accounting")
    assert {evidence.compared_with for evidence in november.counts} == {None}
    december = integris(DECEMBER, "old-mill-accounting")
    assert {evidence.compared_with for evidence in december.counts} == {NOVEMBER}


# --- The KR Group ------------------------------------------------------------------------------


@pytest.mark.rule("KR-01")
def test_the_december_agreement_is_invoiced_on_15_november() -> None:
    invoice = agreement_invoice(DECEMBER, "huron-title")
    covered = invoice.service_period
    assert [str(day) for day in (invoice.invoice_on, invoice.due_on)] == [
        "2026-11-15",
        "2026-11-30",
    ]
    assert (str(covered.starts_on), str(covered.ends_on)) == ("2026-12-01", "2026-12-31")


@pytest.mark.rule("KR-02")
def test_users_are_listed_by_kind_with_a_price_of_their_own() -> None:
    invoice = agreement_invoice(SEPTEMBER, "dune-grass-property")
    assert amounts(invoice.lines) == [
        ("USER-FT", 20, "2000.00"),  # 20 x 100.00
        ("USER-PT", 2, "110.00"),  # 2 x 55.00
    ]
    assert names(invoice, "USER-PT") == {"Front Desk 61", "Accounts 61"}
    assert len(names(invoice, "USER-FT")) == 20


@pytest.mark.rule("KR-03")
@pytest.mark.parametrize(
    ("account", "part", "label"),
    [
        ("lakeshore-orthopedics", "managed-it", "Agreement Hybrid IT"),
        ("grand-river-brewing", "managed-it", "Agreement Remote Only IT"),
        ("white-pine-credit-union", "managed-it", "Agreement Inclusive IT"),
        ("sturgeon-works", "office", "Agreement Inclusive IT"),
        ("sturgeon-works", "plant", "Agreement Hybrid IT"),
    ],
)
def test_the_coverage_is_the_heading(account: str, part: str, label: str) -> None:
    assert agreement_invoice(DECEMBER, account, part).label == label


@pytest.mark.rule("KR-04")
def test_backup_and_microsoft_365_are_invoices_of_their_own() -> None:
    parts = invoices("kr-group", "recurring-charges", DECEMBER, "lakeshore-orthopedics")
    assert amounts(parts["backup"].lines) == [
        ("BACKUP-SERVER", 4, "300.00"),  # 4 x 75.00
        ("BACKUP-PC", 9, "112.50"),  # 9 x 12.50: LSO-WS-02 is gone
    ]
    assert amounts(parts["microsoft-365"].lines) == [
        ("M365-BASIC", 8, "57.60"),  # 8 x 7.20
        ("M365-PREMIUM", 48, "1267.20"),  # 48 x 26.40
    ]


@pytest.mark.rule("KR-09")
@pytest.mark.parametrize(
    ("account", "lines"),
    [
        # 3 years: 18 x 100.00 + 3 x 55.00 = 1,965.00, of which 10% are 196.50.
        (
            "birch-and-beam",
            [("USER-FT", 18, "1800.00"), ("USER-PT", 3, "165.00"), ("TERM-3Y", 1, "-196.50")],
        ),
        # 5 years: 119 x 85.00 + 11 x 55.00 = 10,720.00, of which 15% are 1,608.00.
        (
            "white-pine-credit-union",
            [("USER-FT", 119, "10115.00"), ("USER-PT", 11, "605.00"), ("TERM-5Y", 1, "-1608.00")],
        ),
        # 1 year: no discount.
        ("dune-grass-property", [("USER-FT", 20, "2000.00"), ("USER-PT", 2, "110.00")]),
    ],
)
def test_a_longer_term_saves_on_the_agreement(
    account: str, lines: list[tuple[str, int, str]]
) -> None:
    assert amounts(agreement_invoice(DECEMBER, account).lines) == lines


@pytest.mark.rule("KR-09")
@pytest.mark.parametrize("period", MONTHS, ids=str)
def test_a_longer_term_saves_nothing_on_other_charges(period: Period) -> None:
    products = [
        line.product
        for outcome in billed("kr-group", "recurring-charges", period).values()
        for invoice in outcome.invoices
        for line in invoice.lines
    ]
    assert [product for product in products if product.startswith("TERM")] == []


def test_all_users_take_the_price_of_the_step_that_their_number_is_in() -> None:
    assert str(agreement_invoice(OCTOBER, "huron-title").total.amount) == "2400.00"  # 24 x 100
    assert str(agreement_invoice(NOVEMBER, "huron-title").total.amount) == "2375.00"  # 25 x 95


@pytest.mark.rule("MSA-01")
def test_audit_and_firewalls_of_a_new_customer_are_billed_once() -> None:
    def onboarding(period: Period) -> list[tuple[str, int, str]]:
        parts = invoices("kr-group", "recurring-charges", period, "birch-and-beam")
        return amounts(parts["onboarding"].lines) if "onboarding" in parts else []

    assert onboarding(SEPTEMBER) == [("AUDIT", 2, "1000.00")]
    assert onboarding(OCTOBER) == [("FIREWALL", 1, "750.00"), ("FIREWALL", 1, "1250.00")]
    assert onboarding(NOVEMBER) == []


def test_a_broken_user_list_does_not_stop_the_backup_invoice() -> None:
    parts = invoices("kr-group", "recurring-charges", OCTOBER, "iron-range-machining")
    assert list(parts) == ["backup"]
    (problem,) = billed("kr-group", "agreement", OCTOBER)["iron-range-machining"].problems
    assert problem.code == "feed-half-written"


# --- Collabrance -------------------------------------------------------------------------------


@pytest.mark.rule("COL-06")
@pytest.mark.parametrize("period", MONTHS, ids=str)
def test_the_detailed_section_of_the_sources_sample_comes_to_662_20(period: Period) -> None:
    invoice = collabrance(period, "prairie-it-partners")
    assert amounts(section(invoice, "ridgeway-family-dental")) == [
        ("COM4003", 11, "74.25"),  # 11 x 6.75, as in the source
        ("RMM2001", 11, "462.00"),
        ("RMM2002", 1, "14.50"),
        ("RMM2101", 1, "79.95"),
        ("SEC1153", 1, "31.50"),  # as in the source
    ]
    assert invoice.section_total("ridgeway-family-dental").amount == Decimal("662.20")


@pytest.mark.rule("COL-06")
def test_the_internal_environment_comes_first() -> None:
    invoice = collabrance(DECEMBER, "prairie-it-partners")
    assert [entry.internal for entry in invoice.sections][:2] == [True, False]
    assert amounts(section(invoice, "prairie-it-partners-internal")) == [
        ("SAS3001", 1, "47.25"),
        ("SAS3002", 3, "90.00"),  # 3 x 30.00
    ]


@pytest.mark.rule("COL-02")
def test_a_server_added_after_the_23rd_is_counted_in_the_next_month() -> None:
    assert "OVH-SRV-02" not in names(collabrance(OCTOBER, "prairie-it-partners"), "RMM2101")
    assert "OVH-SRV-02" in names(collabrance(NOVEMBER, "prairie-it-partners"), "RMM2101")


@pytest.mark.rule("COL-02")
def test_a_user_added_on_the_last_business_day_is_counted_in_that_month() -> None:
    september = names(collabrance(SEPTEMBER, "prairie-it-partners"), "RMM2001")
    october = names(collabrance(OCTOBER, "prairie-it-partners"), "RMM2001")
    assert october - september == {"OVH Sales 03"}


@pytest.mark.rule("COL-02")
def test_a_workstation_removed_on_the_23rd_is_gone_and_one_day_later_it_is_not() -> None:
    assert "WCM-WS-03" not in names(collabrance(OCTOBER, "loess-hills-it"), "RMM2102")
    assert "WCM-WS-08" in names(collabrance(NOVEMBER, "loess-hills-it"), "RMM2102")
    assert "WCM-WS-08" not in names(collabrance(DECEMBER, "loess-hills-it"), "RMM2102")


@pytest.mark.rule("COL-12")
def test_users_are_counted_by_the_unit_that_they_are_in() -> None:
    october = collabrance(OCTOBER, "prairie-it-partners")
    november = collabrance(NOVEMBER, "prairie-it-partners")
    assert "BRR Field 06" in names(october, "RMM2002")
    assert "BRR Field 06" in names(november, "RMM2001")
    assert "BRR Field 06" not in names(november, "RMM2002")
    counted = names(october, "RMM2001") | names(october, "RMM2002")
    assert not [name for name in counted if "Scanner" in name or "Former User" in name]


@pytest.mark.rule("COL-01")
def test_a_customer_that_leaves_is_billed_for_its_last_month_whole() -> None:
    october = collabrance(OCTOBER, "two-rivers-technology")
    assert amounts(section(october, "beechwood-furniture")) == [
        ("COM4003", 20, "135.00"),  # 20 x 6.75
        ("RMM2001", 18, "756.00"),  # 18 x 42.00
        ("RMM2002", 4, "58.00"),  # 4 x 14.50
        ("RMM2101", 1, "79.95"),
        ("SEC1153", 1, "31.50"),
    ]
    november = collabrance(NOVEMBER, "two-rivers-technology")
    assert section(november, "beechwood-furniture") == ()


def test_a_small_service_provider_adds_up_by_hand() -> None:
    # 6 + 4 users at 42.00, 3 mobile at 14.50, a server at 79.95, a backup at 8.40, two licenses.
    by_hand = Decimal(10) * 42 + 3 * Decimal("14.50")
    by_hand += Decimal("79.95") + Decimal("8.40") + Decimal("47.25") + Decimal("30.00")
    assert collabrance(DECEMBER, "bluestem-technology").total.amount == by_hand
