"""Names in a provider directory: each is there once, and refers to something that is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import Literal

from msp_billing.adapters.directory.provider_documents import Place, ProviderDocuments, problem_at
from msp_billing.adapters.directory.yaml_documents import Path, YamlDocument
from msp_billing.domain.accounts import feed_key
from msp_billing.domain.contracts.agreements import EACH_SUBSCRIBER
from msp_billing.domain.contracts.terms import TERMS_PARTS
from msp_billing.domain.problems import Problem

Kind = Literal["policy", "price_book", "account"]
_MAX_NAMED = 12


@dataclass(frozen=True)
class _Names:
    """Where the names of one sort are given."""

    noun: str
    kind: Kind
    pattern: str
    also: tuple[str, ...] = ()


_FEEDS = _Names("feed", "policy", "feeds.*.feed")
_RULES = _Names("count rule", "policy", "count_rules.*.rule")
_CLAUSES = _Names("clause", "policy", "clauses.*.clause")
_MOMENTS = _Names("snapshot moment", "policy", "runs.*.moments.*.moment")
_CATEGORIES = _Names("category", "price_book", "categories.*.category")
_PRODUCTS = _Names("product", "price_book", "products.*.code")
_RATE_CARDS = _Names("rate card", "policy", "rate_cards.*.card")
_WORK_RULES = _Names("work rules", "policy", "work_rules.*.rules")
_TERMS = _Names("contract terms", "policy", "contract_terms.*.terms")
_AGREEMENTS = _Names("agreement", "account", "agreements.*.agreement")
_ONE_SUBSCRIBER = _Names("subscriber", "account", "subscribers.*.subscriber")
_SUBSCRIBERS = _Names("subscriber", "account", "subscribers.*.subscriber", also=(EACH_SUBSCRIBER,))

_TAX_CLASSES = _Names("tax class", "policy", "taxes.classes.*.tax_class")
_JURISDICTIONS = _Names("jurisdiction", "policy", "taxes.jurisdictions.*.jurisdiction")
_TAX_PLACES = _Names("tax place", "policy", "taxes.places.*.place")

_CHARGE_REFERENCES: tuple[tuple[Kind, str, _Names], ...] = (
    ("policy", "adjustments.clause", _CLAUSES),
    ("policy", "taxes.clause", _CLAUSES),
    ("policy", "taxes.category", _CATEGORIES),
    ("policy", "taxes.jurisdictions.*.rates.*.tax_class", _TAX_CLASSES),
    ("policy", "taxes.places.*.jurisdictions.*", _JURISDICTIONS),
    ("price_book", "categories.*.tax_class", _TAX_CLASSES),
    ("price_book", "products.*.tax_class", _TAX_CLASSES),
    ("account", "tax_place", _TAX_PLACES),
    ("account", "subscribers.*.tax_place", _TAX_PLACES),
    ("account", "tax_exemptions.*.jurisdictions.*", _JURISDICTIONS),
    ("account", "tax_exemptions.*.tax_classes.*", _TAX_CLASSES),
    ("account", "adjustments.*.agreement", _AGREEMENTS),
    ("account", "adjustments.*.category", _CATEGORIES),
    ("account", "adjustments.*.product", _PRODUCTS),
    ("account", "adjustments.*.subscriber", _ONE_SUBSCRIBER),
    ("account", "adjustments.*.tax_class", _TAX_CLASSES),
    ("account", "agreements.*.minimums.*.categories.*", _CATEGORIES),
    ("account", "agreements.*.minimums.*.product", _PRODUCTS),
    ("account", "agreements.*.minimums.*.clause", _CLAUSES),
)

_REPORT_REFERENCES: tuple[tuple[Kind, str, _Names], ...] = (
    ("policy", "runs.*.reports.*.after_moment", _MOMENTS),
    ("policy", "runs.*.reports.*.count_rules.*", _RULES),
    ("policy", "runs.*.reports.*.clause", _CLAUSES),
    ("account", "resale.markups.*.subscriber", _ONE_SUBSCRIBER),
    ("account", "resale.markups.*.product", _PRODUCTS),
    ("account", "resale.markups.*.category", _CATEGORIES),
    ("account", "resale.prices.*.subscriber", _ONE_SUBSCRIBER),
    ("account", "resale.prices.*.product", _PRODUCTS),
)

_REFERENCES: tuple[tuple[Kind, str, _Names], ...] = (
    *_CHARGE_REFERENCES,
    *_REPORT_REFERENCES,
    ("policy", "count_rules.*.feed", _FEEDS),
    ("policy", "count_rules.*.moment", _MOMENTS),
    ("policy", "count_rules.*.clause", _CLAUSES),
    ("policy", "cross_checks.*.winner", _RULES),
    ("policy", "cross_checks.*.against", _RULES),
    ("policy", "cross_checks.*.clause", _CLAUSES),
    ("policy", "term_discounts.*.clause", _CLAUSES),
    ("policy", "term_discounts.*.categories.*", _CATEGORIES),
    *(("policy", f"contract_terms.*.{part}.clause", _CLAUSES) for part in TERMS_PARTS),
    ("policy", "order_rules.*.clause", _CLAUSES),
    ("policy", "order_rules.*.reconcile.clause", _CLAUSES),
    ("policy", "setup_fees.*.product", _PRODUCTS),
    ("policy", "setup_fees.*.ordering.*", _PRODUCTS),
    ("policy", "setup_fees.*.count_rule", _RULES),
    ("policy", "setup_fees.*.clause", _CLAUSES),
    ("policy", "shipping.*.product", _PRODUCTS),
    ("policy", "shipping.*.clause", _CLAUSES),
    ("policy", "required_products.*.product", _PRODUCTS),
    ("policy", "required_products.*.clause", _CLAUSES),
    ("policy", "rate_cards.*.rates.*.product", _PRODUCTS),
    ("policy", "rate_cards.*.rates.*.after_hours_product", _PRODUCTS),
    ("policy", "work_rules.*.feed", _FEEDS),
    ("policy", "work_rules.*.rate_card", _RATE_CARDS),
    ("policy", "work_rules.*.clause", _CLAUSES),
    ("policy", "work_rules.*.after_hours_clause", _CLAUSES),
    ("policy", "work_rules.*.approval.clause", _CLAUSES),
    ("policy", "runs.*.work.rules", _WORK_RULES),
    ("policy", "runs.*.work.moment", _MOMENTS),
    ("policy", "runs.*.clause", _CLAUSES),
    ("policy", "runs.*.categories.*", _CATEGORIES),
    ("policy", "runs.*.must_be_priced.*.feed", _FEEDS),
    ("policy", "runs.*.must_be_priced.*.moment", _MOMENTS),
    ("policy", "runs.*.must_be_priced.*.clause", _CLAUSES),
    ("price_book", "products.*.category", _CATEGORIES),
    ("price_book", "products.*.count_rule", _RULES),
    ("price_book", "products.*.clause", _CLAUSES),
    ("price_book", "products.*.end_rule.clause", _CLAUSES),
    ("account", "agreements.*.terms", _TERMS),
    ("account", "agreements.*.lines.*.product", _PRODUCTS),
    ("account", "agreements.*.lines.*.count_rule", _RULES),
    ("account", "agreements.*.lines.*.subscriber", _SUBSCRIBERS),
    ("account", "orders.*.agreement", _AGREEMENTS),
    ("account", "orders.*.subscriber", _ONE_SUBSCRIBER),
    ("account", "orders.*.items.*.subscriber", _ONE_SUBSCRIBER),
    ("account", "orders.*.items.*.product", _PRODUCTS),
)

# Names that are given once; the number says how much of the path they share with each other.
_UNIQUE: tuple[tuple[Kind, str, str, int], ...] = (
    ("policy", "runs.*.run", "run", 0),
    ("policy", "rate_cards.*.card", "rate card", 0),
    ("policy", "work_rules.*.rules", "work rules", 0),
    ("policy", "feeds.*.feed", "feed", 0),
    ("policy", "count_rules.*.rule", "count rule", 0),
    ("policy", "cross_checks.*.check", "cross check", 0),
    ("policy", "clauses.*.clause", "clause", 0),
    ("policy", "contract_terms.*.terms", "name of contract terms", 0),
    ("policy", "order_rules.*.kind", "rule for orders", 0),
    ("policy", "setup_fees.*.fee", "setup fee", 0),
    ("policy", "shipping.*.shipping", "way of shipping", 0),
    ("policy", "required_products.*.product", "required product", 0),
    ("policy", "taxes.classes.*.tax_class", "tax class", 0),
    ("policy", "taxes.jurisdictions.*.jurisdiction", "jurisdiction", 0),
    ("policy", "taxes.places.*.place", "tax place", 0),
    ("policy", "runs.*.moments.*.moment", "snapshot moment of the run", 2),
    ("policy", "runs.*.reports.*.report", "report of the run", 2),
    ("policy", "runs.*.categories.*", "category that runs bill", 0),
    ("price_book", "categories.*.category", "category", 0),
    ("price_book", "products.*.code", "product", 0),
    ("account", "subscribers.*.subscriber", "subscriber", 0),
    ("account", "agreements.*.agreement", "agreement", 0),
    ("account", "agreements.*.lines.*.line", "line of the agreement", 2),
    ("account", "agreements.*.minimums.*.minimum", "minimum of the agreement", 2),
    ("account", "adjustments.*.adjustment", "adjustment", 0),
    ("account", "orders.*.order", "name of an order", 0),
    ("account", "orders.*.items.*.item", "name of an item of the order", 2),
)


def name_problems(documents: ProviderDocuments) -> Iterator[Problem]:
    """Every name that refers to nothing, or that two things have."""
    for kind, pattern, names in _REFERENCES:
        for document in _of(documents, kind):
            yield from _unknown(documents, document, pattern, names)
    for kind, pattern, noun, shared in _UNIQUE:
        for document in _of(documents, kind):
            yield from _given_twice(document, pattern, noun, shared)
    yield from _categories_nobody_bills(documents)
    yield from _accounts_twice(documents.accounts)
    yield from _feed_names_twice(documents.accounts)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like this one, in any letter case."""
    by_key = {entry.casefold(): entry for entry in known}
    found = get_close_matches(name.casefold(), by_key, n=1)
    return by_key[found[0]] if found else None


