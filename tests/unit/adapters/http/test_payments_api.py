"""The payments API: who asks is the principal, and whatever is refused says everything at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from msp_billing.adapters.http.payments_api import payments_api
from msp_billing.usecases.dunning import context as dunning_context
from tests.unit.adapters.http.http_calls import PRINCIPAL, Answered, call
from tests.unit.domain.builders import policy
from tests.unit.usecases.payment_desk import Desk, open_desk, paid

API = payments_api()
ALDER = "/providers/lantern/accounts/alder"
PAYMENT: dict[str, Any] = {
    "external_id": "W-1",
    "amount": "120.00",
    "currency": "USD",
    "method": "wire",
    "received_on": "2026-11-28",
    "account": "alder",
}


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    return open_desk(monkeypatch)


def post(desk: Desk, path: str, body: object, **more: Any) -> Answered:
    return call(API, "POST", path, body, ports=desk.ports, **more)


def get(desk: Desk, path: str, **more: Any) -> Answered:
    return call(API, "GET", path, ports=desk.ports, **more)


def book(desk: Desk, **changes: Any) -> Answered:
    return post(desk, "/providers/lantern/payments", PAYMENT | changes)


# --- Booking -------------------------------------------------------------------------------------


def test_a_payment_is_booked_for_its_account_and_named_after_the_principal(desk: Desk) -> None:
    desk.bill("LP-000001", "100.00")
    answer = book(desk, by="Dana")
    assert answer.status == 200
    assert (answer.json["state"], answer.json["account"]) == ("booked", "alder")
    assert answer.json["payment"]["amount"] == {"amount": "120.00", "currency": "USD"}
    assert answer.json["reported_by"] == f"Dana ({PRINCIPAL})"
    assert (desk.open(), desk.held()) == ({}, "20.00")


def test_the_remittance_says_what_it_is_for(desk: Desk) -> None:
    desk.bill("LP-000001", "100.00", due_on="2026-10-30")
    desk.bill("LP-000002", "100.00", due_on="2026-11-30")
    part = {"invoice": "LP-000002", "amount": "70.00"}
    assert book(desk, amount="70.00", remittance=[part]).status == 200
    assert desk.open() == {"LP-000001": "100.00", "LP-000002": "30.00"}


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("0", "amount-not-positive"),
        ("-5.00", "amount-not-positive"),
        # 50.005 of 100.00 leaves 49.995, which nobody can ever pay.
        ("50.005", "amount-too-fine"),
    ],
)
def test_a_part_that_cannot_be_paid_is_refused_and_leaves_nothing_behind(
    desk: Desk, amount: str, code: str
) -> None:
    desk.bill("LP-000001", "100.00")
    answer = book(desk, remittance=[{"invoice": "LP-000001", "amount": amount}])
    assert (answer.status, answer.codes) == (422, [code])
    assert answer.json["problems"][0]["where"] == "LP-000001"
    assert (desk.open(), desk.ports.payments.records) == ({"LP-000001": "100.00"}, {})


@pytest.mark.parametrize("amount", ["0", "-5.00", "50.005"])
def test_a_waiting_payment_is_not_assigned_to_a_part_that_cannot_be_paid(
    desk: Desk, amount: str
) -> None:
    desk.bill("LP-000001", "100.00")
    desk.take(paid("A-1"))
    body = {
        "source": "bank",
        "external_id": "A-1",
        "account": "alder",
        "remittance": [{"invoice": "LP-000001", "amount": amount}],
        "why": "By telephone",
    }
    answer = post(desk, "/providers/lantern/payments/queue/assignment", body)
    assert answer.status == 422
    assert (desk.waiting(), desk.open()) == (["A-1"], {"LP-000001": "100.00"})


def test_the_same_payment_again_changes_nothing_and_answers_the_same(desk: Desk) -> None:
    first = book(desk)
    before = desk.everything()
    assert book(desk) == first
    assert desk.everything() == before


def test_the_same_name_with_another_amount_is_refused_aloud(desk: Desk) -> None:
    book(desk)
    before = desk.everything()
    answer = book(desk, amount="121.00")
    assert (answer.status, answer.codes) == (409, ["payment-conflict"])
    assert "120.00 USD" in answer.json["problems"][0]["what"]
    assert desk.everything() == before


def test_everything_that_is_wrong_is_said_at_once(desk: Desk) -> None:
    answer = book(desk, amount="-5.00", account="nobody", received_on="2026-11-29")
    assert answer.status == 422
    assert answer.codes == ["amount-not-positive", "unknown-account", "date-in-future"]
    assert all(problem["fix"] for problem in answer.json["problems"])
    assert not desk.ports.payments.records


def test_another_currency_than_the_account_s_is_refused(desk: Desk) -> None:
    answer = book(desk, currency="CAD")
    assert answer.status == 422
    assert not desk.ports.payments.records


@pytest.mark.parametrize("amount", [120.0, 120, "1,200.00", None, {"amount": "1"}])
def test_money_is_text_and_never_a_number(desk: Desk, amount: Any) -> None:
    answer = book(desk, amount=amount)
    assert (answer.status, answer.codes) == (422, ["invalid-request"])
    assert answer.json["problems"][0]["where"] == "body.amount"
    assert not desk.ports.payments.records


def test_fields_that_nobody_knows_are_refused_and_no_field_says_who_asks(desk: Desk) -> None:
    answer = book(desk, reported_by="somebody else")
    assert answer.status == 422
    assert answer.json["problems"][0]["where"] == "body.reported_by"


def test_every_field_that_is_wrong_is_named(desk: Desk) -> None:
    answer = book(desk, amount=1.5, received_on="yesterday", external_id="", remittance=[{}])
    where = {problem["where"] for problem in answer.json["problems"]}
    assert where == {
        "body.amount",
        "body.received_on",
        "body.external_id",
        "body.remittance.0.invoice",
    }


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b'{"amount": "1", "amount": "2"}', b"\xff\xfe"]
)
def test_a_body_that_is_no_usable_json_is_refused(desk: Desk, body: bytes) -> None:
    answer = post(desk, "/providers/lantern/payments", body)
    assert answer.status == 422, answer.text
    assert set(answer.codes) == {"invalid-request"}


def test_another_content_type_is_refused(desk: Desk) -> None:
    headers = {"content-type": "text/csv"}
    answer = post(desk, "/providers/lantern/payments", b"a,b", headers=headers)
    assert (answer.status, answer.codes) == (415, ["not-json"])


def test_a_payment_of_nobody_certain_waits_in_the_queue(desk: Desk) -> None:
    answer = book(desk, account=None)
    assert (answer.status, answer.json["state"]) == (200, "queued")
    assert desk.waiting() == ["W-1"]


# --- Returns and the queue -----------------------------------------------------------------------


def test_a_return_takes_the_payment_back(desk: Desk) -> None:
    desk.bill("LP-000001", "120.00")
    book(desk, method="ach")
    told = {
        "external_id": "R-1",
        "amount": "120.00",
        "currency": "USD",
        "returned_on": "2026-11-28",
        "code": "R01",
        "reason": "Insufficient funds",
        "payment": {"external_id": "W-1"},
    }
    answer = post(desk, "/providers/lantern/returns", told)
    assert (answer.status, answer.json["state"]) == (200, "booked"), answer.text
    assert desk.open() == {"LP-000001": "120.00"}


@pytest.mark.parametrize("path", ["payments", "returns"])
def test_nothing_is_reported_under_the_name_of_a_webhook(desk: Desk, path: str) -> None:
    webhooks = [{"webhook": "cards", "title": "Cards"}]
    desk.ports.policies.put(policy(payments={"webhooks": webhooks}))
    told = {"external_id": "R-1", "amount": "120.00", "currency": "USD", "source": "cards"}
    day = {"received_on": "2026-11-28"}
    if path == "returns":
        day = {"returned_on": "2026-11-28", "code": "R01", "reason": "Insufficient funds"}
    answer = post(desk, f"/providers/lantern/{path}", told | day)
    assert (answer.status, answer.codes) == (422, ["source-of-the-bank"])
    assert desk.waiting() == []


def test_what_waits_is_listed_and_assigned_by_a_person(desk: Desk) -> None:
    desk.take(paid("2026/11/B-7", "55.00"))
    (waiting,) = get(desk, "/providers/lantern/payments/queue").json["waiting"]
    assert waiting["payment"]["key"]["external_id"] == "2026/11/B-7"
    body = {
        "source": "bank",
        "external_id": "2026/11/B-7",
        "account": "beech",
        "why": "They called.",
        "by": "Dana",
    }
    answer = post(desk, "/providers/lantern/payments/queue/assignment", body)
    assert (answer.status, answer.json["state"]) == (200, "booked")
    assert answer.json["decided_by"] == f"Dana ({PRINCIPAL})"
    assert desk.held("beech") == "55.00"
    again = post(desk, "/providers/lantern/payments/queue/assignment", body)
    assert again == answer
    other = post(desk, "/providers/lantern/payments/queue/assignment", body | {"account": "alder"})
    assert (other.status, other.codes) == (409, ["payment-decided"])


def test_a_long_queue_comes_in_parts_oldest_first(desk: Desk) -> None:
    for number in range(3):
        desk.take(paid(f"B-{number}", "55.00"))
    path = "/providers/lantern/payments/queue"
    answer = get(desk, path, query={"limit": "2"}).json
    names = [entry["payment"]["key"]["external_id"] for entry in answer["waiting"]]
    assert (names, answer["total"]) == (["B-0", "B-1"], 3)
    for limit in ("0", "1001", "all"):
        assert get(desk, path, query={"limit": limit}).status == 422


def test_what_is_no_payment_is_dismissed_with_a_reason(desk: Desk) -> None:
    desk.take(paid("B-8", "55.00"))
    path = "/providers/lantern/payments/queue/dismissal"
    body = {"source": "bank", "external_id": "B-8", "why": "Interest of the bank."}
    assert post(desk, path, {key: body[key] for key in ("source", "external_id")}).status == 422
    answer = post(desk, path, body)
    assert (answer.status, answer.json["state"]) == (200, "dismissed")
    assert desk.waiting() == []


def test_an_assignment_names_an_account_or_a_payment_and_not_both(desk: Desk) -> None:
    desk.take(paid("B-9"))
    path = "/providers/lantern/payments/queue/assignment"
    body = {"source": "bank", "external_id": "B-9", "why": "So."}
    both = {"account": "alder", "payment": {"external_id": "W-1"}}
    assert post(desk, path, body).status == 422
    assert post(desk, path, body | both).status == 422


def test_deciding_about_what_was_never_reported_is_not_found(desk: Desk) -> None:
    body = {"external_id": "nothing", "account": "alder", "why": "So."}
    answer = post(desk, "/providers/lantern/payments/queue/assignment", body)
    assert (answer.status, answer.codes) == (404, ["not-found"])


# --- Accounts ------------------------------------------------------------------------------------


def test_an_account_is_shown_with_what_it_owes(desk: Desk) -> None:
    desk.bill("LP-000001", "100.00")
    answer = get(desk, ALDER)
    assert answer.status == 200, answer.text
    assert answer.json["balance"] == "100.00"
    assert answer.json["state"] == "good_standing"


def test_a_statement_has_its_days(desk: Desk) -> None:
    desk.bill("LP-000001", "100.00")
    book(desk)
    answer = get(desk, f"{ALDER}/statement", query={"from": "2026-11-16", "to": "2026-11-28"})
    assert answer.status == 200, answer.text
    assert answer.json["opening_balance"] == "100.00"
    assert [line["amount"] for line in answer.json["lines"]] == ["-120.00"]
    assert answer.json["closing_balance"] == "-20.00"


def test_a_statement_begins_with_the_month_before_last(desk: Desk) -> None:
    answer = get(desk, f"{ALDER}/statement")
    assert (answer.json["from_on"], answer.json["to_on"]) == ("2026-09-01", "2026-11-28")


@pytest.mark.parametrize(
    "query", [{"from": "2026-11-29", "to": "2026-11-28"}, {"from": "November"}]
)
def test_a_statement_of_impossible_days_is_refused(desk: Desk, query: dict[str, str]) -> None:
    assert get(desk, f"{ALDER}/statement", query=query).status == 422


def test_credit_is_paid_back_once(desk: Desk) -> None:
    book(desk)
    body = {"refund": "close", "method": "wire", "amount": "50.00", "why": "They asked for it."}
    answer = post(desk, f"{ALDER}/refunds", body)
    assert answer.status == 200, answer.text
    assert answer.json["amount"] == {"amount": "50.00", "currency": "USD"}
    assert post(desk, f"{ALDER}/refunds", body).json["entered"] is False
    assert desk.held() == "70.00"
    other = post(desk, f"{ALDER}/refunds", body | {"amount": "60.00"})
    assert (other.status, other.codes) == (409, ["refund-conflict"])
    too_much = post(desk, f"{ALDER}/refunds", body | {"refund": "more", "amount": "70.01"})
    assert too_much.status == 422
    assert desk.held() == "70.00"
    nothing = post(desk, f"{ALDER}/refunds", body | {"refund": "less", "amount": "-5.00"})
    assert (nothing.status, nothing.codes) == (422, ["amount-not-positive"])


def test_a_promise_and_a_dispute_pause_what_they_cover(desk: Desk) -> None:
    desk.bill("LP-000001", "100.00")
    promise = {"amount": "60.00", "until": "2026-12-10", "why": "Paid from the next sale."}
    dispute = {
        "invoice": "LP-000001",
        "amount": "40.00",
        "until": "2026-12-31",
        "why": "Two seats.",
    }
    first = post(desk, f"{ALDER}/promises", promise | {"by": "Dana"})
    assert (first.status, first.json["kind"], first.json["amount"]) == (200, "promise", "60.00")
    assert first.json["by"] == f"Dana ({PRINCIPAL})"
    assert post(desk, f"{ALDER}/disputes", dispute).json["document"] == "LP-000001"
    shown = get(desk, ALDER).json["documents"]
    assert [(entry["disputed"], entry["promised"]) for entry in shown] == [("40.00", "60.00")]
    ended = post(
        desk, f"{ALDER}/pauses/{first.json['pause']}/end", {"how": "withdrawn", "why": "They paid."}
    )
    assert ended.status == 200, ended.text
    assert ended.json["ended_by"] == PRINCIPAL


def test_a_promise_of_more_than_is_owed_is_refused(desk: Desk) -> None:
    body = {"amount": "1.00", "until": "2026-12-10", "why": "So."}
    assert post(desk, f"{ALDER}/promises", body).status == 422


# --- Entitlements --------------------------------------------------------------------------------


@pytest.mark.rule("DUN-07")
def test_what_an_account_may_do_is_answered_with_the_reason(desk: Desk) -> None:
    for what in ({"what": "buy"}, {"what": "support"}, {"what": "service", "service": "backup"}):
        answer = get(desk, f"{ALDER}/may", query=what)
        assert answer.json == {"allowed": True, "reason": "The account is in good standing."}


@pytest.mark.parametrize(
    "query", [{}, {"what": "sing"}, {"what": "service"}, {"what": "buy", "service": "backup"}]
)
def test_a_question_that_is_not_one_is_refused(desk: Desk, query: dict[str, str]) -> None:
    assert get(desk, f"{ALDER}/may", query=query).status == 422


@pytest.mark.rule("DUN-07")
def test_a_consumer_acknowledges_the_desired_state(desk: Desk) -> None:
    wanted = get(desk, f"{ALDER}/entitlement").json
    assert (wanted["entitlement_version"], wanted["buy"], wanted["services"]) == (0, True, "on")
    path = f"{ALDER}/entitlement/acknowledgement"
    done = {"consumer": "shop", "entitlement_version": 0}
    assert post(desk, path, done).json == done
    assert post(desk, path, done | {"entitlement_version": 7}).status == 422
    assert post(desk, path, done | {"entitlement_version": -1}).status == 422


# --- Every route ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/providers/nobody/payments/queue",
        "/providers/nobody/accounts/alder",
        "/providers/lantern/accounts/nobody",
        "/providers/lantern/accounts/nobody/statement",
        "/providers/lantern/accounts/nobody/entitlement",
        "/providers/lantern/accounts/nobody/may",
        "/providers/lantern/nothing",
        "/",
    ],
)
def test_what_does_not_exist_is_not_found(desk: Desk, path: str) -> None:
    answer = get(desk, path, query={"what": "buy"})
    assert answer.status == 404, answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_names_that_no_account_can_have_are_refused_before_anything_is_read(desk: Desk) -> None:
    answer = get(desk, "/providers/lantern/accounts/A%23B")
    assert (answer.status, answer.codes) == (422, ["invalid-request"])


def routes() -> list[tuple[str, str]]:
    paths = API.get_openapi_schema().paths or {}
    return [
        (method.upper(), path)
        for path, item in paths.items()
        for method in ("get", "post")
        if getattr(item, method) is not None
    ]


BODIES: dict[str, dict[str, Any]] = {
    "payments": PAYMENT,
    "returns": {
        **{name: PAYMENT[name] for name in ("external_id", "amount", "currency")},
        "returned_on": "2026-11-28",
        "code": "R01",
        "reason": "So.",
    },
    "assignment": {"external_id": "W-1", "account": "alder", "why": "So."},
    "dismissal": {"external_id": "W-1", "why": "So."},
    "refunds": {"refund": "r", "method": "wire", "why": "So."},
    "promises": {"until": "2026-12-10", "why": "So."},
    "disputes": {"until": "2026-12-10", "why": "So."},
    "end": {"how": "withdrawn", "why": "So."},
    "acknowledgement": {"consumer": "shop", "entitlement_version": 0},
}


@pytest.mark.parametrize(("method", "path"), routes())
def test_no_route_answers_a_request_that_names_no_principal(
    desk: Desk, method: str, path: str
) -> None:
    """Also when API Gateway's authorizer were taken away by mistake."""
    filled = path.format(provider="lantern", account="alder", pause="promise-1")
    body = BODIES[path.rsplit("/", 1)[-1]] if method == "POST" else None
    query = {"what": "buy"}
    answer = call(API, method, filled, body, principal=None, query=query, ports=desk.ports)
    assert (answer.status, answer.codes) == (403, ["not-signed"])
    assert not desk.ports.payments.records


def test_an_unknown_error_is_not_answered_but_raised(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """API Gateway then says "Internal Server Error", and the function's error is counted."""

    def broken(*_: object) -> Any:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(dunning_context, "policy_in_force", broken)
    with pytest.raises(RuntimeError):
        get(desk, ALDER)


def test_amounts_in_answers_are_text_too(desk: Desk) -> None:
    book(desk)
    amount = get(desk, ALDER).json["balance"]
    assert isinstance(amount, str)
    assert Decimal(amount) == Decimal(-120)
