"""Files that are there whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from mspbill.refusing import refuse_with


def refuse_taken(out: Path, option: str, *, as_json: bool) -> None:
    """End the command where a file cannot be written: it is there already, or in no folder.

    Args:
        option: what to give another value: ``--out``.
    """
    if out.exists() or not out.parent.is_dir():
        what = "is there already" if out.exists() else "lies in no folder"
        refuse_with("output-file", f"{out} {what}. Give another {option}.", as_json=as_json)


def write_whole(out: Path, content: bytes) -> None:
    """Write a file beside its place first, so that nobody finds a part of it."""
    handle, name = tempfile.mkstemp(prefix=f".{out.name}-", dir=out.parent)
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(content)
        Path(name).chmod(0o644)
        Path(name).rename(out)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
