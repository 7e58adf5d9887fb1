"""Names in a provider directory: each is there once, and refers to something that is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msp_billing.adapters.directory.name_tables import REFERENCES, UNIQUE, Kind, Names
from msp_billing.adapters.directory.provider_documents import Place, ProviderDocuments, problem_at
from msp_billing.domain.accounts import feed_key

if TYPE_CHECKING:
    from msp_billing.adapters.directory.yaml_documents import Path, YamlDocument
    from msp_billing.domain.problems import Problem

_MAX_NAMED = 12


def name_problems(documents: ProviderDocuments) -> Iterator[Problem]:
    """Every name that refers to nothing, or that two things have."""
    for kind, pattern, names in REFERENCES:
        for document in _of(documents, kind):
            yield from _unknown(documents, document, pattern, names)
    for kind, pattern, noun, shared in UNIQUE:
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
    documents: ProviderDocuments, document: YamlDocument, pattern: str, names: Names
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
