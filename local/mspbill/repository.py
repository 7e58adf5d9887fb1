"""Where the project's files lie: the template, the state machines, the sample providers."""

from __future__ import annotations

import tomllib
from pathlib import Path


class RepositoryNotFoundError(RuntimeError):
    """The program runs without the repository that it belongs to."""

    def __init__(self) -> None:
        super().__init__(
            "mspbill needs the files of its repository (template.yaml, statemachines/, functions/) "
            "and does not find them. Install it from a clone: pip install --editable ."
        )


def repository_root() -> Path:
    """The repository that this module is in.

    The program runs the very template and functions that are deployed, which are no part of a
    Python package; it is therefore installed from a clone.

    Raises:
        RepositoryNotFoundError: when the module was copied out of its repository.
    """
    for folder in Path(__file__).resolve().parents:
        if (folder / "template.yaml").is_file() and (folder / "statemachines").is_dir():
            return folder
    raise RepositoryNotFoundError


def project_version() -> str:
    """The version in pyproject.toml, which is also right where nothing was installed."""
    text = (repository_root() / "pyproject.toml").read_text("utf-8")
    return str(tomllib.loads(text)["project"]["version"])
