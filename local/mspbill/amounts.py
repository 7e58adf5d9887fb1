"""Amounts in the tables that the program prints."""

from __future__ import annotations

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from msp_billing.adapters.formatting import format_money
from msp_billing.domain.money import Money

_UNLIMITED = 10_000


def amount_table(first: str, *amounts: str) -> Table:
    """A table of names and amounts; names give way where it is narrow, and never an amount."""
    table = Table(box=None, pad_edge=False)
    table.add_column(first)
    for column in amounts:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def print_whole(table: Table, console: Console) -> None:
    """Print a table in the terminal's width; wider, where an amount would be cut otherwise."""
    unlimited = console.options.update(max_width=_UNLIMITED)
    needed = Measurement.get(console, unlimited, table).minimum
    width = max(console.width, needed)
    console.print(table, width=width, soft_wrap=False, crop=False, no_wrap=None)


def shown(amount: Money) -> str:
    """The amount with its symbol."""
    return format_money(amount.amount, amount.currency)


def shown_change(amount: Money) -> str:
    """The same with a plus where it is more."""
    return f"+{shown(amount)}" if amount.amount > 0 else shown(amount)


def shown_sums(words: str) -> str:
    """``187508.75 USD, 5 JPY``, as a cycle's summary keeps it, as people read it."""
    sums = (entry.split(" ") for entry in words.split(", "))
    return ", ".join(format_money(amount, currency) for amount, currency in sums)
