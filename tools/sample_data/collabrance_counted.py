"""Sample accounts of Collabrance whose customers are counted from other sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from tools.sample_data.collabrance_parts import Client, internal_client, service_provider
from tools.sample_data.collabrance_sources import CONTACTS, DIRECTORY, DUO, MAILBOXES
from tools.sample_data.lives import Life, check_names, long_ago
from tools.sample_data.places import identifier
from tools.sample_data.writing import Customer, Document, Profile, Seats, random_for

Changes = Mapping[str, Mapping[str, Any]]
MONTHS = ((2026, 9), (2026, 10), (2026, 11), (2026, 12))
_DESKS = ("Front Desk", "Office", "Sales", "Service")


def _by_count(code: str, *rules: tuple[str, str]) -> tuple[Document, ...]:
    """Lines of products with the count rule that holds for this customer."""
    return tuple(
        {"line": f"{code.lower()}-{rule}", "product": product, "count_rule": rule}
        for product, rule in rules
    )


def _people(client: Client, full: int, mobile: int, changes: Changes) -> tuple[Life, ...]:
    """Contacts of a customer. ``changes`` by name, beside what chance gives them."""
    chance = random_for("collabrance", client.name, "contacts")
    wanted = [(_DESKS[n % len(_DESKS)], "Full User") for n in range(full)]
    wanted += [("Field", "Mobile User")] * mobile + [("Owner at Home", "No Support")]
    result: list[Life] = []
    for title, kind in wanted:
        before = sum(1 for entry in result if entry.name.startswith(f"{client.code} {title} "))
        entry = Life(
            item_id=f"ct-{client.code}-{len(result) + 1:02}",
            name=f"{client.code} {title} {before + 1:02}",
            site=client.name,
            kind=kind,
            since_on=long_ago(chance),
        )
        result.append(replace(entry, **changes.get(entry.name, {})))
    check_names(changes, result)
    return tuple(result)


def _mailboxes(client: Client, kinds: Mapping[str, int], changes: Changes) -> tuple[Life, ...]:
    chance = random_for("collabrance", client.name, "mailboxes")
    result: list[Life] = []
    for kind, count in kinds.items():
        for number in range(1, count + 1):
            name = f"{identifier(kind.split()[-1])}-{number:02}"
            box = Life(
                item_id=f"{name}@{client.subscriber}.example",
                name=name,
                site=client.name,
                kind=kind,
                since_on=long_ago(chance),
            )
            result.append(replace(box, **changes.get(name, {})))
    check_names(changes, result)
    return tuple(result)


def _user_name(client: Client, contact: Life) -> str:
    return f"{identifier(contact.name)}@{client.subscriber}.example"


def _every_month(item: str, product: str, client: Client, *quantities: int | None) -> Seats:
    by_month = {
        month: quantity
        for month, quantity in zip(MONTHS, quantities, strict=True)
        if quantity is not None
    }
    return Seats(item, product, client.name, by_month)


TRAINING, DATTO = "Security Awareness Training", "Datto SaaS Protection"


_PEDIATRICS = Client(
    "Meadow Lane Pediatrics",
    "MLP",
    servers=1,
    more_lines=_by_count(
        "MLP",
        ("RMM2001", "azure-users"),
        ("RMM2002", "azure-mobile-users"),
        ("RMM2101", "servers"),
        ("COM4003", "exchange-mailboxes"),
        ("COM4004", "archive-mailboxes"),
        ("SAS3101", "training-seats"),
        ("SAS3201", "datto-seats"),
        ("SAS3301", "duo-users"),
        ("SEC1201", "siem-servers"),
    ),
)
_OUTFITTERS = Client(
    "Sandhill Outfitters",
    "SHO",
    more_lines=_by_count(
        "SHO",
        ("RMM2001", "basic-users"),
        ("RMM2002", "basic-mobile-users"),
        ("COM4003", "exchange-mailboxes"),
        ("SAS3201", "datto-seats"),
    ),
)
_AUTO = Client(
    "Little Creek Auto",
    "LCA",
    workstations=5,
    more_lines=_by_count("LCA", ("RMM2001", "workgroup-users-and-a-half")),
)
_STUDIO = Client(
    "Blue Door Studio",
    "BDS",
    workstations=3,
    more_lines=_by_count("BDS", ("RMM2001", "workgroup-users")),
)
_PEDIATRICS_CHANGES: Changes = {
    "MLP Sales 02": {
        "since_on": date(2026, 10, 29),
        "change_received_on": date(2026, 10, 28),
    },
    "MLP Office 02": {
        "until_on": date(2026, 12, 30),
        "change_received_on": date(2026, 12, 29),
    },
}
_OUTFITTERS_CHANGES: Changes = {
    "SHO Front Desk 02": {
        "since_on": date(2026, 11, 23),
        "change_received_on": date(2026, 11, 24),
    },
    "SHO Office 02": {
        "until_on": date(2026, 11, 25),
        "change_received_on": date(2026, 11, 25),
    },
    "SHO Field 03": {
        "kind_later": (date(2026, 11, 27), "Full User"),
        "change_received_on": date(2026, 11, 27),
    },
}
_MAILBOX_CHANGES: Changes = {
    "online-09": {"since_on": date(2026, 11, 5), "until_on": date(2026, 11, 12)},
    "online-10": {"until_on": date(2026, 12, 1)},
}


def cottonwood_it() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "cottonwood-it",
        "Cottonwood IT Services",
        ("Accounting", "700 Cottonwood Drive", "Clearwater, NE 00000"),
        mailbox="accounting",
    )
    customer = service_provider(
        profile,
        "Counted from other sources. Meadow Lane Pediatrics: users by contact type with Azure "
        "Active Directory, mailboxes, Duo, SIEM/SOC by server, and the quantities of the vendor's "
        "invoice; MLP Sales 02 is announced on 28 October, in the last three business days, and "
        "counts from November on; a mailbox that lives from 5 to 12 November bills for November. "
        "Sandhill Outfitters: basic support, changes by the 24th. Little Creek Auto and Blue Door "
        "Studio: workgroups, whose workstations stand for users.",
        [internal_client("Cottonwood IT", "CWI"), _PEDIATRICS, _OUTFITTERS, _AUTO, _STUDIO],
        (),
    )
    contacts = _people(_PEDIATRICS, 8, 2, _PEDIATRICS_CHANGES)
    boxes = _mailboxes(_PEDIATRICS, {"Exchange Online": 10, "Archive": 2}, _MAILBOX_CHANGES)
    return replace(
        customer,
        sources={
            CONTACTS: contacts + _people(_OUTFITTERS, 6, 3, _OUTFITTERS_CHANGES),
            DIRECTORY: _directory(_PEDIATRICS, contacts),
            MAILBOXES: boxes + _mailboxes(_OUTFITTERS, {"Exchange Online": 6}, {}),
            DUO: _duo(_PEDIATRICS, contacts),
        },
        seats=(
            _every_month("SAT-SEATS", TRAINING, _PEDIATRICS, 9, 9, 10, 10),
            _every_month("SAAS-ACTIVE", DATTO, _PEDIATRICS, 9, 9, 9, 9),
            _every_month("SAAS-ARCHIVED", DATTO, _PEDIATRICS, 1, 1, 2, 2),
            _every_month("SAAS-ACTIVE", DATTO, _OUTFITTERS, 6, 6, 6, 6),
        ),
    )


def _directory(client: Client, contacts: tuple[Life, ...]) -> tuple[Life, ...]:
    """The licensed users of a tenant: the full contacts, and two more from December on."""
    users = [
        replace(entry, item_id=_user_name(client, entry), kind="Yes")
        for entry in contacts
        if entry.kind == "Full User"
    ]
    for name in ("Intern 01", "Intern 02"):
        user = Life("", f"{client.code} {name}", client.name, "Yes", date(2026, 12, 2))
        users.append(replace(user, item_id=_user_name(client, user)))
    unlicensed = Life("", f"{client.code} Scanner 01", client.name, "No", date(2025, 3, 3))
    users.append(replace(unlicensed, item_id=_user_name(client, unlicensed)))
    return tuple(users)


def _duo(client: Client, contacts: tuple[Life, ...]) -> tuple[Life, ...]:
    """Duo users: seven active, one with a bypass, one disabled."""
    people = [entry for entry in contacts if entry.kind == "Full User"]
    statuses = ["Active"] * (len(people) - 1) + ["Bypass"]
    users = [
        Life(_user_name(client, entry), entry.name, client.name, status, entry.since_on)
        for entry, status in zip(people, statuses, strict=True)
    ]
    disabled = Life("", f"{client.code} Former User 01", client.name, "Disabled", date(2025, 1, 6))
    return (*users, replace(disabled, item_id=_user_name(client, disabled)))


def osage_technology() -> Customer:
    """See the story in its file."""
    profile = Profile(
        "osage-technology",
        "Osage Technology Partners",
        ("Payables", "15 Osage Street", "Glenwood, KS 00000"),
        mailbox="payables",
    )
    clinic, bakery = (
        Client(
            name,
            code,
            servers=servers,
            workstations=workstations,
            more_lines=_by_count(code, ("SAS3101", "training-seats")),
        )
        for name, code, servers, workstations in (
            ("Rolling Hills Clinic", "RHC", 1, 9),
            ("Stone Arch Bakery", "SAB", 0, 4),
        )
    )
    customer = service_provider(
        profile,
        "A vendor's invoice that lacks somebody: in November it has no line for Stone Arch Bakery, "
        "whose agreement has the training. The account is parked by name, and billed again in "
        "December, when the line is back.",
        [internal_client("Osage Technology", "OTP"), clinic, bakery],
        ("RMM2101", "RMM2102"),
    )
    return replace(
        customer,
        seats=(
            _every_month("SAT-SEATS", TRAINING, clinic, 14, 14, 15, 15),
            _every_month("SAT-SEATS", TRAINING, bakery, 4, 4, None, 5),
        ),
    )
