"""Commands that put a provider directory in force on a deployed stack: plan, apply, look."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from msp_billing.domain.periods import Period
from mspbill.command_frames import about_stack
from mspbill.command_options import Directory, Provider, Yes
from mspbill.command_values import month
from mspbill.console import notes, print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.panels import SET_UP, add_group
from mspbill.refusing import refuse, refuse_with
from mspbill.suggesting import suggested, tell

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from msp_billing.adapters.directory.provider_directory import ProviderDirectory
    from msp_billing.usecases.applying.changes import ProviderPlan
    from mspbill.opening import OpenedStack

FirstPeriod = Annotated[
    Period | None,
    typer.Option(
        parser=month,
        help="For a new provider, or runs that are new to one: the first service month that is "
        "billed, as 2026-12. Without it, the first one that opens from now on.",
    ),
]

_EPILOG = (
    "Exit codes: 0 done, or nothing to do; 1 it failed, and the message says why; 2 the directory "
    "is wrong or was refused, and nothing was changed; 4 planned, and there is something to apply."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    about = "A provider's policy, prices and accounts on a stack: what would change, and change it."
    commands = {"plan": plan, "apply": apply, "list": listed, "show": show}
    add_group(app, SET_UP, "provider", about, commands, epilog=_EPILOG)


@about_stack()
def plan(found: OpenedStack, directory: Directory, first_period: FirstPeriod = None) -> None:
    """Show what applying a provider directory would change; nothing is written.

    Exit code 4 says that there is something to apply.
    """
    from mspbill.plan_text import print_plan

    planned, loaded = _planned(found, directory, first_period)
    if found.as_json:
        print_json({"ok": True, "applied": False, **planned.model_dump(mode="json")})
    else:
        print_plan(planned, loaded.policy.zone, results())
        if planned.changes_anything:
            again = suggested(f"provider apply {shlex.quote(str(directory))}")
            results().print()
            tell(f"Nothing was written. To do it: {again}", results())
    if planned.changes_anything:
        raise typer.Exit(ExitCode.PARKED)


@about_stack(changes=True)
def apply(
    found: OpenedStack, directory: Directory, yes: Yes = False, first_period: FirstPeriod = None
) -> None:
    """Put policy, prices and accounts in force: shows what changes, asks, then does all of it.

    Cycles under way keep what they opened with. Nothing is removed by being left out of the
    directory, except runs and their schedules. Exports are not uploaded: see 'mspbill feeds push'.
    """
    from msp_billing.usecases.apply_provider import apply_plan
    from msp_billing.usecases.errors import AppliedMeanwhileError
    from mspbill.agreeing import agreed_or_ended
    from mspbill.plan_text import print_applied, print_plan

    while True:
        planned, loaded = _planned(found, directory, first_period)
        if not found.as_json:
            print_plan(planned, loaded.policy.zone, results())
        if not planned.changes_anything:
            if found.as_json:
                print_json({"ok": True, "applied": False, **planned.model_dump(mode="json")})
            return
        question = "\nPut this in force?"
        agreed_or_ended(question, "Nothing was changed.", yes=yes, as_json=found.as_json)
        try:
            apply_plan(found.ports, planned, loaded.policy, loaded.price_book, loaded.accounts)
        except AppliedMeanwhileError as error:
            if yes:
                refuse_with("applied-meanwhile", str(error), as_json=found.as_json)
            notes().print("\nSomebody else applied meanwhile; nothing was changed. Planned again:")
            continue
        break
    if found.as_json:
        print_json({"ok": True, "applied": True, **planned.model_dump(mode="json")})
    else:
        print_applied(planned, loaded.policy, results())


@about_stack()
def listed(found: OpenedStack) -> None:
    """The providers that are in force, with their versions."""
    from mspbill.provider_text import print_providers, provider_summaries

    told = provider_summaries(found)
    if found.as_json:
        print_json(told)
    else:
        print_providers(told, results())


@about_stack()
def show(
    found: OpenedStack,
    name: Annotated[
        str | None, typer.Argument(metavar="PROVIDER", help="Whose; the only one, if left out.")
    ] = None,
    provider: Provider = None,
) -> None:
    """What is in force of a provider, its schedules, and when each run bills next."""
    from mspbill.provider_text import print_provider, provider_details

    told = provider_details(found.provider(name or provider))
    if found.as_json:
        print_json(told)
    else:
        print_provider(told, results())


def _planned(
    found: OpenedStack, directory: Path, first_period: Period | None
) -> tuple[ProviderPlan, ProviderDirectory]:
    """The plan of a directory that is sound and not refused; otherwise ends with every reason."""
    from msp_billing.adapters.directory.provider_directory import load_provider_directory
    from msp_billing.domain.problems import ProblemsError
    from msp_billing.usecases.applying.plan_provider import plan_provider
    from mspbill.plan_text import print_plan

    try:
        loaded = load_provider_directory(directory)
    except ProblemsError as error:
        refuse(error.problems, as_json=found.as_json)
    planned = plan_provider(
        found.ports, loaded.policy, loaded.price_book, loaded.accounts, first_period
    )
    if planned.refused:
        if not found.as_json:
            print_plan(planned, loaded.policy.zone, results())
        refuse(planned.refused, as_json=found.as_json, so="nothing was changed")
    return planned, loaded
