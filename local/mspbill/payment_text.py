"""The payments and returns that came in, as a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from rich.console import Console
from rich.markup import escape

from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.usecases.receivables.accounts import today_of
from mspbill.opening import Opened
from mspbill.receivables_text import payment_words
from mspbill.suggesting import suggested, tell

_WORDS = {
    "booked": "booked for {account}",
    "queued": "waits for a person to say whose it is",
    "dismissed": "none of ours, says {decided_by}",
}


def came_in(found: Opened, account: str | None, days: int) -> list[PaymentRecord]:
    """What came in the last days, the newest first.

    Args:
        account: whose; everybody's, and what is nobody's yet, when it is None.
    """
    since = today_of(found.ports, found.provider) - timedelta(days=days)
    return sorted(
        (
            record
            for record in found.ports.payments.of_provider(found.provider)
            if _came_on(record) >= since and account in (None, record.account)
        ),
        key=lambda record: (_came_on(record), record.reported_at, record.key.document),
        reverse=True,
    )


def print_payments(records: Sequence[PaymentRecord], days: int, console: Console) -> None:
    """Two lines for each: what came, and what became of it."""
    if not records:
        console.print(f"Nothing came in within {days} days; look back further with --days.")
    for record in records:
        told = _WORDS[record.state].format(account=record.account, decided_by=record.decided_by)
        name = escape(record.key.document)
        console.print(f"[bold]{name}[/bold]: {escape(payment_words(record))}", soft_wrap=False)
        by = f"; {record.matched_by}" if record.state == "booked" and record.matched_by else ""
        tell(f"{told}{by}", console, indent=2)
    if any(record.state == "queued" for record in records):
        tell(f"Say whose a payment is that waits: {suggested('payment list --waiting')}", console)


def _came_on(record: PaymentRecord) -> date:
    if record.payment is not None:
        return record.payment.received_on
    assert record.returned is not None, "the model admits no record of nothing"
    return record.returned.returned_on
