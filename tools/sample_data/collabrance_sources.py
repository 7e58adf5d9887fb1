"""Collabrance's other exports: contacts, directory users, mailboxes, Duo, the vendor's invoice.

Only some service providers have them; one file holds all of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from tools.sample_data.lives import Life
from tools.sample_data.writing import Customer, csv_file, written_day

CONTACTS, DIRECTORY, MAILBOXES, DUO = "psa-contacts", "entra-users", "mailboxes", "duo-users"
VENDOR = "vendor-invoice"

MONTH_ENDS = (date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1))
# The vendor writes its invoice on the 28th.
VENDOR_INVOICES = (date(2026, 9, 28), date(2026, 10, 28), date(2026, 11, 28), date(2026, 12, 28))

CONTACT_HEADERS = (
    "Contact ID", "Contact", "Partner", "Company", "Type", "Since", "Until", "Change Received",
)  # fmt: skip
DIRECTORY_HEADERS = ("User", "Display Name", "Partner", "Company", "Licensed", "Created")
MAILBOX_HEADERS = ("Mailbox", "Partner", "Company", "Type", "Created", "Deleted")
DUO_HEADERS = ("User", "Partner", "Company", "Status")
VENDOR_HEADERS = ("Item", "Product", "Partner", "Customer", "Quantity")


def source_files(everyone: Sequence[Customer], user_counts: Sequence[date]) -> dict[str, bytes]:
    """Every file of these feeds, by path.

    Args:
        user_counts: the last business day of each month, when users are counted.
    """
    files: dict[str, bytes] = {}
    for day in user_counts:
        at = f"{day}T2000.csv"
        files[f"feeds/{CONTACTS}/{at}"] = csv_file(CONTACT_HEADERS, _contacts(everyone, day))
        files[f"feeds/{DIRECTORY}/{at}"] = csv_file(DIRECTORY_HEADERS, _directory(everyone, day))
        files[f"feeds/{DUO}/{at}"] = csv_file(DUO_HEADERS, _duo(everyone, day))
    for day in MONTH_ENDS:
        files[f"feeds/{MAILBOXES}/{day}.csv"] = csv_file(MAILBOX_HEADERS, _mailboxes(everyone, day))
    for day in VENDOR_INVOICES:
        files[f"feeds/{VENDOR}/{day}.csv"] = csv_file(VENDOR_HEADERS, _vendor(everyone, day))
    return files


def _listed(customer: Customer, feed: str, day: date) -> list[Life]:
    return [entry for entry in customer.sources.get(feed, ()) if entry.listed_on(day)]


def _name(customer: Customer) -> str:
    return str(customer.document["name"])


def _contacts(everyone: Sequence[Customer], day: date) -> list[list[str]]:
    return [
        [
            entry.item_id,
            entry.name,
            _name(customer),
            entry.site,
            entry.kind_on(day),
            written_day(entry.since_on),
            written_day(entry.until_as_known_on(day)),
            written_day(entry.change_as_known_on(day)),
        ]
        for customer in everyone
        for entry in _listed(customer, CONTACTS, day)
    ]


def _directory(everyone: Sequence[Customer], day: date) -> list[list[str]]:
    return [
        [
            entry.item_id,
            entry.name,
            _name(customer),
            entry.site,
            entry.kind,
            written_day(entry.since_on),
        ]
        for customer in everyone
        for entry in _listed(customer, DIRECTORY, day)
        if entry.until_as_known_on(day) is None
    ]


def _mailboxes(everyone: Sequence[Customer], day: date) -> list[list[str]]:
    return [
        [
            entry.item_id,
            _name(customer),
            entry.site,
            entry.kind,
            written_day(entry.since_on),
            written_day(entry.until_as_known_on(day)),
        ]
        for customer in everyone
        for entry in _listed(customer, MAILBOXES, day)
    ]


def _duo(everyone: Sequence[Customer], day: date) -> list[list[str]]:
    return [
        [entry.item_id, _name(customer), entry.site, entry.kind_on(day)]
        for customer in everyone
        for entry in _listed(customer, DUO, day)
    ]


def _vendor(everyone: Sequence[Customer], day: date) -> list[list[str]]:
    month = (day.year, day.month)
    return [
        [entry.item, entry.product, _name(customer), entry.site, str(entry.quantities[month])]
        for customer in everyone
        for entry in customer.seats
        if month in entry.quantities
    ]
