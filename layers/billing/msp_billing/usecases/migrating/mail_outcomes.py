"""Migration 2: what became of a mail, recipient by recipient.

Mails used to keep one state for all recipients. Today each recipient has an outcome, and the state
follows from them. Of a mail to one recipient the state says the outcome, so it can be written down;
of several recipients nobody knows any more which of them it was, and those mails stay as they are.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from msp_billing.domain.outbox import RecipientOutcome
from msp_billing.usecases.migrating.migration import Migration, StoredItem

_TRANSIENT = "Transient"
_OUTCOMES = TypeAdapter(tuple[RecipientOutcome, ...])


def with_mail_outcomes(item: StoredItem) -> StoredItem:
    """The mail with the outcome of its only recipient, where its state says it."""
    told = item.attributes
    if not (item.pk.startswith("CYCLE#") and item.sk.startswith("MAIL#")):
        return item
    recipients = told.get("recipients") or []
    if told.get("outcomes") or len(recipients) != 1 or not told.get("moved_at"):
        return item
    said = _said(str(told.get("mail_state")), str(told["moved_at"]), told.get("note"))
    if said is None:
        return item
    outcome = RecipientOutcome.model_validate({"recipient": recipients[0], **said})
    # To the letter as the outbox writes it: what SES says later is stored on condition that the
    # outcomes are still the text that they were.
    return item.with_attributes(outcomes=_OUTCOMES.dump_json((outcome,)).decode())


def _said(state: str, at: str, note: str | None) -> dict[str, Any] | None:
    match state:
        case "delivered":
            return {"delivered_at": at}
        case "complained":
            return {"complained_at": at}
        case "bounced":
            # SES called a bounce "Permanent ..." or "Transient ..."; only that was kept.
            permanent = not (note or "").startswith(_TRANSIENT)
            return {"bounced_at": at, "bounce": note, "is_permanent": permanent}
    return None


MAIL_OUTCOMES = Migration(
    number=2,
    name="mail-outcomes",
    changes="Writes down, for mails to one recipient that arrived, came back or were complained "
    "of before recipients were followed one by one, what became of that recipient.",
    migrate=with_mail_outcomes,
    waits_for_cycles=False,
)
