"""The sample accounts of Collabrance, each with the reason why it is in the book."""

from __future__ import annotations

from datetime import date

from tools.sample_data.collabrance_cases import (
    copper_kettle_it,
    loess_hills_it,
    mill_town_technology,
    two_rivers_technology,
)
from tools.sample_data.collabrance_chains import heartland_managed_it
from tools.sample_data.collabrance_counted import cottonwood_it, osage_technology
from tools.sample_data.collabrance_parts import (
    BY_USER,
    Changes,
    Client,
    internal_client,
    order,
    service_provider,
)
from tools.sample_data.collabrance_resale import RESALE_NET_10, RESALE_NET_30
from tools.sample_data.writing import Customer, Document, Profile

# COL-21: both firewalls came back, and were found to be in order on 20 November, the last month.
# COL-16: SIEM/SOC was cancelled too, and is committed until the end of January 2027.
_CANCELLED_AT_GLENWOOD: tuple[Document, ...] = (
    {
        "line": "gls-sec1153",
        "product": "SEC1153",
        "quantity": 2,
        "cancelled": {
            "notice_on": date(2026, 9, 15),
            "returned_on": date(2026, 11, 18),
            "verified_on": date(2026, 11, 20),
        },
    },
    {
        "line": "gls-sec1201",
        "product": "SEC1201",
        "quantity": 1,
        "starts_on": date(2026, 2, 1),
        "commitment_months": 12,
        "cancelled": {"notice_on": date(2026, 9, 2)},
    },
)
# COL-21: told on 12 October, after the 10th: November is billed too.
_CANCELLED_DATTO: tuple[Document, ...] = (
    {
        "line": "spc-sas3201",
        "product": "SAS3201",
        "quantity": 6,
        "cancelled": {"notice_on": date(2026, 10, 12)},
    },
)


def customers() -> list[Customer]:
    """Every sample account, in the order of the exports."""
    return [
        _prairie_it_partners(),
        _cornerstone_networks(),
        heartland_managed_it(),
        _bluestem_technology(),
        _riverbend_computer(),
        copper_kettle_it(),
        two_rivers_technology(),
        loess_hills_it(),
        mill_town_technology(),
        cottonwood_it(),
        osage_technology(),
    ]


def _prairie_clients() -> list[Client]:
    return [
        internal_client("Prairie IT Partners", "PIT"),
        Client(
            "Ridgeway Family Dental",
            "RFD",
            users=11,
            mobile=1,
            servers=1,
            workstations=12,
            fixed=(("COM4003", 11), ("SEC1153", 1)),
        ),
        Client(
            "Oakdale Veterinary Hospital",
            "OVH",
            users=16,
            mobile=2,
            servers=2,
            workstations=15,
            backups=3,
            fixed=(("COM4003", 18), ("SAS3101", 18), ("SEC1160", 1)),
        ),
        Client(
            "Brookside Realty",
            "BRR",
            users=9,
            mobile=6,
            workstations=8,
            fixed=(("COM4101", 9), ("PRT6001", 2)),
        ),
        Client(
            "Glenwood Lumber and Supply",
            "GLS",
            users=13,
            servers=1,
            workstations=20,
            backups=2,
            fixed=(("SAS3301", 13),),
            more_lines=_CANCELLED_AT_GLENWOOD,
        ),
        Client("Fairview Township", "FVT", users=7, servers=1, workstations=7, backups=1),
        Client("Springdale Counseling", "SPC", users=5, mobile=1, more_lines=_CANCELLED_DATTO),
    ]


def _prairie_it_partners() -> Customer:
    profile = Profile(
        "prairie-it-partners",
        "Prairie IT Partners",
        ("Accounts Payable", "64 Prairie Avenue", "Cedar Falls, IA 00000"),
        mailbox="ap",
        more={
            "known_as": ["Prairie IT"],
            "purchase_order": "PIP-0926",
            "contacts_by_kind": {  # COL-07
                "device_report": [
                    "service-desk@prairie-it-partners.example",
                    "ap@prairie-it-partners.example",
                ],
                "pre_invoices": ["billing@prairie-it-partners.example"],
            },
            "resale": RESALE_NET_30,
        },
    )
    changes: Changes = {
        "OVH Sales 03": {"since_on": date(2026, 10, 30)},
        "BRR Field 06": {"kind_later": (date(2026, 11, 9), "Active Users")},
        "GLS-WS-20": {"since_on": date(2026, 10, 23)},
        "GLS-SRV-01": {"until_on": date(2026, 12, 23)},
        "FVT Front Desk 02": {"kind_later": (date(2026, 11, 30), "Disabled Users")},
        "OVH-SRV-02": {"since_on": date(2026, 10, 24)},
    }
    return service_provider(
        profile,
        "Six customers and its own environment. The section of Ridgeway Family Dental comes to "
        "662.20, as in the source's sample report. A server added on 24 October is counted in "
        "November; a user added on 30 October, the last business day, in October.",
        _prairie_clients(),
        BY_USER,
        changes,
    )


