"""The payment files of the providers in this repository are read as their policies say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from msp_billing.adapters.payments.payment_file_readers import read_payment_file
from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.domain.payments.payment_policy import PaymentFile, PaymentPolicy
from tests.unit.adapters.payments.file_samples import BAI2, NACHA, SETTING, camt, told

PROVIDERS = Path(__file__).resolve().parents[4] / "providers"
DOWNLOAD = b"""Posting Date,Description,Reference,Payer,Type,Amount,Transaction ID
11/27/2026,ACH CREDIT SAMPLE DENTAL,INV 000012,Sample Dental,ACH CREDIT,"1,250.00",T-1
11/27/2026,WIRE SAMPLE LEGAL,,Sample Legal,WIRE IN,80.00,T-2
11/27/2026,MONTHLY FEE,,,FEE,-15.00,T-3
"""


def files(provider: str) -> dict[str, PaymentFile]:
    text = (PROVIDERS / provider / "provider.yaml").read_text("utf-8")
    data: dict[str, Any] = yaml.safe_load(text)["payments"]
    policy = PaymentPolicy.model_validate(data)
    return {entry.file: entry for entry in policy.files}


@pytest.mark.parametrize(
    ("provider", "file", "content", "rows"),
    [
        ("kr-group", "bank-statement", BAI2, 3),
        ("kr-group", "ach-returns", NACHA, 2),
        ("collabrance", "bank-statement", camt("08"), 4),
        ("collabrance", "ach-returns", NACHA, 2),
        ("integris", "bank-export", DOWNLOAD, 2),
    ],
)
def test_a_providers_file_is_read(provider: str, file: str, content: bytes, rows: int) -> None:
    reading = read_payment_file(files(provider)[file], SETTING, content, file)
    assert len(told(reading)) == rows


def test_the_words_of_the_banks_download_say_how_the_money_came() -> None:
    reading = read_payment_file(files("integris")["bank-export"], SETTING, DOWNLOAD, "x.csv")
    methods = [row.payment.method for row in reading.rows if row.payment is not None]
    assert methods == [PaymentMethod.ACH, PaymentMethod.WIRE]
    assert [row.key.external_id for row in reading.rows] == ["T-1", "T-2"]
