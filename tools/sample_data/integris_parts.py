"""What the sample accounts of Integris are put together from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from tools.sample_data.lives import Life, check_names, long_ago
from tools.sample_data.places import identifier
from tools.sample_data.writing import Document, random_for

Changes = Mapping[str, Mapping[str, Any]]
_SHORT = {"Desktop": "PC", "Laptop": "NB", "Server": "SRV", "Virtual Server": "VM"}


def fleet(
    number: int, prefix: str, sites: Mapping[str, Mapping[str, int]], changes: Changes | None = None
) -> tuple[Life, ...]:
    """The devices of an account. ``changes`` by device name, beside what chance gives it."""
    chance = random_for("integris", prefix)
    result: list[Life] = []
    for site, kinds in sites.items():
        for kind, count in kinds.items():
            for _ in range(count):
                names = f"{prefix}-{_SHORT[kind]}-"
                ordinal = 1 + sum(1 for device in result if device.name.startswith(names))
                device = Life(
                    item_id=f"{number}{len(result) + 1:04}",
                    name=f"{names}{ordinal:02}",
                    site=site,
                    kind=kind,
                    since_on=long_ago(chance),
                )
                result.append(replace(device, **(changes or {}).get(device.name, {})))
    check_names(changes, result)
    return tuple(result)


def sites_named(names: Sequence[str]) -> list[Document]:
    """The sites of an account as its file lists them."""
    return [{"subscriber": identifier(name), "name": name} for name in names]


def counted(subscriber: str | None = None, **prices: str) -> list[Document]:
    """A line per priced kind of device; the account as a whole, or each site."""
    whose = {"subscriber": subscriber} if subscriber else {}
    return [
        {"line": f"{code}s", "product": code.upper(), **whose, "price": {"each": price}}
        for code, price in prices.items()
    ]


def agreement_of(lines: list[Document], starts_on: date, **more: Any) -> Document:
    """The agreement of an account."""
    return {
        "agreement": "managed-services",
        "title": "Master Service Agreement",
        "starts_on": starts_on,
        "terms": "master-service-agreement",
        **more,
        "lines": lines,
    }
