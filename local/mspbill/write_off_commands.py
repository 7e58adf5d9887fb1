"""Commands that give debts up: one person asks, another one approves."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from mspbill.command_frames import about_provider
from mspbill.command_options import AccountName, By, Why
from mspbill.command_values import amount
from mspbill.console import print_json, results
from mspbill.panels import GET_PAID, add_group
from mspbill.suggesting import suggested, tell

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from msp_billing.domain.ledger.write_offs import WriteOff
    from mspbill.opening import Opened


Name = Annotated[str, typer.Argument(metavar="NAME", help="The name that it was asked for by.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    commands = {"request": request, "approve": approve, "reject": reject, "list": listed}
    about = "Give a debt up: asked for by one person, approved by another."
    add_group(app, GET_PAID, "write-off", about, commands)


@about_provider(changes=True)
def request(
    found: Opened,
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
) -> None:
    """Ask that a debt is given up. Nothing is entered before another person approves."""
    from msp_billing.usecases.receivables.write_offs import WriteOffRequest, request_write_off

    asked = WriteOffRequest(
        provider=found.provider,
        account=found.account(account).account,
        write_off=name,
        document=document,
        amount=sum_of_it,
        requested_by=by,
        why=why,
    )
    _tell(found, request_write_off(found.ports, asked))


@about_provider(changes=True)
def approve(
    found: Opened,
    account: AccountName,
    name: Name,
    by: By,
    why: Why,
) -> None:
    """Approve a write-off that somebody else asked for; it is entered then."""
    from msp_billing.usecases.receivables import write_offs

    decision = write_offs.WriteOffDecision(
        provider=found.provider,
        account=found.account(account).account,
        write_off=name,
        by=by,
        why=why,
    )
    _tell(found, write_offs.approve_write_off(found.ports, decision))


@about_provider(changes=True)
def reject(
    found: Opened,
    account: AccountName,
    name: Name,
    by: By,
    why: Why,
) -> None:
    """Say no to a write-off, or take your own request back."""
    from msp_billing.usecases.receivables import write_offs

    decision = write_offs.WriteOffDecision(
        provider=found.provider,
        account=found.account(account).account,
        write_off=name,
        by=by,
        why=why,
    )
    _tell(found, write_offs.reject_write_off(found.ports, decision))


@about_provider()
def listed(
    found: Opened,
) -> None:
    """What waits for a second person."""
    from msp_billing.usecases.receivables.write_offs import waiting_write_offs

    waiting = list(waiting_write_offs(found.ports, found.provider))
    if found.as_json:
        print_json([entry.model_dump(mode="json") for entry in waiting])
        return
    if not waiting:
        results().print("Nothing waits.")
    for entry in waiting:
        _print(found, entry)
    if waiting:
        approve_it = suggested("write-off approve ACCOUNT WRITE-OFF --by NAME --why WHY")
        tell(f"Whoever did not ask for it approves it, or rejects it: {approve_it}", results())


def _tell(found: Opened, write_off: WriteOff) -> None:
    if found.as_json:
        print_json(write_off.model_dump(mode="json"))
    else:
        _print(found, write_off)


def _print(found: Opened, entry: WriteOff) -> None:
    from msp_billing.adapters.formatting import format_money
    from msp_billing.usecases.receivables.accounts import kept_ledger

    ledger = kept_ledger(found.ports, found.provider, entry.account)
    state = {
        "waiting": "waits for another person's approval",
        "approved": f"was approved by {entry.decided_by}",
        "rejected": f"was rejected by {entry.decided_by}",
    }[entry.state]
    results().print(
        f"[bold]{entry.write_off}[/bold]: {format_money(entry.amount, ledger.currency)} of "
        f"{escape(entry.document)} of {entry.account}, asked for by {escape(entry.requested_by)}, "
        f"{escape(state)}: {escape(entry.why)}",
        soft_wrap=False,
    )
