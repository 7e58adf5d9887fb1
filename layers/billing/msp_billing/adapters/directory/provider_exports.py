"""The exports in a provider directory: which there are, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.adapters.directory.provider_files import FEEDS_FOLDER, DirectoryFiles
from msp_billing.adapters.directory.provider_names import nearest
from msp_billing.adapters.feeds.feed_files import (
    CHECKSUM_SUFFIX,
    ChecksumError,
    ExportKeyError,
    parse_checksum,
    parse_export_key,
)
from msp_billing.domain.problems import Problem

if TYPE_CHECKING:
    from msp_billing.domain.feeds.definitions import FeedDefinition, FeedExport


class ExportFinder:
    """Tells from the names of files which exports there are."""

    def __init__(
        self,
        files: DirectoryFiles,
        feeds: Mapping[str, FeedDefinition | None],
        zone: ZoneInfo,
        accounts: Iterable[str],
    ) -> None:
        """Take what the rest of the directory says.

        Args:
            files: the directory.
            feeds: the policy's feeds by name; None for one whose definition is wrong.
            zone: the provider's time zone.
            accounts: the ids that have a file.
        """
        self._files = files
        self._feeds = feeds
        self._zone = zone
        self._accounts = frozenset(accounts)
        self.problems: list[Problem] = []

    def find(self) -> tuple[FeedExport, ...]:
        """Every export, by feed, account and moment."""
        paths = list(self._files.feed_files())
        keys = {self._files.relative(path).removeprefix(f"{FEEDS_FOLDER}/"): path for path in paths}
        found: list[FeedExport] = []
        for key, path in keys.items():
            definition = self._definition(key)
            if definition is None:
                continue
            if key.endswith(CHECKSUM_SUFFIX):
                self._check_beside(key, keys)
                continue
            beside = keys.get(f"{key}{CHECKSUM_SUFFIX}")
            try:
                announced = None if beside is None else self._checksum(beside)
                export = parse_export_key(key, definition, self._zone, announced)
            except ExportKeyError as error:
                self._note("export-name", error.what, error.fix, path)
                continue
            if self._is_of_an_account(export, path):
                found.append(export)
        found.sort(key=lambda entry: (entry.feed, entry.account or "", entry.as_of_at, entry.key))
        self._check_moments(found)
        return tuple(found)

    def _definition(self, key: str) -> FeedDefinition | None:
        folder, _, rest = key.partition("/")
        if rest and folder in self._feeds:
            return self._feeds[folder]
        path = self._files.path_of(FEEDS_FOLDER, folder)
        if not rest:
            what = "This file is in no folder of a feed."
            self._note("export-name", what, "Move it to the folder of its feed.", path)
        elif not any(entry.file == self._files.relative(path) for entry in self.problems):
            near = nearest(folder, self._feeds)
            hint = f"Did you mean '{near}'? " if near else ""
            what = f"provider.yaml has no feed '{folder}'."
            fix = f"{hint}Rename the folder, or add the feed under 'feeds'."
            self._note("unknown-feed", what, fix, path)
        return None

    def _check_beside(self, key: str, keys: Mapping[str, Path]) -> None:
        export = key.removesuffix(CHECKSUM_SUFFIX)
        if export not in keys:
            what = f"The export that this is the checksum of, '{export}', is not there."
            self._note("export-checksum", what, "Put the export here, or remove this.", keys[key])

    def _checksum(self, path: Path) -> str | None:
        try:
            return parse_checksum(path.read_text("utf-8", errors="replace"))
        except ChecksumError as error:
            self._note("export-checksum", error.what, error.fix, path)
        except OSError as error:
            what = f"The file cannot be read: {error.strerror}."
            self._note("file-unreadable", what, "Correct its permissions.", path)
        return None

    def _is_of_an_account(self, export: FeedExport, path: Path) -> bool:
        if export.account is None or export.account in self._accounts:
            return True
        folder = path.parent
        if not any(entry.file == self._files.relative(folder) for entry in self.problems):
            near = nearest(export.account, self._accounts)
            hint = f"Did you mean '{near}'? " if near else ""
            what = f"There is no account '{export.account}', whose exports these would be."
            fix = f"{hint}Rename the folder, or add accounts/{export.account}.yaml."
            self._note("unknown-account", what, fix, folder)
        return False

    def _check_moments(self, exports: list[FeedExport]) -> None:
        first: dict[tuple[str, str | None, object], FeedExport] = {}
        for export in exports:
            before = first.setdefault((export.feed, export.account, export.as_of_at), export)
            if before is not export:
                self._note(
                    "export-twice",
                    f"'{before.key}' is as of the same moment.",
                    "Keep one of the two.",
                    self._files.path_of(FEEDS_FOLDER, *export.key.split("/")),
                )

    def _note(self, code: str, what: str, fix: str, path: Path) -> None:
        file = self._files.relative(path)
        self.problems.append(Problem(code=code, what=what, fix=fix, file=file))


def sort_problems(problems: Iterable[Problem]) -> Iterator[Problem]:
    """By file and line, the provider's own files first; one that is there twice is said once."""
    yield from dict.fromkeys(
        sorted(
            problems,
            key=lambda entry: (
                "/" in (entry.file or ""),
                entry.file or "",
                entry.line or 0,
                entry.where or "",
            ),
        )
    )
