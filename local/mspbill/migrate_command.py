"""``mspbill migrate``: bring what an older version stored into today's shape."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from mspbill.answering import telling_what_went_wrong
from mspbill.command_options import AsJson, MaybeBy, Stack, State
from mspbill.command_values import Source, user_name
from mspbill.console import notes, print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.refusing import refuse_with
from mspbill.verify_command import RecordsName, TableName

if TYPE_CHECKING:
    from msp_billing.usecases.migrating.migration import Migration, StoredItem
    from msp_billing.usecases.migrating.running import Sample, Trial
    from msp_billing.usecases.ports.stored import UnderWay
    from mspbill.stored_table import StoredTable


def migrate(
    stack: Stack = None,
    table: TableName = None,
    records: RecordsName = None,
    state: State = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would change, with samples.")
    ] = False,
    to: Annotated[
        int | None, typer.Option("--to", min=1, help="The last migration to run; all, if left out.")
    ] = None,
    by: MaybeBy = None,
    as_json: AsJson = False,
) -> None:
    """Bring what an older version stored into today's shape, migration by migration.

    Run it after a new version was deployed. It goes over the table page by page while the functions
    work, and goes on where it stopped when it is called again. With --dry-run nothing is written.
    """
    from msp_billing.usecases.migrating import running
    from msp_billing.usecases.migrating.schema import SchemaTooNewError
    from mspbill.stored_table import stored_table

    with (
        telling_what_went_wrong(as_json=as_json),
        stored_table(Source(stack, state), table, records, changes=not dry_run) as found,
    ):
        try:
            wanted = running.pending(found.schemas, to)
            if dry_run:
                _try_out(found, wanted, as_json=as_json)
            else:
                _migrate(found, wanted, by or user_name(), as_json=as_json)
        except SchemaTooNewError as error:
            refuse_with("schema-too-new", str(error), as_json=as_json)
        except running.CyclesOpenError as error:
            message = (
                f"{error}. They run the code that they were opened with, which may not know what "
                "the migration adds. Nothing was changed. Wait until they are closed."
            )
            refuse_with("cycles-open", message, as_json=as_json)


def _migrate(found: StoredTable, wanted: Sequence[Migration], by: str, *, as_json: bool) -> None:
    from msp_billing.usecases.migrating import running

    def progress(migration: Migration, state: UnderWay) -> None:
        notes().print(
            f"{migration.number} {migration.name}: {state.looked_at:,} items looked at, "
            f"{state.changed:,} changed"
        )

    schema = running.migrate(
        found.items, found.schemas, wanted, by=by, now=found.ports.clock.now, progress=progress
    )
    done = [entry for entry in schema.done if entry.number in {one.number for one in wanted}]
    if as_json:
        told = [entry.model_dump(mode="json") for entry in done]
        print_json({"table": found.name, "schema": schema.version, "done": told})
        return
    for entry in done:
        results().print(
            f"{entry.number} {entry.name}: done, {entry.changed:,} of {entry.looked_at:,} items "
            "changed"
        )
    results().print(f"{escape(found.name)} has schema {schema.version}.")


def _try_out(found: StoredTable, wanted: Sequence[Migration], *, as_json: bool) -> None:
    from msp_billing.usecases.migrating import running

    trials = running.try_out(found.items, wanted)
    waiting = (
        list(running.open_cycles(found.items))
        if any(entry.waits_for_cycles for entry in wanted)
        else []
    )
    if as_json:
        told = [_trial_json(trial) for trial in trials]
        print_json({"table": found.name, "cycles_open": waiting, "migrations": told})
    else:
        for trial in trials:
            _print_trial(trial)
        if not trials:
            results().print(f"{escape(found.name)} has the newest schema. Nothing to do.")
        if waiting:
            results().print(f"It would have to wait for open cycles: {', '.join(waiting)}")
    if any(trial.unreadable for trial in trials):
        raise typer.Exit(ExitCode.FAILED)


def _print_trial(trial: Trial) -> None:
    console = results()
    migration = trial.migration
    console.print(f"[bold]{migration.number} {migration.name}[/bold]")
    console.print(f"  {migration.changes}")
    changes = sum(trial.changes.values())
    console.print(f"  {changes:,} of {trial.looked_at:,} items would change:")
    for kind, number in sorted(trial.changes.items()):
        console.print(f"  {number:>8,}  {kind}")
    for sample in trial.samples:
        console.print(f"  for example {escape(sample.key)}")
        for line in _differences(sample):
            console.print(f"      {escape(line)}")
    for unreadable in trial.unreadable:
        console.print(f"  [red]cannot be read[/red] {escape(unreadable)}")


def _differences(sample: Sample) -> list[str]:
    """What is added or differs, field by field; an item has thousands of fields that stay."""
    before, after = _flat(sample.before), _flat(sample.after)
    lines = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            was = "nothing" if name not in before else json.dumps(before[name], default=str)
            now = "nothing" if name not in after else json.dumps(after[name], default=str)
            lines.append(f"{name}: {was[:80]} -> {now[:80]}")
    return lines[:40]


def _flat(item: StoredItem) -> dict[str, Any]:
    found: dict[str, Any] = dict(item.attributes)
    document = json.loads(item.document) if item.document is not None else {}

    def walk(place: str, value: Any) -> None:
        if isinstance(value, dict) and value:
            for name, inner in value.items():
                walk(f"{place}.{name}" if place else name, inner)
        elif isinstance(value, list) and value:
            for number, inner in enumerate(value):
                walk(f"{place}[{number}]", inner)
        else:
            found[f"document {place}"] = value

    walk("", document)
    return found


def _trial_json(trial: Trial) -> dict[str, Any]:
    return {
        "number": trial.migration.number,
        "name": trial.migration.name,
        "changes": trial.migration.changes,
        "looked_at": trial.looked_at,
        "would_change": dict(sorted(trial.changes.items())),
        "samples": [
            {"item": sample.key, "differences": _differences(sample)} for sample in trial.samples
        ],
        "unreadable": trial.unreadable,
    }
