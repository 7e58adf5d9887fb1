"""Commands about the way out of a hold: look, approve, turn down, ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from mspbill.command_frames import about_provider
from mspbill.command_options import AccountName, By, Why
from mspbill.console import print_json, results
from mspbill.panels import GET_PAID, add_group
from mspbill.refusing import refuse_with

Number = Annotated[
    int | None, typer.Option("--release", help="Its number; the one under way, if left out.")
]

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from mspbill.opening import Opened


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    about = "The way out of a hold: settled, then approved by every role."
    add_group(app, GET_PAID, "hold", about, HOLD)


@about_provider()
def show(
    found: Opened,
    account: AccountName,
) -> None:
    """Whether the end of a hold was asked for, who has approved, and who has not."""
    from msp_billing.usecases.receivables.account_view import view_account
    from mspbill.account_text import AccountPrinter

    view = view_account(found.ports, found.provider, found.account(account).account)
    if view.release is None:
        refuse_with(
            "no-release", f"No end of a hold was asked for {view.account}.", as_json=found.as_json
        )
    if found.as_json:
        print_json(view.release.model_dump(mode="json"))
    else:
        AccountPrinter(results(), found.policy.zone).print_release(view)


@about_provider(changes=True)
def approve(
    found: Opened,
    account: AccountName,
    role: Annotated[str, typer.Option(help="The role of the policy that you approve for.")],
    by: By,
    why: Why,
    release: Number = None,
) -> None:
    """Turn one key. With the last one the account is let out of the hold."""
    from msp_billing.adapters.mails.dunning_views import STATE_WORDS, listed
    from msp_billing.usecases.dunning.release_approvals import ApprovalRequest, approve_release

    named = found.account(account).account
    request = ApprovalRequest(
        provider=found.provider, account=named, release=release, role=role, by=by, why=why
    )
    done = approve_release(found.ports, request)
    if found.as_json:
        print_json(done.model_dump(mode="json"))
        return
    kept = "Kept." if done.changed else "That was said before; nothing changed."
    if done.missing:
        told = f"{kept} Still missing: {listed(done.missing)}."
    else:
        told = f"{kept} Every role has approved; {named} is {STATE_WORDS[done.account_state]}."
    results().print(escape(told), soft_wrap=False)


@about_provider(changes=True)
def reject(
    found: Opened,
    account: AccountName,
    by: By,
    why: Why,
    release: Number = None,
) -> None:
    """Turn the release down: the account stays on hold until somebody asks again."""
    from msp_billing.usecases.dunning.release import RejectRequest, reject_release

    named = found.account(account).account
    request = RejectRequest(provider=found.provider, account=named, release=release, by=by, why=why)
    ended = reject_release(found.ports, request)
    if found.as_json:
        print_json(ended.model_dump(mode="json", exclude={"keys", "task_token"}))
    else:
        told = f"Release {ended.release} of {named} was turned down. The account stays on hold."
        results().print(told, markup=False, soft_wrap=False)


@about_provider(changes=True)
def ask_again(
    found: Opened,
    account: AccountName,
    by: By,
    why: Why = "asked again",
) -> None:
    """Ask every role anew, after a release was turned down, cancelled, or left to a person."""
    from msp_billing.usecases.dunning import release

    named = found.account(account).account
    request = release.AskAgainRequest(provider=found.provider, account=named, by=by, why=why)
    asked = release.ask_again(found.ports, request)
    if found.as_json:
        print_json(asked.model_dump(mode="json", exclude={"keys", "task_token"}))
    else:
        told = f"Release {asked.release} of {named} is asked for; each approver gets a mail."
        results().print(told, markup=False, soft_wrap=False)


HOLD = {"show": show, "approve": approve, "reject": reject, "ask-again": ask_again}
