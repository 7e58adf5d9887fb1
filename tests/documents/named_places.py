"""Names of files, and of what is in them, as documents write them: between backticks in a table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_WRITTEN = re.compile(r"`([^`]+)`")
_FILE = re.compile(r"/|\.(?:py|md|json|yaml|toml)$")
_TEST = re.compile(r"test_[a-z0-9_]+")


def tables(document: Path) -> Iterator[Mapping[str, str]]:
    """Every row of every table, by the headings of its columns."""
    headings: list[str] = []
    for line in document.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            headings = []
        elif not headings:
            headings = cells
        elif set(line) - set("|-"):
            yield dict(zip(headings, cells, strict=True))


def wrong_names(cell: str, *roots: Path) -> list[str]:
    """What a cell names and is not there: files, and behind a file what should be in it.

    A file without a folder is in that of the file before it, or in a root. ``*`` stands for any
    letters. A name behind several files has to be in one of them; a test has to be defined there.
    Commands (``make test``) are passed over.
    """
    wrong: list[str] = []
    files: list[Path] = []
    for written in _WRITTEN.findall(cell):
        if _FILE.search(written):
            beside = [files[-1].parent] if files and "/" not in written else []
            found = [path for place in (*beside, *roots) for path in sorted(place.glob(written))]
            files += found
            if not found:
                wrong.append(written)
        elif " " not in written and not any(_is_in(written, path) for path in files):
            wrong.append(written)
    return wrong


def _is_in(name: str, path: Path) -> bool:
    if not path.is_file():
        return False
    pattern = rf"^def {name}\(" if _TEST.fullmatch(name) else rf"\b{re.escape(name)}\b"
    return re.search(pattern, path.read_text("utf-8"), re.MULTILINE) is not None
