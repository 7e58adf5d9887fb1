"""``mspbill opening-balances``: what accounts owed in the system before, entered once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from msp_billing.domain.ledger.openings import DAYS_OF_GRACE
from mspbill.agreeing import agreed_or_ended
from mspbill.command_options import AsJson, By, Directory, Stack, Yes
from mspbill.command_values import Source, amount, day
from mspbill.console import print_json, print_problems, results
from mspbill.exit_codes import ExitCode
from mspbill.panels import SET_UP, add_commands

if TYPE_CHECKING:  # loaded when the command runs
    from rich.console import Console

    from msp_billing.domain.money import Money
    from msp_billing.usecases.receivables.opening_balances import (
        OpeningPlan,
        OpeningRequest,
        OpeningResult,
    )
    from mspbill.opening import Opened

_TOTAL = re.compile(r"(?:([A-Za-z]{3})\s+)?(-?[$\d.,]+)(?:\s+([A-Za-z]{3}))?")
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    add_commands(app, SET_UP, {"opening-balances": opening_balances})


def opening_balances(
    directory: Directory,
    on: Annotated[
        str, typer.Option("--on", help="The day of the take-over: what is open at its end.")
    ],
    total: Annotated[
        list[str],
        typer.Option(
            "--total",
            help="What the old system shows as open on that day: 12345.67, or 'CAD 120.00'; once "
            "per currency.",
        ),
    ],
    by: By,
    grace_days: Annotated[
        int,
        typer.Option(min=0, max=365, help="Days before dunning takes old debts for due."),
    ] = DAYS_OF_GRACE,
    yes: Yes = False,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """Enter what accounts owed in the system before, from opening-balances.csv.

    A plan first: what would be entered, what stands already, what speaks against it, and what all
    of it comes to, which must be the total that you give. Old invoices keep their number, date and
    due date; the same item twice counts once, and another amount for it is refused.
    """
    from msp_billing.adapters.importing.opening_file import OPENING_FILE, read_openings
    from msp_billing.usecases.receivables.opening_balances import OpeningRequest
    from mspbill.answering import answering, telling_what_went_wrong

    with telling_what_went_wrong(as_json=as_json):
        provider = provider_of(directory)
        items = read_openings(directory / OPENING_FILE)
    with answering(Source(stack, None, provider), as_json=as_json, changes=True) as found:
        request = OpeningRequest(
            provider=found.provider,
            taken_over_on=day(on),
            items=items,
            totals=tuple(totals(total, found.policy.currency)),
            days_of_grace=grace_days,
            entered_by=by,
        )
        _carry_out(found, request, yes=yes, as_json=as_json)


def _carry_out(found: Opened, request: OpeningRequest, *, yes: bool, as_json: bool) -> None:
    from msp_billing.usecases.receivables.opening_balances import enter_openings, plan_openings

    plan = plan_openings(found.ports, request)
    if not as_json:
        _print_plan(plan, request, results())
    if plan.problems:
        if as_json:
            print_json(_told(plan, None))
        raise typer.Exit(ExitCode.BAD_INPUT)
    result = None
    if plan.new:
        many = "1 item" if len(plan.new) == 1 else f"{len(plan.new)} items"
        agreed_or_ended(f"Enter {many}?", "Nothing was entered.", yes=yes, as_json=as_json)
        result = enter_openings(found.ports, request)
    if as_json:
        print_json(_told(plan, result))
    elif result is not None:
        results().print(
            f"Entered {result.entered} in the ledgers of {len(result.accounts)} accounts."
        )


def provider_of(directory: Path) -> str:
    """The short name of the provider that a directory is of.

    Raises:
        ProblemsError: when it has no policy.
    """
    from msp_billing.adapters.directory.provider_files import POLICY_FILE, DirectoryFiles
    from msp_billing.domain.problems import Problem, ProblemsError

    files = DirectoryFiles(directory)
    document = files.document(POLICY_FILE)
    name = next((text for _, text in document.find("provider")), None)
    if name is None:
        what, fix = "It does not say whose it is.", "Give the directory with provider.yaml in it."
        own = Problem(code="no-provider", what=what, fix=fix, file=str(directory))
        raise ProblemsError([*files.problems, *document.problems] or [own])
    return name


def totals(texts: Sequence[str], currency: str) -> list[Money]:
    """Totals as a person writes them: ``12345.67``, ``CAD 120.00``, ``120.00 CAD``."""
    from msp_billing.domain.money import Money

    found: dict[str, Money] = {}
    for text in texts:
        match = _TOTAL.fullmatch(text.strip())
        if match is None:
            raise typer.BadParameter(f"'{text}' is no total: write 12345.67, or 'CAD 120.00'.")
        negative = match[2].startswith("-")
        value = amount(match[2].lstrip("-"))
        code = (match[1] or match[3] or currency).upper()
        if code in found:
            raise typer.BadParameter(f"Two totals are given in {code}.")
        found[code] = Money(amount=-value if negative else value, currency=code)
    return list(found.values())


def _print_plan(plan: OpeningPlan, request: OpeningRequest, console: Console) -> None:
    from msp_billing.adapters.formatting import format_day, format_money
    from mspbill.amounts import amount_table, print_whole

    on: date = request.taken_over_on
    console.print(f"[bold]Opening balances of {request.provider} on {format_day(on)}[/bold]\n")
    table = amount_table("Account", "Number", "Due", "Amount", "")
    shown = [*((item, "new") for item in plan.new), *((i, "stands") for i in plan.standing)]
    for item, state in shown[:_SHOWN]:
        due = format_day(item.due_on) if item.due_on else "credit"
        effect = format_money(item.effect, item.currency)
        table.add_row(item.account, item.document, due, effect, state)
    if shown:
        print_whole(table, console)
    if len(shown) > _SHOWN:
        console.print(f"and {len(shown) - _SHOWN} more (--json has them all)")
    for money in plan.sums:
        console.print(f"\nAll of it: {format_money(money.amount, money.currency)}")
    console.print(f"{len(plan.new)} to enter, {len(plan.standing)} stand already.")
    if plan.new:
        console.print(f"Dunning takes old debts for due on {format_day(plan.follow_from)} at the "
                      "earliest.")  # fmt: skip
    if plan.problems:
        console.print()
        print_problems(plan.problems, console, about="")
        console.print("\nNothing was entered.")


def _told(plan: OpeningPlan, result: OpeningResult | None) -> dict[str, Any]:
    return {
        "ok": not plan.problems,
        "plan": plan.model_dump(mode="json"),
        "result": None if result is None else result.model_dump(mode="json"),
    }
