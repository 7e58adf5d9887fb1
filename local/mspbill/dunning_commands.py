"""Commands about dunning: promises, disputes, notices, and the way out of a hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.markup import escape

from mspbill.command_frames import about_provider
from mspbill.command_options import AccountName, By, Why
from mspbill.command_values import amount, day
from mspbill.console import print_json, results
from mspbill.panels import GET_PAID, add_commands
from mspbill.refusing import refuse_with

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from msp_billing.domain.dunning.standing import Pause
    from mspbill.opening import Opened


Until = Annotated[date, typer.Option(parser=day, help="The last day of it, as 2026-12-31.")]
Amount = Annotated[
    Decimal | None, typer.Option(parser=amount, help="How much; all that is open, if left out.")
]
Invoice = Annotated[str | None, typer.Option(help="The invoice; the oldest first, if left out.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    pauses = {"promise": promise, "dispute": dispute, "end-pause": end_pause}
    add_commands(app, GET_PAID, {**pauses, "override-notice": override_notice})


@about_provider(changes=True)
def promise(
    found: Opened,
    account: AccountName,
    until: Until,
    by: By,
    why: Why,
    amount: Amount = None,
    invoice: Invoice = None,
) -> None:
    """Keep that an account will pay an amount by a day; until then it is not followed.

    When the day has passed and it is not paid, the case goes on at the step where it stood.
    """
    _pause(found, "promise", account, until, by, why, amount, invoice, as_json=found.as_json)


@about_provider(changes=True)
def dispute(
    found: Opened,
    account: AccountName,
    until: Until,
    by: By,
    why: Why,
    amount: Amount = None,
    invoice: Invoice = None,
) -> None:
    """Keep that an account disputes an amount; until it is clear, that amount is not followed."""
    _pause(found, "dispute", account, until, by, why, amount, invoice, as_json=found.as_json)


def _pause(  # noqa: PLR0913
    found: Opened,
    kind: Literal["promise", "dispute"],
    account: str,
    until: date,
    by: str,
    why: str,
    amount: Decimal | None,
    invoice: str | None,
    *,
    as_json: bool,
) -> None:
    from msp_billing.usecases.dunning.pause_checks import PauseRequest
    from msp_billing.usecases.dunning.pauses import make_promise, raise_dispute

    named = found.account(account)
    request = PauseRequest(
        provider=found.provider,
        account=named.account,
        document=invoice,
        amount=amount,
        until=until,
        reason=why,
        by=by,
    )
    make = make_promise if kind == "promise" else raise_dispute
    pause = make(found.ports, request)
    _tell_pause(pause, named.account, named.currency, as_json=as_json)


@about_provider(changes=True)
def end_pause(
    found: Opened,
    account: AccountName,
    pause: Annotated[
        str, typer.Argument(metavar="PAUSE", help="Its name, as 'mspbill account' shows it.")
    ],
    how: Annotated[Literal["withdrawn", "settled", "upheld"], typer.Option(help="How it ended.")],
    by: By,
    why: Why,
) -> None:
    """End a promise or dispute before its day; what it covered is followed again at once."""
    from msp_billing.usecases.dunning import pauses
    from msp_billing.usecases.dunning.pause_checks import EndPauseRequest

    named = found.account(account)
    request = EndPauseRequest(
        provider=found.provider,
        account=named.account,
        pause=pause,
        how=how,
        by=by,
        why=why,
    )
    ended = pauses.end_pause(found.ports, request)
    _tell_pause(ended, named.account, named.currency, as_json=found.as_json)


def _tell_pause(pause: Pause, account: str, currency: str, *, as_json: bool) -> None:
    from msp_billing.adapters.formatting import format_day, format_money

    if as_json:
        print_json(pause.model_dump(mode="json"))
        return
    of = pause.document or "what is owed (the oldest first)"
    money, until = format_money(pause.amount, currency), format_day(pause.until)
    told = f"The {pause.kind} {pause.pause} of {account} covers {money} of {of} until {until}."
    if pause.ended_at is not None:
        told = f"The {pause.kind} {pause.pause} of {account} has ended: {pause.ended_why}"
    results().print(escape(told), soft_wrap=False)


@about_provider(changes=True)
def override_notice(
    found: Opened,
    account: AccountName,
    step: Annotated[str, typer.Argument(metavar="STEP", help="The step of the policy.")],
    by: By,
    why: Annotated[str, typer.Option("--why", help="How the account was told. Kept.")],
) -> None:
    """Say that a notice counts although no delivery is known: you have told the account.

    A hold may rest on it, so who said it and how the account was told are kept. The days to the
    next step count from now.
    """
    from msp_billing.usecases.dunning import overrides

    if not step.strip():
        refuse_with("step", "Name the step of the policy.", as_json=found.as_json)
    named = found.account(account).account
    request = overrides.OverrideRequest(
        provider=found.provider, account=named, step=step, by=by, why=why
    )
    standing = overrides.override_notice(found.ports, request)
    if found.as_json:
        print_json({"account": named, "step": step, "state": standing.state, "by": by, "why": why})
    else:
        results().print(f"The notice '{step}' of {named} counts from now on.", markup=False)
