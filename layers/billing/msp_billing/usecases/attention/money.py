"""Money that needs a person: payments nobody can place, debts to give up, what was come upon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.attention import Attention, AttentionKind, Incident
from msp_billing.usecases.attention import commands
from msp_billing.usecases.attention.incidents import LASTS
from msp_billing.usecases.attention.look import Look, at_most, clipped
from msp_billing.usecases.receivables.anchors import DAYS_LOOKED_BACK, anchored_since

if TYPE_CHECKING:
    from msp_billing.domain.payments.records import PaymentRecord

_SWEEPS_MISSED = 2
"""Days without anchors, which the daily sweep writes last: it has not come to its end since."""


def payments(look: Look) -> Iterator[Attention]:
    """What waits in the queue of payments, oldest first."""
    return at_most(_payment(look, e) for e in look.ports.payments.queue(look.provider))


def _payment(look: Look, record: PaymentRecord) -> Attention:
    told = record.payment or record.returned
    assert told is not None, "a record is of a payment or of a return"
    kind = "payment" if record.payment is not None else "return"
    payer = record.payment.payer if record.payment is not None else None
    of = f" of {payer}" if payer else ""
    why = record.problems[0].what if record.problems else "It is not certain whose it is."
    suggestion = record.suggestions[0] if record.suggestions else None
    return Attention(
        kind=AttentionKind.PAYMENT_WAITING,
        provider=look.provider,
        since_at=record.reported_at,
        what=clipped(f"A {kind} of {told.amount}{of} ({record.key.document}) waits: {why}"),
        do="Say whose it is, or dismiss it if it is nobody's.",
        command=commands.decide_payment(
            record.key, suggestion, is_return=record.returned is not None
        ),
    )


def write_offs(look: Look) -> Iterator[Attention]:
    """Debts that are to be given up, and wait for a second person."""
    waiting = (e for e in look.ports.write_offs.of_provider(look.provider) if e.state == "waiting")
    return at_most(
        Attention(
            kind=AttentionKind.WRITE_OFF_WAITING,
            provider=look.provider,
            account=entry.account,
            since_at=entry.requested_at,
            what=clipped(
                f"{entry.requested_by} asks to give up "
                f"{look.amount(entry.account, entry.amount)} of {entry.document}: {entry.why}"
            ),
            do="A second person approves it, or rejects it.",
            command=commands.list_write_offs(look.provider),
        )
        for entry in waiting
    )


def sweeps(look: Look) -> Iterator[Attention]:
    """Whether the daily sweep comes to its end: the last thing that it does is to write anchors.

    A provider that was applied these days, and that no sweep ever looked at, is new.
    """
    oldest = look.today - timedelta(days=_SWEEPS_MISSED)
    if anchored_since(look.ports, look.provider, oldest):
        return
    if look.now - look.current.applied_at < timedelta(days=_SWEEPS_MISSED + 1):
        long_ago = look.today - timedelta(days=DAYS_LOOKED_BACK)
        if not anchored_since(look.ports, look.provider, long_ago):
            return
    yield Attention(
        kind=AttentionKind.SWEEP_MISSING,
        provider=look.provider,
        what=f"The daily sweep has not come to its end since {oldest:%-d %B %Y} or earlier: "
        "nobody becomes overdue, and no reminder goes out.",
        do="Look at the log of the function SweepAccounts; docs/runbook.md says how.",
    )


# --- What functions came upon --------------------------------------------------------------------


_TO_DO: dict[AttentionKind, str] = {
    AttentionKind.LEDGER_DOES_NOT_FIT: "Enter nothing in it by hand. Prove it, and compare with "
    "the last anchor that fits: docs/runbook.md says how.",
    AttentionKind.PAYMENT_FILE_REFUSED: "Mend the file or the policy, and put the file there "
    "again: nothing of it was booked.",
    AttentionKind.WEBHOOK_REFUSED: "Compare the webhook's secret with the one that the payment "
    "service shows. It sends again for some days; after that, import its list of payments.",
    AttentionKind.SCHEDULE_CHANGED: "It was put right. Ask who changed it by hand: schedules "
    "follow the policy, and only that.",
    AttentionKind.SWEEP_FAILED: "The sweep comes again tomorrow. Look at what the account's data "
    "has that others do not; docs/runbook.md says how.",
}


def incidents(look: Look) -> Iterator[Attention]:
    """What functions came upon and nobody has settled, unless it was too long ago."""
    return at_most(
        _incident(look, entry)
        for entry in look.ports.incidents.open_of(look.provider)
        if entry.kind in _TO_DO
        and (entry.kind not in LASTS or look.now - entry.last_at <= LASTS[entry.kind])
    )


def _incident(look: Look, entry: Incident) -> Attention:
    command = None
    if entry.kind is AttentionKind.LEDGER_DOES_NOT_FIT:
        command = commands.verify_ledger(look.provider, entry.account)
    elif entry.kind is AttentionKind.SWEEP_FAILED and entry.account is not None:
        command = commands.show_account(look.provider, entry.account)
    return Attention(
        kind=entry.kind,
        provider=look.provider,
        account=entry.account,
        since_at=entry.since_at,
        what=clipped(entry.what),
        do=_TO_DO[entry.kind],
        command=command,
    )
