"""A provider directory without accounts, files of a system before, and the program before them.

SAMPLE DATA: the companies are invented; the files have the shape of real exports.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from mspbill.main import app

SAMPLES = Path(__file__).parents[2] / "docs" / "samples" / "old-system"
CONNECTWISE = ("companies", "agreements", "additions", "invoices", "accounts")
QUICKBOOKS = ("customers", "agreements", "open-invoices")


class OldSystem:
    """A folder with files, and a provider directory that they are brought into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.into = folder / "pinewood"
        shutil.copytree(SAMPLES / "provider", self.into)

    def file(self, name: str, text: str, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return path

    def map(self, *rows: str) -> None:
        text = "\n".join(("old_product,product,count,price", *rows, ""))
        (self.into / "import-mapping.csv").write_text(text)

    def call(self, *arguments: object, code: int = 0, typed: str | None = None) -> str:
        result = self.result(*arguments, typed=typed)
        assert result.exit_code == code, result.output
        return " ".join(result.output.split())

    def json(self, *arguments: object, code: int = 0) -> Any:
        result = self.result(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    def take(self, old: str, *files: object, code: int = 0, more: tuple[object, ...] = ()) -> Any:
        """Import with everything agreed; the answer as a program gets it."""
        return self.json(*self._words(old, files), *more, code=code)

    def words(self, old: str, *files: object, code: int = 0, more: tuple[object, ...] = ()) -> str:
        """The same as a person reads it, without its line breaks."""
        return self.call(*self._words(old, files), *more, code=code)

    def _words(self, old: str, files: tuple[object, ...]) -> tuple[object, ...]:
        where = ("--into", self.into, "--on", "2026-11-30")
        return ("import", *files, "--from", old, *where, "--yes")

    @property
    def state(self) -> dict[str, bytes]:
        """Every file of the provider directory."""
        return {
            path.relative_to(self.into).as_posix(): path.read_bytes()
            for path in sorted(self.into.rglob("*"))
            if path.is_file()
        }

    @staticmethod
    def result(*arguments: object, typed: str | None = None) -> Result:
        result = CliRunner().invoke(app, [str(entry) for entry in arguments], input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


def samples(folder: str, names: tuple[str, ...]) -> list[Path]:
    return [SAMPLES / folder / f"{name}.csv" for name in names]


def rows(answer: Any, outcome: str = "not taken") -> list[str]:
    """Rows of an answer: 'file:line name: reason'."""
    return [
        f"{row['file']}:{row['line']} {row['name']}: {row['reason']}"
        for row in answer["rows"]
        if row["outcome"] == outcome
    ]
