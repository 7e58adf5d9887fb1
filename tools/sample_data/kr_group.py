"""The KR Group: agreements per user, recurring subscriptions, and a user list per customer."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tools.sample_data.kr_group_customers import customers
from tools.sample_data.kr_group_work import WORK
from tools.sample_data.lives import Life
from tools.sample_data.worklog import TIME_HEADERS, Work, time_rows
from tools.sample_data.writing import Customer, account_file, csv_file, half_written, written_day

# Both runs count in the month before the service month: August for September, and so on.
USER_COUNTS = (date(2026, 8, 12), date(2026, 9, 12), date(2026, 10, 12), date(2026, 11, 12))
BACKUP_COUNTS = (date(2026, 8, 3), date(2026, 9, 3), date(2026, 10, 3), date(2026, 11, 3))
# Work of a month is read on the 2nd of the next.
WORK_EXPORTS = (date(2026, 10, 2), date(2026, 11, 2), date(2026, 12, 2), date(2027, 1, 2))
# An entry that ended before it started was mended on this day.
MENDED_ENTRY, MENDED_ON, MENDED_END = "KRT-4203", date(2026, 11, 3), "2026-10-21 12:00"
USER_HEADERS = ("User", "Name", "Site", "Kind", "Start Date", "End Date")
BACKUP_HEADERS = (
    "Job",
    "Machine",
    "Customer",
    "Site",
    "Plan",
    "Protected Since",
    "Removed On",
)
# For the service month October this customer's export stops in the middle of its last line.
BROKEN_ACCOUNT, BROKEN_ON = "iron-range-machining", date(2026, 9, 12)


def book() -> dict[str, bytes]:
    """Every generated file of the provider, by path."""
    everyone = customers()
    files = {f"accounts/{entry.account}.yaml": account_file(entry) for entry in everyone}
    for day in USER_COUNTS:
        for entry in everyone:
            content = csv_file(USER_HEADERS, _user_rows(entry, day))
            if (entry.account, day) == (BROKEN_ACCOUNT, BROKEN_ON):
                content = half_written(content)
            files[f"feeds/users/{entry.account}/{day}T1200.csv"] = content
    for day in BACKUP_COUNTS:
        rows = [row for entry in everyone for row in _backup_rows(entry, day)]
        files[f"feeds/backup-devices/{day}T1200.csv"] = csv_file(BACKUP_HEADERS, rows)
    for day in WORK_EXPORTS:
        works = [_as_known_on(work, day) for work in WORK]
        files[f"feeds/time-entries/{day}T1200.csv"] = csv_file(TIME_HEADERS, time_rows(works, day))
    return files


def _as_known_on(work: Work, day: date) -> Work:
    """The entry as the PSA had it on a day."""
    mended = work.entry == MENDED_ENTRY and day >= MENDED_ON
    return replace(work, ends=MENDED_END) if mended else work


def _user_rows(customer: Customer, day: date) -> list[list[str]]:
    return [
        [
            user.item_id,
            user.name,
            user.site,
            user.kind_on(day),
            written_day(user.since_on),
            written_day(user.until_as_known_on(day)),
        ]
        for user in customer.users
        if user.listed_on(day)
    ]


def _backup_rows(customer: Customer, day: date) -> list[list[str]]:
    return [
        _backup_row(customer, device, day) for device in customer.devices if device.listed_on(day)
    ]


def _backup_row(customer: Customer, device: Life, day: date) -> list[str]:
    return [
        device.item_id,
        device.name,
        str(customer.document["name"]),
        device.site,
        device.kind,
        written_day(device.since_on),
        written_day(device.until_as_known_on(day)),
    ]
