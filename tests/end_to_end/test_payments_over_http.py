"""Payments come in over HTTP, through the template's own routes and functions."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local_cloud import HttpResponse
from msp_billing.domain.ledger.entries import LedgerId
from msp_billing.domain.payments.payment_policy import PaymentPolicy, Webhook
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import Stage, open_stage

LEDGER = LedgerId(provider="birch", account="cedar", currency="USD")
OLD, NEW = "whsec_first_first_first", "whsec_second_second_second"
PAYMENT = {
    "external_id": "2026/W-1",
    "amount": "125.00",
    "currency": "USD",
    "method": "wire",
    "received_on": "2026-08-24",
    "account": "cedar",
}


@pytest.fixture(scope="module")
def opened() -> Iterator[Stage]:
    """One cloud for all tests here, on 25 August 2026: no test reads what another one stored."""
    with open_stage() as stage:
        webhooks = (Webhook(webhook="cards", title="Cards"),)
        stage.apply(birch().with_policy(payments=PaymentPolicy(webhooks=webhooks)))
        stage.settle()
        yield stage


def held(stage: Stage) -> str:
    return str(stage.ports.ledgers.position(LEDGER).held)


def request(stage: Stage, method: str, path: str, body: object = None, **more: Any) -> HttpResponse:
    raw = b"" if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    signed = {"principal": "shop", **more}
    return stage.cloud.http(method, f"/providers/birch/{path}", body=raw, headers=headers, **signed)


def test_a_payment_is_booked_once_by_whoever_signed_the_request(opened: Stage) -> None:
    first = request(opened, "POST", "payments", PAYMENT)
    assert (first.status, first.json()["state"]) == (200, "booked"), first.text
    assert first.json()["reported_by"] == "arn:aws:iam::123456789012:user/shop"
    assert request(opened, "POST", "payments", PAYMENT).json() == first.json()
    assert request(opened, "POST", "payments", PAYMENT | {"amount": "1.00"}).status == 409
    statement = request(opened, "GET", "accounts/cedar/statement").json()
    booked = [line for line in statement["lines"] if line["document"] == "api:2026/W-1"]
    assert [line["amount"] for line in booked] == ["-125.00"]


def test_a_lost_answer_of_the_table_books_it_once(opened: Stage) -> None:
    before = opened.ports.ledgers.position(LEDGER).held
    payment = PAYMENT | {"external_id": "lost"}
    opened.cloud.lose_answer("dynamodb", "TransactWriteItems")
    request(opened, "POST", "payments", payment)
    assert request(opened, "POST", "payments", payment).json()["state"] == "booked"
    after = opened.ports.ledgers.position(LEDGER).held
    assert str(after - before) == "125.00"


def test_nobody_gets_in_without_a_signature(opened: Stage) -> None:
    before = opened.items()
    for method, path in (("POST", "payments"), ("GET", "accounts/cedar"), ("GET", "nothing")):
        body = PAYMENT if method == "POST" else None
        response = request(opened, method, path, body, principal=None)
        assert (response.status, response.json()) == (403, {"message": "Forbidden"})
    assert opened.items() == before


def test_what_goes_wrong_inside_is_not_told(opened: Stage) -> None:
    opened.cloud.fail_with("dynamodb", "GetItem", "AccessDeniedException")
    response = request(opened, "GET", "accounts/cedar")
    assert (response.status, response.json()) == (500, {"message": "Internal Server Error"})
    assert request(opened, "GET", "accounts/cedar").status == 200


# --- Webhooks ------------------------------------------------------------------------------------


def store_secret(stage: Stage, **content: str) -> None:
    client = stage.cloud.client("secretsmanager")
    name = f"{stage.cloud.function_environment('PaymentWebhookFunction')['WEBHOOK_SECRETS_PREFIX']}"
    text = json.dumps(content)
    try:
        client.create_secret(Name=f"{name}/birch/cards", SecretString=text)
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=f"{name}/birch/cards", SecretString=text)


def deliver(stage: Stage, intent: str, secret: str, **changes: Any) -> HttpResponse:
    now = int(stage.cloud.clock.now().timestamp())
    thing = {
        "id": intent,
        "object": "payment_intent",
        "amount_received": 5000,
        "currency": "usd",
        "latest_charge": f"ch_{intent}",
        "metadata": {"account": "cedar"},
    }
    event = {
        "id": f"evt_{intent}",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": now,
        "livemode": True,
        "data": {"object": thing},
        **changes,
    }
    raw = json.dumps(event).encode()
    digest = hmac.new(secret.encode(), f"{now}.".encode() + raw, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": f"t={now},v1={digest}",
    }
    return stage.cloud.http("POST", "/webhooks/birch/cards", body=raw, headers=headers)


def test_a_secret_is_exchanged_without_losing_an_event(opened: Stage) -> None:
    """Rolled: first both are good, then the new one alone; what is kept is kept for a minute."""
    store_secret(opened, current=OLD)
    assert deliver(opened, "pi_1", OLD).json() == {"outcome": "booked"}
    assert deliver(opened, "pi_2", NEW).status == 400
    store_secret(opened, current=NEW, previous=OLD)
    opened.cloud.run_until(opened.cloud.clock.now() + timedelta(minutes=1))
    assert deliver(opened, "pi_2", NEW).json() == {"outcome": "booked"}
    assert deliver(opened, "pi_3", OLD).json() == {"outcome": "booked"}
    store_secret(opened, current=NEW)
    opened.cloud.run_until(opened.cloud.clock.now() + timedelta(minutes=1))
    assert deliver(opened, "pi_4", OLD).status == 400
    assert opened.cloud.request_counts["secretsmanager", "GetSecretValue"] == 3


def test_an_event_is_answered_only_when_it_is_stored(opened: Stage) -> None:
    store_secret(opened, current=NEW)
    opened.cloud.run_until(opened.cloud.clock.now() + timedelta(minutes=2))
    before = held(opened)
    opened.cloud.fail_with("dynamodb", "TransactWriteItems", "InternalServerError", 5, 500)
    assert deliver(opened, "pi_5", NEW).status == 500
    assert held(opened) == before
    assert deliver(opened, "pi_5", NEW).json() == {"outcome": "booked"}
    assert deliver(opened, "pi_5", NEW, id="evt_again").json() == {"outcome": "booked"}
    assert held(opened) != before


# --- The page ------------------------------------------------------------------------------------


def test_a_link_that_is_none_shows_a_page_to_anybody(opened: Stage) -> None:
    response = opened.cloud.http("GET", "/releases/birch/cedar/1?key=guessed")
    assert (response.status, response.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "This link opens nothing" in response.text
    assert opened.cloud.http("PUT", "/releases/birch/cedar/1").status == 404
