"""How sample files are written: accounts as YAML with their story, exports as CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

import yaml

from tools.sample_data.lives import Life

Document = dict[str, Any]

_LINE_WIDTH = 98


@dataclass(frozen=True)
class Seats:
    """A line of a vendor's invoice: what of which product a customer has, by month."""

    item: str
    product: str
    site: str
    quantities: Mapping[tuple[int, int], int]


@dataclass(frozen=True)
class Customer:
    """One sample account: what its file says, why it is there, and what feeds know of it."""

    document: Document
    story: str
    devices: tuple[Life, ...] = ()
    users: tuple[Life, ...] = ()
    uncovered: tuple[Life, ...] = ()
    network_discovery: bool = False
    sources: Mapping[str, tuple[Life, ...]] = field(default_factory=dict)
    seats: tuple[Seats, ...] = ()

    @property
    def account(self) -> str:
        """The account's id."""
        return str(self.document["account"])


@dataclass(frozen=True)
class Profile:
    """The parts of an account that say who it is."""

    account: str
    name: str
    address: tuple[str, ...]
    mailbox: str = "accounts-payable"
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        """Its mail domain, under a name that is reserved for examples."""
        return f"{self.account}.example"

    def document(
        self, agreements: Sequence[Document], subscribers: Sequence[Document] = ()
    ) -> Document:
        """The account's file as data."""
        result: Document = {
            "account": self.account,
            "name": self.name,
            "address": list(self.address),
            "currency": "USD",
            "billing_contacts": [f"{self.mailbox}@{self.domain}"],
            **self.more,
        }
        if subscribers:
            result["subscribers"] = list(subscribers)
        result["agreements"] = list(agreements)
        return result


class _PlainDumper(yaml.SafeDumper):
    """Writes what stands twice twice: people do not read anchors."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def random_for(*names: str) -> Random:
    """A source of chance that gives the same for the same names, whatever else is made."""
    return Random("/".join(names))  # noqa: S311 - sample data, not secrets


def account_file(customer: Customer) -> bytes:
    """The account's YAML, below a comment that says what the sample is about."""
    story = textwrap.wrap(f"SAMPLE DATA: an invented account. {customer.story}", _LINE_WIDTH - 2)
    header = "".join(f"# {line}\n" for line in story)
    body = yaml.dump(
        customer.document,
        Dumper=_PlainDumper,
        sort_keys=False,
        allow_unicode=True,
        width=_LINE_WIDTH,
        default_flow_style=None,
    )
    return (header + body).encode()


def csv_file(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """An export with its header line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(headers)
    writer.writerows(rows)
    return text.getvalue().encode()


def checksum_file(name: str, content: bytes) -> bytes:
    """What ``sha256sum`` writes about an export."""
    return f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode()


def half_written(content: bytes) -> bytes:
    """An export whose last line stops in the middle, as when a disk is full."""
    return content[: content.rstrip(b"\n").rfind(b"\n") + 12]


def written_day(day: date | None) -> str:
    """A day as exports write it; empty when there is none."""
    return day.isoformat() if day else ""
