"""The command ``mspbill backtest``; what it does is imported when it is called."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from msp_billing.domain.problems import ProblemsError
from mspbill.command_options import AsJson, Directory
from mspbill.refusing import refuse


def backtest(
    directory: Directory,
    policy: Annotated[
        Path | None, typer.Option(help="The changed provider.yaml; its own if nothing is given.")
    ] = None,
    price_book: Annotated[
        Path | None, typer.Option(help="The changed price-book.yaml; its own if nothing is given.")
    ] = None,
    months: Annotated[
        int, typer.Option(min=1, max=60, help="How many service months are replayed.")
    ] = 12,
    until: Annotated[
        str | None, typer.Option(help="The last of them, such as 2026-12; else last month.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a changed policy, or changed prices, would have billed, account by account.

    The months are replayed twice from the same exports: by the directory's own rules and by the
    changed ones. Nothing is written.
    """
    from mspbill.backtest import BacktestOrder, show_backtest

    try:
        order = BacktestOrder.of(directory, policy, price_book, months, until)
        raise typer.Exit(show_backtest(order, as_json=as_json))
    except ProblemsError as error:
        refuse(error.problems, as_json=as_json)
