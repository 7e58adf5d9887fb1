"""A folder that is there whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = "summary.json"
"""What an earlier run left: only a folder with it is ever replaced."""


class OutputFolderError(ValueError):
    """The folder for the results cannot be used; the message says what to do."""


def check_output(out: Path, *, replace: bool) -> None:
    """Refuse a folder in which something of somebody else's would be lost.

    Raises:
        OutputFolderError: with what to do.
    """
    if not out.exists() and not out.is_symlink():
        return
    if not out.is_dir() or out.is_symlink():
        raise OutputFolderError(f"{out} is no folder. Give another --out.")
    if not any(out.iterdir()):
        return
    if not replace:
        raise OutputFolderError(f"{out} is not empty. Give another --out, or add --force.")
    if not (out / MARK).is_file():
        raise OutputFolderError(
            f"{out} is not empty and was not made by mspbill, so it is not replaced. "
            "Give another --out."
        )


def check_outside(out: Path, directory: Path) -> None:
    """Refuse results among what they are made from: they would be read as input, or replace it.

    Raises:
        OutputFolderError: with what to do.
    """
    if out.resolve().is_relative_to(directory.resolve()):
        raise OutputFolderError(
            f"{out} lies in the provider directory {directory}. Give an --out outside of it."
        )
    if directory.resolve().is_relative_to(out.resolve()):
        raise OutputFolderError(
            f"{out} holds the provider directory {directory}, which would be lost when it is "
            "replaced. Give another --out."
        )


@contextmanager
def written_whole(out: Path, *, replace: bool) -> Iterator[Path]:
    """A folder to write into, which takes the place of ``out`` when nothing went wrong.

    It lies beside ``out``, so that moving it is one step of the file system. After an error it is
    gone and ``out`` is as it was.

    Raises:
        OutputFolderError: when ``out`` holds something that must not be replaced.
    """
    check_output(out, replace=replace)
    out = out.absolute()
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        yield folder
        folder.chmod(0o755)
        check_output(out, replace=replace)
        if out.exists():
            shutil.rmtree(out)
        folder.rename(out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
