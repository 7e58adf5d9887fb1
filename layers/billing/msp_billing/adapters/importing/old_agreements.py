"""Agreements of the old system as agreements of an account, or why they cannot be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from msp_billing.adapters.importing.old_records import OldAgreement, OldBook, OldLine
from msp_billing.adapters.importing.product_mapping import (
    LEAVE_OUT,
    MAPPING_FILE,
    MappedProduct,
    mapping_key,
    whole_quantity,
)
from msp_billing.adapters.importing.short_names import free_name, short_name
from msp_billing.domain.accounts import feed_key

if TYPE_CHECKING:
    from msp_billing.adapters.importing.old_customers import Customers
    from msp_billing.domain.price_book import PriceBook, Product


@dataclass(frozen=True)
class LineRules:
    """By what lines become lines of agreements."""

    book: PriceBook
    mapping: Mapping[str, MappedProduct]
    currency: str
    as_of: date


class IncompleteError(Exception):
    """Something of an agreement cannot be taken: the whole account waits, and bills nothing."""


def agreement_documents(
    entries: Sequence[OldAgreement],
    lines: Sequence[OldLine],
    sites: Mapping[str, str],
    rules: LineRules,
    book: OldBook,
) -> list[dict[str, Any]]:
    """The agreements of one account, as its file has them.

    Args:
        sites: short names of the account's sites, by key.

    Raises:
        IncompleteError: when one of the lines cannot be taken; every reason is in the report.
    """
    documents: list[dict[str, Any]] = []
    names: set[str] = set()
    whole = True
    for entry in entries:
        of_it = [line for line in lines if feed_key(line.agreement) == feed_key(entry.name)]
        told = f"{entry.customer}: {entry.name}"
        if entry.doubt is not None:
            book.leave("agreement", told, entry.place, entry.doubt.reason, entry.doubt.fix)
            whole = False
            continue
        if entry.cycle and not entry.cycle.casefold().startswith("month"):
            fix = "Bill it in the old system until it renews, or write its agreement by hand."
            reason = f"it is billed '{entry.cycle}', not monthly"
            book.leave("agreement", told, entry.place, reason, fix)
            whole = False
            continue
        made = [_line_or_doubt(line, sites, rules, book) for line in of_it]
        whole = whole and None not in made
        kept = [line for line in made if line]
        if not kept:
            continue
        starts_on = entry.starts_on or min(
            (line.starts_on for line in of_it if line.starts_on), default=None
        )
        if starts_on is None:
            fix = "Add the day on which the agreement starts."
            book.leave("agreement", told, entry.place, "it has no first day", fix)
            whole = False
            continue
        name = free_name(short_name(entry.name), names)
        names.add(name)
        documents.append(
            {"agreement": name, "title": entry.name or "Agreement", "starts_on": starts_on}
            | ({"ends_on": entry.ends_on} if entry.ends_on else {})
            | {"lines": _named(kept, starts_on)}
        )
    if not whole:
        raise IncompleteError
    return documents


def _named(lines: Sequence[dict[str, Any]], starts_on: date) -> list[dict[str, Any]]:
    """Lines with names of their own, made of their products."""
    names: set[str] = set()
    named: list[dict[str, Any]] = []
    for line in lines:
        name = free_name(short_name(line["product"]), names)
        names.add(name)
        kept = dict(line)
        if "starts_on" in kept and kept["starts_on"] <= starts_on:
            del kept["starts_on"]
        named.append({"line": name} | kept)
    return named


def _line_or_doubt(
    line: OldLine, sites: Mapping[str, str], rules: LineRules, book: OldBook
) -> dict[str, Any] | None:
    """As below; None also for a line of which nobody can say whose it is."""
    if line.doubt is None:
        return _line(line, sites, rules, book)
    told = f"{line.customer}: {line.product}"
    book.leave("line", told, line.place, line.doubt.reason, line.doubt.fix)
    return None


def _line(
    line: OldLine, sites: Mapping[str, str], rules: LineRules, book: OldBook
) -> dict[str, Any] | None:
    """A line; empty for one that is left out on purpose, None for one that cannot be taken."""
    told = f"{line.customer}: {line.product}"
    mapped = rules.mapping.get(mapping_key(line.product))
    if mapped is None or not mapped.product:
        fix = f"Write its product into {MAPPING_FILE}, or '-' for what is not billed here."
        book.leave("line", told, line.place, f"nobody said what '{line.product}' is", fix)
        return None
    if mapped.product == LEAVE_OUT:
        book.pass_over("line", told, line.place, f"{MAPPING_FILE} leaves it out")
        return {}
    product = rules.book.find(mapped.product)
    assert product is not None, "the mapping was read against the price book"
    counted = mapped.count != "fixed" and (product.count_rule is not None)
    made: dict[str, Any] = {"product": product.code}
    if line.subscriber:
        site = sites.get(feed_key(line.subscriber))
        if site is None:
            fix = "Add the site to the accounts, with the customer as its parent."
            book.leave("line", told, line.place, f"there is no site '{line.subscriber}'", fix)
            return None
        made["subscriber"] = site
    if not counted:
        quantity = whole_quantity(line.quantity)
        if quantity is None:
            fix = "Correct the quantity, or have it counted: 'counted' in the mapping."
            reason = f"the quantity {line.quantity} is no whole number"
            book.leave("line", told, line.place, reason, fix)
            return None
        made["quantity"] = quantity
    if line.unit_price is not None and line.unit_price < 0:
        fix = "Leave it out with '-' in the mapping, and enter a credit or a discount by hand."
        book.leave("line", told, line.place, f"its price {line.unit_price} is negative", fix)
        return None
    made |= _price(line, product, mapped, rules)
    made |= {"starts_on": line.starts_on} if line.starts_on else {}
    made |= {"ends_on": line.ends_on} if line.ends_on else {}
    how = "counted" if counted else f"{made['quantity']} fixed"
    price = made.get("price", {}).get("each", "list price")
    book.take("line", told, line.place, f"as {product.code}, {how}, at {price}")
    return made


def _price(
    line: OldLine, product: Product, mapped: MappedProduct, rules: LineRules
) -> dict[str, Any]:
    """The price that the customer paid, where it is not the list price."""
    if line.unit_price is None or mapped.price == "list":
        return {}
    day = max(rules.as_of, line.starts_on or rules.as_of)
    prices = [
        entry.price
        for entry in product.prices
        if entry.valid_on(day) and (entry.currency or rules.book.currency) == rules.currency
    ]
    if len(prices) == 1 and prices[0].each == line.unit_price:
        return {}
    return {"price": {"each": format(line.unit_price, "f")}}


def sites_of(customers: Customers, key: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """A customer's sites as its file has them, and their short names by every name they have."""
    documents: list[dict[str, Any]] = []
    by_name: dict[str, str] = {}
    taken: set[str] = {"each"}
    for site in sorted(customers.sites.get(key, []), key=lambda entry: feed_key(entry.name)):
        name = free_name(short_name(site.name), taken)
        taken.add(name)
        known = [text for text in site.ids if feed_key(text) not in {feed_key(site.name), name}]
        fresh = [text for text in known if feed_key(text) not in by_name]
        documents.append(
            {"subscriber": name, "name": site.name} | ({"known_as": fresh} if fresh else {})
        )
        by_name |= dict.fromkeys((feed_key(text) for text in (name, site.name, *fresh)), name)
    return documents, by_name


def by_customer(
    customers: Customers, entries: Sequence[OldAgreement], lines: Sequence[OldLine]
) -> dict[str | None, tuple[list[OldAgreement], list[OldLine]]]:
    """Agreements and lines by the key of their customer; a job's line is of its site."""
    found: dict[str | None, tuple[list[OldAgreement], list[OldLine]]] = {}
    for entry in entries:
        found.setdefault(customers.key_of(entry.customer), ([], []))[0].append(entry)
    for line in lines:
        site = line.subscriber or customers.job_in(line.customer)
        of_it = found.setdefault(customers.key_of(line.customer), ([], []))
        of_it[1].append(replace(line, subscriber=site))
    return found
