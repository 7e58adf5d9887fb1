"""Signed events of a payment service: taken once, stored before they are answered, or refused."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from msp_billing.adapters.http.payment_webhook import MAX_BYTES, payment_webhook
from msp_billing.adapters.webhook_secrets import NoWebhookSecretError
from msp_billing.observing import metrics
from tests.unit.adapters.http.http_calls import Answered, call
from tests.unit.domain.builders import policy
from tests.unit.usecases.payment_desk import NOW, Desk, open_desk

API = payment_webhook()
PATH = "/webhooks/lantern/cards"
CURRENT, PREVIOUS = "whsec_current_current", "whsec_previous_previous"


class FakeSecrets:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.known = {("lantern", "cards"): (CURRENT, PREVIOUS)}

    def of(self, provider: str, webhook: str) -> tuple[str, ...]:
        self.asked.append((provider, webhook))
        if (provider, webhook) not in self.known:
            raise NoWebhookSecretError("there is none")
        return self.known[provider, webhook]


@pytest.fixture
def secrets() -> FakeSecrets:
    return FakeSecrets()


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = open_desk(monkeypatch)
    webhooks = [{"webhook": name, "title": name} for name in ("cards", "without-secret")]
    made.ports.policies.put(policy(payments={"webhooks": webhooks}))
    return made


def event(kind: str = "payment_intent.succeeded", **changes: Any) -> dict[str, Any]:
    thing = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount_received": 12_000,
        "currency": "usd",
        "latest_charge": "ch_1",
        "metadata": {"account": "alder"},
        **changes,
    }
    created = int(NOW.timestamp()) - 5
    return {
        "id": f"evt_{kind}",
        "object": "event",
        "type": kind,
        "created": created,
        "livemode": True,
        "data": {"object": thing},
    }


def signature(raw: bytes, secret: str = CURRENT, age: timedelta = timedelta(0)) -> str:
    """What the service sends: the hash over the time and the bytes, by its published scheme."""
    signed_at = int((NOW - age).timestamp())
    signed = f"{signed_at}.".encode() + raw
    return f"t={signed_at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def deliver(
    desk: Desk,
    secrets: FakeSecrets,
    body: object,
    header: str | None = None,
    path: str = PATH,
    **signing: Any,
) -> Answered:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"Stripe-Signature": signature(raw, **signing) if header is None else header}
    return call(
        API,
        "POST",
        path,
        raw,
        principal=None,
        headers={name.lower(): value for name, value in headers.items()},
        ports=desk.ports,
        secrets=secrets,
    )


def test_a_payment_is_stored_before_the_answer(desk: Desk, secrets: FakeSecrets) -> None:
    desk.bill("LP-000001", "100.00")
    answer = deliver(desk, secrets, event())
    assert (answer.status, answer.json) == (200, {"outcome": "booked"})
    assert (desk.open(), desk.held()) == ({}, "20.00")
    (record,) = desk.ports.payments.records.values()
    assert record.reported_by == "webhook cards, event evt_payment_intent.succeeded"
    assert record.key.document == "cards:pi_1"


def test_an_event_that_comes_twice_changes_nothing(desk: Desk, secrets: FakeSecrets) -> None:
    first = deliver(desk, secrets, event())
    before = desk.everything()
    assert deliver(desk, secrets, event()) == first
    assert desk.everything() == before


@pytest.mark.parametrize("secret", [CURRENT, PREVIOUS])
def test_either_secret_is_good_while_they_are_exchanged(
    desk: Desk, secrets: FakeSecrets, secret: str
) -> None:
    assert deliver(desk, secrets, event(), secret=secret).status == 200


@pytest.mark.parametrize(
    ("header", "age", "code"),
    [
        ("", timedelta(0), "webhook-forged"),
        ("t=1,v1=00", timedelta(0), "webhook-forged"),
        (None, timedelta(minutes=5, seconds=1), "webhook-stale"),
        (None, -timedelta(minutes=5, seconds=1), "webhook-stale"),
    ],
)
def test_what_is_forged_or_stale_is_refused_and_nothing_is_kept(
    desk: Desk, secrets: FakeSecrets, header: str | None, age: timedelta, code: str
) -> None:
    answer = deliver(desk, secrets, event(), header, age=age)
    assert (answer.status, answer.codes) == (400, [code])
    assert not desk.ports.payments.records


def test_a_body_that_was_changed_on_its_way_is_refused(desk: Desk, secrets: FakeSecrets) -> None:
    raw = json.dumps(event()).encode()
    for changed in (raw.replace(b"12000", b"92000"), raw + b" ", raw[:-1]):
        answer = deliver(desk, secrets, changed, signature(raw))
        assert (answer.status, answer.codes) == (400, ["webhook-forged"])
    assert not desk.ports.payments.records


def test_a_refusal_is_logged_and_counted_without_the_request(
    desk: Desk, secrets: FakeSecrets, capsys: pytest.CaptureFixture[str]
) -> None:
    before = metrics.begin("a-stack")
    deliver(desk, secrets, event(), "t=1,v1=00")
    metrics.end(before)
    said = capsys.readouterr().out
    assert '"WebhookRefused":[1' in said.replace(" ", "")
    assert "lantern/cards" in said
    for hidden in (CURRENT, PREVIOUS, "pi_1", "alder"):
        assert hidden not in said


def test_a_signed_event_that_cannot_be_read_is_not_swallowed(
    desk: Desk, secrets: FakeSecrets
) -> None:
    answer = deliver(desk, secrets, event(amount_received="many"))
    assert (answer.status, answer.codes) == (400, ["webhook-unreadable"])


def test_an_event_of_no_interest_is_taken_and_ignored(desk: Desk, secrets: FakeSecrets) -> None:
    answer = deliver(desk, secrets, event("customer.created"))
    assert (answer.status, answer.json) == (200, {"outcome": "ignored"})
    assert not desk.ports.payments.records


def test_money_of_nobody_certain_is_kept_for_a_person(desk: Desk, secrets: FakeSecrets) -> None:
    answer = deliver(desk, secrets, event(metadata={}))
    assert (answer.status, answer.json) == (200, {"outcome": "queued"})
    assert desk.waiting() == ["pi_1"]


def test_an_error_of_ours_is_no_answer_so_that_it_comes_again(
    desk: Desk, secrets: FakeSecrets
) -> None:
    """Whether or not it was stored: the second time stores it, or finds it stored."""
    with desk.answers_lost(), pytest.raises(TimeoutError):
        deliver(desk, secrets, event())
    assert deliver(desk, secrets, event()).json == {"outcome": "booked"}
    assert desk.held() == "120.00"


def test_a_body_that_is_too_large_is_refused_unread(desk: Desk, secrets: FakeSecrets) -> None:
    raw = b" " * (MAX_BYTES + 1)
    assert deliver(desk, secrets, raw).status == 413


@pytest.mark.parametrize(
    "path",
    ["/webhooks/lantern/other", "/webhooks/nobody/cards", "/webhooks/lantern/without-secret"],
)
def test_a_webhook_that_is_none_is_not_found_whatever_is_missing(
    desk: Desk, secrets: FakeSecrets, path: str
) -> None:
    answer = deliver(desk, secrets, event(), path=path)
    assert answer.status == 404
    assert answer.json["problems"][0]["what"] == "There is no such webhook."


def test_no_secret_is_asked_for_that_the_policy_does_not_name(
    desk: Desk, secrets: FakeSecrets
) -> None:
    for path in ("/webhooks/lantern/other", "/webhooks/nobody/cards", "/webhooks/lantern/..%2Fx"):
        deliver(desk, secrets, event(), path=path)
    assert secrets.asked == []
