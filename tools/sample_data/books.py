"""All sample books, as files in memory and on disk."""

from __future__ import annotations

from pathlib import Path

from tools.sample_data import collabrance, integris, kr_group

PROVIDERS = Path(__file__).resolve().parents[2] / "providers"
GENERATED_FOLDERS = ("accounts", "feeds")


def sample_books() -> dict[str, dict[str, bytes]]:
    """By provider: path relative to its directory, and content, of every generated file."""
    return {
        "integris": integris.book(),
        "kr-group": kr_group.book(),
        "collabrance": collabrance.book(),
    }


def written_files(provider: str) -> dict[str, bytes]:
    """The generated files of a provider as they are on disk now."""
    root = PROVIDERS / provider
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for folder in GENERATED_FOLDERS
        for path in sorted((root / folder).rglob("*"))
        if path.is_file()
    }


def write_book(provider: str, files: dict[str, bytes]) -> None:
    """Make the provider's generated folders hold exactly these files."""
    root = PROVIDERS / provider
    for stale in sorted(set(written_files(provider)) - set(files)):
        (root / stale).unlink()
    for name, content in sorted(files.items()):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
