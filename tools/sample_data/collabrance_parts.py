"""What the sample accounts of Collabrance are put together from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tools.sample_data.lives import Life, check_names, long_ago
from tools.sample_data.places import identifier
from tools.sample_data.writing import Customer, Document, Profile, random_for

Changes = Mapping[str, Mapping[str, Any]]

BY_USER = ("RMM2001", "RMM2002", "RMM2101", "SAS3401")
"""Products that every client of most service providers has by count."""

BY_WORKSTATION = ("RMM2101", "RMM2102", "SAS3401")
"""The same where workstations are billed, not users."""

OWN_LICENSES = (("SAS3001", 1), ("SAS3002", 3))

# Users are known by what they do, never by a name that somebody might have.
_DESKS = ("Front Desk", "Office", "Billing", "Sales", "Service", "Manager")
# Accounts of Active Directory that are never billed: COL-12 counts two OUs and no other.
_UNBILLED = (("Scanner", "Service Accounts"), ("Former User", "Disabled Users"))


@dataclass(frozen=True)
class Client:
    """A service provider's own customer, with what feeds know of it and what else it has."""

    name: str
    code: str
    users: int = 0
    mobile: int = 0
    servers: int = 0
    workstations: int = 0
    backups: int = 0
    fixed: tuple[tuple[str, int], ...] = ()
    more_lines: tuple[Document, ...] = ()
    internal: bool = False
    leaves_on: date | None = None
    joins_on: date | None = None

    @property
    def subscriber(self) -> str:
        """Its id in the account."""
        return identifier(self.name)

    def document(self) -> Document:
        """Its entry in the account's file."""
        entry: Document = {"subscriber": self.subscriber, "name": self.name}
        if self.internal:
            entry["internal"] = True
        else:
            entry["known_as"] = [self.code]
        return entry


def internal_client(
    name: str, code: str, licenses: tuple[tuple[str, int], ...] = OWN_LICENSES
) -> Client:
    """The service provider's own environment, with its licenses (COL-22)."""
    return Client(f"{name} (internal)", code, fixed=licenses, internal=True)


def service_provider(
    profile: Profile,
    story: str,
    clients: Sequence[Client],
    each: Sequence[str],
    changes: Changes | None = None,
    starts_on: date = date(2024, 1, 1),
    orders: Sequence[Document] = (),
) -> Customer:
    """An account with its clients. ``each`` are the products that every client has by count."""
    lines: list[Document] = [
        {"line": f"each-{code.lower()}", "product": code, "subscriber": "each"} for code in each
    ]
    for client in clients:
        lines += _lines_of(client, each)
    agreement = {
        "agreement": "master-services",
        "title": "Master services agreement",
        "starts_on": starts_on,
        "terms": "service-provider",
        "lines": lines,
    }
    devices = tuple(device for client in clients for device in _devices(profile, client))
    users = tuple(user for client in clients for user in _users(profile, client))
    check_names(changes, (*devices, *users))
    ordered: Document = {"orders": [*orders]} if orders else {}
    return Customer(
        profile.document([agreement], [client.document() for client in clients]) | ordered,
        story,
        tuple(replace(entry, **(changes or {}).get(entry.name, {})) for entry in devices),
        tuple(replace(entry, **(changes or {}).get(entry.name, {})) for entry in users),
    )


def order(
    name: str, kind: str, ordered_on: date, client: Client, *items: Document, **more: Any
) -> Document:
    """An order of a client."""
    return {
        "order": name,
        "kind": kind,
        "ordered_on": ordered_on,
        "agreement": "master-services",
        "subscriber": client.subscriber,
        **more,
        **({"items": [*items]} if items else {}),
    }


def _lines_of(client: Client, each: Sequence[str]) -> list[Document]:
    """A client's own lines; one that leaves gets own lines for the counted products, to end."""
    ends: Document = {"ends_on": client.leaves_on} if client.leaves_on else {}
    prefix = client.code.lower()
    lines: list[Document] = [
        {
            "line": f"{prefix}-{product.lower()}",
            "product": product,
            "subscriber": client.subscriber,
            "quantity": quantity,
            **ends,
        }
        for product, quantity in client.fixed
    ]
    lines += [{**line, "subscriber": client.subscriber} for line in client.more_lines]
    if client.leaves_on:
        lines += [
            {
                "line": f"{prefix}-{product.lower()}",
                "product": product,
                "subscriber": client.subscriber,
                **ends,
            }
            for product in each
        ]
    return lines


def _devices(profile: Profile, client: Client) -> list[Life]:
    chance = random_for("collabrance", profile.account, client.name)
    result: list[Life] = []
    for kind, short, count in (
        ("Server", "SRV", client.servers),
        ("Workstation", "WS", client.workstations),
    ):
        for ordinal in range(1, count + 1):
            result.append(
                Life(
                    item_id=f"nc-{client.code}-{len(result) + 1:02}",
                    name=f"{client.code}-{short}-{ordinal:02}",
                    site=client.code,
                    kind=kind,
                    since_on=client.joins_on or long_ago(chance),
                    until_on=client.leaves_on,
                    extra="Yes" if len(result) < client.backups else "No",
                )
            )
    return result


def _users(profile: Profile, client: Client) -> list[Life]:
    chance = random_for("collabrance", profile.account, client.name, "users")
    wanted = [(_DESKS[n % len(_DESKS)], "Active Users") for n in range(client.users)]
    wanted += [("Field", "Mobile Only")] * client.mobile
    wanted += list(_UNBILLED) if client.users > len(_DESKS) else []
    result: list[Life] = []
    for title, unit in wanted:
        before = sum(1 for user in result if user.name.startswith(f"{client.code} {title} "))
        name = f"{client.code} {title} {before + 1:02}"
        domain = f"{client.subscriber[:40].rstrip('-')}.example"
        result.append(
            Life(
                item_id=f"{identifier(title)}-{before + 1:02}@{domain}",
                name=name,
                site=client.name,
                kind=unit,
                since_on=client.joins_on or long_ago(chance),
                kind_later=(client.leaves_on, "Disabled Users") if client.leaves_on else None,
            )
        )
    return result
