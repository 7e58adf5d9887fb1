"""The page about stored data says of every item where it lies and what stands beside its keys."""

from __future__ import annotations

import re

from msp_billing.adapters.dynamodb.wholeness.checking import _CHECKS
from tests.frame import repository
from tests.recovery.whole_table import Kept

PAGE = repository.ROOT / "docs" / "data-model.md"
_BODIES = {"body", "body_key", "body_sha256"}
_NAME = re.compile(r"`([^`]+)`")


def rows() -> list[tuple[str, str, str]]:
    """Partition, sort key and attributes of each row of the table of items; 'same' is resolved."""
    text = PAGE.read_text("utf-8").split("| pk | sk |")[1].split("\n\n")[0]
    found: list[tuple[str, str, str]] = []
    for line in text.splitlines()[2:]:
        pk, sk, attributes = (cell.strip() for cell in line.split("|")[1:4])
        if pk.startswith("same"):
            pk = next(p for p, s, _ in reversed(found) if pk == "same" or "INVOICE#" in s)
        found.append((pk, sk, attributes))
    return found


def is_named(item: str, written: str) -> bool:
    """Whether a key is of a form that is written with ``<places>``, before a comma or a word."""
    forms = [re.escape(form) for form in _NAME.findall(written)]
    return any(re.fullmatch(re.sub("<[^>]*>", ".+", form), item) for form in forms)


def test_every_kind_of_item_has_a_row() -> None:
    kinds = {(pk.split("#")[0].strip("`"), sk) for pk, sk, _ in rows()}
    lacking = []
    for check in _CHECKS:
        first, _, second = check.partition("/")
        if not any(
            pk == first and re.search(rf"`{second}(#|`)" if second else "", sk) for pk, sk in kinds
        ):
            lacking.append(check)
    assert lacking == []


def test_every_stored_item_and_attribute_is_on_the_page(kept: Kept) -> None:
    known = rows()
    lacking = set()
    for (pk, sk), item in kept.items().items():
        fitting = [
            attributes
            for partition, place, attributes in known
            if is_named(pk, partition) and is_named(re.sub(r"#r\d+$", "", sk), place)
        ]
        if not fitting:
            lacking.add(f"{pk} {sk}")
            continue
        named = set(_NAME.findall(" ".join(fitting)))
        if "body" in " ".join(fitting):
            named |= _BODIES
        told = {name for name in item if name not in {"pk", "sk"}} - named
        lacking |= {f"{pk.split('#')[0]} {sk.split('#')[0]}: {name}" for name in told}
    assert lacking == set()
