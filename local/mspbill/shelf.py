"""Where the files of a cycle go."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Shelf:
    """Where a cycle's files go, and how the index page at the root refers to them."""

    root: Path
    folder: str

    def put(self, kind: str, name: str, content: bytes) -> str:
        """Write a file and return its path relative to the root."""
        relative = "/".join(part for part in (self.folder, kind, name) if part)
        path = self.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return relative
