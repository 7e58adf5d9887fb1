from __future__ import annotations

import json

import boto3
import pytest
from botocore.stub import ANY, Stubber

from msp_billing.adapters.event_bus import BusError, EventBridgeBus


@pytest.fixture
def stubbed() -> tuple[EventBridgeBus, Stubber]:
    client = boto3.client(
        "events", region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
    )
    stubber = Stubber(client)
    stubber.activate()
    return EventBridgeBus(client, "billing"), stubber


def test_an_event_says_its_source_its_type_and_its_schema(
    stubbed: tuple[EventBridgeBus, Stubber],
) -> None:
    bus, stubber = stubbed
    entry = {
        "Source": "msp-billing",
        "DetailType": "CycleClosed",
        "Detail": json.dumps({"schema_version": 1, "cycle": "a", "invoices": 3}),
        "EventBusName": "billing",
    }
    answer = {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}
    stubber.add_response("put_events", answer, {"Entries": [entry]})
    bus.publish("CycleClosed", {"cycle": "a", "invoices": 3})
    stubber.assert_no_pending_responses()


def test_a_bus_that_does_not_answer_is_the_same_error(
    stubbed: tuple[EventBridgeBus, Stubber],
) -> None:
    """The state machine knows it by its name and publishes again."""
    bus, stubber = stubbed
    stubber.add_client_error("put_events", "InternalException", "later", 500)
    with pytest.raises(BusError, match="InternalException"):
        bus.publish("CycleClosed", {"cycle": "a"})


def test_an_event_that_was_not_taken_is_an_error(stubbed: tuple[EventBridgeBus, Stubber]) -> None:
    """PutEvents answers 200 and says in its body that an entry failed."""
    bus, stubber = stubbed
    failed = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure"}]}
    stubber.add_response("put_events", failed, {"Entries": ANY})
    with pytest.raises(BusError, match="InternalFailure"):
        bus.publish("CycleClosed", {"cycle": "a"})
