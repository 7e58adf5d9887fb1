"""``mspbill shadow``: a month billed by both systems, compared line by line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from msp_billing.domain.periods import Period
from msp_billing.domain.problems import Problem, ProblemsError
from mspbill.command_options import (
    AsJson,
    Dates,
    DecimalComma,
    Directory,
    Encoding,
    OldSystem,
    Stack,
)
from mspbill.command_values import Source, month
from mspbill.console import print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.panels import BILL, add_commands
from mspbill.refusing import refuse

if TYPE_CHECKING:  # loaded when the command runs
    from collections.abc import Sequence

    from msp_billing.adapters.directory.provider_directory import ProviderDirectory
    from msp_billing.adapters.importing.invoice_lines import OldInvoiceLine
    from msp_billing.usecases.ports import Feeds
    from mspbill.shadow import ShadowRow

EPILOG = (
    "Exit codes: 0 no amount differs, or every difference is known; 2 something cannot be read; "
    "4 there are differences that nobody has explained."
)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    add_commands(app, BILL, {"shadow": shadow}, epilog=EPILOG)


def shadow(  # noqa: PLR0913, PLR0917 - a command has its options
    directory: Directory,
    period: Annotated[
        Period, typer.Option(parser=month, help="The month that both bill, such as 2026-12.")
    ],
    against: Annotated[
        list[Path],
        typer.Option("--against", help="The old system's invoices line by line; may be repeated."),
    ],
    old: OldSystem = "template",
    known: Annotated[
        Path | None, typer.Option("--known", help="Differences with their reasons (CSV).")
    ] = None,
    draft: Annotated[
        Path | None,
        typer.Option("--draft", help="Write the open differences here, to fill in the reasons."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the comparison into this .xlsx file.")
    ] = None,
    only_run: Annotated[
        str | None, typer.Option("--run", help="Only this run of the policy.")
    ] = None,
    dates: Dates = None,
    decimal_comma: DecimalComma = False,
    encoding: Encoding = None,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Bill a month beside the old system, and say line by line what differs and why.

    Nothing is numbered, kept or mailed. Lines are paired by account and by product, as
    import-mapping.csv says, or by what they are called; differences come with what was counted
    here, and the totals add up. With --stack, policy, prices, accounts and exports are those of
    the deployed stack; DIR is then only asked for its mapping.
    """
    from msp_billing.adapters.importing.cell_values import CellRules
    from msp_billing.adapters.importing.invoice_lines import read_invoice_lines
    from mspbill.shadow_known import read_known
    from mspbill.whole_files import refuse_taken

    for path, option in ((out, "--out"), (draft, "--draft")):
        if path is not None:
            refuse_taken(path, option, as_json=as_json)
    try:
        with _opened(directory, stack, as_json=as_json) as (loaded, feeds):
            rules = CellRules(loaded.policy.currency, dates, decimal_comma)
            entries = read_invoice_lines(against, old, rules, encoding)
            expected = read_known(known) if known is not None else ()
            _check_month(entries, period)
            rows = _rows(directory, loaded, feeds, period, only_run, entries)
    except ProblemsError as error:
        refuse(error.problems, as_json=as_json)
    _show(loaded, period, rows, expected, draft, out, as_json=as_json)


def _check_month(entries: Sequence[OldInvoiceLine], period: Period) -> None:
    """Raises ProblemsError for invoices of quite another month: the wrong file, or date order."""
    near = {period.shifted(count) for count in (-1, 0, 1)}
    strange = [e for e in entries if e.on is not None and Period.of(e.on) not in near]
    if strange:
        first = strange[0]
        what = f"The invoice {first.number} is of {first.on}, and the month is {period}."
        fix = "Export the invoices for that month, or correct --dates."
        place = first.place
        raise ProblemsError(
            [Problem(code="other-month", what=what, fix=fix, file=place.file, line=place.line)]
        )


def _rows(
    directory: Path,
    loaded: ProviderDirectory,
    feeds: Feeds | None,
    period: Period,
    only_run: str | None,
    entries: Sequence[OldInvoiceLine],
) -> tuple[ShadowRow, ...]:
    from msp_billing.adapters.importing.product_mapping import MAPPING_FILE, read_mapping
    from mspbill.shadow_month import OldSide, new_lines, shadow_outcomes
    from mspbill.shadow_pairing import compare_lines

    mapping = read_mapping(directory / MAPPING_FILE, loaded.price_book)
    runs = [run.run for run in loaded.policy.runs if not run.informational]
    if only_run is not None and only_run not in runs:
        what, fix = f"The policy has no run '{only_run}'.", f"Its runs are {', '.join(runs)}."
        raise ProblemsError([Problem(code="no-run", what=what, fix=fix)])
    outcomes = shadow_outcomes(loaded, period, [only_run] if only_run else runs, feeds)
    theirs = tuple(OldSide(loaded, mapping, outcomes).lines(entries))
    return compare_lines(theirs, new_lines(outcomes))


@contextmanager
def _opened(
    directory: Path, stack: str | None, *, as_json: bool
) -> Iterator[tuple[ProviderDirectory, Feeds | None]]:
    """What is billed by, and where its exports are: of the directory, or of a stack."""
    from msp_billing.adapters.directory.provider_directory import (
        ProviderDirectory,
        load_provider_directory,
    )
    from mspbill.answering import answering
    from mspbill.opening_command import provider_of

    if stack is None:
        yield load_provider_directory(directory), None
        return
    with answering(Source(stack, None, provider_of(directory)), as_json=as_json) as found:
        versions = found.ports.policies.current(found.provider)
        book = found.ports.policies.price_book(found.provider, versions.price_book_version)
        accounts = tuple(entry.account for entry in found.ports.book.entries(found.provider))
        loaded = ProviderDirectory(found.policy, book, accounts, Path(), ())
        yield loaded, found.ports.feeds


def _show(
    loaded: ProviderDirectory,
    period: Period,
    rows: Sequence[ShadowRow],
    expected: Sequence[object],
    draft: Path | None,
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    from mspbill.shadow_known import KnownDifference, draft_of, with_known
    from mspbill.shadow_text import print_shadow, shadow_json
    from mspbill.shadow_workbook import shadow_workbook
    from mspbill.whole_files import write_whole

    known = [entry for entry in expected if isinstance(entry, KnownDifference)]
    told, stale = with_known(rows, known)
    if out is not None:
        write_whole(out, shadow_workbook(period, told, loaded.policy))
    if draft is not None:
        write_whole(draft, draft_of(told))
    if as_json:
        print_json(shadow_json(period, told, stale))
    else:
        print_shadow(period, told, stale, results())
        for path in (out, draft):
            if path is not None:
                results().print(str(path), markup=False)
    if any(row.is_open for row in told):
        raise typer.Exit(ExitCode.PARKED)
