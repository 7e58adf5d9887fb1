from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud import LocalCloud, MailBehaviour


def send(cloud: LocalCloud, *addresses: str, **changes: Any) -> str:
    message = EmailMessage()
    message["From"] = "Billing <billing@example.com>"
    message["To"] = ", ".join(addresses)
    message["Subject"] = "Rechnung für März"
    message.set_content("Guten Tag")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="a.pdf")
    answer = cloud.client("sesv2").send_email(
        **{
            "FromEmailAddress": "Billing <billing@example.com>",
            "Destination": {"ToAddresses": list(addresses)},
            "Content": {"Raw": {"Data": bytes(message)}},
            "ConfigurationSetName": cloud.resource_id("MailConfigurationSet"),
            "EmailTags": [{"Name": "invoice", "Value": "A-1"}],
            **changes,
        }
    )
    return str(answer["MessageId"])


def noted(cloud: LocalCloud) -> list[dict[str, Any]]:
    key = {"pk": {"S": "events"}, "sk": {"S": "all"}}
    answer = cloud.client("dynamodb").get_item(TableName=cloud.resource_id("Table"), Key=key)
    entries = answer.get("Item", {"noted": {"L": []}})["noted"]["L"]
    return [json.loads(entry["S"]) for entry in entries]


def test_an_accepted_mail_is_kept_as_it_was_sent(cloud: LocalCloud) -> None:
    message_id = send(cloud, "a@example.com")
    (mail,) = cloud.sent_mail
    assert mail.message_id == message_id
    assert mail.accepted_at == datetime(2026, 1, 15, tzinfo=UTC)
    assert mail.destinations == ("a@example.com",)
    assert mail.tags == {"invoice": "A-1"}
    assert mail.message["Subject"] == "Rechnung für März"
    attachments = list(mail.message.iter_attachments())
    assert [part.get_content() for part in attachments] == [b"%PDF-1.7"]


def test_a_delivery_event_reaches_the_subscribed_function_two_seconds_later(
    cloud: LocalCloud,
) -> None:
    message_id = send(cloud, "a@example.com")
    cloud.run_until(cloud.clock.now() + timedelta(seconds=1))
    assert noted(cloud) == []
    cloud.run_until(cloud.clock.now() + timedelta(seconds=1))
    (event,) = noted(cloud)
    assert (event["source"], event["detail-type"]) == ("aws.ses", "Email Delivered")
    detail = event["detail"]
    assert detail["eventType"] == "Delivery"
    assert detail["delivery"]["recipients"] == ["a@example.com"]
    assert detail["mail"]["messageId"] == message_id
    assert detail["mail"]["tags"]["invoice"] == ["A-1"]
    assert detail["mail"]["timestamp"] == "2026-01-15T00:00:00.000Z"


def test_addresses_fare_as_the_test_decides(cloud: LocalCloud) -> None:
    def behaviour(address: str) -> MailBehaviour:
        fates: dict[str, MailBehaviour] = {"b@example.com": "bounce", "c@example.com": "complain"}
        return fates.get(address, "silent")

    cloud.mail_behaviour = behaviour
    send(cloud, "a@example.com", "b@example.com", "c@example.com")
    cloud.run_until_idle(cloud.clock.now() + timedelta(minutes=1))
    events = {event["detail-type"]: event["detail"] for event in noted(cloud)}
    assert set(events) == {"Email Delivered", "Email Bounced", "Email Complaint Received"}
    assert events["Email Delivered"]["delivery"]["recipients"] == ["c@example.com"]
    bounce = events["Email Bounced"]["bounce"]
    assert bounce["bounceType"] == "Permanent"
    assert [entry["emailAddress"] for entry in bounce["bouncedRecipients"]] == ["b@example.com"]
    assert events["Email Complaint Received"]["complaint"]["complaintFeedbackType"] == "abuse"


def test_without_a_configuration_set_no_event_comes(cloud: LocalCloud) -> None:
    key = "ConfigurationSetName"
    message = b"From: billing@example.com\r\nTo: a@example.com\r\n\r\nx"
    cloud.client("sesv2").send_email(Content={"Raw": {"Data": message}})
    cloud.run_until_idle(cloud.clock.now() + timedelta(minutes=1))
    assert cloud.sent_mail[0].destinations == ("a@example.com",)
    assert noted(cloud) == []
    with pytest.raises(ClientError, match="does not exist"):
        send(cloud, "a@example.com", **{key: "nowhere"})
    assert len(cloud.sent_mail) == 1
