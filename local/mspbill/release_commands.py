"""Commands about the way out of a hold: look, approve, turn down, ask again."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from mspbill.answering import answering
from mspbill.asking_commands import PANEL
from mspbill.command_options import AccountName, AsJson, By, Provider, Stack, State, Why
from mspbill.command_values import Source
from mspbill.console import print_json, results
from mspbill.exit_codes import ACCOUNTS_EPILOG
from mspbill.refusing import refuse_with

Number = Annotated[
    int | None, typer.Option("--release", help="Its number; the one under way, if left out.")
]

release_app = typer.Typer(
    no_args_is_help=True, help="The way out of a hold: settled, then approved by every role."
)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    for command, name in (
        (show, "show"),
        (approve, "approve"),
        (reject, "reject"),
        (ask_again, "ask-again"),
    ):
        release_app.command(name, epilog=ACCOUNTS_EPILOG)(command)
    app.add_typer(release_app, name="release", rich_help_panel=PANEL)


def show(
    account: AccountName,
    provider: Provider = None,
    stack: Stack = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Whether the end of a hold was asked for, who has approved, and who has not."""
    from msp_billing.usecases.receivables.account_view import view_account
    from mspbill.account_text import AccountPrinter

    with answering(Source(stack, state, provider), as_json=as_json) as found:
        view = view_account(found.ports, found.provider, found.account(account).account)
        if view.release is None:
            refuse_with(
                "no-release", f"No end of a hold was asked for {view.account}.", as_json=as_json
            )
        if as_json:
            print_json(view.release.model_dump(mode="json"))
        else:
            AccountPrinter(results(), found.policy.zone).print_release(view)


def approve(  # noqa: PLR0913, PLR0917 - an approval has its facts
    account: AccountName,
    role: Annotated[str, typer.Option(help="The role of the policy that you approve for.")],
    by: By,
    why: Why,
    release: Number = None,
    provider: Provider = None,
    stack: Stack = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Turn one key. With the last one the account is let out of the hold."""
    from msp_billing.adapters.mails.dunning_views import STATE_WORDS, listed
    from msp_billing.usecases.dunning.release_approvals import ApprovalRequest, approve_release

    source = Source(stack, state, provider)
    with answering(source, as_json=as_json, changes=True) as found:
        named = found.account(account).account
        request = ApprovalRequest(
            provider=found.provider, account=named, release=release, role=role, by=by, why=why
        )
        done = approve_release(found.ports, request)
    if as_json:
        print_json(done.model_dump(mode="json"))
        return
    kept = "Kept." if done.changed else "That was said before; nothing changed."
    if done.missing:
        told = f"{kept} Still missing: {listed(done.missing)}."
    else:
        told = f"{kept} Every role has approved; {named} is {STATE_WORDS[done.account_state]}."
    results().print(escape(told), soft_wrap=False)


def reject(
    account: AccountName,
    by: By,
    why: Why,
    release: Number = None,
    provider: Provider = None,
    stack: Stack = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Turn the release down: the account stays on hold until somebody asks again."""
    from msp_billing.usecases.dunning.release import RejectRequest, reject_release

    source = Source(stack, state, provider)
    with answering(source, as_json=as_json, changes=True) as found:
        named = found.account(account).account
        request = RejectRequest(
            provider=found.provider, account=named, release=release, by=by, why=why
        )
        ended = reject_release(found.ports, request)
    if as_json:
        print_json(ended.model_dump(mode="json", exclude={"keys", "task_token"}))
    else:
        told = f"Release {ended.release} of {named} was turned down. The account stays on hold."
        results().print(told, markup=False, soft_wrap=False)


def ask_again(
    account: AccountName,
    by: By,
    why: Why = "asked again",
    provider: Provider = None,
    stack: Stack = None,
    state: State = None,
    as_json: AsJson = False,
) -> None:
    """Ask every role anew, after a release was turned down, cancelled, or left to a person."""
    from msp_billing.usecases.dunning import release

    source = Source(stack, state, provider)
    with answering(source, as_json=as_json, changes=True) as found:
        named = found.account(account).account
        request = release.AskAgainRequest(provider=found.provider, account=named, by=by, why=why)
        asked = release.ask_again(found.ports, request)
    if as_json:
        print_json(asked.model_dump(mode="json", exclude={"keys", "task_token"}))
    else:
        told = f"Release {asked.release} of {named} is asked for; each approver gets a mail."
        results().print(told, markup=False, soft_wrap=False)
