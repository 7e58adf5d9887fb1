"""The sample accounts of Collabrance that are billed in an unusual way."""

from __future__ import annotations

from datetime import date

from tools.sample_data.collabrance_parts import (
    BY_USER,
    BY_WORKSTATION,
    Changes,
    Client,
    internal_client,
    order,
    service_provider,
)
from tools.sample_data.writing import Customer, Document, Profile


def copper_kettle_it() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "copper-kettle-it",
        "Copper Kettle IT",
        ("Owner", "11 Foundry Court", "Stonebridge, WI 00000"),
        mailbox="hello",
    )
    licenses: tuple[Document, ...] = tuple(
        {
            "line": f"ckt-{product.lower()}",
            "product": product,
            "quantity": 1,
            "starts_on": date(2027, 1, 1),
        }
        for product in ("SAS3001", "SAS3002")
    )
    internal = Client("Copper Kettle IT (internal)", "CKT", more_lines=licenses, internal=True)
    return service_provider(
        profile,
        "Nothing to bill: signed in September 2026, its licenses are provisioned in January 2027 "
        "and it has no customers yet.",
        [internal],
        (),
        starts_on=date(2026, 9, 1),
    )


def two_rivers_technology() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "two-rivers-technology",
        "Two Rivers Technology",
        ("Controller", "402 Confluence Street", "Rockport, IA 00000"),
        mailbox="ap",
    )
    clients = [
        internal_client("Two Rivers Technology", "TRT", (("SAS3001", 2), ("SAS3002", 4))),
        Client("Rockport Marine", "RPM", users=15, servers=2, workstations=15, backups=2),
        Client(
            "Beechwood Furniture",
            "BWF",
            users=18,
            mobile=4,
            servers=1,
            workstations=19,
            fixed=(("COM4003", 20), ("SEC1153", 1)),
            leaves_on=date(2026, 10, 31),
        ),
        Client(
            "Hillcrest Nursing",
            "HCN",
            users=26,
            servers=2,
            workstations=31,
            backups=4,
            fixed=(("SAS3101", 26), ("SAS3301", 26)),
        ),
        Client("Ashford Accounting", "AFA", users=10, workstations=10, fixed=(("SAS3201", 11),)),
    ]
    changes: Changes = {
        "HCN Front Desk 05": {"since_on": date(2026, 9, 28)},
        "AFA Sales 02": {"since_on": date(2026, 12, 14)},
    }
    return service_provider(
        profile,
        "Beechwood Furniture ends its services with October, which is billed whole; from "
        "November on the customer is no longer on the invoice.",
        clients,
        BY_USER,
        changes,
    )


def loess_hills_it() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "loess-hills-it",
        "Loess Hills IT",
        ("Accounts", "9 Bluff Road", "Pine Ridge, IA 00000"),
        mailbox="accounts",
    )
    clients = [
        internal_client("Loess Hills IT", "LHI"),
        Client("Pine Ridge Feed", "PRF", servers=1, workstations=14, backups=2),
        Client("Willow Creek Motors", "WCM", servers=1, workstations=21, backups=1),
        Client("Maplewood Church", "MWC", workstations=6, fixed=(("PRT6001", 1),)),
    ]
    changes: Changes = {
        "PRF-WS-14": {"since_on": date(2026, 11, 20)},
        "WCM-WS-03": {"until_on": date(2026, 10, 23)},
        "WCM-WS-08": {"until_on": date(2026, 11, 24)},
    }
    return service_provider(
        profile,
        "Customers that are billed by workstation, not by user. WCM-WS-03 is removed on 23 "
        "October and not on October's bill; WCM-WS-08 on 24 November, a day after the count.",
        clients,
        BY_WORKSTATION,
        changes,
    )


def mill_town_technology() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "mill-town-technology",
        "Mill Town Technology",
        ("Operations", "31 Mill Street", "Millbrook, MN 00000"),
        mailbox="ops",
        # COL-25: up to an hour per ticket goes without being asked about.
        more={
            "work": {
                "auto_approve": {"hours": "1", "per": "ticket"},
                "approvers": ["Mill Town Operations"],
            }
        },
    )
    clients = [
        internal_client("Mill Town Technology", "MTT"),
        transit := Client("Millbrook Transit", "MBT", users=8, mobile=34),
        home_care := Client("Northfield Home Care", "NFH", users=11, mobile=27, servers=1),
        Client("Eastbrook Landscaping", "EBL", users=3, mobile=12, workstations=3),
    ]
    changes: Changes = {
        "EBL Field 11": {"kind_later": (date(2026, 11, 13), "Disabled Users")},
        "EBL Field 12": {"kind_later": (date(2026, 11, 13), "Disabled Users")},
        "NFH-SRV-01": {"since_on": date(2026, 12, 15)},
    }
    return service_provider(
        profile,
        "Many mobile users; a firewall that is ordered in November, set up and sent overnight, and "
        "a server that is ordered and built in December.",
        clients,
        BY_USER,
        changes,
        orders=(
            order(
                "mbt-firewall",
                "change",
                date(2026, 11, 9),
                transit,
                {"item": "fortigate", "product": "HWD5101", "quantity": 1, "shipping": "overnight"},
            ),
            order(
                "nfh-server",
                "project",
                date(2026, 12, 4),
                home_care,
                {"item": "server-build", "product": "HAP5001", "quantity": 1},
            ),
        ),
    )
