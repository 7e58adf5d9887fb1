"""What happened, put on the bus for everyone else."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

SOURCE = "msp-billing"


class EventBridgeBus:
    """The billing bus."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, detail_type: str, detail: dict[str, str | int]) -> None:
        """Put one event on the bus. Raises BusError when EventBridge did not take it."""
        entry = {
            "Source": SOURCE,
            "DetailType": detail_type,
            "Detail": json.dumps({"schema_version": 1, **detail}),
            "EventBusName": self._name,
        }
        try:
            answer = self._client.put_events(Entries=[entry])
        except (BotoCoreError, ClientError) as error:
            raise BusError(f"{detail_type} was not taken: {error}") from error
        if answer.get("FailedEntryCount"):
            raise BusError(f"{detail_type} was not taken: {answer['Entries'][0]}")


class BusError(RuntimeError):
    """EventBridge did not take an event, or did not say; the step that published is repeated."""