def _of(documents: ProviderDocuments, kind: Kind) -> tuple[YamlDocument, ...]:
    if kind == "account":
        return documents.accounts
    return (documents.policy if kind == "policy" else documents.price_book,)


def _unknown(
    documents: ProviderDocuments, document: YamlDocument, pattern: str, names: _Names
) -> Iterator[Problem]:
    source = document if names.kind == "account" else _of(documents, names.kind)[0]
    if source.root is None:
        return
    known = [*dict.fromkeys(text for _, text in source.find(*names.pattern.split(".")))]
    allowed = {*known, *names.also}
    for path, text in document.find(*pattern.split(".")):
        if text in allowed:
            continue
        near = nearest(text, allowed)
        hint = f"Did you mean '{near}'? " if near else ""
        there = "" if source is document else f" to {source.file}"
        yield problem_at(
            document,
            path,
            f"unknown-{names.noun.replace(' ', '-')}",
            f"There is no {names.noun} '{text}'.",
            f"{hint}{_known(known)}Correct it, or add it{there}.",
        )


def _known(names: list[str]) -> str:
    if not names or len(names) > _MAX_NAMED:
        return ""
    return f"There are {', '.join(names)}. "


def _given_twice(document: YamlDocument, pattern: str, noun: str, shared: int) -> Iterator[Problem]:
    first: dict[tuple[Path, str], Path] = {}
    for path, text in document.find(*pattern.split(".")):
        before = first.setdefault((path[:shared], text), path)
        if before != path:
            lines = f"on lines {document.line_of(before)} and {document.line_of(path)}"
            what = f"'{text}' is there twice as a {noun}, {lines}."
            yield problem_at(document, path, "listed-twice", what, "Keep one of the two.")


