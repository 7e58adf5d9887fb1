"""Names that commands had before they were grouped: they go on working, and help hides them."""

from __future__ import annotations

import typer

from mspbill import (
    hold_commands,
    outbox_commands,
    payment_commands,
    payment_queue_commands,
)
from mspbill.panels import GET_PAID, add_commands, add_group


def register(app: typer.Typer) -> None:
    """Add the commands under their earlier names."""
    commands = {
        "pay": payment_commands.take,
        "return": payment_commands.return_payment,
        "queue": payment_queue_commands.queue,
        "assign": payment_queue_commands.assign,
        "dismiss": payment_queue_commands.dismiss,
        "import-payments": payment_commands.import_payments,
        "refund": payment_commands.refund,
        "mails": outbox_commands.listed,
        "resend": outbox_commands.resend,
        "settle": outbox_commands.settle,
    }
    add_commands(app, None, commands, hidden=True)
    about = "The way out of a hold; it is called 'mspbill hold' now."
    add_group(app, GET_PAID, "release", about, hold_commands.HOLD, hidden=True)
