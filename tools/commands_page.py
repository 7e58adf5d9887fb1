"""Writes the examples in docs/commands.md: each command of ``mspbill``, by who uses it.

    python -m tools.commands_page

The sentences are those of ``mspbill COMMAND --help``; the examples are below. A test says when a
command has no example, or the page is not what this writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import typer

from mspbill.main import app

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"

_BY = "--by dana@northwind.example"
_AT = "--stack billing"

EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "To begin": {
        "demo": "demo --out demo-output",
        "validate": "validate northwind",
        "run": "run northwind --period 2026-12 --out december",
        "explain": "explain december NW-000003 1",
        "preview": "preview northwind --out preview",
        "schema": "schema --out docs/schemas",
    },
    "Bringing customers in": {
        "import": "import customers.csv agreements.csv open-invoices.csv --from quickbooks "
        "--into northwind --on 2026-11-30",
        "opening-balances": "opening-balances northwind --on 2026-11-30 --total 48210.50 "
        f"{_BY} {_AT}",
        "shadow": "shadow northwind --period 2026-12 --against sales-2026-12.csv --from quickbooks",
    },
    "The billing clerk: policy, prices, accounts": {
        "backtest": "backtest northwind --policy next-year.yaml --months 12",
        "provider plan": f"provider plan northwind {_AT}",
        "provider apply": f"provider apply northwind {_AT}",
        "provider list": f"provider list {_AT}",
        "provider show": f"provider show northwind {_AT}",
    },
    "The billing clerk: every month": {
        "exceptions": f"exceptions {_AT}",
        "cycle list": f"cycle list {_AT}",
        "cycle show": f"cycle show agreement 2026-12 {_AT}",
        "cycle approve": f'cycle approve agreement 2026-12 {_BY} --why "as expected" {_AT}',
        "cycle reject": f'cycle reject agreement 2026-12 {_BY} --why "old prices" {_AT}',
        "cycle bill-again": "cycle bill-again agreement 2026-12 alder-dental "
        f'{_BY} --why "the export was mended" {_AT}',
        "export": f"export --format quickbooks --from 2026-12-01 --to 2026-12-31 --out books {_AT}",
    },
    "The billing clerk: money": {
        "payment take": "payment take alder-dental 1250.00 --method check --reference 1001 "
        f"{_BY} {_AT}",
        "payment import": f"payment import bank.csv --kind bank {_AT}",
        "payment list": f"payment list --waiting {_AT}",
        "payment assign": f"payment assign bank:W-88121 --account alder-dental {_BY} {_AT}",
        "payment dismiss": f'payment dismiss bank:W-88122 {_BY} --why "a refund of rent" {_AT}',
        "payment return": f'payment return clerk:1001 --code R01 --why "no funds" {_BY} {_AT}',
        "payment refund": "payment refund alder-dental --name refund-1 --method wire "
        f'{_BY} --why "paid twice" {_AT}',
        "promise": "promise alder-dental --amount 500 --until 2026-12-20 "
        f'{_BY} --why "told by phone" {_AT}',
        "dispute": "dispute alder-dental --invoice NW-000012 --amount 300 --until 2026-12-20 "
        f'{_BY} --why "three devices too many" {_AT}',
        "end-pause": "end-pause alder-dental dispute-1 --how settled "
        f'{_BY} --why "credit note sent" {_AT}',
        "override-notice": f'override-notice alder-dental warning {_BY} --why "by phone" {_AT}',
        "hold show": f"hold show alder-dental {_AT}",
        "hold approve": f'hold approve alder-dental --role billing {_BY} --why "paid" {_AT}',
        "hold reject": f'hold reject alder-dental {_BY} --why "the check bounced" {_AT}',
        "hold ask-again": f"hold ask-again alder-dental {_BY} {_AT}",
        "credit-note": "credit-note NW-000012 --part 1x2 --name two-users-left "
        f'{_BY} --why "Two users had left before the count." {_AT}',
        "write-off request": "write-off request alder-dental NW-000012 --name small-rest "
        f'{_BY} --why "not worth a letter" {_AT}',
        "write-off list": f"write-off list {_AT}",
        "write-off approve": "write-off approve alder-dental small-rest "
        f'{_BY} --why "agreed" {_AT}',
        "write-off reject": "write-off reject alder-dental small-rest "
        f'{_BY} --why "ask them first" {_AT}',
    },
    "At the desk: a customer asks": {
        "account": f"account alder-dental {_AT}",
        "aging": f"aging --overdue {_AT}",
        "statement": f"statement alder-dental --from 2026-10-01 --pdf statement.pdf {_AT}",
        "may": f"may alder-dental support {_AT}",
        "evidence": f"evidence alder-dental --out evidence.zip {_AT}",
    },
    "The operations engineer: every day": {
        "feeds push": f"feeds push northwind --feed devices {_AT}",
        "feeds list": f"feeds list {_AT}",
        "cycle start": f"cycle start agreement 2026-12 {_AT}",
        "cycle redrive": f"cycle redrive agreement 2026-12 {_AT}",
        "outbox list": f"outbox list --unknown {_AT}",
        "outbox resend": "outbox resend NW-000123 --to new@alder-dental.example "
        f'{_BY} --why "they asked" {_AT}',
        "outbox settle": "outbox settle NW-000123 --as not-sent "
        f'{_BY} --why "they have not got it" {_AT}',
        "contact list": f"contact list {_AT}",
        "contact clear": "contact clear ap@alder-dental.example "
        f'{_BY} --why "the mailbox works again" {_AT}',
        "verify-ledger": f"verify-ledger alder-dental {_AT}",
    },
    "The operations engineer: upgrades and accidents": {
        "migrate": f"migrate --dry-run {_AT}",
        "verify": f"verify {_AT}",
        "restore": f"restore --at 2026-12-03T14:00:00Z --as billing-restored {_AT}",
        "use-table": f'use-table billing-restored {_BY} --why "point-in-time restore" {_AT}',
        "teardown": f"teardown --plan {_AT}",
    },
}
"""By who uses it: each command, and how it is called."""

_BEGIN, _END = "<!-- Written by: python -m tools.commands_page -->\n", "<!-- Up to here. -->\n"


@cache
def commands() -> dict[str, str]:
    """Every command that the help shows, and what it says of itself in a sentence."""
    return dict(_walk(typer.main.get_command(app), ""))


def page(text: str) -> str:
    """The page with its examples as they are now.

    Args:
        text: the page; what stands before and behind the examples is written by hand.
    """
    before, _, rest = text.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return "".join((before, _BEGIN, *_sections(), "\n", _END, after))


def _sections() -> Iterator[str]:
    sentences = commands()
    for who, examples in EXAMPLES.items():
        blocks = (f"# {sentences[name]}\nmspbill {call}\n" for name, call in examples.items())
        shown = "\n".join(blocks)
        yield f"\n## {who}\n\n```\n{shown}```\n"


def _walk(command: Any, before: str) -> Iterator[tuple[str, str]]:
    for name, found in command.commands.items():
        if getattr(found, "hidden", False):
            continue
        whole = f"{before}{name}"
        if hasattr(found, "commands"):
            yield from _walk(found, f"{whole} ")
        else:
            yield whole, " ".join((found.help or "").split("\n\n")[0].split())


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
