"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Directory = Annotated[
    Path, typer.Argument(metavar="DIR", help="The directory that has provider.yaml in it.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for a program to read.")]
Stack = Annotated[
    str | None,
    typer.Option("--stack", help="The deployed stack to work on, with your AWS credentials."),
]
State = Annotated[
    Path | None,
    typer.Option("--state", help="What a demo left of a provider: to look at, not to change."),
]
Provider = Annotated[
    str | None,
    typer.Option("--provider", help="The provider's short name, where there are several."),
]
AccountName = Annotated[
    str, typer.Argument(metavar="ACCOUNT", help="The account's short name, as in its file.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask: it is agreed.")]
By = Annotated[str, typer.Option("--by", help="Who does this: your name or mail address. Kept.")]
MaybeBy = Annotated[
    str | None, typer.Option("--by", help="Who does this; your user name, if left out. Kept.")
]
Why = Annotated[str, typer.Option("--why", help="Why, in a sentence. Kept.")]

# --- Of files that another system has written ----------------------------------------------------

OldSystem = Annotated[
    Literal["connectwise", "quickbooks", "template"],
    typer.Option("--from", help="The old system; files of the template are read with any of them."),
]
Dates = Annotated[
    Literal["mdy", "dmy", "ymd"] | None,
    typer.Option(help="How dates are written: month, day or year first."),
]
DecimalComma = Annotated[
    bool, typer.Option("--decimal-comma", help="Amounts are written 1.234,50.")
]
Encoding = Annotated[
    Literal["utf-8", "utf-16", "windows-1252"] | None,
    typer.Option(help="Of the files; by their mark, else UTF-8, if left out."),
]
