"""Collabrance: service providers with their own customers, devices on the 23rd, users later."""

from __future__ import annotations

from datetime import date

from tools.sample_data.collabrance_customers import customers
from tools.sample_data.collabrance_sources import source_files
from tools.sample_data.collabrance_work import WORK
from tools.sample_data.lives import Life
from tools.sample_data.worklog import TIME_HEADERS, time_rows
from tools.sample_data.writing import (
    Customer,
    account_file,
    checksum_file,
    csv_file,
    half_written,
    written_day,
)

DEVICE_COUNTS = (date(2026, 9, 23), date(2026, 10, 23), date(2026, 11, 23), date(2026, 12, 23))
# The last business day of each month.
USER_COUNTS = (date(2026, 9, 30), date(2026, 10, 30), date(2026, 11, 30), date(2026, 12, 31))
# Time entries are read at the end of the 15th, for the project-work documents, and on the 23rd.
WORK_EXPORTS = tuple(
    (date(2026, month, day), at)
    for month in (9, 10, 11, 12)
    for day, at in ((15, "T2300"), (23, "T1800"))
)
DEVICE_HEADERS = (
    "Device ID",
    "Device Name",
    "Service Organization",
    "Customer",
    "Device Type",
    "File Backup",
    "Added On",
    "Removed On",
)
USER_HEADERS = ("UserPrincipalName", "DisplayName", "Customer", "OU", "WhenCreated")
# October's user export of this account stops in the middle of its last line.
BROKEN_ACCOUNT, BROKEN_ON = "riverbend-computer", date(2026, 10, 30)


def book() -> dict[str, bytes]:
    """Every generated file of the provider, by path."""
    everyone = customers()
    files = {f"accounts/{entry.account}.yaml": account_file(entry) for entry in everyone}
    for day in DEVICE_COUNTS:
        rows = [row for entry in everyone for row in _device_rows(entry, day)]
        content = csv_file(DEVICE_HEADERS, rows)
        name = f"{day}T1800.csv"
        files[f"feeds/rmm-devices/{name}"] = content
        files[f"feeds/rmm-devices/{name}.sha256"] = checksum_file(name, content)
    for day in USER_COUNTS:
        for entry in everyone:
            content = csv_file(USER_HEADERS, _user_rows(entry, day))
            if (entry.account, day) == (BROKEN_ACCOUNT, BROKEN_ON):
                content = half_written(content)
            files[f"feeds/ad-users/{entry.account}/{day}T2000.csv"] = content
    for day, at in WORK_EXPORTS:
        files[f"feeds/time-entries/{day}{at}.csv"] = csv_file(TIME_HEADERS, time_rows(WORK, day))
    return files | source_files(everyone, USER_COUNTS)


def _device_rows(customer: Customer, day: date) -> list[list[str]]:
    return [
        _device_row(customer, device, day) for device in customer.devices if device.listed_on(day)
    ]


def _device_row(customer: Customer, device: Life, day: date) -> list[str]:
    return [
        device.item_id,
        device.name,
        str(customer.document["name"]),
        device.site,
        device.kind,
        device.extra,
        written_day(device.since_on),
        written_day(device.until_as_known_on(day)),
    ]


def _user_rows(customer: Customer, day: date) -> list[list[str]]:
    return [
        [user.item_id, user.name, user.site, user.kind_on(day), written_day(user.since_on)]
        for user in customer.users
        if user.listed_on(day)
    ]
