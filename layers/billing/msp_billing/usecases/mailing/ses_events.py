"""SES events, as EventBridge brings them, read as what they say about a mail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from msp_billing.domain.base import EmailAddress
from msp_billing.domain.mail_events import MailEvent, MailEventKind, ToldRecipient
from msp_billing.domain.outbox import MailId

_KINDS: dict[str, MailEventKind] = {
    "Send": "sent",
    "Delivery": "delivered",
    "DeliveryDelay": "delayed",
    "Bounce": "bounced",
    "Complaint": "complained",
    "Reject": "rejected",
    "Rendering Failure": "rejected",
}
_TAGS = ("provider", "run", "period", "account", "part", "kind")
_SUPPRESSED = frozenset({"Suppressed", "OnAccountSuppressionList"})
_ADDRESS = TypeAdapter(EmailAddress)
_DIAGNOSTIC_LIMIT = 300


def read_ses_event(event: dict[str, Any]) -> MailEvent | None:
    """The mail event in an EventBridge event of source ``aws.ses``.

    Returns None for an event that says nothing about a mail's fate (an open, a click), for one
    about a mail that is not ours (no tags), and for a soft bounce of subtype General, which is how
    an out-of-office reply comes. Any other soft bounce is the end of the mail: SES reports one only
    when it has given up trying again.

    SES does not try an address that is on a suppression list, and says so by a bounce, or by a
    complaint where a complaint brought it there: both are read as a bounce.
    """
    detail = event.get("detail", {})
    kind = str(detail.get("eventType", ""))
    mail = detail.get("mail", {})
    tags = mail.get("tags", {})
    if kind not in _KINDS or any(not tags.get(name) for name in _TAGS):
        return None
    told = MailEvent(
        mail=MailId.model_validate({name: tags[name][0] for name in _TAGS}),
        kind=_KINDS[kind],
        message_id=str(mail.get("messageId", "")),
    )
    if kind == "Bounce":
        return _bounce(told, detail.get("bounce", {}))
    return told.model_copy(update=_details(kind, detail))


def _bounce(told: MailEvent, bounce: Mapping[str, Any]) -> MailEvent | None:
    sort, sub_type = str(bounce.get("bounceType", "")), str(bounce.get("bounceSubType", ""))
    if (sort, sub_type) == ("Transient", "General"):
        return None
    return told.model_copy(
        update={
            "recipients": _recipients(bounce.get("bouncedRecipients", ())),
            "note": f"{sort} {sub_type}".strip(),
            "is_permanent": sort == "Permanent",
            "is_suppressed": sub_type in _SUPPRESSED,
        }
    )


def _details(kind: str, detail: Mapping[str, Any]) -> dict[str, object]:
    """What the events beside bounces say: whom they are about, and why."""
    if kind == "Delivery":
        addresses = detail.get("delivery", {}).get("recipients", ())
        return {"recipients": _recipients({"emailAddress": entry} for entry in addresses)}
    if kind == "DeliveryDelay":
        delay = detail.get("deliveryDelay", {})
        return {
            "recipients": _recipients(delay.get("delayedRecipients", ())),
            "note": f"Delayed {delay.get('delayType', '')}".strip(),
        }
    if kind == "Complaint":
        return _complaint(detail.get("complaint", {}))
    if kind == "Reject":
        return {"note": str(detail.get("reject", {}).get("reason", ""))[:_DIAGNOSTIC_LIMIT]}
    failure = detail.get("failure", {})
    return {"note": str(failure.get("errorMessage", ""))[:_DIAGNOSTIC_LIMIT]}


def _complaint(complaint: Mapping[str, Any]) -> dict[str, object]:
    told: dict[str, object] = {
        "recipients": _recipients(complaint.get("complainedRecipients", ())),
        "note": str(complaint.get("complaintFeedbackType") or ""),
    }
    if complaint.get("complaintSubType") in _SUPPRESSED:
        told |= {
            "kind": "bounced",
            "note": f"Permanent {complaint['complaintSubType']}",
            "is_permanent": True,
            "is_suppressed": True,
        }
    return told


def _recipients(entries: Iterable[Mapping[str, Any]]) -> tuple[ToldRecipient, ...]:
    """Plain addresses; servers write them with a name, in angle brackets, or not at all."""
    found = []
    for entry in entries:
        written = str(entry.get("emailAddress", ""))
        inside = re.search(r"<([^<>]+)>", written)
        try:
            address = _ADDRESS.validate_python(inside.group(1) if inside else written.strip())
        except ValidationError:
            continue
        said = str(entry.get("diagnosticCode", ""))[:_DIAGNOSTIC_LIMIT]
        found.append(ToldRecipient(address=address, diagnostic=said))
    return tuple(found)
