"""A table that is busy keeps nothing out of the queue: a copy that is not there is never sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from msp_billing.adapters.dynamodb import outbox as module
from msp_billing.adapters.dynamodb.outbox import DynamoOutbox
from msp_billing.adapters.dynamodb.table import Table, UnprocessedError
from tests.unit.adapters.bare_tables import bare_tables
from tests.unit.adapters.test_mail_stores import MAIL


class BusyClient:
    """The table's client; the next transactions are cancelled for these reasons."""

    def __init__(self, client: Any, *reasons: str) -> None:
        self._client = client
        self.reasons = list(reasons)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        if not self.reasons:
            return self._client.transact_write_items(**request)
        cancelled = {"Code": "TransactionCanceledException", "Message": "busy"}
        reasons = [{"Code": "None"}, {"Code": self.reasons.pop(0)}]
        answer: Any = {"Error": cancelled, "CancellationReasons": reasons}
        raise ClientError(answer, "TransactWriteItems")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[BusyClient]:
    monkeypatch.setattr(module, "pause", lambda _round: None)
    with bare_tables("billing") as client:
        yield BusyClient(client)


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError"])
def test_a_mail_is_queued_though_the_table_was_busy(client: BusyClient, reason: str) -> None:
    outbox = DynamoOutbox(Table(client, "billing"))
    client.reasons = [reason, reason]
    assert outbox.enqueue(MAIL)
    assert list(outbox.queued("birch")) == [MAIL.id]
    client.reasons = [reason]
    assert not outbox.enqueue(MAIL), "it is there"
    client.reasons = [reason]
    outbox.leave_queue(MAIL.id)
    assert list(outbox.queued("birch")) == []


def test_a_table_that_stays_busy_is_said_to_whoever_waits(client: BusyClient) -> None:
    """Lambda calls again then; told that the mail is there, nobody would."""
    client.reasons = ["ThrottlingError"] * 50
    with pytest.raises(UnprocessedError, match="place in the queue"):
        DynamoOutbox(Table(client, "billing")).enqueue(MAIL)
