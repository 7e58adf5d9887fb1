"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Directory = Annotated[
    Path, typer.Argument(metavar="DIR", help="The directory that has provider.yaml in it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for a program to read.")]
