"""Stripe's events: one counts per payment, in the unit that Stripe counts in."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from msp_billing.adapters.payments.signatures import sign
from msp_billing.adapters.payments.stripe_amounts import money_of
from msp_billing.adapters.payments.stripe_events import SIGNATURE_HEADER, read_event, read_verified
from msp_billing.domain.payments.incoming import (
    IncomingPayment,
    IncomingReturn,
    PaymentMethod,
    RemittancePart,
)
from msp_billing.domain.payments.payment_policy import Webhook
from msp_billing.usecases.receivables.payment_readings import (
    ForgedEventError,
    SignedEvent,
    UnreadableEventError,
)
from tests.unit.adapters.payments.file_samples import SETTING

WEBHOOK = Webhook(webhook="cards", title="Card payments")
# 2026-09-02T04:30:00Z is still the 1st in Chicago.
CREATED = int(datetime(2026, 9, 2, 4, 30, tzinfo=UTC).timestamp())
INTENT: dict[str, Any] = {
    "id": "pi_3Sample1",
    "object": "payment_intent",
    "amount": 125_000,
    "amount_received": 125_000,
    "currency": "usd",
    "description": "September",
    "latest_charge": "ch_3Sample1",
    "metadata": {"account": "alder", "invoice": "BIR-000001, BIR-000002"},
    "payment_method_types": ["card"],
}
CHARGE: dict[str, Any] = {
    "id": "ch_3Sample1",
    "object": "charge",
    "amount": 125_000,
    "amount_captured": 125_000,
    "amount_refunded": 0,
    "captured": True,
    "currency": "usd",
    "payment_intent": "pi_3Sample1",
    "metadata": {},
    "payment_method_details": {"type": "card"},
}
DISPUTE: dict[str, Any] = {
    "id": "dp_1Sample",
    "object": "dispute",
    "amount": 125_000,
    "charge": "ch_3Sample1",
    "currency": "usd",
    "payment_intent": "pi_3Sample1",
    "reason": "fraudulent",
    "status": "needs_response",
}


def event(kind: str, thing: Any, before: Any = None, **more: Any) -> bytes:
    data = {"object": thing} | ({} if before is None else {"previous_attributes": before})
    whole = {"id": "evt_1", "object": "event", "type": kind, "created": CREATED, "livemode": True}
    return json.dumps({**whole, "data": data, **more}).encode()


def read(kind: str, thing: Any, before: Any = None, **more: Any) -> SignedEvent:
    return read_verified(WEBHOOK, SETTING, event(kind, thing, before, **more))


def payment(told: SignedEvent) -> IncomingPayment:
    assert told.payment is not None, told.ignored
    return told.payment


def returned(told: SignedEvent) -> IncomingReturn:
    assert told.returned is not None, told.ignored
    return told.returned


def test_a_payment_intent_that_succeeded_is_the_payment() -> None:
    found = payment(read("payment_intent.succeeded", INTENT))
    assert str(found.key) == "birch/cards:pi_3Sample1"
    assert str(found.amount) == "1250.00 USD"
    assert (found.account, found.method, found.trace) == (
        "alder",
        PaymentMethod.CARD,
        "ch_3Sample1",
    )
    assert found.remittance == (
        RemittancePart(invoice="BIR-000001"),
        RemittancePart(invoice="BIR-000002"),
    )
    assert str(found.received_on) == "2026-09-01"


def test_the_charge_of_an_intent_does_not_count_again() -> None:
    """docs/faults.md 34: one event per payment."""
    for kind in ("charge.succeeded", "charge.captured"):
        assert read(kind, CHARGE).ignored == "its payment intent counts"


def test_a_charge_without_an_intent_counts_when_it_is_captured_under_one_key() -> None:
    alone = {**CHARGE, "payment_intent": None}
    taken = payment(read("charge.succeeded", alone))
    assert str(taken.key) == "birch/cards:ch_3Sample1"
    assert payment(read("charge.captured", alone)).key == taken.key
    authorized = {**alone, "captured": False}
    assert read("charge.succeeded", authorized).ignored == "authorized only, not captured"


@pytest.mark.parametrize(
    "kind",
    ["payment_intent.created", "payment_intent.payment_failed", "invoice.paid", "payout.paid"],
)
def test_other_events_are_ignored_and_say_so(kind: str) -> None:
    told = read(kind, INTENT)
    assert (told.payment, told.returned) == (None, None)
    assert told.ignored == f"{kind} moves no money"


def test_each_refund_counts_once_with_its_own_amount_in_whatever_order() -> None:
    """docs/faults.md 34: a charge tells the sum of its refunds, the event what was added."""
    first = returned(
        read("charge.refunded", {**CHARGE, "amount_refunded": 2_500}, {"amount_refunded": 0})
    )
    later = returned(
        read("charge.refunded", {**CHARGE, "amount_refunded": 10_000}, {"amount_refunded": 2_500})
    )
    assert [str(one.amount) for one in (first, later)] == ["25.00 USD", "75.00 USD"]
    assert first.key.external_id == "ch_3Sample1:refunded:2500"
    assert later.key.external_id == "ch_3Sample1:refunded:10000"
    assert first.payment is not None
    assert str(first.payment) == "birch/cards:pi_3Sample1"
    assert (first.code, first.trace) == ("refunded", "ch_3Sample1")


def test_a_refund_without_what_was_before_is_read_from_its_list_or_refused() -> None:
    refund = {"id": "re_1", "amount": 125_000}
    whole = {**CHARGE, "amount_refunded": 125_000, "refunds": {"data": [refund]}}
    assert str(returned(read("charge.refunded", whole)).amount) == "1250.00 USD"
    for refunds in (None, {"data": [refund, refund]}, {"data": [{"amount": 5}]}):
        with pytest.raises(UnreadableEventError):
            read("charge.refunded", {**CHARGE, "amount_refunded": 125_000, "refunds": refunds})


def test_a_dispute_takes_the_money_back_and_a_won_one_brings_it_again() -> None:
    lost = returned(read("charge.dispute.funds_withdrawn", DISPUTE))
    assert (str(lost.amount), lost.code) == ("1250.00 USD", "dispute-fraudulent")
    assert lost.key.external_id == "dp_1Sample:withdrawn"
    assert lost.payment is not None
    assert lost.payment.external_id == "pi_3Sample1"
    won = payment(read("charge.dispute.funds_reinstated", DISPUTE))
    assert (str(won.amount), won.key.external_id) == ("1250.00 USD", "dp_1Sample:reinstated")


def test_a_return_of_a_charge_without_an_intent_names_the_charge() -> None:
    told = returned(read("charge.dispute.funds_withdrawn", {**DISPUTE, "payment_intent": None}))
    assert told.payment is not None
    assert told.payment.external_id == "ch_3Sample1"


@pytest.mark.parametrize(
    ("units", "currency", "amount"),
    [
        (1250, "usd", "12.50 USD"),
        (1250, "jpy", "1250 JPY"),
        (1250, "mga", "1250 MGA"),
        (1250, "kwd", "1.250 KWD"),
        (500, "isk", "5.00 ISK"),
    ],
)
def test_amounts_are_in_the_unit_that_stripe_counts_in(
    units: int, currency: str, amount: str
) -> None:
    assert str(money_of(units, currency)) == amount


@pytest.mark.parametrize(
    ("units", "currency"),
    [(-1, "usd"), ("5", "usd"), (True, "usd"), (None, "usd"), (5, None), (5, "us"), (5, "ugx")],
)
def test_amounts_that_would_be_guessed_are_refused(units: Any, currency: Any) -> None:
    with pytest.raises(UnreadableEventError):
        money_of(units, currency)


@pytest.mark.parametrize(
    ("change", "method"),
    [
        ({"payment_method_types": ["us_bank_account"]}, PaymentMethod.ACH),
        ({"payment_method_types": ["card", "us_bank_account"]}, PaymentMethod.ACH),
        ({"payment_method_types": ["card", "link"]}, PaymentMethod.CARD),
        ({"payment_method_types": ["customer_balance"]}, PaymentMethod.WIRE),
        ({"payment_method_types": ["klarna"]}, PaymentMethod.OTHER),
        ({"payment_method_types": ["card", "klarna"]}, PaymentMethod.OTHER),
        ({"payment_method_types": None}, PaymentMethod.OTHER),
        (
            {
                "payment_method_types": ["card", "us_bank_account"],
                "latest_charge": {"id": "ch_1", "payment_method_details": {"type": "card"}},
            },
            PaymentMethod.CARD,
        ),
    ],
)
def test_the_method_is_the_charges_or_the_one_that_can_still_come_back(
    change: dict[str, Any], method: PaymentMethod
) -> None:
    assert payment(read("payment_intent.succeeded", {**INTENT, **change})).method is method


@pytest.mark.parametrize("metadata", [{}, [], None, {"account": "Alder & Co.", "invoice": ""}])
def test_whatever_the_metadata_is_the_money_is_told(metadata: Any) -> None:
    found = payment(read("payment_intent.succeeded", {**INTENT, "metadata": metadata}))
    assert (found.account, found.remittance) == (None, ())
    if metadata:
        assert "Alder & Co." in found.texts


def test_half_a_character_keeps_no_money_away() -> None:
    """JSON can hold one half of a character alone, which no text of ours can."""
    metadata = {"note": "half \ud83d", "account": "\ud83d", "invoice": "BIR-1\ud83d"}
    found = payment(read("payment_intent.succeeded", {**INTENT, "metadata": metadata}))
    assert "half \ufffd" in found.texts
    assert [part.invoice for part in found.remittance] == ["BIR-1\ufffd"]


def test_test_money_is_never_money_and_live_money_never_in_a_test() -> None:
    assert read("payment_intent.succeeded", INTENT, livemode=False).ignored == "a test event"
    testing = WEBHOOK.model_copy(update={"test_mode": True})
    body = event("payment_intent.succeeded", INTENT)
    assert read_verified(testing, SETTING, body).payment is None
    body = event("payment_intent.succeeded", INTENT, livemode=False)
    assert read_verified(testing, SETTING, body).payment is not None


def test_nothing_received_is_no_payment() -> None:
    assert read("payment_intent.succeeded", {**INTENT, "amount_received": 0}).ignored


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"\xff",
        b'{"id": "evt_1"}',
        b"[" * 100_000,
        event("payment_intent.succeeded", None),
        event("payment_intent.succeeded", {**INTENT, "id": None}),
        event("payment_intent.succeeded", {**INTENT, "id": "p i"}),
        event("payment_intent.succeeded", {**INTENT, "amount_received": 12.5}),
        event("payment_intent.succeeded", {**INTENT, "amount_received": None}),
        event("payment_intent.succeeded", INTENT, created="today"),
        event("payment_intent.succeeded", INTENT, livemode="yes"),
        event("charge.refunded", {**CHARGE, "amount_refunded": 5}, {"amount_refunded": 9}),
    ],
)
def test_an_event_that_would_be_guessed_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableEventError) as caught:
        read_verified(WEBHOOK, SETTING, body)
    assert caught.value.code == "webhook-unreadable"


def test_the_signature_is_checked_before_anything_is_read() -> None:
    now = datetime(2026, 9, 2, 4, 31, tzinfo=UTC)
    body = event("payment_intent.succeeded", INTENT)
    told = read_event(body, sign(body, "s", now), ["s"], now, WEBHOOK, SETTING)
    assert told.payment is not None
    with pytest.raises(ForgedEventError):
        read_event(b"no json", sign(body, "s", now), ["s"], now, WEBHOOK, SETTING)
    assert SIGNATURE_HEADER == "Stripe-Signature"
