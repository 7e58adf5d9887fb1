"""What became of a payment or a file of the bank, in sentences."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.markup import escape

from msp_billing.adapters.formatting import format_money, format_moneys
from msp_billing.adapters.mails.dunning_views import STATE_WORDS
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.usecases.receivables.accounts import kept_ledger
from msp_billing.usecases.receivables.payment_file_records import FileResult
from mspbill.console import print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.opening import Opened
from mspbill.receivables_text import payment_words
from mspbill.suggesting import suggested, tell


def tell_payment(
    found: Opened, record: PaymentRecord, *, as_json: bool, again: bool = False
) -> None:
    """What became of it; exit code 4 when it waits for a person.

    Args:
        again: it was entered before, and nothing changed.
    """
    if as_json:
        print_json({**record.model_dump(mode="json"), "again": again})
    else:
        if again:
            results().print("It was entered before; nothing changed.")
        _print_payment(found, record, results())
    if record.state == "queued":
        raise typer.Exit(ExitCode.PARKED)


def _print_payment(found: Opened, record: PaymentRecord, console: Console) -> None:
    name, words = escape(record.key.document), escape(payment_words(record))
    console.print(f"[bold]{name}[/bold]: {words}", soft_wrap=False)
    if record.state == "dismissed":
        console.print(f"Dismissed by {record.decided_by}: {record.why}", markup=False)
        return
    if record.state == "queued":
        for problem in record.problems:
            tell(f"{problem.what} {problem.fix}", console)
        tell(f"It waits for a person: {suggested('payment list --waiting')}", console)
        return
    account = record.account or ""
    ledger = kept_ledger(found.ports, found.provider, account)
    position = found.ports.ledgers.position(ledger)
    payment = position.find_payment(record.key.document)
    for document, amount in sorted((payment.used_for if payment else {}).items()):
        console.print(f"  {format_money(amount, ledger.currency)} for {escape(document)}")
    standing = found.ports.standings.find(found.provider, account)
    balance = format_money(position.balance, ledger.currency)
    state = STATE_WORDS[standing.state]
    console.print(f"Booked for {account}: the balance is {balance}; it is {state}.")


def print_file(taken: FileResult, console: Console) -> None:
    """How many were booked, and what waits or was passed over."""
    if taken.repeated:
        console.print(f"{escape(taken.name)} was taken before; nothing was done now.")
    amounts = [format_moneys(taken.payments)] if taken.payments else []
    if taken.returns:
        amounts.append(f"{format_moneys(taken.returns)} returned")
    told = f" ({', '.join(amounts)})" if amounts else ""
    console.print(f"{counted(taken.taken, 'payment')} in {escape(taken.name)}{told}.")
    console.print(f"  booked         {taken.booked:,}")
    console.print(f"  in the queue   {taken.queued:,}")
    console.print(f"  known already  {taken.duplicates:,}")
    console.print(f"  passed over    {taken.skipped:,}")
    for reason, number in sorted(taken.skipped_because.items()):
        console.print(f"    {number:,}: {reason}", markup=False, soft_wrap=False)
    for problem in taken.problems:
        console.print(f"  {problem}", markup=False, soft_wrap=False)
    if taken.queued:
        waiting = suggested("payment list --waiting")
        tell(f"Say whose the payments in the queue are: {waiting}", console)
