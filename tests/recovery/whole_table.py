"""A table with something of every kind in it: two months of Birch, with money, letters and a hold.

Birch has a dunning policy here. September is billed; fir ordered a seat that is billed once; alder
gets a credit note; beech pays, a payment of nobody waits in the queue; cedar never pays and is on
credit hold before the end, after October's cycle. ``as-of-september`` is the table as it was at the
end of September: the emulator restores no other time than now, so the restore is begun then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import boto3
import pytest

from msp_billing.adapters.dynamodb.table import Item, Key, decode, encode, pack, unpack
from msp_billing.domain.contracts.orders import Order
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import IncomingPayment, PaymentKey, PaymentMethod
from msp_billing.usecases.issue_credit_note import CreditNoteRequest, issue_credit_note
from msp_billing.usecases.receivables.booking import take_payment
from mspbill import opening
from mspbill.stack_names import StackNames
from tests.end_to_end.dunning_provider import CLERK, dunning_birch
from tests.end_to_end.small_provider import Provider, account, birch, line
from tests.end_to_end.stage import (
    OCTOBER,
    SEPTEMBER,
    Stage,
    at,
    cycle_id,
    open_stage,
)

STACK = "trial"
RESTORED = "as-of-september"
SEPTEMBER_CYCLE, OCTOBER_CYCLE = cycle_id(), cycle_id(period=OCTOBER)
SEPTEMBER_PK = "CYCLE#birch#managed#2026-09"


@dataclass(frozen=True)
class Kept:
    """A stage whose table can be looked at and damaged, item by item."""

    stage: Stage

    @property
    def table(self) -> str:
        return self.stage.environment["TABLE_NAME"]

    @property
    def bucket(self) -> str:
        return self.stage.environment["RECORDS_BUCKET"]

    def items(self, table: str | None = None) -> dict[Key, Item]:
        pages = (
            boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table or self.table)
        )
        found = (decode(raw) for page in pages for raw in page["Items"])
        return {(str(item["pk"]), str(item["sk"])): item for item in found}

    def item(self, pk: str, sk: str) -> Item:
        found = boto3.client("dynamodb").get_item(
            TableName=self.table, Key={"pk": {"S": pk}, "sk": {"S": sk}}, ConsistentRead=True
        )
        return decode(found["Item"])

    def put(self, item: Item) -> None:
        boto3.client("dynamodb").put_item(TableName=self.table, Item=encode(item))

    def delete(self, pk: str, sk: str) -> None:
        boto3.client("dynamodb").delete_item(
            TableName=self.table, Key={"pk": {"S": pk}, "sk": {"S": sk}}
        )

    def change(self, pk: str, sk: str, **attributes: Any) -> None:
        self.put({**self.item(pk, sk), **attributes})

    def rewrite(self, pk: str, sk: str, old: str, new: str) -> None:
        """Change a document by hand, as somebody does who can write the table."""
        item = self.item(pk, sk)
        text = unpack(item["body"]).decode()
        assert old in text, text
        self.put({**item, "body": pack(text.replace(old, new, 1))})

    def keep_as(self, name: str) -> None:
        """Begin a restore to this very moment: the emulator copies what is there now."""
        client = boto3.client("dynamodb")
        client.update_continuous_backups(
            TableName=self.table,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
        client.restore_table_to_point_in_time(
            SourceTableName=self.table,
            TargetTableName=name,
            RestoreDateTime=self.stage.cloud.clock.now(),
        )

    @contextmanager
    def mended(self) -> Iterator[None]:
        """What is done to the table meanwhile is undone: items, and objects of the bucket."""
        before = self.items()
        objects = _objects(self.bucket)
        try:
            yield
        finally:
            for place in self.items().keys() - before.keys():
                self.delete(*place)
            now = self.items()
            for place, item in before.items():
                if now.get(place) != item:
                    self.put(item)
            after = _objects(self.bucket)
            for key, content in objects.items():
                if after.get(key) != content:
                    boto3.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content)

    def names(self) -> StackNames:
        cloud = self.stage.cloud
        return StackNames(STACK, cloud.resource_ids(), cloud.outputs(), "us-east-1")


def _objects(bucket: str) -> dict[str, bytes]:
    s3 = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = (entry["Key"] for page in pages for entry in page.get("Contents", ()))
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def _provider() -> Provider:
    order = Order.model_validate(
        {
            "order": "router",
            "kind": "change",
            "ordered_on": "2026-08-28",
            "agreement": "main",
            "items": [{"item": "box", "product": "CARE", "quantity": 1}],
        }
    )
    fir = account("fir", line("SEAT", quantity=3), orders=(order,))
    dunning = dunning_birch()
    everybody = birch().with_accounts(*dunning.accounts, fir)
    return replace(everybody, policy=dunning.policy)


def _pay(stage: Stage, name: str, amount: str, whose: str | None) -> None:
    payment = IncomingPayment(
        key=PaymentKey(provider="birch", source="bank", external_id=name),
        amount=Money(amount=Decimal(amount), currency="USD"),
        method=PaymentMethod.WIRE,
        received_on=stage.cloud.clock.now().date(),
        account=whose,
    )
    take_payment(stage.ports, payment, CLERK)


@contextmanager
def kept_table() -> Iterator[Kept]:
    """The table on 4 October 2026; ``--stack trial`` is its stack."""
    with (
        open_stage(at("2026-08-31T00:00:00"), daily=["sweeps"]) as stage,
        pytest.MonkeyPatch.context() as patched,
    ):
        stage.set_up(_provider(), SEPTEMBER)
        stage.run_until("2026-09-04T00:00:00")
        _pay(stage, "beech-1", "21.00", "beech")
        _pay(stage, "nobody", "5.55", None)
        number = stage.invoices(SEPTEMBER_CYCLE)["alder"].number
        asked = {
            "provider": "birch",
            "invoice_number": number,
            "request": "first",
            "reason": "A device was gone",
            "requested_by": CLERK,
            "parts": [{"line": 1, "amount": "10.00"}],
        }
        issue_credit_note(stage.ports, CreditNoteRequest.model_validate(asked))
        stage.put_feeds(_provider(), OCTOBER)
        kept = Kept(stage)
        stage.run_until("2026-09-30T00:00:00")
        kept.keep_as(RESTORED)
        stage.run_until("2026-10-04T00:00:00")
        patched.setenv("COLUMNS", "200")
        patched.setattr(opening, "stack_names", lambda _stack: kept.names())
        patched.setattr(opening, "clock_of_stack", lambda _values: stage.cloud.clock)
        yield kept
