"""SES events, as EventBridge brings them, read as what they say about a mail."""

from __future__ import annotations

from typing import Any

from msp_billing.domain.outbox import MailId, MailState
from msp_billing.usecases.record_mail_event import MailEvent

_STATES = {
    "Delivery": MailState.DELIVERED,
    "Bounce": MailState.BOUNCED,
    "Complaint": MailState.COMPLAINED,
    "Reject": MailState.REJECTED,
    "Rendering Failure": MailState.REJECTED,
    "Send": MailState.SENT,
}
_TAGS = ("provider", "run", "period", "account", "part", "kind")


def read_ses_event(event: dict[str, Any]) -> MailEvent | None:
    """The mail event in an EventBridge event of source ``aws.ses``.

    Returns None for an event that says nothing about a mail's fate (an open, a click), for one
    about a mail that is not ours (no tags), and for a soft bounce of subtype General, which is how
    an out-of-office reply comes. Any other soft bounce is the end of the mail: SES reports one only
    when it has given up trying again.
    """
    detail = event.get("detail", {})
    kind = str(detail.get("eventType", ""))
    mail = detail.get("mail", {})
    tags = mail.get("tags", {})
    if kind not in _STATES or any(not tags.get(name) for name in _TAGS):
        return None
    note = ""
    if kind == "Bounce":
        bounce = detail.get("bounce", {})
        if (bounce.get("bounceType"), bounce.get("bounceSubType")) == ("Transient", "General"):
            return None
        note = f"{bounce.get('bounceType', '')} {bounce.get('bounceSubType', '')}".strip()
    return MailEvent(
        mail=MailId.model_validate({name: tags[name][0] for name in _TAGS}),
        state=_STATES[kind],
        message_id=str(mail.get("messageId", "")),
        note=note,
    )
