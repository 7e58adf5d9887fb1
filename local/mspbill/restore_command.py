"""``mspbill restore``: a table as it was at an earlier time, beside the one in use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import typer
from rich.markup import escape

from msp_billing.usecases.wholeness.findings import FindingKind
from mspbill.answering import telling_what_went_wrong
from mspbill.command_options import AsJson
from mspbill.command_values import Source
from mspbill.console import notes, print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.refusing import refuse_with
from mspbill.suggesting import tell
from mspbill.verify_command import MOST_IN_JSON, print_counts

if TYPE_CHECKING:
    from msp_billing.usecases.restoring.since import Since
    from msp_billing.usecases.wholeness.findings import Finding
    from mspbill.stored_table import StoredTable


def instant(text: str) -> datetime:
    """An instant with its zone, as 2026-11-30T14:00:00Z."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(
            f"'{text}' is no instant: write it as 2026-11-30T14:00:00Z."
        ) from error
    if found.tzinfo is None:
        raise typer.BadParameter(f"Say in which zone '{text}' is: 2026-11-30T14:00:00Z, or -06:00.")
    return found.astimezone(UTC)


def restore(
    stack: Annotated[str, typer.Option("--stack", help="The deployed stack whose table it is.")],
    at: Annotated[
        datetime,
        typer.Option("--at", parser=instant, help="The time to go back to: 2026-11-30T14:00:00Z."),
    ],
    target: Annotated[str, typer.Option("--as", help="The name of the new table.")],
    documents: Annotated[
        bool, typer.Option(help="Read every sealed document too, to compare its hash.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Restore the stack's table, as it was at a time, into a new table beside it.

    The table in use is not touched. The new one is protected like it, its counters pass over the
    numbers that were given out since, it is verified, and everything is listed that happened since
    and that it does not know. It can be called again when it broke off. The stack goes on with its
    own table until 'mspbill use-table' switches it over.
    """
    from msp_billing.adapters.dynamodb.table_restore import RestoreRefusedError, TableRestore
    from mspbill.stored_table import stored_table

    with (
        telling_what_went_wrong(as_json=as_json),
        stored_table(Source(stack)) as live,
    ):
        restoring = TableRestore(boto3.client("dynamodb"), live.name, target)
        try:
            if restoring.begun():
                notes().print(f"{target} is there already; going on with it.", markup=False)
            else:
                restoring.start(at)
        except RestoreRefusedError as error:
            refuse_with("restore-refused", str(error), as_json=as_json)
        restoring.wait(
            lambda seconds: notes().print(f"{target} is being restored ({seconds:.0f} s)")
        )
        restoring.keep()
        known_at = restoring.restored_to(at)
        whole = _report(stack, known_at, live, target, documents=documents, as_json=as_json)
    if not whole:
        raise typer.Exit(ExitCode.FAILED)


def _report(
    stack: str, at: datetime, live: StoredTable, target: str, *, documents: bool, as_json: bool
) -> bool:
    """Make the restored table fit to go on with, and say what is wrong and what it lacks."""
    from msp_billing.adapters.mails.mail_text import counted
    from msp_billing.usecases.restoring.anchoring import ledgers_behind
    from msp_billing.usecases.wholeness.verifying import verify_whole
    from mspbill.stored_table import stored_table
    from mspbill.table_succession import catch_up

    live_items = live.items
    happened: list[Since] = []
    with stored_table(Source(stack), table=target) as restored:
        happened += _since(live_items, restored)  # before it is told anything of it
        caught_up = catch_up(live, restored, f"The table was restored to {at.isoformat()}")
        checks = restored.checks(with_documents=documents)
        findings = list(verify_whole(restored.ports, checks))
        behind = {
            f"{provider}/{account}"
            for provider in restored.ports.policies.providers()
            for account in ledgers_behind(restored.ports, provider)
        }
    wrong = [entry for entry in findings if not _is_only_behind(entry, behind)]
    told: dict[str, Any] = {
        "table": target,
        "restored_from": live.name,
        "restored_to": at.isoformat(),
        "whole": not wrong,
        "ledgers_behind_their_anchor": len(behind),
        "findings": [entry.model_dump(mode="json") for entry in wrong[:MOST_IN_JSON]],
        "looked_at": dict(sorted(checks.looked_at.items())),
        **caught_up.as_data(),
        "happened_since": [entry.model_dump(mode="json") for entry in happened[:MOST_IN_JSON]],
        "happened_in_all": len(happened),
    }
    if as_json:
        print_json(told)
        return not wrong
    console = results()
    for finding in wrong:
        console.print(f"[red]wrong[/red] {escape(str(finding))}")
    print_counts(told["looked_at"])
    console.print(f"{escape(target)} is {live.name} as it was at {at.isoformat()}.")
    console.print(f"It is {'not whole: see above' if wrong else 'whole'}.")
    if behind:
        ledgers = counted(len(behind), "ledger")
        console.print(f"{ledgers} behind what was anchored: entries were lost (see below).")
    for sentence in caught_up.sentences():
        console.print(escape(sentence))
    _print_since(happened)
    console.print()
    tell(
        f"The stack {stack} still bills with {live.name}. To go on with the restored table: "
        f"mspbill use-table {target} --by NAME --why WHY --stack {stack}",
        console,
    )
    return not wrong


def _is_only_behind(finding: Finding, behind: set[str]) -> bool:
    """Whether a ledger is merely not as far as it was anchored: that is what a restore does."""
    return finding.kind is FindingKind.LEDGER and finding.where in behind


def _since(live_items: Any, restored: StoredTable) -> Iterator[Since]:
    from msp_billing.usecases.restoring.since import sealed_since, since

    named: set[str] = set()
    for one in since(live_items, restored.items):
        named.add(one.where)
        yield one
    ports = restored.ports
    for provider in ports.policies.providers():

        def known(kind: str, number: str, provider: str = provider) -> bool:
            if kind == "invoices":
                return ports.invoices.find_by_number(provider, number) is not None
            return True  # credit notes have no index: the comparison of the tables names them

        for one in sealed_since(ports.records, restored.items, provider, known):
            if one.where not in named:
                yield one


def _print_since(happened: list[Since]) -> None:
    console = results()
    if not happened:
        console.print("Nothing happened since that it does not know.")
        return
    kinds = Counter(entry.kind.value for entry in happened)
    listed = ", ".join(f"{number} of {kind}" for kind, number in sorted(kinds.items()))
    console.print(f"\nWhat happened since, and it does not know ({listed}):")
    for entry in happened:
        console.print(f"  {escape(str(entry))}")
