"""The sample accounts of The KR Group, each with the reason why it is in the book."""

from __future__ import annotations

from datetime import date

from tools.sample_data.kr_group_chains import sturgeon_works, two_peninsulas_clinics
from tools.sample_data.kr_group_charges import tamarack_lodge
from tools.sample_data.kr_group_contracts import (
    cherry_bay_outfitters,
    old_harbor_printing,
    silver_birch_surveyors,
)
from tools.sample_data.kr_group_parts import (
    backup,
    fixed,
    machines,
    managed_it,
    microsoft_365,
    per_user,
    recurring,
    users,
)
from tools.sample_data.writing import Customer, Document, Profile


def customers() -> list[Customer]:
    """Every sample account."""
    return [
        _lakeshore_orthopedics(),
        _grand_river_brewing(),
        _white_pine_credit_union(),
        _dune_grass_property(),
        two_peninsulas_clinics(),
        _maple_street_community(),
        _iron_range_machining(),
        _birch_and_beam(),
        _huron_title(),
        sturgeon_works(),
        cherry_bay_outfitters(),
        silver_birch_surveyors(),
        old_harbor_printing(),
        tamarack_lodge(),
    ]


def _lakeshore_orthopedics() -> Customer:
    profile = Profile(
        "lakeshore-orthopedics",
        "Lakeshore Orthopedics PC",
        ("Practice Administrator", "40 Lakeshore Drive", "Clearwater, MI 00000"),
        more={"known_as": ["Lakeshore Ortho"]},
    )
    start = date(2025, 3, 1)
    stepped_up: Document = {"ends_on": date(2026, 10, 31)}
    return Customer(
        profile.document(
            [
                managed_it("co-managed", 3, start, per_user()),
                backup(start, "BACKUP-SERVER", "BACKUP-PC"),
                microsoft_365(
                    start,
                    [
                        fixed("M365-PREMIUM", 46, **stepped_up),
                        {
                            **fixed("M365-PREMIUM", 48, starts_on=date(2026, 11, 1)),
                            "line": "m365-premium-from-november",
                        },
                        fixed("M365-BASIC", 8),
                    ],
                ),
            ]
        ),
        "Co-managed, for a term of 3 years; backup and Microsoft 365 on invoices of their own. "
        "Somebody joins in September, somebody leaves in October, and one goes from part-time "
        "to full-time: the contracted numbers stay until the change window of March.",
        machines(
            profile.account,
            "LSO",
            4,
            10,
            {
                "LSO-WS-10": {"since_on": date(2026, 8, 19)},
                "LSO-WS-02": {"until_on": date(2026, 10, 20)},
            },
        ),
        users(
            profile.account,
            47,
            8,
            {
                "Operations 07": {"since_on": date(2026, 9, 8)},
                "Sales 03": {"until_on": date(2026, 10, 2)},
                "Accounts 61": {"kind_later": (date(2026, 11, 2), "Full-time")},
            },
        ),
    )


def _grand_river_brewing() -> Customer:
    place = "grand-river-brewing.example"
    profile = Profile(
        "grand-river-brewing",
        "Grand River Brewing Company",
        ("Accounts Payable", "610 River Street", "Riverside, MI 00000"),
        more={"dunning": {"contacts": [f"bookkeeping@{place}", f"accounts-payable@{place}"]}},
    )
    start = date(2026, 1, 1)
    lines = per_user({"each": "85.00"}, {"each": "45.00"})
    return Customer(
        profile.document(
            [
                managed_it("remote", 0, start, lines),
                microsoft_365(start, [fixed("M365-STANDARD", 17), fixed("M365-BASIC", 9)]),
            ]
        ),
        "Remote only, without a term, at prices of its own. Seasonal part-time users come in "
        "October and go in November; they are billed until the change window of January. In the "
        "demo its bookkeeping's address bounces, and letters go to the next one.",
        users=users(
            profile.account,
            16,
            9,
            {
                "Front Desk 62": {"since_on": date(2026, 9, 20), "until_on": date(2026, 11, 6)},
                "Accounts 62": {"since_on": date(2026, 9, 20), "until_on": date(2026, 11, 6)},
            },
        ),
    )


def _white_pine_credit_union() -> Customer:
    profile = Profile(
        "white-pine-credit-union",
        "White Pine Community Credit Union",
        ("Vendor Management", "1 Pine Plaza", "Pine Ridge, MI 00000"),
        more={"purchase_order": "WP-2026-IT"},
    )
    start = date(2024, 6, 1)
    return Customer(
        profile.document(
            [
                managed_it("traditional", 5, start, per_user()),
                backup(start, "BACKUP-SERVER"),
                recurring(
                    "subscriptions",
                    "Other subscriptions",
                    start,
                    [fixed("MAIL-ARCHIVE", 131), fixed("VOICE-SEAT", 96)],
                ),
            ]
        ),
        "A term of 5 years and more than 100 users, hence the lowest step of the price. The list "
        "price of the email archive rises in November.",
        machines(profile.account, "WPC", 9, 0, {"WPC-SRV-09": {"since_on": date(2026, 10, 1)}}),
        users(
            profile.account,
            119,
            12,
            {
                "Records 17": {"since_on": date(2026, 10, 5)},
                "Records 61": {"until_on": date(2026, 9, 1)},
            },
        ),
    )


