"""What somebody changed in the table: commands say so, and blame no word on the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from pydantic import ValidationError

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.adapters.dynamodb.table import pack
from tests.mspbill.deployed_stack import deployed_stack
from tests.mspbill.small_provider import write_provider


def test_a_standing_that_cannot_be_read_is_a_failure_in_words(tmp_path: Path) -> None:
    directory = load_provider_directory(write_provider(tmp_path / "pinewood"))
    with deployed_stack(datetime(2026, 11, 30, 12, tzinfo=UTC), directory) as stack:
        item = {
            "pk": {"S": "STANDINGS#pinewood"},
            "sk": {"S": "harbor"},
            "body": {"B": b"changed by hand"},
        }
        table = stack.billing.cloud.resource_id("BillingTable")
        boto3.client("dynamodb").put_item(TableName=table, Item=item)
        here = ("--provider", "pinewood", "--stack", "trial")
        told = stack.words("account", "harbor", *here, code=1)
        assert "how pinewood/harbor stands cannot be read" in told
        listed = stack.json("exceptions", *here, code=4)
        assert ("not-looked-at", "harbor") in {
            (entry["kind"], entry["account"]) for entry in listed
        }
        name = {"pk": item["pk"], "sk": item["sk"]}
        boto3.client("dynamodb").delete_item(TableName=table, Key=name)
        account = {**item, "pk": {"S": "ACCOUNTS#pinewood"}, "body": {"B": pack("{}")}}
        boto3.client("dynamodb").put_item(TableName=table, Item=account)
        with pytest.raises(ValidationError):  # as every defect: said to be one, and shown whole
            stack.words("account", "harbor", *here)
