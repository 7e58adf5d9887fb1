"""Accounts of a provider directory, made of what the old system had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml
from babel import Locale

from msp_billing.adapters.importing.current_agreements import current_agreements
from msp_billing.adapters.importing.old_agreements import (
    IncompleteError,
    LineRules,
    agreement_documents,
    by_customer,
    sites_of,
)
from msp_billing.adapters.importing.old_records import (
    OldAgreement,
    OldBook,
    OldCustomer,
    OldLine,
    Outcome,
)
from msp_billing.adapters.importing.product_mapping import MappedProduct, complete_mapping
from msp_billing.domain.accounts import feed_key

if TYPE_CHECKING:
    from msp_billing.adapters.importing.old_customers import Customers
    from msp_billing.domain.price_book import PriceBook

_AMERICA = {"usa": "US", "u.s.a.": "US", "u.s.": "US", "uk": "GB"}


@dataclass(frozen=True)
class NewAccount:
    """An account's file: what it says, and as text."""

    account: str
    document: dict[str, Any]
    text: str


def make_accounts(
    book: OldBook,
    customers: Customers,
    prices: PriceBook,
    mapping: dict[str, MappedProduct],
    as_of: date,
    system: str,
) -> tuple[tuple[NewAccount, ...], dict[str, MappedProduct]]:
    """A file for each customer that can be billed; the report says of the others why not.

    Returns:
        The files by short name, and the mapping with a row for every product that was met.
    """
    entries, lines = current_agreements(book, customers, as_of)
    completed = complete_mapping(mapping, lines, prices)
    made: list[NewAccount] = []
    grouped = by_customer(customers, entries, lines)
    owing = {customers.key_of(item.customer) for item in book.open_items}
    for key, customer in customers.active.items():
        rules = LineRules(prices, completed, customer.currency, as_of)
        mine, of_it = grouped.get(key, ([], []))
        told_before = len(book.report)
        sites, by_name = sites_of(customers, key)
        try:
            agreements = agreement_documents(mine, of_it, by_name, rules, book)
        except IncompleteError:
            reason = "something of its agreements cannot be taken"
            fix = "See the rows of its lines; it is taken whole or not at all."
            book.leave("customer", customer.name, customer.place, reason, fix)
            _wait(book, told_before)
            continue
        if not agreements and customers.is_known(key):
            reason = f"it is the account {customers.accounts[key]} already"
            book.pass_over("customer", customer.name, customer.place, reason)
            continue
        if not mine and system == "ConnectWise" and entries and key not in owing:
            # Its list of companies has vendors and prospects too; its agreements say who is billed.
            reason = "no agreement and nothing open of it is in the files"
            book.pass_over("customer", customer.name, customer.place, reason)
            continue
        if not _is_complete(customer, agreements, book):
            _wait(book, told_before)
            continue
        document = _document(customers.accounts[key], customer, sites, agreements)
        made.append(NewAccount(document["account"], document, _text(document, system)))
        book.take("customer", customer.name, customer.place, f"as account {document['account']}")
    _without_customer(book, customers, entries, lines)
    return tuple(sorted(made, key=lambda entry: entry.account)), completed


def _wait(book: OldBook, since: int) -> None:
    """What could have been taken of a customer waits for the rest of it."""
    for index in range(since, len(book.report)):
        row = book.report[index]
        if row.outcome is Outcome.TAKEN:
            reason = "it could be taken, and waits for the rest of its customer"
            fix = "Nothing: it comes with the others."
            book.report[index] = replace(row, outcome=Outcome.NOT_TAKEN, reason=reason, fix=fix)


def _is_complete(
    customer: OldCustomer, agreements: Sequence[dict[str, Any]], book: OldBook
) -> bool:
    reasons = []
    if not agreements:
        fix = "Add what it is billed to agreements.csv (mspbill import --template), or leave it."
        reasons.append(("it has no agreement that is billed", fix))
    if not customer.emails:
        fix = "Add its billing address for mail there, or in accounts.csv beside this file."
        reasons.append(("it has no mail address for invoices", fix))
    if not customer.address:
        fix = "Add its postal address there, or in accounts.csv beside this file."
        reasons.append(("it has no address", fix))
    if not (len(customer.currency) == 3 and customer.currency.isalpha()):
        fix = "Write it by its code, such as USD."
        reasons.append((f"'{customer.currency}' is no currency", fix))
    if customer.country and _country(customer.country) is None:
        reasons.append((f"'{customer.country}' is no country", "Write it by its code, such as US."))
    if reasons:
        told = "; ".join(reason for reason, _ in reasons)
        fixes = " ".join(fix for _, fix in reasons)
        book.leave("customer", customer.name, customer.place, told, fixes)
    return not reasons


def _document(
    account: str,
    customer: OldCustomer,
    sites: list[dict[str, Any]],
    agreements: list[dict[str, Any]],
) -> dict[str, Any]:
    own = {feed_key(account), feed_key(customer.name)}
    known: dict[str, str] = {}
    for text in customer.ids:
        if feed_key(text) not in own:
            known.setdefault(feed_key(text), text)
    country = _country(customer.country)
    return (
        {"account": account, "name": customer.name, "address": list(customer.address[:8])}
        | {"currency": customer.currency}
        | ({"country": country} if country else {})
        | {"billing_contacts": list(customer.emails)}
        | ({"purchase_order": customer.purchase_order} if customer.purchase_order else {})
        | ({"known_as": list(known.values())} if known else {})
        | ({"subscribers": sites} if sites else {})
        | {"agreements": agreements}
    )


def _text(document: dict[str, Any], system: str) -> str:
    body = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=98)
    return (
        f"# Taken over from {system}. From now on this file is what is billed by: edit it.\n{body}"
    )


def _country(name: str) -> str | None:
    if not name:
        return None
    return _countries().get(name.casefold())


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Codes and English names of countries."""
    named = Locale("en").territories
    codes = {code: name for code, name in named.items() if len(code) == 2 and code.isalpha()}
    return (
        {name.casefold(): code for code, name in codes.items()}
        | {code.casefold(): code for code in codes}
        | _AMERICA
    )


def _without_customer(
    book: OldBook,
    customers: Customers,
    entries: Sequence[OldAgreement],
    lines: Sequence[OldLine],
) -> None:
    """Agreements and lines of customers that no file has."""
    found = [("agreement", entry.customer, entry.name, entry.place) for entry in entries]
    found += [("line", line.customer, line.product, line.place) for line in lines]
    for what, customer, name, place in found:
        key = customers.key_of(customer)
        if key in customers.active:
            continue
        reason, fix = f"no customer '{customer}' is in the files", "Add it, or leave the row out."
        if key is not None:
            reason, fix = "its customer is inactive there", "Make it active, or end the agreement."
        book.leave(what, f"{customer}: {name}", place, reason, fix)


def unmapped(mapping: dict[str, MappedProduct]) -> tuple[MappedProduct, ...]:
    """What nobody has said a product for."""
    return tuple(entry for _, entry in sorted(mapping.items()) if not entry.product)
