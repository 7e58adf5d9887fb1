"""Differences that somebody has looked at: a CSV file with a reason for each."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from msp_billing.adapters.csv_files import csv_file, inert
from msp_billing.domain.problems import Problem, ProblemsError
from mspbill.shadow import DifferenceKind, ShadowRow

COLUMNS = ("account", "product", "description", "kind", "difference", "currency", "reason")


@dataclass(frozen=True)
class KnownDifference:
    """A difference that is expected, and why."""

    line: int
    key: tuple[str, str, str, str, Decimal, str]
    reason: str

    @property
    def title(self) -> str:
        """What it is about."""
        account, product, description, kind, difference, currency = self.key
        return f"{account}, {product or description}: {kind}, {difference} {currency}"


def key_of(row: ShadowRow) -> tuple[str, str, str, str, Decimal, str]:
    """By what a difference is known again: also by its amount, which may be another next month."""
    return (row.account, row.product, row.title, row.kind.value, row.difference, row.currency)


def read_known(path: Path) -> tuple[KnownDifference, ...]:
    """The file; rows without a reason count for nothing.

    Raises:
        ProblemsError: for columns that are missing, and amounts that are none.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemsError([_problem(path, 1, f"It cannot be read: {error}.")]) from None
    delimiter = ";" if text.partition("\n")[0].count(";") > 1 else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ProblemsError([_problem(path, 1, f"It lacks the column '{missing[0]}'.")])
    found: list[KnownDifference] = []
    problems: list[Problem] = []
    kinds = {kind.value for kind in DifferenceKind}
    for row in reader:
        cell = {name: _plain(row[name]) for name in COLUMNS}
        try:
            difference = Decimal(cell["difference"])
        except InvalidOperation:
            what = f"'{cell['difference']}' is no amount."
            problems.append(_problem(path, reader.line_num, what))
            continue
        if cell["kind"] not in kinds:
            what = f"'{cell['kind']}' is no kind of difference."
            problems.append(_problem(path, reader.line_num, what))
        elif cell["reason"]:
            key = (
                *(cell["account"], cell["product"], cell["description"], cell["kind"]),
                *(difference, cell["currency"]),
            )
            found.append(KnownDifference(reader.line_num, key, cell["reason"]))
    if problems:
        raise ProblemsError(problems)
    return tuple(found)


def with_known(
    rows: Sequence[ShadowRow], known: Sequence[KnownDifference]
) -> tuple[tuple[ShadowRow, ...], tuple[KnownDifference, ...]]:
    """Rows with the reasons that are written down for them, and what fits none of them any more.

    A row of the file counts for one difference.
    """
    left = list(known)
    told: list[ShadowRow] = []
    for row in rows:
        match = next((entry for entry in left if entry.key == key_of(row)), None)
        if match is None or not row.is_open:
            told.append(row)
        else:
            left.remove(match)
            told.append(replace(row, known=match.reason))
    return tuple(told), tuple(left)


def draft_of(rows: Iterable[ShadowRow]) -> bytes:
    """A file of the differences that are open, to write the reasons into."""
    return csv_file(
        COLUMNS,
        (
            [
                inert(row.account),
                inert(row.product),
                inert(row.title),
                row.kind.value,
                format(row.difference, "f"),
                row.currency,
                "",
            ]
            for row in rows
            if row.is_open
        ),
    )


def _plain(text: str | None) -> str:
    bare = (text or "").strip()
    return bare[1:] if bare.startswith("'") else bare


def _problem(path: Path, line: int, what: str) -> Problem:
    fix = "Have it written by mspbill shadow --draft FILE, and fill in the reasons."
    return Problem(code="known-differences", what=what, fix=fix, file=path.name, line=line)
