"""The sample bank's files, read by the very readers that read a real bank's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.adapters.payments.payment_file_readers import read_payment_file
from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.receivables.payment_readings import FileReading, ReadingSetting
from mspbill.sample_bank import BankedPayment, BankFile, returned, statement

PROVIDERS = Path(__file__).resolve().parents[2] / "providers"
ON = date(2026, 9, 24)
PAYMENTS = (
    BankedPayment(7, "Huron & Sons", Decimal("2775.00"), PaymentMethod.ACH, "INVOICE X-1, X-2"),
    BankedPayment(8, "Dune Grass", Decimal("0.05"), PaymentMethod.WIRE, "INVOICE X-3"),
)
NAMES = ("kr-group", "collabrance", "integris")


@cache
def policy_of(provider: str) -> ProviderPolicy:
    return load_provider_directory(PROVIDERS / provider).policy


def read(policy: ProviderPolicy, file: BankFile) -> FileReading:
    name, _, _ = file.key.partition("/")
    (definition,) = (entry for entry in policy.payments.files if entry.file == name)
    setting = ReadingSetting(
        provider=policy.provider, currency=policy.currency, time_zone=policy.time_zone
    )
    reading = read_payment_file(definition, setting, file.content, file.key)
    assert not reading.problems, "\n".join(map(str, reading.problems))
    return reading


@pytest.mark.parametrize("provider", NAMES)
def test_every_provider_can_read_what_its_bank_sends(provider: str) -> None:
    policy = policy_of(provider)
    file = statement(policy.payments, PAYMENTS, ON)
    assert file is not None
    reading = read(policy, file)
    payments = [row.payment for row in reading.rows if row.payment is not None]
    assert [(str(p.amount), p.method, p.received_on) for p in payments] == [
        ("2775.00 USD", PaymentMethod.ACH, ON),
        ("0.05 USD", PaymentMethod.WIRE, ON),
    ]
    told = " ".join((*payments[0].texts, payments[0].payer or "")).lower()
    assert "invoice x-1, x-2" in told
    assert "huron & sons" in told
    assert len({payment.key for payment in payments}) == 2


@pytest.mark.parametrize("provider", ["kr-group", "collabrance"])
def test_a_return_names_the_payment_that_it_takes_back(provider: str) -> None:
    policy = policy_of(provider)
    paid = statement(policy.payments, PAYMENTS, ON)
    back = returned(policy.payments, PAYMENTS[:1], date(2026, 10, 1))
    assert paid is not None
    assert back is not None
    payment = read(policy, paid).rows[0].payment
    (row,) = read(policy, back).rows
    assert payment is not None
    assert row.returned is not None
    assert row.returned.trace == payment.trace == "000000000000007"
    assert (row.returned.amount, row.returned.code) == (payment.amount, "R01")
    assert row.returned.returned_on == date(2026, 10, 1)


def test_a_day_without_payments_has_no_file() -> None:
    policy = policy_of("kr-group")
    assert statement(policy.payments, (), ON) is None
    assert returned(policy.payments, (), ON) is None
    assert returned(policy_of("integris").payments, PAYMENTS, ON) is None, "it takes no debits"
