"""What an import would write into a provider directory, and writing it whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from msp_billing.adapters.directory.model_problems import read_model
from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.adapters.directory.provider_files import (
    ACCOUNTS_FOLDER,
    FEEDS_FOLDER,
    POLICY_FILE,
    PRICE_BOOK_FILE,
    DirectoryFiles,
)
from msp_billing.adapters.importing.account_files import make_accounts, unmapped
from msp_billing.adapters.importing.cell_values import CellRules, DateOrder
from msp_billing.adapters.importing.old_customers import KnownAccount, sort_customers
from msp_billing.adapters.importing.opening_file import OPENING_FILE, opening_csv, opening_items
from msp_billing.adapters.importing.product_mapping import (
    MAPPING_FILE,
    MappedProduct,
    mapping_csv,
    read_mapping,
)
from msp_billing.adapters.importing.reading import ReadExport, read_book
from msp_billing.domain.ledger.openings import sums
from msp_billing.domain.price_book import PriceBook
from msp_billing.domain.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from msp_billing.adapters.importing.layouts import Old
    from msp_billing.adapters.importing.old_records import ReportRow
    from msp_billing.domain.money import Money

SYSTEMS = {"connectwise": "ConnectWise", "quickbooks": "QuickBooks", "template": "the template"}
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Texts only, no objects; much faster where libyaml is there."""

Change = Literal["new", "changed", "same"]


@dataclass(frozen=True)
class ImportOrder:
    """What to import into which directory.

    Attributes:
        as_of: the day of the take-over: what ended before it is passed over.
    """

    files: tuple[Path, ...]
    old: Old
    into: Path
    as_of: date
    dates: DateOrder | None = None
    decimal_comma: bool = False
    encoding: str | None = None


@dataclass(frozen=True)
class FileChange:
    """A file of the directory as it is and as it would be."""

    name: str
    before: bytes | None
    after: bytes

    @property
    def change(self) -> Change:
        """Accounts are compared by what they say: a comment or the order of keys is no change."""
        if self.before is None:
            return "new"
        if self.before == self.after or self._says_the_same():
            return "same"
        return "changed"

    def _says_the_same(self) -> bool:
        if not self.name.endswith(".yaml"):
            return False
        try:
            return bool(_plain(self.before or b"") == _plain(self.after))
        except yaml.YAMLError:
            return False


@dataclass(frozen=True)
class ImportPlan:
    """Everything that would be written, and what became of every row."""

    order: ImportOrder
    read: tuple[ReadExport, ...]
    files: tuple[FileChange, ...]
    report: tuple[ReportRow, ...]
    unmapped: tuple[MappedProduct, ...]
    open_sums: tuple[Money, ...]
    open_left: tuple[Money, ...]


def plan_import(order: ImportOrder) -> ImportPlan:
    """Read everything, and say what would be written. Nothing is written.

    Raises:
        ProblemsError: when a file cannot be read to its end, or what would come out of it is no
            sound provider directory.
    """
    prices, currency = _price_book(order.into)
    rules = CellRules(currency, order.dates, order.decimal_comma)
    mapping = read_mapping(order.into / MAPPING_FILE, prices)
    book, read = read_book(order.files, order.old, rules, order.encoding)
    known = known_accounts(order.into)
    customers = sort_customers(book, known, currency, has_jobs=order.old == "quickbooks")
    accounts, completed = make_accounts(
        book, customers, prices, mapping, order.as_of, SYSTEMS[order.old]
    )
    made = {entry.account for entry in accounts} | {entry.account for entry in known}
    for key, account in list(customers.accounts.items()):
        if account not in made:
            del customers.accounts[key]
    items, left = opening_items(book, customers, currency)
    names = {entry.account: str(entry.document["name"]) for entry in accounts}
    files = [
        _change(order.into, f"{ACCOUNTS_FOLDER}/{entry.account}.yaml", entry.text.encode())
        for entry in accounts
    ]
    if completed:
        files.append(_change(order.into, MAPPING_FILE, mapping_csv(list(completed.values()))))
    if items:
        files.append(_change(order.into, OPENING_FILE, opening_csv(items, names)))
    return ImportPlan(
        order=order,
        read=read,
        files=tuple(files),
        report=tuple(sorted(book.report, key=lambda row: (row.place.file, row.place.line))),
        unmapped=unmapped(completed),
        open_sums=tuple(sums(items)),
        open_left=left,
    )


def _price_book(into: Path) -> tuple[PriceBook, str]:
    files = DirectoryFiles(into)
    book, problems = read_model(files.document(PRICE_BOOK_FILE), PriceBook)
    policy = files.document(POLICY_FILE)
    found = [*files.problems, *problems, *policy.problems]
    currency = next((text for _, text in policy.find("currency")), None)
    if book is None or currency is None:
        fix = "Make provider.yaml and price-book.yaml first: copy a directory of providers/."
        what = f"{into} has no policy and price book that can be read."
        raise ProblemsError(
            found or [Problem(code="no-directory", what=what, fix=fix, file=str(into))]
        )
    return book, currency


def known_accounts(into: Path) -> tuple[KnownAccount, ...]:
    """The accounts that a directory has, with their names, as far as they can be read."""
    found: list[KnownAccount] = []
    for path in sorted((into / ACCOUNTS_FOLDER).glob("*.yaml")):
        try:
            document = _plain(path.read_bytes())
        except yaml.YAMLError:
            continue  # loading the directory says what is wrong with it
        if isinstance(document, dict):
            names = (path.stem, document.get("name"), *(document.get("known_as") or ()))
            told = tuple(str(name) for name in names if name)
            found.append(KnownAccount(path.stem, told, str(document.get("currency") or "")))
    return tuple(found)


def _change(into: Path, name: str, after: bytes) -> FileChange:
    path = into / name
    return FileChange(name, path.read_bytes() if path.is_file() else None, after)


def _plain(content: bytes) -> Any:
    return yaml.load(content, Loader=_LOADER)  # noqa: S506 - texts only, no objects


# --- Writing -------------------------------------------------------------------------------------


def check_result(plan: ImportPlan, chosen: Sequence[FileChange]) -> None:
    """Raises ProblemsError unless the directory is sound with these files in it.

    It is tried on a copy beside it, without the exports.
    """
    into = plan.order.into
    if not any(entry.name.endswith(".yaml") for entry in chosen):
        return
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        trial = Path(folder) / into.resolve().name
        shutil.copytree(into, trial, ignore=shutil.ignore_patterns(FEEDS_FOLDER))
        for entry in chosen:
            path = trial / entry.name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(entry.after)
        load_provider_directory(trial)


def write_files(into: Path, chosen: Sequence[FileChange]) -> None:
    """All of the files, or none: after an error every one is as it was."""
    (into / ACCOUNTS_FOLDER).mkdir(exist_ok=True)
    prepared = [(entry, *_beside(into / entry.name, entry.after)) for entry in chosen]
    done: list[FileChange] = []
    try:
        for entry, path, temporary in prepared:
            temporary.replace(path)
            done.append(entry)
    except BaseException:
        for entry in done:
            _restore(into / entry.name, entry.before)
        raise
    finally:
        for _, _, temporary in prepared:
            temporary.unlink(missing_ok=True)


def _beside(path: Path, content: bytes) -> tuple[Path, Path]:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "wb") as target:
        target.write(content)
    Path(name).chmod(0o644)
    return path, Path(name)


def _restore(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(before)


def of_change(plan: ImportPlan, *changes: Change) -> Iterator[FileChange]:
    """The files of a plan that are new, changed, or the same."""
    return (entry for entry in plan.files if entry.change in changes)
