"""Commands about exports: upload those of a directory, and see what lies in the bucket."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mspbill.command_frames import about_provider, about_stack
from mspbill.command_options import Directory, Yes
from mspbill.console import notes, print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.panels import BILL, add_group
from mspbill.refusing import refuse, refuse_with
from mspbill.suggesting import suggested, tell

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from msp_billing.adapters.directory.provider_directory import ProviderDirectory
    from mspbill.feed_plan import FeedPlan
    from mspbill.opening import Opened, OpenedStack

Feeds = Annotated[
    list[str] | None,
    typer.Option("--feed", help="Only this feed of the policy. May be repeated; all, if left out."),
]

_EPILOG = (
    "Exit codes: 0 done, or nothing to do; 1 it failed, and the message says why; 2 the exports "
    "are wrong or were refused, and nothing was uploaded; 4 for a person to look at: with --dry, "
    "there is something to upload; in a list, an export is missing that will be counted soon."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    about = "Exports of your tools: upload them, see what is there and which moment takes it."
    add_group(app, BILL, "feeds", about, {"push": push, "list": listed}, epilog=_EPILOG)


@about_stack(changes=True)
def push(
    found: OpenedStack,
    directory: Directory,
    feed: Feeds = None,
    dry: Annotated[bool, typer.Option("--dry", help="Only show what would be uploaded.")] = False,
    anyway: Annotated[
        bool,
        typer.Option(help="Upload exports with errors too; accounts that need them are parked."),
    ] = False,
    replace_taken: Annotated[
        bool,
        typer.Option(help="Replace exports also that a sealed snapshot was taken of."),
    ] = False,
    yes: Yes = False,
) -> None:
    """Upload the exports below DIR/feeds with their checksums; first they are read and compared.

    What the bucket has already is not uploaded again. Replacing a changed file asks first. One
    that a cycle has counted is not replaced: the count was sealed and would not change.
    """
    from mspbill.agreeing import agreed_or_ended
    from mspbill.feed_plan import Fate
    from mspbill.feed_plan import push as upload
    from mspbill.feeds_text import print_push, told_push

    loaded, plan = _planned(found, directory, feed, anyway=anyway)
    taken = plan.of(Fate.TAKEN)
    fates = [Fate.NEW, Fate.CHANGED, *([Fate.TAKEN] if replace_taken else [])]
    if not found.as_json:
        print_push(plan, loaded, results(), replace_taken=replace_taken)
    if taken and not replace_taken and not dry:
        names = ", ".join(file.key for file in taken)
        refuse_with(
            "taken",
            f"A sealed snapshot was taken of {names}; nothing was uploaded. Keep the file as it "
            "was and give the new one its own moment in its name, or say --replace-taken.",
            as_json=found.as_json,
        )
    wanted = plan.of(*fates)
    if dry or not wanted:
        if found.as_json:
            print_json(told_push(plan, uploaded=0))
        elif not wanted:
            results().print("There is nothing to upload.")
        raise typer.Exit(ExitCode.PARKED if wanted else ExitCode.DONE)
    replaces = plan.of(*fates[1:])
    if replaces:
        question = f"Replace {len(replaces)} of them in the bucket?"
        agreed_or_ended(question, "Nothing was uploaded.", yes=yes, as_json=found.as_json)
    number = upload(plan, loaded, fates)
    if found.as_json:
        print_json(told_push(plan, uploaded=number))
    else:
        listing = suggested("feeds list", of_provider=False)
        told = f"{number} uploaded. How old each is, and which cycle takes it: {listing}"
        tell(told, results(), mark="[green]✓[/green]")


@about_provider()
def listed(
    found: Opened,
    feed: Feeds = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every export, not only the newest of each feed.")
    ] = False,
) -> None:
    """The exports in the bucket: how old each is, and which moment takes it next.

    Exit code 4 says that an export is missing that will be counted soon.
    """
    from mspbill.feeds_list import list_feeds
    from mspbill.feeds_text import print_feeds

    if found.is_saved:
        refuse_with("no-feeds", "A demo leaves no exports behind.", as_json=found.as_json)
    told = list_feeds(found, feed)
    if found.as_json:
        print_json([entry.model_dump(mode="json") for entry in told])
    else:
        print_feeds(told, found.policy.zone, results(), everything=everything)
    if any(entry.missing for entry in told):
        raise typer.Exit(ExitCode.PARKED)


def _planned(
    found: OpenedStack, directory: Path, feeds: list[str] | None, *, anyway: bool
) -> tuple[ProviderDirectory, FeedPlan]:
    """The plan of exports that can be read; otherwise every problem, and the end."""
    from msp_billing.adapters.directory.provider_directory import (
        check_exports,
        load_provider_directory,
    )
    from msp_billing.domain.problems import ProblemsError
    from mspbill.console import print_problems
    from mspbill.feed_plan import plan_push

    try:
        loaded = load_provider_directory(directory)
    except ProblemsError as error:
        refuse(error.problems, as_json=found.as_json)
    problems = [
        problem
        for problem in check_exports(loaded)
        if not feeds or any((problem.file or "").startswith(f"feeds/{feed}/") for feed in feeds)
    ]
    if problems and not anyway:
        refuse(
            tuple(problems),
            as_json=found.as_json,
            so="nothing was uploaded. To upload them all the same: --anyway",
        )
    if problems and not found.as_json:
        print_problems(problems, notes())
    return loaded, plan_push(found.ports, loaded, feeds)
