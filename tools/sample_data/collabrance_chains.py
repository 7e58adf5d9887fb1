"""The sample account of Collabrance that has many customers."""

from __future__ import annotations

from datetime import date

from tools.sample_data.collabrance_parts import (
    BY_USER,
    Changes,
    Client,
    internal_client,
    service_provider,
)
from tools.sample_data.places import TOWNS, TRADES
from tools.sample_data.writing import Customer, Profile

HUGE_CLIENTS = 250
# With four counted products these are twelve per client.
HUGE_FIXED = (
    ("COM4003", 4),
    ("COM4101", 2),
    ("PRT6001", 1),
    ("SAS3101", 4),
    ("SAS3201", 4),
    ("SAS3301", 4),
    ("SEC1153", 1),
    ("SEC1201", 1),
)


def heartland_managed_it() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "heartland-managed-it",
        "Heartland Managed IT Cooperative",
        ("Cooperative Accounting", "5000 Heartland Drive", "Clearwater, NE 00000"),
        mailbox="ap",
        more={"contacts_by_kind": {"comparison": ["reconciliation@heartland-managed-it.example"]}},
    )
    names = [f"{town} {trade}" for town in TOWNS for trade in TRADES][:HUGE_CLIENTS]
    clients = [
        Client(
            name,
            f"H{number:03}",
            users=3 + number % 2,
            mobile=1,
            servers=1,
            workstations=2,
            backups=1,
            fixed=HUGE_FIXED,
        )
        for number, name in enumerate(names, start=1)
    ]
    # The internal section has two lines of the 3,000, so that one customer has two products less.
    last = clients[-1]
    clients[-1] = Client(
        last.name,
        last.code,
        users=3,
        mobile=1,
        servers=1,
        workstations=2,
        backups=1,
        fixed=HUGE_FIXED[:-2],
    )
    changes: Changes = {
        "H012-WS-02": {"until_on": date(2026, 10, 6)},
        "H044 Billing 01": {"kind_later": (date(2026, 11, 17), "Disabled Users")},
        "H101 Office 01": {"kind_later": (date(2026, 10, 8), "Disabled Users")},
        "H151 Sales 01": {"since_on": date(2026, 11, 3)},
        "H201 Sales 01": {"since_on": date(2026, 12, 8)},
    }
    return service_provider(
        profile,
        "A cooperative with 250 customers and twelve products each, hence an invoice of 3,000 "
        "lines. Its comparison goes to another address than its invoices.",
        [internal_client("Heartland Managed IT", "HMI"), *clients],
        BY_USER,
        changes,
    )
