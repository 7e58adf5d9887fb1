"""``mspbill verify``: is this table whole, with its records bucket?"""

from __future__ import annotations

import time
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table as Rows

from mspbill.answering import telling_what_went_wrong
from mspbill.command_options import AsJson, Stack, State
from mspbill.command_values import Source
from mspbill.console import print_json, results
from mspbill.exit_codes import ExitCode

MOST_IN_JSON = 1000
"""So many findings are listed in JSON; all are counted. As text, every one is printed."""

TableName = Annotated[
    str | None,
    typer.Option("--table", help="Another table, such as a restored one; with --stack or alone."),
]
RecordsName = Annotated[
    str | None,
    typer.Option("--records", help="The records bucket, for a table that no stack has any more."),
]


def verify(
    stack: Stack = None,
    table: TableName = None,
    records: RecordsName = None,
    state: State = None,
    documents: Annotated[
        bool,
        typer.Option(
            help="Read every sealed document too, to compare its hash: a request for each."
        ),
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Is everything there, and does it fit together? Everything that is wrong, by name.

    Ledgers (chains, balances, anchors in the locked bucket), numbers without a gap, what is sealed,
    cycles, outcomes, invoices, mails, payments, charges, standings and queues. Nothing is changed.
    Exit code 0: it is whole; 1: it is not.
    """
    from msp_billing.usecases.wholeness.verifying import verify_whole
    from mspbill.stored_table import stored_table

    began = time.monotonic()
    listed: list[dict[str, str]] = []
    count = 0
    with (
        telling_what_went_wrong(as_json=as_json),
        stored_table(Source(stack, state), table, records) as found,
    ):
        checks = found.checks(with_documents=documents)
        for finding in verify_whole(found.ports, checks):
            count += 1
            if not as_json:
                results().print(f"[red]wrong[/red] {escape(str(finding))}")
            elif count <= MOST_IN_JSON:
                listed.append(finding.model_dump(mode="json"))
        looked_at = dict(sorted(checks.looked_at.items()))
        name = found.name
    seconds = round(time.monotonic() - began, 1)
    if as_json:
        print_json(
            {
                "table": name,
                "whole": count == 0,
                "findings_in_all": count,
                "findings": listed,
                "looked_at": looked_at,
                "seconds": seconds,
            }
        )
    else:
        print_counts(looked_at)
        many = "1 thing is" if count == 1 else f"{count} things are"
        verdict = "[green]It is whole.[/green]" if not count else f"[red]{many} wrong.[/red]"
        results().print(f"{escape(name)}: {verdict} ({seconds} s)")
    if count:
        raise typer.Exit(ExitCode.FAILED)


def print_counts(looked_at: dict[str, int]) -> None:
    """How many of each kind were looked at."""
    rows = Rows(box=None, show_header=False, padding=(0, 2, 0, 0))
    rows.add_column(justify="right")
    rows.add_column()
    for name, number in looked_at.items():
        rows.add_row(f"{number:,}", name)
    results().print(rows)
