"""Commands about payments: enter them, take them back, read a bank's file, pay credit out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from msp_billing.domain.payments.incoming import PaymentMethod
from mspbill.command_frames import about_provider
from mspbill.command_options import AccountName, By, Why
from mspbill.command_values import amount, day, paid_in, payment_key, remittance
from mspbill.console import print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.panels import GET_PAID, add_group
from mspbill.payment_queue_commands import Invoices, PaymentName, assign, dismiss, listed
from mspbill.refusing import refuse, refuse_with

Day = Annotated[date | None, typer.Option("--on", parser=day, help="The day; today, if left out.")]

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from mspbill.opening import Opened


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    commands = {
        "take": take,
        "import": import_payments,
        "list": listed,
        "assign": assign,
        "dismiss": dismiss,
        "return": return_payment,
        "refund": refund,
    }
    about = "Payments: enter them, say whose they are, take them back, pay credit out."
    add_group(app, GET_PAID, "payment", about, commands)


@about_provider(changes=True)
def take(  # noqa: PLR0913, PLR0917 - a payment has its facts
    found: Opened,
    account: AccountName,
    sum_paid: Annotated[
        Decimal, typer.Argument(metavar="AMOUNT", parser=amount, help="What came, as 1250.00.")
    ],
    method: Annotated[PaymentMethod, typer.Option(help="How it came.")],
    reference: Annotated[
        str,
        typer.Option(help="What names it for ever: the bank's number, or the number of a check."),
    ],
    by: By,
    on: Day = None,
    invoice: Invoices = None,
    currency: Annotated[
        str | None, typer.Option(help="The account's currency, if left out.")
    ] = None,
) -> None:
    """Enter a payment of an account: a check, a wire, what no file reports.

    The same reference again changes nothing; with another amount it is refused.
    """
    from msp_billing.domain.payments.incoming import IncomingPayment, PaymentKey
    from msp_billing.usecases.receivables.accounts import today_of
    from msp_billing.usecases.receivables.booking import book_payment
    from mspbill.money_text import tell_payment

    named = found.account(account)
    money = paid_in(currency or named.currency, sum_paid)
    payment = IncomingPayment(
        key=PaymentKey(provider=found.provider, source="clerk", external_id=reference),
        amount=money,
        method=method,
        received_on=on or today_of(found.ports, found.provider),
        account=named.account,
        remittance=remittance(invoice),
    )
    known = found.ports.payments.find(payment.key)
    record = book_payment(found.ports, payment, by)
    tell_payment(found, record, again=known == record, as_json=found.as_json)


@about_provider(changes=True)
def return_payment(
    found: Opened,
    payment: PaymentName,
    code: Annotated[str, typer.Option(help="Why, as the bank codes it: R01.")],
    why: Annotated[str, typer.Option(help="Why, in words: insufficient funds.")],
    by: By,
    on: Day = None,
    sum_returned: Annotated[
        Decimal | None,
        typer.Option("--amount", parser=amount, help="How much; all of it, if left out."),
    ] = None,
) -> None:
    """Enter that the bank took a payment back: what it paid is owed again."""
    from msp_billing.domain.money import Money
    from msp_billing.domain.payments.incoming import IncomingReturn, PaymentKey
    from msp_billing.usecases.receivables.accounts import today_of
    from msp_billing.usecases.receivables.booking import take_return
    from mspbill.money_text import tell_payment

    key = payment_key(found.provider, payment)
    known = found.ports.payments.find(key)
    if known is None or known.payment is None:
        refuse_with("not-found", f"There is no payment {payment}.", as_json=found.as_json)
    whole = known.payment.amount
    back = whole
    if sum_returned is not None:
        back = Money(amount=sum_returned, currency=whole.currency)
    returned = IncomingReturn(
        key=PaymentKey(
            provider=found.provider, source="clerk", external_id=f"return/{key.document}"[:120]
        ),
        amount=back,
        returned_on=on or today_of(found.ports, found.provider),
        code=code,
        reason=why,
        payment=key,
    )
    before = found.ports.payments.find(returned.key)
    record = take_return(found.ports, returned, by)
    tell_payment(found, record, again=before == record, as_json=found.as_json)


@about_provider(changes=True)
def import_payments(
    found: Opened,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The bank's file.")
    ],
    kind: Annotated[
        str | None, typer.Option(help="Which file of the policy's payments; its only one.")
    ] = None,
) -> None:
    """Book a file of the bank: CSV, BAI2, camt.053 or NACHA returns, as the policy says.

    All of it or nothing: a file with an error is refused with its lines. The same file, or a row
    that came before, changes nothing. What cannot be matched waits in the queue (exit code 4).
    """
    from msp_billing.usecases.receivables.payment_files import take_payment_file
    from mspbill.money_text import print_file

    known = [entry.file for entry in found.policy.payments.files]
    if kind is None and len(known) != 1:
        listed = ", ".join(known) or "none"
        refuse_with("file-kind", f"Say which file it is, --kind: {listed}.", as_json=found.as_json)
    content = file.read_bytes()
    taken = take_payment_file(found.ports, found.provider, kind or known[0], file.name, content)
    if taken.refused:
        refuse(taken.problems, as_json=found.as_json, about="", so="nothing was booked")
    if found.as_json:
        print_json(taken.model_dump(mode="json"))
    else:
        print_file(taken, results())
    if taken.queued or taken.problems:
        raise typer.Exit(ExitCode.PARKED)


@about_provider(changes=True)
def refund(
    found: Opened,
    account: AccountName,
    name: Annotated[
        str, typer.Option(help="Your own name for it, used once: the same again changes nothing.")
    ],
    method: Annotated[PaymentMethod, typer.Option(help="How it is paid back.")],
    by: By,
    why: Why,
    sum_paid: Annotated[
        Decimal | None,
        typer.Option("--amount", parser=amount, help="All the credit, if left out."),
    ] = None,
) -> None:
    """Enter that credit is paid back to an account; never more than it has."""
    from msp_billing.usecases.receivables.refunds import RefundRequest, refund_credit
    from mspbill.amounts import shown

    request = RefundRequest(
        provider=found.provider,
        account=found.account(account).account,
        refund=name,
        amount=sum_paid,
        method=method,
        requested_by=by,
        why=why,
    )
    made = refund_credit(found.ports, request)
    if found.as_json:
        print_json(made.model_dump(mode="json"))
        return
    again = "" if made.entered else " It was entered before; nothing changed."
    results().print(f"{shown(made.amount)} paid back; the balance is {shown(made.balance)}.{again}")