def _dune_grass_property() -> Customer:
    profile = Profile(
        "dune-grass-property",
        "Dune Grass Property Management",
        ("Bookkeeper", "18 Dune Road", "Lakewood, MI 00000"),
        more={"dunning": {"escalation_contacts": ["owner@dune-grass-property.example"]}},
    )
    start = date(2026, 4, 1)
    return Customer(
        profile.document(
            [
                managed_it("traditional", 1, start, per_user()),
                recurring("subscriptions", "Other subscriptions", start, [fixed("VOICE-SEAT", 22)]),
            ]
        ),
        "A term of 1 year, without a discount; cloud voice alone. Never pays in the demo.",
        users=users(profile.account, 20, 2),
    )


def _maple_street_community() -> Customer:
    profile = Profile(
        "maple-street-community",
        "Maple Street Community Center",
        ("Treasurer", "5 Maple Street", "Maplewood, MI 00000"),
    )
    return Customer(
        profile.document([managed_it("remote", 1, date(2026, 9, 1), per_user())]),
        "Nothing to bill: the agreement runs, but nobody is on the user list yet.",
    )


def _iron_range_machining() -> Customer:
    profile = Profile(
        "iron-range-machining",
        "Iron Range Machining",
        ("Accounting", "900 Foundry Road", "Rockport, MI 00000"),
    )
    start = date(2025, 9, 1)
    return Customer(
        profile.document(
            [
                managed_it("traditional", 3, start, per_user()),
                backup(start, "BACKUP-SERVER", "BACKUP-PC"),
            ]
        ),
        "A broken feed: the user list for October stops in the middle of its last line. The "
        "account is parked in October's agreement run and billed again in November; its backup "
        "invoice goes out all the time.",
        machines(profile.account, "IRM", 3, 6),
        users(profile.account, 31, 4, {"Scheduling 05": {"since_on": date(2026, 9, 28)}}),
    )


def _birch_and_beam() -> Customer:
    profile = Profile(
        "birch-and-beam",
        "Birch & Beam Architects",
        ("Studio Manager", "22 Gallery Row", "Elm Grove, MI 00000"),
    )
    onboarding: Document = {
        **recurring(
            "onboarding",
            "Onboarding of sites",
            date(2026, 9, 1),
            [fixed("AUDIT", 2, bill_once_in="2026-09")],
            "onboarding",
        ),
        "ends_on": date(2026, 12, 31),
    }
    orders = [
        _firewalls("two-firewalls", date(2026, 8, 20), {"branch studio": 6, "main studio": 15}),
        _firewalls("third-studio", date(2026, 10, 20), {"third studio": 4}),
    ]
    orders[1]["items"].insert(0, {"item": "audit", "product": "AUDIT", "quantity": 1})
    start = date(2026, 10, 1)
    return Customer(
        profile.document(
            [
                onboarding,
                managed_it("traditional", 3, start, per_user()),
                microsoft_365(start, [fixed("M365-PREMIUM", 21)]),
            ]
        )
        | {"orders": orders},
        "A new customer with two sites: the audit is billed in September and the firewalls in "
        "October, each once and by the users at its site; a third studio is ordered on 20 "
        "October, after November's charges were counted, and billed in December. Managed services "
        "for a term of 3 years from October on.",
        users=users(profile.account, 18, 3),
    )


def _firewalls(order: str, ordered_on: date, users_by_site: dict[str, int]) -> Document:
    """An order of one firewall for each site (KR-08)."""
    items: list[Document] = [
        {
            "item": f"firewall-{number}",
            "product": "FIREWALL",
            "quantity": 1,
            "capacity": count,
            "note": site,
        }
        for number, (site, count) in enumerate(users_by_site.items(), start=1)
    ]
    return {
        "order": order,
        "kind": "project",
        "ordered_on": ordered_on,
        "agreement": "onboarding",
        "items": items,
    }


def _huron_title() -> Customer:
    profile = Profile(
        "huron-title",
        "Huron Title Agency",
        ("Escrow Accounting", "310 State Street", "Kingsley, MI 00000"),
    )
    start = date(2025, 12, 1)
    return Customer(
        profile.document(
            [
                managed_it("co-managed", 0, start, per_user()),
                microsoft_365(start, [fixed("M365-STANDARD", 25)]),
            ]
        ),
        "On the edge of a step of the price: 24 full-time users at 100.00 until October, 25 at "
        "95.00 from November on, and the invoice becomes smaller.",
        users=users(profile.account, 25, 0, {"Sales 04": {"since_on": date(2026, 10, 1)}}),
    )
