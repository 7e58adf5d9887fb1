"""What happened, put on the bus for everyone else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from msp_billing.usecases.errors import BusError

__all__ = ["SOURCE", "BusError", "EventBridgeBus"]

SOURCE = "msp-billing"


class EventBridgeBus:
    """The billing bus."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Put one event on the bus. Raises BusError when EventBridge did not take it.

        Args:
            detail: what JSON can hold; a schema_version in it stands in place of 1.
        """
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
