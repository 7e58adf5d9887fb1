"""Writes the provider directory of the scenario: the exports that its events would have led to.

An export shows what was known on its day and nothing later. The days on which exports are made are
those of the calendar that was worked out by hand (``expected-dates.csv``): were the engine to count
on another day, it would find no export.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from tests.scenarios.scenario_tools import Row, read_rows, write_rows

HERE = Path(__file__).parent
SAMPLE = Path(__file__).resolve().parents[3] / "providers" / "collabrance"
GONE = "gone"
_PRICE = '{from_on: 2026-01-01, price: {each: "6.75"}}'
_LATER_PRICE = ', {from_on: 2029-01-01, price: {each: "7.00"}}'


def read_table(name: str) -> list[Row]:
    return read_rows(HERE / name)


@dataclass(frozen=True)
class Item:
    """A device, user, mailbox, ... as it stands on a day, by its events up to then."""

    account: str
    subscriber: str
    name: str
    what: str
    quantity: str
    since_on: str
    gone_on: str
    received_on: str


def items_on(events: list[Row], feed: str, day: date) -> Iterator[Item]:
    """What the events say on a day, the events of that day included."""
    histories: dict[tuple[str, str, str], list[Row]] = {}
    for event in events:
        if event["feed"] == feed and event["on"] <= day.isoformat():
            key = (event["account"], event["subscriber"], event["item"])
            histories.setdefault(key, []).append(event)
    for (account, subscriber, name), history in histories.items():
        newest = history[-1]
        there = [event for event in history if event["what"] != GONE]
        yield Item(
            account,
            subscriber,
            name,
            there[-1]["what"],
            there[-1]["quantity"],
            history[0]["on"],
            newest["on"] if newest["what"] == GONE else "",
            newest["received_on"],
        )


def _device(item: Item) -> Row:
    kind, _, backup = item.what.partition(", ")
    return {
        "Device ID": item.name,
        "Device Name": item.name,
        "Service Organization": item.account,
        "Customer": item.subscriber,
        "Added On": item.since_on,
        "Removed On": item.gone_on,
        "Device Type": kind,
        "File Backup": "Yes" if backup else "No",
    }


def _ad_user(item: Item) -> Row:
    return {
        "UserPrincipalName": f"{item.name}@{item.subscriber}.example",
        "DisplayName": item.name,
        "Customer": item.subscriber,
        "WhenCreated": item.since_on,
        "OU": item.what,
    }


def _contact(item: Item) -> Row:
    return {
        "Contact ID": item.name,
        "Contact": item.name,
        "Partner": item.account,
        "Company": item.subscriber,
        "Since": item.since_on,
        "Until": item.gone_on,
        "Change Received": item.received_on,
        "Type": item.what,
    }


def _entra_user(item: Item) -> Row:
    """The directory of the contacts, which is changed at once."""
    licensed = item.what == "Full User" and not item.gone_on
    return {
        "User": f"{item.name}@{item.subscriber}.example",
        "Display Name": item.name,
        "Partner": item.account,
        "Company": item.subscriber,
        "Created": item.since_on,
        "Licensed": "Yes" if licensed else "No",
    }


def _duo_user(item: Item) -> Row:
    return {
        "User": item.name,
        "Partner": item.account,
        "Company": item.subscriber,
        "Status": item.what,
    }


def _mailbox(item: Item) -> Row:
    return {
        "Mailbox": item.name,
        "Partner": item.account,
        "Company": item.subscriber,
        "Created": item.since_on,
        "Deleted": item.gone_on,
        "Type": item.what,
    }


def _billed_by_vendor(item: Item) -> Row:
    return {
        "Item": item.name,
        "Partner": item.account,
        "Customer": item.subscriber,
        "Quantity": item.quantity,
        "Product": item.what,
    }


def _work(events: list[Row], day: date) -> Iterator[Row]:
    approvals = {item.name: item for item in items_on(events, "time-entries", day)}
    newest = {
        event["item"]: event["on"]
        for event in events
        if event["feed"] == "time-entries" and event["on"] <= day.isoformat()
    }
    for entry in read_table("time-entries.csv"):
        if entry["entered_on"] > day.isoformat():
            continue
        name = entry["entry"]
        yield {
            "Time Entry": name,
            "Summary": entry["summary"],
            "Company": "cedar-it",
            "Site": "cypress",
            "Member": "Sample Engineer",
            "Work Role": entry["role"],
            "Work Type": "Remote",
            "Start": entry["start"],
            "End": entry["end"],
            "Billing": entry["billing"],
            "Notes": "",
            "Ticket": f"ticket of {name}",
            "Approved By": approvals[name].what if name in approvals else "",
            "Approved On": newest.get(name, ""),
            "Entered On": entry["entered_on"],
        }


def write_directory(target: Path) -> Path:
    """The sample's policy and prices, the scenario's accounts, and an export for each moment."""
    target.mkdir(parents=True)
    for name in ("provider.yaml", "logo.svg"):
        shutil.copy(SAMPLE / name, target / name)
    prices = (SAMPLE / "price-book.yaml").read_text("utf-8")
    assert prices.count(_PRICE) == 1, "the sample's Exchange mailbox has another price now"
    later = prices.replace(_PRICE, _PRICE + _LATER_PRICE)
    (target / "price-book.yaml").write_text(later, "utf-8")
    shutil.copytree(HERE / "accounts", target / "accounts")
    events = sorted(read_table("events.csv"), key=lambda event: event["on"])
    for month in read_table("expected-dates.csv"):
        _write_month(target / "feeds", events, month)
    return target


def _write_month(feeds: Path, events: list[Row], month: Row) -> None:
    def write(
        feed: str, name: str, day: date, row: Callable[[Item], Row], source: str | None = None
    ) -> None:
        items = items_on(events, source or feed, day)
        write_rows(feeds / feed / f"{name}.csv", [row(item) for item in items])

    first = date.fromisoformat(f"{month['month']}-01")
    devices, users = (date.fromisoformat(month[key]) for key in ("devices_on", "users_on"))
    after_month = date.fromisoformat(month["month_end_on"])
    for day, time in ((first.replace(day=15), "2300"), (devices, "1800")):
        write_rows(feeds / "time-entries" / f"{day}T{time}.csv", list(_work(events, day)))
    write("rmm-devices", f"{devices}T1800", devices, _device)
    write("ad-users/alder-it", f"{users}T2000", users, _ad_user, "ad-users")
    write("psa-contacts", f"{users}T2000", users, _contact)
    write("entra-users", f"{users}T2000", users, _entra_user, "psa-contacts")
    write("duo-users", f"{users}T2000", users, _duo_user)
    write("mailboxes", f"{after_month}", after_month - timedelta(days=1), _mailbox)
    invoiced = first.replace(day=28)
    billed = (item for item in items_on(events, "vendor-invoice", invoiced) if not item.gone_on)
    write_rows(
        feeds / "vendor-invoice" / f"{invoiced}.csv", [_billed_by_vendor(it) for it in billed]
    )
