"""Customers of the old system as accounts: who is one, who is a site of one, who stands twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from msp_billing.adapters.importing.short_names import free_name, short_name
from msp_billing.domain.accounts import feed_key

if TYPE_CHECKING:
    from msp_billing.adapters.importing.old_records import OldBook, OldCustomer


@dataclass(frozen=True)
class KnownAccount:
    """An account that the provider directory has already, with every name that feeds may use."""

    account: str
    names: tuple[str, ...]
    currency: str


@dataclass
class Customers:
    """Who is billed, by every name that other exports may use.

    Attributes:
        active: customers that become accounts, by key.
        sites: sites and jobs of each, by the key of the customer.
        accounts: the short name of each; one that the directory has keeps its own.
        has_jobs: whether a job stands behind its customer's name and a colon, as in QuickBooks.
    """

    active: dict[str, OldCustomer] = field(default_factory=dict)
    inactive: dict[str, OldCustomer] = field(default_factory=dict)
    sites: dict[str, list[OldCustomer]] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    known: tuple[KnownAccount, ...] = ()
    has_jobs: bool = False

    def key_of(self, name: str) -> str | None:
        """The customer that an export means by a name, a number, or a name with a job behind it."""
        for part in self._parts(name):
            key = self._by_name.get(feed_key(part)) if part else None
            if key is not None:
                return key
        return None

    def job_in(self, name: str) -> str:
        """The job or site behind a customer's name; empty where the whole is a customer's name."""
        if not self.has_jobs or feed_key(name) in self._by_name:
            return ""
        return name.partition(":")[2].strip()

    def _parts(self, name: str) -> tuple[str, ...]:
        """What may be a customer's name in it, the whole first."""
        if not self.has_jobs:
            return (name,)
        return (name, name.rpartition(":")[0], name.partition(":")[0])

    def account_of(self, name: str) -> tuple[str, str] | None:
        """Short name and currency of the account that is meant, also one that was there before."""
        key = self.key_of(name)
        if key is not None and key in self.accounts:
            return self.accounts[key], self.active[key].currency
        for part in self._parts(name):
            known = self._known_by_name.get(feed_key(part)) if part else None
            if known is not None:
                return known.account, known.currency
        return None

    def is_known(self, key: str) -> bool:
        """Whether the directory has the customer's account already."""
        return self.accounts.get(key, "") in self._known_accounts

    @cached_property
    def _known_accounts(self) -> frozenset[str]:
        return frozenset(entry.account for entry in self.known)

    @cached_property
    def _known_by_name(self) -> dict[str, KnownAccount]:
        return {feed_key(name): entry for entry in self.known for name in entry.names}

    @cached_property
    def _by_name(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for customers in (self.active, self.inactive):
            for key, customer in customers.items():
                for name in (customer.name, *customer.ids):
                    found.setdefault(feed_key(name), key)
        return found


def sort_customers(
    book: OldBook, known: Sequence[KnownAccount], currency: str, *, has_jobs: bool
) -> Customers:
    """Who of the customers becomes an account. Everybody else is told in the report.

    Args:
        known: accounts of the directory; whoever has one of their names is that account.
    """
    customers = Customers(known=tuple(known), has_jobs=has_jobs)
    merged = _merged(book)
    for key, customer in merged.items():
        if customer.parent:
            continue
        if customer.active:
            filled = replace(customer, currency=customer.currency or currency)
            customers.active[key] = filled
        else:
            customers.inactive[key] = customer
            book.pass_over("customer", customer.name, customer.place, "it is inactive there")
    for customer in merged.values():
        if customer.parent:
            _add_site(book, customers, customer)
    _drop_shared_names(book, customers)
    customers.accounts = _short_names(customers.active, known)
    return customers


def _merged(book: OldBook) -> dict[str, OldCustomer]:
    """Each customer once. A row in another file adds what is missing; in the same it is a fault."""
    found: dict[str, OldCustomer] = {}
    twice: set[str] = set()
    for customer in book.customers:
        key = feed_key(f"{customer.parent}:{customer.name}" if customer.parent else customer.name)
        before = found.get(key)
        if before is None:
            found[key] = customer
        elif before.place.file != customer.place.file:
            found[key] = _filled(before, customer)
        elif replace(before, place=customer.place) == customer:
            book.pass_over("customer", customer.name, customer.place, "the same row again")
        else:
            twice.add(key)
            book.leave(
                "customer",
                customer.name,
                customer.place,
                f"it is listed twice, also on line {before.place.line}, and not the same",
                "Keep the row that is right; merge the two in the old system.",
            )
    for key in twice:
        customer = found.pop(key)
        book.leave(
            "customer",
            customer.name,
            customer.place,
            "it is listed twice, and not the same",
            "Keep the row that is right; merge the two in the old system.",
        )
    return found


def _filled(first: OldCustomer, other: OldCustomer) -> OldCustomer:
    return replace(
        first,
        ids=tuple(dict.fromkeys((*first.ids, *other.ids))),
        account=first.account or other.account,
        active=first.active and other.active,
        emails=first.emails or other.emails,
        address=first.address or other.address,
        country=first.country or other.country,
        currency=first.currency or other.currency,
        purchase_order=first.purchase_order or other.purchase_order,
    )


def _add_site(book: OldBook, customers: Customers, site: OldCustomer) -> None:
    key = feed_key(site.parent)
    if key not in customers.active:
        if key in customers.inactive or not site.active:
            reason = "it is, or its customer is, inactive there"
            book.pass_over("site", site.name, site.place, reason)
            return
        fix = f"Add '{site.parent}' to the file, or take the part before the colon away."
        reason = f"its customer '{site.parent}' is not in the files"
        book.leave("site", site.name, site.place, reason, fix)
        return
    if not site.active:
        book.pass_over("site", site.name, site.place, "it is inactive there")
        return
    customers.sites.setdefault(key, []).append(site)
    book.take("site", site.name, site.place, f"a site of {site.parent}")


def _drop_shared_names(book: OldBook, customers: Customers) -> None:
    """Two customers that a feed could not tell apart are not taken."""
    owners: dict[str, str] = {}
    clashes: dict[str, str] = {}
    for key, customer in customers.active.items():
        for name in {feed_key(entry) for entry in (customer.name, *customer.ids)}:
            other = owners.setdefault(name, key)
            if other != key:
                clashes[key], clashes[other] = name, name
    for key, name in clashes.items():
        customer = customers.active.pop(key)
        customers.sites.pop(key, None)
        fix = "Give one of the two another name or number in the old system, and export again."
        reason = f"another customer is known as '{name}' too"
        book.leave("customer", customer.name, customer.place, reason, fix)


def _short_names(
    customers: Mapping[str, OldCustomer], known: Iterable[KnownAccount]
) -> dict[str, str]:
    """The short name of each customer.

    One whose name the directory has is that account. The others get theirs in order of the first
    number that the old system knows them by, so that the order of the rows changes nothing.
    """
    by_name = {feed_key(name): entry.account for entry in known for name in entry.names}
    names: dict[str, str] = {}
    for key, customer in customers.items():
        matches = (by_name.get(feed_key(name)) for name in (customer.name, *customer.ids))
        match = next((account for account in matches if account), None)
        if match is not None and match not in names.values():
            names[key] = match
    taken = {*names.values(), *by_name.values()}
    for key in sorted(customers.keys() - names.keys(), key=lambda k: (customers[k].ids, k)):
        customer = customers[key]
        names[key] = free_name(short_name(customer.account or customer.name), taken)
        taken.add(names[key])
    return names
