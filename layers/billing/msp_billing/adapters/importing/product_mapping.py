"""Products of the old system and what they are in the price book: a file that a clerk completes.

``import-mapping.csv`` lies in the provider directory. It has a row for each product that was met.
What is the same in both by its code needs nobody; everything else is proposed, never assumed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from msp_billing.adapters.csv_files import csv_file, inert
from msp_billing.domain.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from msp_billing.adapters.importing.old_records import OldLine
    from msp_billing.domain.price_book import PriceBook

MAPPING_FILE = "import-mapping.csv"
LEAVE_OUT = "-"
"""As a product: what is not billed with this system, on purpose."""

COLUMNS = ("old_product", "description", "seen", "product", "count", "price", "suggestion")
_COUNTS = {"", "counted", "fixed"}
_PRICES = {"", "old", "list"}


@dataclass(frozen=True)
class MappedProduct:
    """What an old product is.

    Attributes:
        product: a code of the price book, '-' for what is left out, empty while nobody said.
        count: 'counted' by the product's rule, or the 'fixed' quantity of the old system.
        price: 'old' keeps what the customer paid, 'list' takes the price book's.
    """

    old_product: str
    description: str = ""
    seen: int = 0
    product: str = ""
    count: str = ""
    price: str = ""
    suggestion: str = ""


def mapping_key(product: str) -> str:
    """Products are compared without regard to case and spaces."""
    return " ".join(product.split()).casefold()


def read_mapping(path: Path, book: PriceBook) -> dict[str, MappedProduct]:
    """What the clerk wrote, by product.

    Raises:
        ProblemsError: for columns that are missing, products that there are not, and so on.
    """
    if not path.is_file():
        return {}
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Letters replaced by signs would make other products of them, and lose what was written.
        line = error.object[: error.start].count(b"\n") + 1
        what = f"Byte {error.start} is not UTF-8."
        raise ProblemsError([_problem(line, what, "Save it as 'CSV UTF-8'.")]) from None
    first = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    missing = [name for name in ("old_product", "product") if name not in (reader.fieldnames or ())]
    if missing:
        what = f"It lacks the column '{missing[0]}'."
        raise ProblemsError([_problem(1, what, "Delete the file; import writes it anew.")])
    known = {product.code for product in book.products}
    found: dict[str, MappedProduct] = {}
    problems: list[Problem] = []
    for row in reader:
        entry = MappedProduct(
            old_product=_cell(row, "old_product"),
            description=_cell(row, "description"),
            product=_cell(row, "product"),
            count=_cell(row, "count").casefold(),
            price=_cell(row, "price").casefold(),
        )
        line = reader.line_num
        if not entry.old_product:
            continue
        if entry.product not in {"", LEAVE_OUT, *known}:
            near = get_close_matches(entry.product, sorted(known), n=1)
            hint = f"Did you mean '{near[0]}'? " if near else ""
            what = f"The price book has no product '{entry.product}'."
            problems.append(_problem(line, what, f"{hint}Correct it, or add it to the price book."))
        if entry.count not in _COUNTS or entry.price not in _PRICES:
            what = f"'{entry.count}' and '{entry.price}' are not both known."
            fix = "Write counted or fixed under 'count', old or list under 'price', or nothing."
            problems.append(_problem(line, what, fix))
        if mapping_key(entry.old_product) in found:
            what = f"'{entry.old_product}' is there twice."
            problems.append(_problem(line, what, "Keep one of the two rows."))
        found[mapping_key(entry.old_product)] = entry
    if problems:
        raise ProblemsError(problems)
    return found


def complete_mapping(
    known: Mapping[str, MappedProduct], lines: Iterable[OldLine], book: PriceBook
) -> dict[str, MappedProduct]:
    """The mapping with a row for every product that the lines have.

    A product with the same code in the price book is that product. For any other, the one that is
    most like it is suggested, and the row stays open.
    """
    by_code = {mapping_key(product.code): product for product in book.products}
    by_name = {mapping_key(product.name): product for product in book.products}
    seen: dict[str, list[OldLine]] = {}
    for line in lines:
        seen.setdefault(mapping_key(line.product), []).append(line)
    completed = dict(known)
    for key, of_it in seen.items():
        entry = completed.get(key) or MappedProduct(of_it[0].product)
        same = by_code.get(key)
        if not entry.product and same is not None:
            entry = replace(entry, product=same.code)
        near = get_close_matches(key, [*by_code, *by_name], n=1, cutoff=0.5)
        told = [mapping_key(line.description) for line in of_it if line.description][:1]
        near = near or [
            match for text in told for match in get_close_matches(text, by_name, n=1, cutoff=0.5)
        ]
        suggested = (by_code.get(near[0]) or by_name[near[0]]).code if near else ""
        description = entry.description or next((e.description for e in of_it if e.description), "")
        completed[key] = replace(
            entry,
            description=description,
            seen=len(of_it),
            suggestion="" if entry.product else suggested,
        )
    return completed


def mapping_csv(entries: Sequence[MappedProduct]) -> bytes:
    """The file, products by name."""
    return csv_file(
        COLUMNS,
        (
            [
                inert(entry.old_product),
                inert(entry.description),
                str(entry.seen or ""),
                entry.product,
                entry.count,
                entry.price,
                entry.suggestion,
            ]
            for entry in sorted(entries, key=lambda entry: mapping_key(entry.old_product))
        ),
    )


def _cell(row: dict[str, str | None], name: str) -> str:
    text = " ".join((row.get(name) or "").split())
    return text[1:] if text.startswith("'") and len(text) > 1 else text


def _problem(line: int, what: str, fix: str) -> Problem:
    return Problem(code="mapping", what=what, fix=fix, file=MAPPING_FILE, line=line)


def whole_quantity(quantity: Decimal | None) -> int | None:
    """A quantity as agreements have it; None for a part of one, or none."""
    if quantity is None or quantity != quantity.to_integral_value() or quantity < 0:
        return None
    return int(quantity)
