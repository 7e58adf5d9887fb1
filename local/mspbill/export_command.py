"""``mspbill export``: files for an accounting program, proved against the ledgers."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mspbill.command_frames import about_provider
from mspbill.command_values import day
from mspbill.console import notes, print_json, results
from mspbill.panels import LOOK, add_commands
from mspbill.refusing import refuse_with

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from msp_billing.domain.accounting.exported import AccountingPeriod, ExportFile
    from mspbill.opening import Opened


class Format(StrEnum):
    """What the files are for."""

    QUICKBOOKS = "quickbooks"
    XERO = "xero"
    JOURNAL = "journal"


_TITLES = {
    Format.QUICKBOOKS: "QuickBooks Online",
    Format.XERO: "Xero",
    Format.JOURNAL: "a journal in plain text (Beancount)",
}
_SHOWN_LATE = 10


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    add_commands(app, LOOK, {"export": export})


@about_provider()
def export(
    found: Opened,
    to_format: Annotated[Format, typer.Option("--format", help="What the files are for.")],
    out: Annotated[Path, typer.Option(help="The folder for the files; made, must be empty.")],
    from_on: Annotated[
        date | None,
        typer.Option("--from", parser=day, help="First day; of the first entry, if left out."),
    ] = None,
    to_on: Annotated[
        date | None,
        typer.Option("--to", parser=day, help="Last day; of the last entry, if left out."),
    ] = None,
) -> None:
    """Write invoices, credit notes, payments and the rest for an accounting program.

    Everything is read from the ledgers, and every ledger is proved on the way. What the files come
    to is read back and compared with the ledgers, by kind of entry and currency: if it differs,
    nothing is written. The policy says under 'accounting' what your books call their accounts;
    docs/accounting-exports.md says how the files are imported.
    """
    from msp_billing.adapters.accounting_exports.formats import FORMATS, for_format
    from msp_billing.usecases.accounting.export import check_tied_out, gather_accounting
    from mspbill.output_folder import OutputFolderError, check_output, written_whole

    try:
        check_output(out, replace=False)
        period = gather_accounting(found.ports, found.provider, from_on, to_on)
        period = for_format(period, to_format)
        files = FORMATS[to_format](period, found.policy)
        check_tied_out(period, files)
        told = _told(period, files, to_format)
        with written_whole(out, replace=False) as folder:
            for file in files:
                (folder / file.name).write_bytes(file.content)
            summary = json.dumps(told, indent=2, ensure_ascii=False)
            (folder / "summary.json").write_text(f"{summary}\n", "utf-8")
    except OutputFolderError as error:
        refuse_with("output-folder", str(error), as_json=found.as_json)
    if found.as_json:
        print_json(told)
    else:
        _print(period, files, _TITLES[to_format], out)


def _told(
    period: AccountingPeriod, files: Sequence[ExportFile], to_format: Format
) -> dict[str, Any]:
    """What was exported, for a program, and for who finds the folder later."""
    from msp_billing.domain.accounting.tying_out import ledger_sums

    entries = _entries(period)
    return {
        "provider": period.provider,
        "format": to_format.value,
        "from": period.from_on.isoformat(),
        "to": period.to_on.isoformat(),
        "ties_out": True,
        "totals": [
            {
                "kind": kind,
                "currency": currency,
                "entries": entries[kind, currency],
                "sum": str(amount),
            }
            for (kind, currency), amount in sorted(ledger_sums(period.entries).items())
        ],
        "files": [
            {
                "name": file.name,
                "rows": file.rows,
                "sha256": hashlib.sha256(file.content).hexdigest(),
            }
            for file in files
        ],
        "entered_late": [
            {
                "account": exported.customer.account,
                "document": exported.entry.document,
                "on": exported.entry.on.isoformat(),
            }
            for exported in period.late
        ],
    }


def _entries(period: AccountingPeriod) -> Counter[tuple[str, str]]:
    return Counter((exported.entry.kind, exported.customer.currency) for exported in period.entries)


def _print(period: AccountingPeriod, files: Sequence[ExportFile], title: str, out: Path) -> None:
    from msp_billing.adapters.formatting import format_change, format_day
    from msp_billing.adapters.mails.mail_text import counted
    from msp_billing.domain.accounting.tying_out import ledger_sums
    from mspbill.amounts import amount_table, print_whole

    console = results()
    days = f"{format_day(period.from_on)} to {format_day(period.to_on)}"
    sums = sorted(ledger_sums(period.entries).items())
    if not sums:
        console.print(f"Nothing was entered in the ledgers from {days}; no file was made.")
    else:
        console.print(f"For {title}, {days}, both included\n")
        entries = _entries(period)
        table = amount_table("What", "Entries", "Raises what is owed by")
        for (kind, currency), amount in sums:
            table.add_row(
                f"{kind.replace('_', ' ').capitalize()}, {currency}",
                f"{entries[kind, currency]:,}",
                format_change(amount, currency),
            )
        print_whole(table, console)
        console.print()
        for file in files:
            console.print(f"{out / file.name}  {counted(file.rows, 'row')}", markup=False)
        console.print("\nIt ties out: the files come to what the ledgers do, to the cent.")
    _print_late(period)


def _print_late(period: AccountingPeriod) -> None:
    """What an export of the days before cannot have had."""
    from msp_billing.adapters.formatting import format_day
    from msp_billing.adapters.mails.mail_text import counted

    if not period.late:
        return
    console = notes()
    many = counted(len(period.late), "booking")
    console.print(
        f"{many} of earlier days came into the ledgers only on {format_day(period.from_on)} or "
        "later: if you exported those days before, export them again."
    )
    for exported in period.late[:_SHOWN_LATE]:
        day_of_it = format_day(exported.entry.on)
        told = f"  {exported.customer.account}: {exported.entry.document}, of {day_of_it}"
        console.print(told, markup=False)
    if len(period.late) > _SHOWN_LATE:
        console.print(f"  and {len(period.late) - _SHOWN_LATE} more, see summary.json")
