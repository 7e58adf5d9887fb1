"""What the sample accounts of The KR Group are put together from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from tools.sample_data.lives import Life, check_names, long_ago
from tools.sample_data.places import identifier
from tools.sample_data.writing import Document, random_for

Changes = Mapping[str, Mapping[str, Any]]

# Users are known by what they do, never by a name that somebody might have.
_DESKS = ("Front Desk", "Accounts", "Scheduling", "Sales", "Operations", "Support", "Records")


def users(
    account: str,
    full_time: int,
    part_time: int,
    changes: Changes | None = None,
    sites: Sequence[str] = ("",),
) -> tuple[Life, ...]:
    """The users of an account. ``changes`` by name, beside what chance gives them.

    Full-time users are numbered from 01, part-time users from 61 on each desk, so that an id says
    which of the two somebody began as.
    """
    chance = random_for("kr-group", account)
    result: list[Life] = []
    for kind, count, first in (("Full-time", full_time, 1), ("Part-time", part_time, 61)):
        for index in range(count):
            desk = _DESKS[index % len(_DESKS)]
            name = f"{desk} {first + index // len(_DESKS):02}"
            user = Life(
                item_id=identifier(name),
                name=name,
                site=sites[index % len(sites)],
                kind=kind,
                since_on=long_ago(chance),
            )
            result.append(replace(user, **(changes or {}).get(name, {})))
    check_names(changes, result)
    return tuple(result)


def machines(
    account: str,
    prefix: str,
    servers: int,
    workstations: int,
    changes: Changes | None = None,
    site: str = "",
) -> tuple[Life, ...]:
    """The machines under backup."""
    chance = random_for("kr-group", account, "backup")
    result: list[Life] = []
    for plan, short, count in (("Server", "SRV", servers), ("Workstation", "WS", workstations)):
        for index in range(1, count + 1):
            name = f"{prefix}-{short}-{index:02}"
            machine = Life(
                item_id=f"{prefix}{short}{index:03}",
                name=name,
                site=site,
                kind=plan,
                since_on=long_ago(chance),
            )
            result.append(replace(machine, **(changes or {}).get(name, {})))
    check_names(changes, result)
    return tuple(result)


def per_user(
    full_time: Document | None = None, part_time: Document | None = None, **more: Any
) -> list[Document]:
    """A line for full-time and one for part-time users, at list prices where none is given."""
    return [
        {
            "line": "full-time",
            "product": "USER-FT",
            **more,
            **({"price": full_time} if full_time else {}),
        },
        {
            "line": "part-time",
            "product": "USER-PT",
            **more,
            **({"price": part_time} if part_time else {}),
        },
    ]


def managed_it(
    coverage: str, term_years: int, starts_on: date, lines: list[Document], **more: Any
) -> Document:
    """The managed IT services agreement; its coverage decides the invoice's heading."""
    return {
        "agreement": "managed-it",
        "title": "Managed IT services agreement",
        "starts_on": starts_on,
        "terms": "managed-it",
        "term_years": term_years,
        "coverage": coverage,
        **more,
        "lines": lines,
    }


def recurring(
    agreement: str, title: str, starts_on: date, lines: list[Document], coverage: str | None = None
) -> Document:
    """A subscription agreement; each has an invoice of its own."""
    return {
        "agreement": agreement,
        "title": title,
        "starts_on": starts_on,
        **({"coverage": coverage} if coverage else {}),
        "lines": lines,
    }


def backup(starts_on: date, *codes: str) -> Document:
    """A backup agreement, counted from the backup portal."""
    lines: list[Document] = [{"line": code.lower(), "product": code} for code in codes]
    return recurring("backup", "Managed backup", starts_on, lines, "backup")


def microsoft_365(starts_on: date, lines: list[Document]) -> Document:
    """A Microsoft 365 agreement."""
    title = "Microsoft 365 subscriptions"
    return recurring("microsoft-365", title, starts_on, lines, "microsoft-365")


def fixed(product: str, quantity: int, **more: Any) -> Document:
    """A line with a fixed quantity."""
    return {"line": product.lower(), "product": product, "quantity": quantity, **more}
