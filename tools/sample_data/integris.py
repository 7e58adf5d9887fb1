"""Integris: accounts with their own price per PC and per server, and one RMM inventory."""

from __future__ import annotations

from datetime import date, timedelta

from tools.sample_data.integris_customers import customers
from tools.sample_data.lives import Life
from tools.sample_data.writing import (
    Customer,
    account_file,
    checksum_file,
    csv_file,
    written_day,
)

INVENTORIES = (date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1))
HEADERS = (
    "Device ID",
    "Device Name",
    "Customer",
    "Site",
    "Device Class",
    "Online Since",
    "Offboarded On",
    "Last Seen",
    "Offboard Requested",
)
DISCOVERY_HEADERS = ("Host Name", "Customer", "Site", "First Seen", "Last Seen")
# In October's export two rows of this account have a day that no month has; in November's the
# tool writes them rightly. Only this account is parked in October.
BROKEN_ACCOUNT, BROKEN_ON, BROKEN_ROWS = "old-mill-accounting", date(2026, 10, 1), 2
IMPOSSIBLE_DAY = "2026-09-31"


def book() -> dict[str, bytes]:
    """Every generated file of the provider, by path."""
    everyone = customers()
    files = {f"accounts/{entry.account}.yaml": account_file(entry) for entry in everyone}
    for day in INVENTORIES:
        rows = [row for entry in everyone for row in _rows(entry, day)]
        content = csv_file(HEADERS, rows)
        name = f"{day}.csv"
        files[f"feeds/rmm-devices/{name}"] = content
        files[f"feeds/rmm-devices/{name}.sha256"] = checksum_file(name, content)
        found = [row for entry in everyone for row in _discovered(entry, day)]
        files[f"feeds/network-discovery/{name}"] = csv_file(DISCOVERY_HEADERS, found)
    return files


def _rows(customer: Customer, day: date) -> list[list[str]]:
    rows = [_row(customer, device, day) for device in customer.devices if device.listed_on(day)]
    if (customer.account, day) == (BROKEN_ACCOUNT, BROKEN_ON):
        for row in rows[-BROKEN_ROWS:]:
            row[HEADERS.index("Online Since")] = IMPOSSIBLE_DAY
    return rows


def _row(customer: Customer, device: Life, day: date) -> list[str]:
    offboarded_on = device.until_as_known_on(day)
    return [
        device.item_id,
        device.name,
        str(customer.document["name"]),
        device.site,
        device.kind,
        written_day(device.since_on),
        written_day(offboarded_on),
        written_day(_last_seen(device, offboarded_on, day)),
        written_day(device.asked_as_known_on(day)),
    ]


def _discovered(customer: Customer, day: date) -> list[list[str]]:
    """What a probe in the network has seen in the last week; not every customer has one."""
    if not customer.network_discovery:
        return []
    rows: list[list[str]] = []
    for device in (*customer.devices, *customer.uncovered):
        seen_on = _last_seen(device, None, day)
        there = device.since_on < day and device.until_as_known_on(day) is None
        if there and day - seen_on < timedelta(7):
            name = str(customer.document["name"])
            row = [device.name.lower(), name, device.site, written_day(device.since_on)]
            rows.append([*row, written_day(seen_on)])
    return rows


def _last_seen(device: Life, offboarded_on: date | None, day: date) -> date:
    """A day or two before the export, unless the device was switched off or offboarded."""
    usual = day - timedelta(days=1 + int(device.item_id) % 2)
    known = [when for when in (device.last_seen_on, offboarded_on) if when is not None]
    return max(device.since_on, min([usual, *known]))
