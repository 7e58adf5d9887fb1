"""What is to be done outside of a stack so that SES sends, and what ministack's SES leaves out.

A person verifies the sender's address on AWS; here it is done by the trial. SES puts the events
about what became of a mail on the default bus; ministack's does not, so they are put there in its
place, in the shape that SES documents, one for each mail that it has taken.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import boto3

from msp_billing.domain.outbox import OutboxMail
from mspbill.stack_names import StackNames
from trial_stack.ministack import Ministack
from trial_stack.stages import StageError


def report_deliveries(ministack: Ministack, names: StackNames, mails: Iterable[OutboxMail]) -> None:
    """Report each mail as delivered. Raises StageError for one that SES never took."""
    taken = {message["MessageId"] for message in ministack.messages()}
    client = boto3.client("events")
    for mail in mails:
        if mail.message_id not in taken:
            raise StageError(f"{mail.id} is said to be sent, and SES did not take it.")
        entry = _delivered(mail, names.of("MailConfigurationSet"))
        answer = client.put_events(Entries=[entry])
        if answer["FailedEntryCount"]:
            raise StageError(f"The default bus did not take an event: {answer['Entries']}")


def verify_sender(address: str) -> None:
    """Say that SES may send from an address; ministack believes it at once."""
    boto3.client("sesv2").create_email_identity(EmailIdentity=address)


def counted(mails: Iterable[tuple[Iterable[str], str]]) -> dict[str, Any]:
    """Recipients and subject of each mail, and how often it was taken."""
    return dict(Counter(f"{', '.join(sorted(to))}: {subject}" for to, subject in mails))


def _delivered(mail: OutboxMail, configuration_set: str) -> dict[str, Any]:
    at = f"{mail.moved_at:%Y-%m-%dT%H:%M:%S}.000Z"
    named = {name: [str(value)] for name, value in mail.id.model_dump(mode="json").items()}
    detail = {
        "eventType": "Delivery",
        "mail": {
            "timestamp": at,
            "messageId": mail.message_id,
            "destination": list(mail.recipients),
            "tags": {"ses:configuration-set": [configuration_set], **named},
        },
        "delivery": {
            "timestamp": at,
            "processingTimeMillis": 2000,
            "recipients": list(mail.recipients),
            "smtpResponse": "250 2.6.0 Message received",
        },
    }
    return {"Source": "aws.ses", "DetailType": "Email Delivered", "Detail": json.dumps(detail)}
