"""What SES accepted, and the events it sends back about it.

The events have the shape SES documents for EventBridge
(https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html) and go to
the default bus two seconds after the mail, if the configuration set of the mail has an EventBridge
destination that asks for them.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parseaddr
from itertools import takewhile
from typing import Any, Literal

from local_cloud.cooperative import CooperativeScheduler
from local_cloud.expressions import aws_timestamp
from local_cloud.patching import PatchSet
from local_cloud.template import ACCOUNT_ID, REGION, Template

EVENT_DELAY_SECONDS = 2
MailBehaviour = Literal["deliver", "bounce", "complain", "delay", "silent"]
MAX_SEND_RATE_PER_SECOND, MAX_24_HOUR_SEND = 14.0, 50_000.0
_DETAIL_TYPES = {
    "DELIVERY": "Email Delivered",
    "BOUNCE": "Email Bounced",
    "COMPLAINT": "Email Complaint Received",
    "DELIVERY_DELAY": "Email Delivery Delayed",
}


_UPPER = {"deliveryDelay": "DELIVERY_DELAY", "renderingFailure": "RENDERING_FAILURE"}


@dataclass(frozen=True)
class SentMail:
    """One accepted mail. `raw` is exactly what was handed to SES; tags are those of the request."""

    accepted_at: datetime
    message_id: str
    raw: bytes
    sender: str
    destinations: tuple[str, ...]
    tags: Mapping[str, str]
    configuration_set: str | None

    @property
    def message(self) -> EmailMessage:
        """The parsed mail."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def headers(self) -> EmailMessage:
        """The mail's own headers; its parts, which may be megabytes, are not looked at."""
        return _headers(self.raw)


class MailRoom:
    """Records accepted mail and sends SES's events. `behaviour` decides per address what comes."""

    def __init__(
        self, template: Template, scheduler: CooperativeScheduler, client: Callable[[str], Any]
    ) -> None:
        self.sent: list[SentMail] = []
        self.behaviour: Callable[[str], MailBehaviour] = lambda address: "deliver"
        self._scheduler = scheduler
        self._client = client
        self._wanted = _wanted_events(template)

    def install(self, patches: PatchSet) -> None:
        """See each mail moto accepted, with the tags and the raw content moto does not keep."""
        from moto.ses.models import SESBackend
        from moto.sesv2.responses import SESV2Response

        send = SESV2Response.send_email

        def send_and_record(response: Any) -> Any:
            answer = send(response)
            self._record(json.loads(response.body), json.loads(answer)["MessageId"])
            return answer

        patches.replace(SESV2Response, "send_email", send_and_record)
        patches.add(SESV2Response, "get_account", lambda _: json.dumps(self._account()))
        # Identities are verified by DNS outside of any template.
        patches.replace(SESBackend, "_is_verified_address", lambda *_: True)

    def _account(self) -> dict[str, Any]:
        """GetAccount, which moto lacks. SES counts recipients, not mails."""
        since = self._scheduler.clock.now() - timedelta(hours=24)
        recent = (mail for mail in reversed(self.sent))
        counted = takewhile(lambda mail: mail.accepted_at > since, recent)
        return {
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "SendQuota": {
                "Max24HourSend": MAX_24_HOUR_SEND,
                "MaxSendRate": MAX_SEND_RATE_PER_SECOND,
                "SentLast24Hours": float(sum(len(mail.destinations) for mail in counted)),
            },
        }

    def _record(self, request: Mapping[str, Any], message_id: str) -> None:
        raw = base64.b64decode(request["Content"]["Raw"]["Data"])
        parsed = _headers(raw)
        given = [address for group in request.get("Destination", {}).values() for address in group]
        in_headers = [str(parsed[name]) for name in ("To", "Cc", "Bcc") if parsed[name]]
        mail = SentMail(
            accepted_at=self._scheduler.clock.now(),
            message_id=message_id,
            raw=raw,
            sender=request.get("FromEmailAddress") or str(parsed["From"]),
            destinations=tuple(address for _, address in getaddresses(given or in_headers)),
            tags={tag["Name"]: tag["Value"] for tag in request.get("EmailTags") or []},
            configuration_set=request.get("ConfigurationSetName"),
        )
        self.sent.append(mail)
        self._scheduler.call_after(EVENT_DELAY_SECONDS, lambda: self._report(mail))

    def _report(self, mail: SentMail) -> None:
        """One event for all recipients that fare alike, as SES groups them."""
        fates: dict[MailBehaviour, list[str]] = {}
        for address in mail.destinations:
            fates.setdefault(self.behaviour(address), []).append(address)
        delivered = [*fates.get("deliver", []), *fates.get("complain", [])]
        if delivered:
            self._publish(mail, "DELIVERY", _delivery(delivered, self._now()))
        if "delay" in fates:
            self._publish(mail, "DELIVERY_DELAY", _delay(fates["delay"], self._now()))
        if "bounce" in fates:
            self._publish(mail, "BOUNCE", _bounce(fates["bounce"], self._now()))
        if "complain" in fates:
            self._publish(mail, "COMPLAINT", _complaint(fates["complain"], self._now()))

    def _publish(self, mail: SentMail, kind: str, details: Mapping[str, Any]) -> None:
        if kind not in self._wanted.get(mail.configuration_set or "", ()):
            return
        name = "".join(word.capitalize() for word in kind.split("_"))
        detail = {"eventType": name, "mail": _mail(mail), f"{name[0].lower()}{name[1:]}": details}
        self._client("events").put_events(
            Entries=[
                {
                    "Source": "aws.ses",
                    "DetailType": _DETAIL_TYPES[kind],
                    "Detail": json.dumps(detail),
                    "Resources": [
                        f"arn:aws:ses:{REGION}:{ACCOUNT_ID}:configuration-set/"
                        f"{mail.configuration_set}"
                    ],
                }
            ]
        )

    def _now(self) -> str:
        return aws_timestamp(self._scheduler.clock.now())


