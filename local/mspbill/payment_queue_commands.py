"""Commands about what came in: list it, say whose it is, or that it is nobody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mspbill.command_frames import about_provider
from mspbill.command_options import By, Why
from mspbill.command_values import payment_key, remittance
from mspbill.console import print_json, results
from mspbill.exit_codes import ExitCode
from mspbill.refusing import refuse_with

if TYPE_CHECKING:  # loaded when a command runs: the help should not wait for it
    from mspbill.opening import Opened

PaymentName = Annotated[
    str, typer.Argument(metavar="PAYMENT", help="As it is shown: clerk:W-88121.")
]
Invoices = Annotated[
    list[str] | None,
    typer.Option(
        "--invoice",
        help="What it is for: KRG-000012, or KRG-000012=150.00 for a part. May be repeated; "
        "without any, the oldest first.",
    ),
]


@about_provider()
def listed(
    found: Opened,
    account: Annotated[
        str | None, typer.Argument(metavar="ACCOUNT", help="Whose; everybody's, if left out.")
    ] = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only what waits for a person.")
    ] = False,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days to look back.")] = 31,
) -> None:
    """What came in: payments and returns, the newest first.

    With --waiting, those of which nobody knows for certain whose they are; exit code 4 says that
    there are any.
    """
    from mspbill.payment_text import came_in, print_payments

    if waiting:
        _tell_waiting(found, account)
        return
    named = None if account is None else found.account(account).account
    records = came_in(found, named, days)
    if found.as_json:
        print_json([record.model_dump(mode="json") for record in records])
    else:
        print_payments(records, days, results())


@about_provider()
def queue(found: Opened) -> None:
    """What waits for a person: payments and returns of which it is not certain whose they are."""
    _tell_waiting(found, None)


def _tell_waiting(found: Opened, account: str | None) -> None:
    from msp_billing.usecases.receivables.queue import waiting
    from mspbill.receivables_text import print_queue

    if account is not None:
        refuse_with(
            "one-of",
            "What waits belongs to no account yet: leave ACCOUNT out, or leave --waiting out.",
            as_json=found.as_json,
        )
    records = waiting(found.ports, found.provider)
    if found.as_json:
        print_json([record.model_dump(mode="json") for record in records])
    else:
        print_queue(records, results())
    if records:
        raise typer.Exit(ExitCode.PARKED)


@about_provider(changes=True)
def assign(
    found: Opened,
    payment: PaymentName,
    by: By,
    account: Annotated[
        str | None, typer.Option(help="Whose payment it is: the account's short name.")
    ] = None,
    of: Annotated[
        str | None, typer.Option(help="For a return: the payment that went back.")
    ] = None,
    invoice: Invoices = None,
    why: Annotated[str | None, typer.Option(help="How you know. Kept.")] = None,
) -> None:
    """Say whose a payment in the queue is, or which payment a return is of; it is booked then."""
    from msp_billing.usecases.receivables.queue import AssignRequest, assign_payment
    from mspbill.money_text import tell_payment

    if (account is None) == (of is None):
        refuse_with(
            "one-of", "Give either --account or, for a return, --of.", as_json=found.as_json
        )
    request = AssignRequest(
        key=payment_key(found.provider, payment),
        account=None if account is None else found.account(account).account,
        payment=None if of is None else payment_key(found.provider, of),
        remittance=remittance(invoice),
        assigned_by=by,
        why=why,
    )
    tell_payment(found, assign_payment(found.ports, request), as_json=found.as_json)


@about_provider(changes=True)
def dismiss(
    found: Opened,
    payment: PaymentName,
    by: By,
    why: Why,
) -> None:
    """Take something out of the queue that is no payment of an account. Its record stays."""
    from msp_billing.usecases.receivables.queue import DismissRequest, dismiss_payment
    from mspbill.money_text import tell_payment

    request = DismissRequest(key=payment_key(found.provider, payment), dismissed_by=by, why=why)
    tell_payment(found, dismiss_payment(found.ports, request), as_json=found.as_json)