def _cornerstone_networks() -> Customer:
    profile = Profile(
        "cornerstone-networks",
        "Cornerstone Networks",
        ("Finance", "18 Corner Street", "Westfield, IL 00000"),
        mailbox="invoices",
    )
    clients = [
        internal_client("Cornerstone Networks", "CNW"),
        tool := Client(
            "Westfield Tool",
            "WTL",
            users=22,
            servers=3,
            workstations=24,
            backups=3,
            fixed=(("COM4003", 24), ("SAS3301", 22)),
            more_lines=(
                {"line": "wtl-fortigate", "product": "SEC1160", "quantity": 1},
                {"line": "wtl-vpn", "product": "SEC1310", "quantity": 2},
            ),
        ),
        Client("Clifton Credit Bureau", "CCB", users=12, servers=1, workstations=12, backups=1),
        Client(
            "Kingsley Public Library",
            "KPL",
            users=8,
            workstations=30,
            fixed=(("PRT6001", 4), ("CMS1010", 3)),
        ),
        mill := Client(
            "Marengo Feed Mill",
            "MFM",
            users=23,
            mobile=2,
            servers=1,
            workstations=24,
            backups=1,
            joins_on=date(2026, 11, 3),
        ),
    ]
    changes: Changes = {"WTL Office 04": {"since_on": date(2026, 10, 14)}}
    return service_provider(
        profile,
        "A new firewall and two VPN tunnels, ordered on 8 October: billed monthly from October on, "
        "their setup and the shipping once. A new customer, ordered on 20 October for 20 users and "
        "billed from November on, the first time with a reconciliation for the 23 that there are.",
        clients,
        BY_USER,
        changes,
        orders=_cornerstone_orders(tool, mill),
    )


def _cornerstone_orders(tool: Client, mill: Client) -> tuple[Document, ...]:
    firewall: Document = {
        "item": "fortigate",
        "line": "wtl-fortigate",
        "quantity": 1,
        "hardware": "rented",
        "shipping": "ground",
    }
    return (
        order(
            "wtl-firewall",
            "new-service",
            date(2026, 10, 8),
            tool,
            firewall,
            {"item": "tunnels", "line": "wtl-vpn", "quantity": 2},
        ),
        order(
            "marengo",
            "new-customer",
            date(2026, 10, 20),
            mill,
            {"item": "users", "line": "each-rmm2001", "quantity": 20},
            activated_on=date(2026, 11, 3),
            users_at_activation=21,
            mobile_users_at_activation=2,
            migrated_mailboxes=12,
        ),
    )


def _bluestem_technology() -> Customer:
    profile = Profile(
        "bluestem-technology",
        "Bluestem Technology",
        ("Owner", "2 Grass Lane", "Elm Grove, KS 00000"),
        mailbox="office",
        more={
            "contacts_by_kind": {
                "comparison": ["office@bluestem-technology.example", "desk@bluestem-it.example"]
            },
            "resale": RESALE_NET_10,
        },
    )
    clients = [
        internal_client("Bluestem Technology", "BST", (("SAS3001", 1), ("SAS3002", 1))),
        Client("Elm Grove Clinic", "EGC", users=6, servers=1, workstations=6, backups=1),
        Client("Elm Grove Grain", "EGG", users=4, mobile=3, workstations=5),
    ]
    return service_provider(
        profile,
        "A small service provider with two customers; nothing changes from month to month.",
        clients,
        BY_USER,
    )


def _riverbend_computer() -> Customer:
    profile = Profile(
        "riverbend-computer",
        "Riverbend Computer Services",
        ("Bookkeeping", "77 Levee Road", "Riverside, MO 00000"),
        mailbox="billing",
    )
    clients = [
        internal_client("Riverbend Computer Services", "RBC"),
        Client("Levee Brewing", "LVB", users=10, mobile=2, servers=1, workstations=9),
        Client(
            "Riverside Orthodontics",
            "RSO",
            users=14,
            servers=2,
            workstations=16,
            backups=2,
            fixed=(("SAS3101", 14),),
        ),
        Client("Lakewood Title", "LWT", users=9, servers=1, workstations=9, backups=1),
    ]
    changes: Changes = {"LWT Service 01": {"kind_later": (date(2026, 10, 21), "Disabled Users")}}
    return service_provider(
        profile,
        "A broken feed: its user export for October stops in the middle of its last line. It is "
        "parked in October and billed again in November, when the export is whole.",
        clients,
        BY_USER,
        changes,
    )
