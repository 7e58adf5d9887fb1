"""Commands that only look: an account, all accounts by age, a statement, evidence, a ledger."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mspbill.command_frames import about_provider
from mspbill.command_options import AccountName
from mspbill.command_values import day
from mspbill.console import notes, print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.panels import LOOK, add_commands
from mspbill.refusing import refuse_with
from mspbill.statement_command import statement
from mspbill.whole_files import refuse_taken, write_whole

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from mspbill.opening import Opened


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    looks = {"account": account, "aging": aging, "statement": statement, "may": may}
    add_commands(app, LOOK, {**looks, "evidence": evidence})


@about_provider()
def account(
    found: Opened,
    account: AccountName,
    everything: Annotated[
        bool, typer.Option("--all", help="The whole history, with every letter.")
    ] = False,
) -> None:
    """Why is this account here, and what happens when?

    Its balance and how old it is, its state with the sentence of the policy that put it there, the
    next steps with their days if nothing is paid, what payment would clear it, and its history.
    """
    from msp_billing.usecases.receivables.account_view import view_account
    from mspbill.account_text import AccountPrinter

    named = found.account(account)
    view = view_account(found.ports, found.provider, named.account)
    if found.as_json:
        print_json(view.model_dump(mode="json"))
    else:
        AccountPrinter(results(), found.policy.zone, every=everything).print(view)


@about_provider()
def aging(
    found: Opened,
    on: Annotated[
        date | None, typer.Option(parser=day, help="As of this day; today, if left out.")
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only who is overdue.")] = False,
) -> None:
    """What every account owes, by age: not due, 1-30, 31-60, 61-90, over 90 days."""
    from mspbill.receivables_text import aging_json, aging_rows, print_aging

    rows = aging_rows(found, on, only_overdue=overdue)
    if found.as_json:
        print_json(aging_json(rows))
    else:
        print_aging(rows, results())


@about_provider()
def evidence(
    found: Opened,
    account: AccountName,
    out: Annotated[Path, typer.Option(help="The zip to write; it must not be there yet.")],
) -> None:
    """Write the proof of how an account came to where it is, as a zip with a page to begin with.

    Invoices as they were sent, every entry of the ledger with its hash and the verifier's word,
    letters with what became of each, payments, changes of the standing, approvals.
    """
    from msp_billing.usecases.receivables.evidence import gather_evidence
    from mspbill.evidence_bundle import evidence_bundle

    refuse_taken(out, "--out", as_json=found.as_json)
    named = found.account(account)
    gathered = gather_evidence(found.ports, found.provider, named.account)
    content = evidence_bundle(gathered)
    write_whole(out, content)
    fits = gathered.verification.fits
    missing = [entry.number for entry in gathered.documents if entry.content is None]
    if found.as_json:
        print_json({"file": str(out), "bytes": len(content), "fits": fits, "missing": missing})
    else:
        results().print(f"{out} ({len(content):,} bytes): begin with index.html in it.")
        if missing:
            results().print(f"Not in it, because no PDF was sealed: {', '.join(missing)}")
    if not fits:
        notes().print("The ledger does not fit: index.html in it says at which entry.")
        raise typer.Exit(ExitCode.FAILED)


@about_provider()
def may(
    found: Opened,
    account: AccountName,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="'buy', 'support' or 'service'.")],
    service: Annotated[
        str | None, typer.Argument(metavar="NAME", help="The service that is asked about.")
    ] = None,
) -> None:
    """May this account buy, get support, or have a service on? With the reason.

    Exit code 0 is yes, 4 is no.
    """
    from msp_billing.usecases.dunning import entitlements

    questions = ("buy", "support", "service")
    if what not in questions:
        refuse_with("question", f"Ask about {', '.join(questions)}.", as_json=found.as_json)
    named = found.account(account).account
    answer = entitlements.may(found.ports, found.provider, named, what, service)  # type: ignore[arg-type]
    if found.as_json:
        print_json(answer.model_dump(mode="json"))
    else:
        word = "[bold green]Yes.[/bold green]" if answer.allowed else "[bold red]No.[/bold red]"
        console = results()
        console.print(word, end=" ")
        console.print(answer.reason, markup=False)
    if not answer.allowed:
        raise typer.Exit(ExitCode.PARKED)
