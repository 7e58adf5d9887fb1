"""The sample accounts of Integris, each with the reason why it is in the book."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tools.sample_data.integris_chains import (
    big_lantern_retail,
    greenfield_schools,
    tidewater_veterinary,
)
from tools.sample_data.integris_parts import agreement_of, counted, fleet, sites_named
from tools.sample_data.lives import Life
from tools.sample_data.writing import Customer, Profile


def customers() -> list[Customer]:
    """Every sample account, in the order of the inventory."""
    return [
        _bayfront_dental(),
        _harbor_point_legal(),
        _summit_freight(),
        big_lantern_retail(),
        _cedar_hill_montessori(),
        _old_mill_accounting(),
        _sycamore_title(),
        greenfield_schools(),
        _north_quay_marine(),
        tidewater_veterinary(),
        _quarry_road_builders(),
    ]


def _bayfront_dental() -> Customer:
    profile = Profile(
        "bayfront-dental",
        "Bayfront Dental Group",
        ("Accounts Payable", "12 Harbor Street", "Rockport, NJ 00000"),
        more={"known_as": ["Bayfront Dental"], "purchase_order": "PO-2026-118"},
    )
    names = ("Rockport Office", "Clifton Office", "Westfield Office")
    devices = fleet(
        11,
        "BFD",
        {
            names[0]: {"Desktop": 14, "Laptop": 3, "Server": 2},
            names[1]: {"Desktop": 9, "Laptop": 1, "Server": 1},
            names[2]: {"Desktop": 7, "Laptop": 2, "Server": 1},
        },
        {
            "BFD-PC-29": {"since_on": date(2026, 9, 18)},
            "BFD-PC-30": {"since_on": date(2026, 10, 22)},
            "BFD-PC-05": {"until_on": date(2026, 11, 3)},
            "BFD-NB-04": {"until_on": date(2026, 9, 29)},
            "BFD-PC-12": {
                "last_seen_on": date(2026, 10, 15),
                "offboard_asked_on": date(2026, 10, 20),
            },
            "BFD-PC-20": {
                "last_seen_on": date(2026, 10, 27),
                "offboard_asked_on": date(2026, 10, 26),
            },
        },
    )
    kiosk = Life("11901", "BFD-KIOSK-01", names[0], "Desktop", date(2026, 10, 12))
    lines = counted("each", pc="62.00", server="145.00")
    return Customer(
        profile.document([agreement_of(lines, date(2023, 5, 1))], sites_named(names)),
        "Three offices, with a price per PC and a higher one per server; a few devices come and "
        "go. BFD-PC-12 is to be offboarded from 20 October on, but was last seen on the 15th: "
        "pending and billed in November, gone after thirty days. BFD-PC-20 was seen a day after "
        "its request of 26 October: not in November. BFD-KIOSK-01 is on the network from 12 "
        "October on, without our agent: listed as uncovered, never billed.",
        devices,
        uncovered=(kiosk,),
        network_discovery=True,
    )


def _harbor_point_legal() -> Customer:
    profile = Profile(
        "harbor-point-legal",
        "Harbor Point Legal LLP",
        ("Office Manager", "4 Court Square", "Kingsley, NJ 00000"),
    )
    devices = fleet(
        12,
        "HPL",
        {"Main Office": {"Laptop": 21, "Server": 1, "Virtual Server": 2}},
        {"HPL-NB-21": {"since_on": date(2026, 10, 1)}},
    )
    return Customer(
        profile.document([agreement_of(counted(pc="75.00", server="75.00"), date(2024, 2, 1))]),
        "The same price per PC and per server. HPL-NB-21 comes online on 1 October itself, after "
        "the inventory of 00:00: free in October, billed from November on.",
        devices,
    )


def _summit_freight() -> Customer:
    profile = Profile(
        "summit-freight",
        "Summit Freight Lines",
        ("Billing", "880 Depot Road", "Stonebridge, NJ 00000"),
    )
    devices = fleet(
        13,
        "SUM",
        {"Depot": {"Desktop": 13, "Server": 2}},
        {
            "SUM-PC-13": {"since_on": date(2026, 9, 7)},
            "SUM-PC-04": {"until_on": date(2026, 10, 7)},
        },
    )
    return Customer(
        profile.document([agreement_of(counted(pc="58.00", server="120.00"), date(2022, 11, 1))]),
        "SUM-PC-13 comes online on 7 September: free in September, billed from October on. "
        "SUM-PC-04 is offboarded on 7 October: October stays billed, November is without it. "
        "Network discovery finds nothing there that is not covered.",
        devices,
        network_discovery=True,
    )


def _cedar_hill_montessori() -> Customer:
    profile = Profile(
        "cedar-hill-montessori",
        "Cedar Hill Montessori School",
        ("Front Office", "77 Cedar Hill", "Beechwood, NJ 00000"),
    )
    return Customer(
        profile.document([agreement_of(counted(pc="55.00", server="110.00"), date(2026, 8, 1))]),
        "Nothing to bill: the agreement runs, but no device has been onboarded yet.",
    )


def _old_mill_accounting() -> Customer:
    profile = Profile(
        "old-mill-accounting",
        "Old Mill Accounting",
        ("Bookkeeping", "3 Mill Lane", "Millbrook, NJ 00000"),
    )
    devices = fleet(
        16,
        "OMA",
        {"Mill Lane": {"Laptop": 9, "Virtual Server": 1, "Desktop": 4}},
        {
            "OMA-PC-03": {"since_on": date(2026, 9, 30)},
            "OMA-PC-04": {"since_on": date(2026, 9, 30)},
        },
    )
    return Customer(
        profile.document([agreement_of(counted(pc="64.50", server="130.00"), date(2025, 1, 1))]),
        "A broken feed: in October's export two of its rows have the day 31 September. It is "
        "parked in October and billed again in November, when the export is right.",
        devices,
    )


def _sycamore_title() -> Customer:
    profile = Profile(
        "sycamore-title",
        "Sycamore Title Company",
        ("Controller", "250 Main Street", "Glenwood, NJ 00000"),
    )
    devices = fleet(
        17,
        "SYC",
        {"Main Street": {"Desktop": 16, "Laptop": 4, "Server": 1}},
        {"SYC-SRV-01": {"since_on": date(2026, 10, 12)}},
    )
    lines = counted(pc="60.00", server="118.00")
    lines[1]["starts_on"] = date(2026, 12, 1)
    return Customer(
        profile.document([agreement_of(lines, date(2024, 7, 1))]),
        "A device type without a price: its first server comes online on 12 October, a price per "
        "server is only agreed from December on. In November the account is parked by name; the "
        "server is never billed at zero.",
        devices,
    )


def _north_quay_marine() -> Customer:
    profile = Profile(
        "north-quay-marine",
        "North Quay Marine Supply",
        ("Accounts Payable", "9 North Quay", "Rockport, NJ 00000"),
    )
    devices = tuple(
        replace(device, since_on=date(2026, 9, 14))
        for device in fleet(19, "NQM", {"North Quay": {"Desktop": 17, "Laptop": 5, "Server": 2}})
    )
    lines = [
        *counted(pc="61.00", server="140.00"),
        {
            "line": "setup",
            "product": "SETUP",
            "price": {"flat": "1200.00"},
            "bill_once_in": "2026-10",
        },
    ]
    return Customer(
        profile.document([agreement_of(lines, date(2026, 9, 14))]),
        "Onboarded on 14 September: that month is free, the first invoice is for October and "
        "has the setup fee on it, once.",
        devices,
    )


def _quarry_road_builders() -> Customer:
    profile = Profile(
        "quarry-road-builders",
        "Quarry Road Builders",
        ("Office", "1400 Quarry Road", "Pine Ridge, NJ 00000"),
    )
    devices = tuple(
        replace(device, until_on=date(2026, 11, 30))
        for device in fleet(21, "QRB", {"Yard Office": {"Desktop": 8, "Laptop": 6, "Server": 1}})
    )
    agreement = agreement_of(
        counted(pc="59.00", server="132.00"), date(2023, 12, 1), ends_on=date(2026, 11, 30)
    )
    return Customer(
        profile.document([agreement]),
        "The agreement ends with November; from December on the account is not billed.",
        devices,
    )