def _headers(raw: bytes) -> EmailMessage:
    """The part before the first empty line; all of it, if the lines end in another way."""
    head, _, _ = raw.partition(b"\r\n\r\n")
    return BytesHeaderParser(policy=email.policy.default).parsebytes(head)


def _wanted_events(template: Template) -> dict[str, set[str]]:
    """Per configuration set, the kinds of events its EventBridge destinations ask for."""
    wanted: dict[str, set[str]] = {}
    for raw in template.resources("AWS::SES::ConfigurationSetEventDestination"):
        destination = raw.properties["EventDestination"]
        if "EventBridgeDestination" in destination and destination.get("Enabled", True):
            kinds = {
                _UPPER.get(str(kind), str(kind).upper())
                for kind in destination["MatchingEventTypes"]
            }
            wanted.setdefault(str(raw.properties["ConfigurationSetName"]), set()).update(kinds)
    return wanted


def _mail(mail: SentMail) -> dict[str, Any]:
    message = mail.headers
    address = parseaddr(mail.sender)[1]
    tags = {
        "ses:configuration-set": [mail.configuration_set],
        "ses:from-domain": [address.rsplit("@", 1)[-1]],
        "ses:source-ip": ["192.0.2.0"],
        "ses:caller-identity": ["local-cloud"],
    }
    return {
        "timestamp": aws_timestamp(mail.accepted_at),
        "source": mail.sender,
        "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT_ID}:identity/{address}",
        "sendingAccountId": ACCOUNT_ID,
        "messageId": mail.message_id,
        "destination": list(mail.destinations),
        "headersTruncated": False,
        "headers": [{"name": name, "value": str(value)} for name, value in message.items()],
        "commonHeaders": {
            "from": [str(message["From"])],
            "to": [str(message["To"])],
            "messageId": mail.message_id,
            "subject": str(message["Subject"]),
        },
        "tags": {**tags, **{name: [value] for name, value in mail.tags.items()}},
    }


def _delivery(addresses: list[str], now: str) -> dict[str, Any]:
    return {
        "timestamp": now,
        "processingTimeMillis": EVENT_DELAY_SECONDS * 1000,
        "recipients": addresses,
        "smtpResponse": "250 2.6.0 Message received",
        "reportingMTA": "mta.example.com",
    }


def _delay(addresses: list[str], now: str) -> dict[str, Any]:
    return {
        "delayType": "MailboxFull",
        "delayedRecipients": [
            {"emailAddress": address, "status": "4.2.2", "diagnosticCode": "smtp; 452 4.2.2 full"}
            for address in addresses
        ],
        "expirationTime": now,
        "timestamp": now,
        "reportingMTA": "mta.example.com",
    }


def _bounce(addresses: list[str], now: str) -> dict[str, Any]:
    return {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": address,
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
            for address in addresses
        ],
        "timestamp": now,
        "feedbackId": "local-bounce",
        "reportingMTA": "dsn; mta.example.com",
    }


def _complaint(addresses: list[str], now: str) -> dict[str, Any]:
    return {
        "complainedRecipients": [{"emailAddress": address} for address in addresses],
        "timestamp": now,
        "feedbackId": "local-complaint",
        "complaintSubType": None,
        "complaintFeedbackType": "abuse",
        "userAgent": "local",
    }
