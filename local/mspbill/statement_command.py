"""The command that tells what an account was billed and paid: on the screen, as PDF, by mail."""

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
from mspbill.refusing import refuse_with
from mspbill.suggesting import suggested, tell
from mspbill.whole_files import refuse_taken, write_whole

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from msp_billing.domain.accounts import Account
    from msp_billing.domain.ledger.account_statement import AccountStatement
    from mspbill.opening import Opened


@about_provider(changes="mail")
def statement(
    found: Opened,
    account: AccountName,
    from_on: Annotated[
        date | None,
        typer.Option("--from", parser=day, help="First day; three months back, if left out."),
    ] = None,
    to_on: Annotated[
        date | None, typer.Option("--to", parser=day, help="Last day; today, if left out.")
    ] = None,
    final: Annotated[
        bool, typer.Option("--final", help="From the first entry on, for an account that leaves.")
    ] = False,
    pdf: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write it as the customer gets it; not there yet."),
    ] = None,
    mail: Annotated[
        bool, typer.Option("--mail", help="Mail the PDF to the account's billing contacts.")
    ] = False,
    by: Annotated[str | None, typer.Option("--by", help="With --mail: who sends it. Kept.")] = None,
) -> None:
    """What an account was billed and paid from one day to another, with the running balance.

    With --final, every document down to zero, and what is missing to it (exit code 4 then; its PDF
    is a draft, which is not mailed). With --pdf and --mail, in the account's language.
    """
    if final and (from_on is not None or to_on is not None):
        reason = "A final statement has no --from and no --to."
        refuse_with("final-statement", reason, as_json=found.as_json)
    if mail != (by is not None):
        reason = "Give --mail together with --by NAME."
        refuse_with("statement-by", reason, as_json=found.as_json)
    if pdf is not None:
        refuse_taken(pdf, "--pdf", as_json=found.as_json)
    named = found.account(account)
    if pdf is None and not mail:
        _tell(found, named, from_on, to_on, final=final)
        return
    told = _told(found, named.account, from_on, to_on, final=final)
    _hand_out(found, told, pdf, by)
    if told.unfinished:
        notes().print("Something is left to do: see it with --final alone.")
        raise typer.Exit(ExitCode.PARKED)


def _tell(
    found: Opened, account: Account, from_on: date | None, to_on: date | None, *, final: bool
) -> None:
    from mspbill.receivables_text import print_statement, statement_of

    if final:
        _final_statement(found, account.account)
        return
    made = statement_of(found, account, from_on, to_on)
    if found.as_json:
        print_json(made.model_dump(mode="json"))
    else:
        print_statement(made, account.name, results())


def _final_statement(found: Opened, account: str) -> None:
    from msp_billing.usecases.receivables.final_account import final_account
    from mspbill.receivables_text import print_final

    made = final_account(found.ports, found.provider, account)
    if found.as_json:
        print_json({**made.model_dump(mode="json"), "settled": made.settled})
    else:
        print_final(made, results())
    if not made.settled:
        raise typer.Exit(ExitCode.PARKED)


def _told(
    found: Opened, account: str, from_on: date | None, to_on: date | None, *, final: bool
) -> AccountStatement:
    from msp_billing.usecases.receivables.statement_documents import (
        final_statement_of_account,
        statement_of_account,
    )

    if final:
        return final_statement_of_account(found.ports, found.provider, account)
    return statement_of_account(found.ports, found.provider, account, from_on, to_on)


def _hand_out(found: Opened, told: AccountStatement, pdf: Path | None, by: str | None) -> None:
    """Write the PDF, or mail it, or both; and say so."""
    from msp_billing.adapters.formatting import format_day, format_money
    from msp_billing.usecases.receivables.statement_documents import mail_statement

    of = told.statement
    answer = {"account": of.account, "closing_balance": str(of.closing_balance)}
    lines = [
        f"Statement of {told.addressee.name}, {format_day(of.from_on)} to {format_day(of.to_on)}: "
        f"balance {format_money(of.closing_balance, of.currency)}."
    ]
    if pdf is not None:
        content = found.ports.renderer.render_statement(told, found.policy)
        write_whole(pdf, content)
        answer |= {"file": str(pdf)}
        lines.append(f"{pdf} ({len(content):,} bytes)")
    if by is not None:
        sent = mail_statement(found.ports, told, found.provider, by)
        answer |= {"mail": str(sent)}
        listing = suggested(f"outbox list {of.account}")
        lines.append(f"It waits in the queue and goes out now. What becomes of it: {listing}")
    if found.as_json:
        print_json(answer)
        return
    for line in lines:
        tell(line, results())
