"""Reading a provider directory: all of it, or everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from msp_billing.adapters.directory.line_ends import by_lifetime
from msp_billing.adapters.directory.model_problems import read_model
from msp_billing.adapters.directory.provider_charges import charge_problems
from msp_billing.adapters.directory.provider_checks import (
    counted_twice,
    date_problems,
    fit_problems,
    number_problems,
)
from msp_billing.adapters.directory.provider_documents import ProviderDocuments
from msp_billing.adapters.directory.provider_exports import ExportFinder, sort_problems
from msp_billing.adapters.directory.provider_files import (
    FEEDS_FOLDER,
    POLICY_FILE,
    PRICE_BOOK_FILE,
    DirectoryFiles,
)
from msp_billing.adapters.directory.provider_logo import with_logo
from msp_billing.adapters.directory.provider_names import name_problems
from msp_billing.adapters.directory.provider_orders import order_problems
from msp_billing.adapters.directory.provider_templates import ProviderTemplates
from msp_billing.adapters.directory.work_checks import work_problems
from msp_billing.adapters.feeds.csv_feed import RowProblem
from msp_billing.adapters.feeds.export_reader import ExportReader
from msp_billing.domain.accounts import Account
from msp_billing.domain.feeds.definitions import FeedDefinition, FeedExport
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook
from msp_billing.domain.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from msp_billing.adapters.directory.yaml_documents import YamlDocument

ModelType = TypeVar("ModelType", bound=BaseModel)

_QUOTED = re.compile(r"'([^']+)'")
_ABOUT_NAMES = frozenset({"listed-twice", "unknown-name"})


@dataclass(frozen=True)
class ProviderDirectory:
    """Everything that a provider bills from, valid by itself and in itself."""

    policy: ProviderPolicy
    price_book: PriceBook
    accounts: tuple[Account, ...]
    feeds_root: Path
    exports: tuple[FeedExport, ...]


def load_provider_directory(
    path: Path, instead: Mapping[str, Path] | None = None
) -> ProviderDirectory:
    """Read a provider directory. Nothing is ever written.

    Args:
        path: the directory.
        instead: files that are read in place of its own, by the name of these.

    The exports of a sound directory are found, not read: see :func:`check_exports`. Those of one
    that is refused are read, so that one go says everything there is to mend.

    Raises:
        ProblemsError: with every problem of every file and export, by file and line.
    """
    if not path.is_dir():
        what = f"'{path}' is no directory."
        fix = "Give the directory that has provider.yaml in it."
        raise ProblemsError([Problem(code="file-missing", what=what, fix=fix)])
    reader = _Reader(path, instead)
    directory = reader.read()
    if directory is None:
        broken = _export_problems(path / FEEDS_FOLDER, reader.exports, reader.feeds)
        raise ProblemsError(sort_problems([*reader.problems, *broken]))
    return directory


def check_exports(directory: ProviderDirectory) -> tuple[Problem, ...]:
    """Read every export to its end and report what is wrong, by file and line.

    These are apart from the problems of the directory because they weigh less: in a cycle a
    broken export parks the accounts that need it, and the others are billed.
    """
    feeds = {feed.feed: feed for feed in directory.policy.feeds}
    return tuple(sort_problems(_export_problems(directory.feeds_root, directory.exports, feeds)))


def _export_problems(
    root: Path, exports: Iterable[FeedExport], feeds: Mapping[str, FeedDefinition | None]
) -> Iterator[Problem]:
    for export in exports:
        file = f"{FEEDS_FOLDER}/{export.key}"
        definition = feeds[export.feed]
        assert definition is not None, "exports are found only of feeds that are sound"
        try:
            with (root / export.key).open("rb") as stream:
                for entry in ExportReader(definition, export, stream, file):
                    if isinstance(entry, RowProblem):
                        yield entry.problem
        except OSError as error:
            what = f"The file cannot be read: {error.strerror}."
            fix = "Correct its permissions."
            yield Problem(code="file-unreadable", what=what, fix=fix, file=file)


class _Reader:
    def __init__(self, root: Path, instead: Mapping[str, Path] | None) -> None:
        self._root = root
        self._files = DirectoryFiles(root, instead)
        self.problems: list[Problem] = []
        self.feeds: dict[str, FeedDefinition | None] = {}
        self.exports: tuple[FeedExport, ...] = ()

    def read(self) -> ProviderDirectory | None:
        """The directory, or None with the problems."""
        policy_document, logo_problems = with_logo(self._files.document(POLICY_FILE), self._files)
        self.problems += logo_problems
        templates = ProviderTemplates(self._files)
        policy_document = templates.into(policy_document)
        self.problems += templates.problems
        documents = ProviderDocuments(
            policy_document,
            self._files.document(PRICE_BOOK_FILE),
            self._files.accounts(),
        )
        self.problems += name_problems(documents)
        self.problems += fit_problems(documents)
        self.problems += work_problems(documents)
        self.problems += order_problems(documents)
        self.problems += charge_problems(documents)
        policy = self._model(documents.policy, ProviderPolicy)
        price_book = self._model(documents.price_book, PriceBook)
        accounts = [
            self._account(document, documents, policy, price_book)
            for document in documents.accounts
        ]
        if policy is not None:
            self.problems += number_problems(policy, documents.policy)
            self.problems += date_problems(policy, documents.policy)
            self.problems += templates.tried_with(policy)
        self.feeds = _feeds(documents.policy)
        self.exports = self._exports(documents, policy)
        self.problems += self._files.problems
        if self.problems or policy is None or price_book is None:
            return None
        return ProviderDirectory(
            policy=policy,
            price_book=price_book,
            accounts=tuple(account for account in accounts if account is not None),
            feeds_root=self._root / FEEDS_FOLDER,
            exports=self.exports,
        )

    def _account(
        self,
        document: YamlDocument,
        documents: ProviderDocuments,
        policy: ProviderPolicy | None,
        price_book: PriceBook | None,
    ) -> Account | None:
        account = self._model(document, Account)
        if account is not None:
            ends = by_lifetime(account, policy, price_book)
            self.problems += counted_twice(account, document, documents.product_rules, ends)
        return account

    def _model(self, document: YamlDocument, model: type[ModelType]) -> ModelType | None:
        read, problems = read_model(document, model)
        self.problems += document.problems
        self.problems += [entry for entry in problems if not self._is_known(entry)]
        return read

    def _is_known(self, problem: Problem) -> bool:
        """Whether the check of names has already said, more precisely, what the model says."""
        return problem.code in _ABOUT_NAMES and any(
            name in problem.what
            for entry in self.problems
            if entry.file == problem.file
            and (entry.code == "listed-twice" or entry.code.startswith("unknown-"))
            for name in _QUOTED.findall(entry.what)
        )

    def _exports(
        self, documents: ProviderDocuments, policy: ProviderPolicy | None
    ) -> tuple[FeedExport, ...]:
        if documents.policy.root is None:
            return ()
        finder = ExportFinder(
            self._files,
            self.feeds,
            # Without a valid policy the exports are only looked at for their names.
            ZoneInfo("UTC") if policy is None else policy.zone,
            (PurePosixPath(document.file).stem for document in documents.accounts),
        )
        exports = finder.find()
        self.problems += finder.problems
        return exports


def _feeds(policy: YamlDocument) -> dict[str, FeedDefinition | None]:
    """The feeds that the policy names, also where the rest of it is not valid yet."""
    feeds: dict[str, FeedDefinition | None] = {}
    for _, entry in policy.values("feeds", "*"):
        name = entry.get("feed") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            continue
        try:
            feeds[name] = FeedDefinition.model_validate(entry)
        except ValidationError:
            feeds[name] = None
    return feeds
