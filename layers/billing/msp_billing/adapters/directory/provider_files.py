"""Which files a provider directory has, and those that lie where nothing would read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from msp_billing.adapters.directory.yaml_documents import YamlDocument, read_yaml
from msp_billing.domain.problems import Problem

POLICY_FILE = "provider.yaml"
PRICE_BOOK_FILE = "price-book.yaml"
ACCOUNTS_FOLDER = "accounts"
FEEDS_FOLDER = "feeds"

_START = "Copy one of the directories in providers/ to start from."


class DirectoryFiles:
    """Looks at a directory without ever writing to it, and never follows a link out of it."""

    def __init__(self, root: Path, instead: Mapping[str, Path] | None = None) -> None:
        """Look at a directory.

        Args:
            instead: files elsewhere that are read in place of the directory's own, by the name of
                these; a change that is only tried.
        """
        self._root = root
        self._instead = instead or {}
        self._real_root = root.resolve()
        self.problems: list[Problem] = []

    def document(self, name: str) -> YamlDocument:
        """A file that must be there; a document without content, and a problem, if it is not."""
        if name in self._instead:
            return self._read(self._instead[name], str(self._instead[name]))
        path = self._root / name
        if path.is_file() and self._is_inside(path):
            return self._read(path)
        if not path.is_symlink():
            other = path.with_suffix(".yml")
            fix = f"Rename '{other.name}' to '{name}'." if other.is_file() else _START
            self._note("file-missing", f"The file '{name}' is missing.", fix, name)
        return YamlDocument(name, None, ())

    def accounts(self) -> tuple[YamlDocument, ...]:
        """Every account's file, by name."""
        folder = self._root / ACCOUNTS_FOLDER
        found = [self._read(path) for path in self._account_files(folder)]
        if not found:
            what = "There is no account: the folder 'accounts' is missing or has no file in it."
            self._note("file-missing", what, _START, ACCOUNTS_FOLDER)
        return tuple(found)

    def feed_files(self) -> Iterator[Path]:
        """Every file below the folder of feeds, by name."""
        folder = self._root / FEEDS_FOLDER
        if folder.is_dir() and self._is_inside(folder):
            yield from self._below(folder)

    def named_file(self, name: str, limit_bytes: int) -> bytes | None:
        """What a file beside the policy holds, up to a limit; None where it cannot be read."""
        path = self._instead.get(name, self._root / name)
        if not path.is_file() or (name not in self._instead and not self._is_inside(path)):
            return None
        try:
            with path.open("rb") as stream:
                return stream.read(limit_bytes)
        except OSError:
            return None

    def template_files(self, folder: str) -> tuple[Path, ...]:
        """What lies in a folder, by name; nothing where there is none."""
        path = self._root / folder
        if not path.is_dir() or not self._is_inside(path):
            return ()
        return tuple(entry for entry in _visible(path) if self._is_inside(entry))

    def relative(self, path: Path) -> str:
        """A path as problems name it."""
        return path.relative_to(self._root).as_posix()

    def path_of(self, *parts: str) -> Path:
        """A path in the directory."""
        return self._root.joinpath(*parts)

    def _account_files(self, folder: Path) -> Iterator[Path]:
        if not folder.is_dir() or not self._is_inside(folder):
            return
        for path in _visible(folder):
            if not self._is_inside(path):
                continue
            if path.is_file() and path.suffix == ".yaml":
                yield path
                continue
            fix = "Move it elsewhere."
            if path.is_file() and path.suffix.lower() in {".yml", ".yaml"}:
                fix = f"Rename it to '{path.stem}.yaml'."
            what = "This is no account: accounts are files with names that end in '.yaml'."
            self._note("unexpected-file", what, fix, self.relative(path))

    def _below(self, folder: Path) -> Iterator[Path]:
        for path in _visible(folder):
            if not self._is_inside(path):
                continue
            if path.is_dir():
                yield from self._below(path)
            else:
                yield path

    def _read(self, path: Path, shown: str | None = None) -> YamlDocument:
        name = shown or self.relative(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            what = f"The file cannot be read: {error.strerror}."
            self._note("file-unreadable", what, "Correct its permissions.", name)
            return YamlDocument(name, None, ())
        return read_yaml(content, name)

    def _is_inside(self, path: Path) -> bool:
        """Whether a path is really in the directory; a link to elsewhere becomes a problem."""
        try:
            inside = path.resolve(strict=True).is_relative_to(self._real_root)
        except (OSError, RuntimeError):
            inside = False
        if not inside:
            what = "This is a link to something outside of the directory, or to nothing."
            fix = "Put the file itself here."
            self._note("link-outside", what, fix, self.relative(path))
        return inside

    def _note(self, code: str, what: str, fix: str, file: str) -> None:
        self.problems.append(Problem(code=code, what=what, fix=fix, file=file))


def _visible(folder: Path) -> list[Path]:
    """What is in a folder, by name, without what file managers hide."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