def _categories_nobody_bills(documents: ProviderDocuments) -> Iterator[Problem]:
    if documents.policy.root is None:
        return
    billed = {category for run in documents.runs for category in run.categories}
    billed |= {category for _, category in documents.policy.find("taxes", "category")}
    for path, category in documents.price_book.find("categories", "*", "category"):
        if category not in billed:
            yield problem_at(
                documents.price_book,
                path,
                "category-not-billed",
                f"No run bills the category '{category}': its products would be on no invoice.",
                f"Add it to the 'categories' of a run in {documents.policy.file}, or remove it.",
            )


def _accounts_twice(accounts: tuple[YamlDocument, ...]) -> Iterator[Problem]:
    """Ids that two files have, also in different letter case, and ids that are no file's name."""
    by_id: dict[str, list[Place]] = {}
    for document in accounts:
        for path, text in document.find("account"):
            by_id.setdefault(text.casefold(), []).append(Place(document, path, text))
    for places in by_id.values():
        # The file that is named after the account is the one to keep.
        first, *others = sorted(places, key=lambda place: place.text != _stem(place.document))
        if first.text != _stem(first.document) and first.text == first.text.lower():
            yield problem_at(
                first.document,
                first.path,
                "account-file-name",
                f"The file is called '{_stem(first.document)}', and the account in it "
                f"'{first.text}'.",
                f"Rename the file to '{first.text}.yaml', or correct the account.",
            )
        for place in others:
            yield problem_at(
                place.document,
                place.path,
                "account-twice",
                f"The account '{place.text}' is also in {first.in_words}.",
                "Keep one of the two files, or give this one an id of its own.",
            )


def _stem(document: YamlDocument) -> str:
    return PurePosixPath(document.file).stem


def _feed_names_twice(accounts: tuple[YamlDocument, ...]) -> Iterator[Problem]:
    """Names under which feeds would mean two accounts."""
    first: dict[str, Place] = {}
    for document in accounts:
        for key, here in _feed_names(document).items():
            before = first.setdefault(key, here)
            if before is here or _id_key(before.document) == _id_key(document):
                continue
            yield problem_at(
                document,
                here.path,
                "feed-name-twice",
                f"Feeds would mean two accounts by '{here.text}': this one and the one in "
                f"{before.in_words}.",
                "Keep the name at the account that the feeds mean, and write another 'name' or "
                "'known_as' at the other.",
            )


def _feed_names(document: YamlDocument) -> dict[str, Place]:
    patterns = (("account",), ("name",), ("known_as", "*"))
    places = [
        Place(document, path, text)
        for pattern in patterns
        for path, text in document.find(*pattern)
    ]
    return {feed_key(place.text): place for place in reversed(places)}


def _id_key(document: YamlDocument) -> str:
    """The account's id in lower case; files that share it are reported as one account twice."""
    return next((text.casefold() for _, text in document.find("account")), document.file)
