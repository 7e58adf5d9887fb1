"""Commands that give debts up: one person asks, another one approves."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from mspbill.answering import answering
from mspbill.asking_commands import PANEL
from mspbill.command_options import AccountName, AsJson, By, Provider, Stack, State, Why
from mspbill.command_values import Source, amount
from mspbill.console import print_json, results
from mspbill.exit_codes import ACCOUNTS_EPILOG

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from msp_billing.domain.ledger.write_offs import WriteOff


Name = Annotated[str, typer.Argument(metavar="NAME", help="The name that it was asked for by.")]

write_off_app = typer.Typer(
    no_args_is_help=True, help="Give a debt up: asked for by one person, approved by another."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command, name in ((request, "request"), (approve, "approve"), (reject, "reject")):
        write_off_app.command(name, epilog=ACCOUNTS_EPILOG)(command)
    write_off_app.command("list", epilog=ACCOUNTS_EPILOG)(listed)
    app.add_typer(write_off_app, name="write-off", rich_help_panel=PANEL)


def request(  # noqa: PLR0913, PLR0917 - a request has its facts
    account: AccountName,
    document: Annotated[
        str, typer.Argument(metavar="DOCUMENT", help="The number of the invoice or fee.")
    ],
    name: Annotated[str, typer.Option(help="Your own name for it, by which it is approved.")],
    by: By,
    why: Why,
    sum_of_it: Annotated[
        Decimal | None,
        typer.Option("--amount", parser=amount, help="All that is open of it, if left out."),
    ] = None,
    provider: Provider = None,
    stack: Stack = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Ask that a debt is given up. Nothing is entered before another person approves."""
    from msp_billing.usecases.receivables.write_offs import WriteOffRequest, request_write_off

    source = Source(stack, state, provider)
    with answering(source, as_json=as_json, changes=True) as found:
        asked = WriteOffRequest(
            provider=found.provider,
            account=found.account(account).account,
            write_off=name,
            document=document,
            amount=sum_of_it,
            requested_by=by,
            why=why,
        )
        _tell(request_write_off(found.ports, asked), as_json=as_json)


def approve(
    account: AccountName,
    name: Name,
    by: By,
    why: Why,
    provider: Provider = None,
    stack: Stack = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Approve a write-off that somebody else asked for; it is entered then."""
    from msp_billing.usecases.receivables import write_offs

    source = Source(stack, state, provider)
    with answering(source, as_json=as_json, changes=True) as found:
        decision = write_offs.WriteOffDecision(
            provider=found.provider, account=account, write_off=name, by=by, why=why
        )
        _tell(write_offs.approve_write_off(found.ports, decision), as_json=as_json)


def reject(
    account: AccountName,
    name: Name,
    by: By,
    why: Why,
    provider: Provider = None,
    stack: Stack = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Say no to a write-off, or take your own request back."""
    from msp_billing.usecases.receivables import write_offs

    source = Source(stack, state, provider)
    with answering(source, as_json=as_json, changes=True) as found:
        decision = write_offs.WriteOffDecision(
            provider=found.provider, account=account, write_off=name, by=by, why=why
        )
        _tell(write_offs.reject_write_off(found.ports, decision), as_json=as_json)


def listed(
    provider: Provider = None,
    stack: Stack = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """What waits for a second person."""
    from msp_billing.usecases.receivables.write_offs import waiting_write_offs

    with answering(Source(stack, state, provider), as_json=as_json) as found:
        waiting = list(waiting_write_offs(found.ports, found.provider))
    if as_json:
        print_json([entry.model_dump(mode="json") for entry in waiting])
        return
    if not waiting:
        results().print("Nothing waits.")
    for entry in waiting:
        _print(entry)


def _tell(write_off: WriteOff, *, as_json: bool) -> None:
    if as_json:
        print_json(write_off.model_dump(mode="json"))
    else:
        _print(write_off)


def _print(entry: WriteOff) -> None:
    state = {
        "waiting": "waits for another person's approval",
        "approved": f"was approved by {entry.decided_by}",
        "rejected": f"was rejected by {entry.decided_by}",
    }[entry.state]
    results().print(
        f"[bold]{entry.write_off}[/bold]: {entry.amount:,} of {escape(entry.document)} of "
        f"{entry.account}, asked for by {escape(entry.requested_by)}, {escape(state)}.",
        soft_wrap=False,
    )
