"""At most one mail per invoice and kind, whatever SES, DynamoDB and Lambda do meanwhile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local_cloud import MailBehaviour
from msp_billing.domain.cycles import CycleState
from msp_billing.domain.outbox import MailState
from msp_billing.usecases.render_invoices import mail_id
from msp_billing.usecases.stored_invoices import invoice_id
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import Stage, cycle_id

CYCLE = cycle_id()
CEDAR = mail_id(invoice_id(CYCLE, "cedar", "all"), "invoice")
BEFORE_ISSUE, AFTER_ISSUE = "2026-09-02T13:59:00", "2026-09-02T14:01:00"


@pytest.fixture
def ready(stage: Stage) -> Stage:
    """Cedar and elm, a minute before their invoices are numbered, rendered and sent."""
    stage.set_up(birch().only("cedar", "elm"))
    stage.run_until(BEFORE_ISSUE)
    return stage


def deliver(stage: Stage, **more: Any) -> Any:
    return stage.step("DeliverMailFunction", CYCLE, **stage.batch(CYCLE), kind="invoice", **more)


def stop_before_delivery(stage: Stage) -> None:
    """Number and render, as the state machine would, without sending."""
    stage.step("NumberInvoicesFunction", CYCLE)
    stage.step("RenderInvoicesFunction", CYCLE, **stage.batch(CYCLE))


def test_a_lost_answer_is_never_sent_again_and_the_event_settles_it(ready: Stage) -> None:
    """docs/faults.md 9 and 14: SES took the mail, nobody knows, its delivery event tells."""
    ready.cloud.lose_answer("sesv2", "SendEmail")
    stop_before_delivery(ready)
    result = deliver(ready)
    assert (result["sent"], result["unknown"], result["left"]) == (1, 1, 0)
    assert ready.mail_states(CYCLE) == {"cedar": "unknown", "elm": "sent"}
    assert deliver(ready)["unknown"] == 1
    assert len(ready.sent()) == 2
    ready.run_until("2026-09-03T00:00:00")
    assert ready.mail_states(CYCLE) == {"cedar": "delivered", "elm": "delivered"}
    assert ready.cycle(CYCLE).state is CycleState.CLOSED
    ready.assert_promises(CYCLE)


def test_an_unknown_mail_without_an_event_stays_unknown_and_is_reported(ready: Stage) -> None:
    """docs/faults.md 9: a person settles it; the summary says how many there are."""
    ready.cloud.mail_behaviour = lambda _: "silent"
    ready.cloud.lose_answer("sesv2", "SendEmail")
    ready.run_until("2026-09-05T00:00:00")
    assert ready.mail_states(CYCLE)["cedar"] == "unknown"
    assert ready.cycle(CYCLE).summary["mails_unknown"] == 1
    assert len(ready.sent()) == 2


def test_a_request_that_never_arrived_is_tried_again(ready: Stage) -> None:
    """docs/faults.md 8: no connection was made, so that SES cannot have the mail."""
    ready.cloud.lose_request("sesv2", "SendEmail")
    ready.run_until("2026-09-03T00:00:00")
    assert ready.mail_states(CYCLE) == {"cedar": "delivered", "elm": "delivered"}
    ready.assert_promises(CYCLE)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("TooManyRequestsException", 429),
        ("LimitExceededException", 400),
        ("SendingPausedException", 400),
    ],
)
def test_a_throttled_mail_goes_back_and_the_map_comes_again(
    ready: Stage, code: str, status: int
) -> None:
    """docs/faults.md 10 and 11."""
    ready.cloud.fail_with("sesv2", "SendEmail", code, times=2, status=status)
    ready.run_until(AFTER_ISSUE)
    assert ready.mail_states(CYCLE) == {"cedar": "ready", "elm": "ready"}
    ready.run_until("2026-09-02T14:12:00")
    accepted = {mail.accepted_at for mail in ready.sent()}
    assert len(accepted) == 1
    assert min(accepted) >= ready.cycle(CYCLE).plan.issue_at + timedelta(minutes=10)
    assert ready.cycle(CYCLE).state is CycleState.CLOSED
    ready.assert_promises(CYCLE)


def test_a_rejected_mail_is_kept_as_rejected_and_the_others_go_out(ready: Stage) -> None:
    ready.cloud.fail_with("sesv2", "SendEmail", "MessageRejected")
    ready.run_until("2026-09-03T00:00:00")
    assert ready.mail_states(CYCLE) == {"cedar": "rejected", "elm": "delivered"}
    cycle = ready.cycle(CYCLE)
    assert cycle.state is CycleState.CLOSED
    assert cycle.summary["mails_rejected"] == 1
    assert "MessageRejected" in str(ready.mails(CYCLE)["cedar/invoice"].note)


def test_a_mail_service_that_is_not_set_up_stops_the_run_and_loses_no_mail(ready: Stage) -> None:
    """Whoever mends the permissions starts the run again, and everybody gets the mail once."""
    ready.cloud.fail_with("sesv2", "SendEmail", "AccessDeniedException", status=403)
    ready.run_until("2026-09-02T15:00:00")
    cycle = ready.cycle(CYCLE)
    assert cycle.state is CycleState.FAILED
    assert cycle.error == "MailSetupError", "the reason, and not that a batch failed"
    assert "AccessDenied" in str(cycle.failure)
    assert not ready.sent()
    assert ready.mail_states(CYCLE) == {"cedar": "ready", "elm": "ready"}
    ready.start(CYCLE)
    ready.run_until("2026-09-03T00:00:00")
    assert ready.mail_states(CYCLE) == {"cedar": "delivered", "elm": "delivered"}
    ready.assert_promises(CYCLE)


@pytest.mark.parametrize("port", ["render_invoice", "invoice_mail"])
def test_one_invoice_that_cannot_be_made_does_not_hold_up_the_others(
    ready: Stage, port: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/faults.md 16: it is named in the outbox, and the summary counts it."""
    maker = type(ready.ports.renderer if port == "render_invoice" else ready.ports.composer)
    make = getattr(maker, port)

    def fail_for_cedar(self: Any, invoice: Any, *rest: Any, **more: Any) -> bytes:
        if invoice.id.account == "cedar":
            raise ValueError("no ink")
        made: bytes = make(self, invoice, *rest, **more)
        return made

    monkeypatch.setattr(maker, port, fail_for_cedar)
    ready.run_until("2026-09-03T00:00:00")
    assert ready.cycle(CYCLE).state is CycleState.CLOSED
    assert ready.mail_states(CYCLE) == {"cedar": "rejected", "elm": "delivered"}
    assert "no ink" in str(ready.mails(CYCLE)["cedar/invoice"].note)
    assert ready.cycle(CYCLE).summary["mails_rejected"] == 1


def test_a_claim_that_a_dead_lambda_left_becomes_unknown_after_its_time(ready: Stage) -> None:
    """docs/faults.md 9: nobody knows whether it had sent; a quarter of an hour ends it."""
    stop_before_delivery(ready)
    now = ready.cloud.clock.now()
    assert ready.ports.outbox.move(CEDAR, MailState.READY, MailState.SENDING, at=now)
    assert deliver(ready)["left"] == 1
    ready.cloud.clock.move_to(now + timedelta(minutes=14))
    assert deliver(ready)["left"] == 1
    ready.cloud.clock.move_to(now + timedelta(minutes=15))
    result = deliver(ready)
    assert (result["left"], result["unknown"]) == (0, 1)
    assert len(ready.sent()) == 1


def test_the_claim_is_ours_although_its_answer_was_lost(ready: Stage) -> None:
    """Botocore repeats the update and meets its own claim; the mail is sent, once."""
    stop_before_delivery(ready)
    ready.cloud.lose_answer("dynamodb", "UpdateItem")
    result = deliver(ready)
    assert (result["sent"], result["unknown"], result["left"]) == (2, 0, 0)
    assert len(ready.sent()) == 2


def test_two_workers_claim_a_mail_once(ready: Stage) -> None:
    stop_before_delivery(ready)
    now = ready.cloud.clock.now()
    claims = [
        ready.ports.outbox.move(CEDAR, MailState.READY, MailState.SENDING, at=now) for _ in range(2)
    ]
    assert claims == [True, False]


def test_storing_that_a_mail_was_sent_may_lose_its_answer(ready: Stage) -> None:
    stop_before_delivery(ready)
    # Every other update loses its answer: claims and what became of them, two mails each.
    for _ in range(4):
        ready.cloud.lose_answer("dynamodb", "UpdateItem")
    assert deliver(ready)["sent"] == 2
    assert ready.mail_states(CYCLE) == {"cedar": "sent", "elm": "sent"}
    assert len(ready.sent()) == 2


def test_a_mail_that_cannot_be_made_is_not_claimed(ready: Stage) -> None:
    """Otherwise it would end as unknown although nothing was ever handed to SES."""
    stop_before_delivery(ready)
    more = {**ready.batch(CYCLE), "kind": "invoice"}
    ready.cloud.fail_with("s3", "GetObject", "InternalError", times=5, status=500)
    assert ready.step_error("DeliverMailFunction", CYCLE, **more) == "ClientError"
    assert ready.mail_states(CYCLE) == {"cedar": "ready", "elm": "ready"}
    ready.run_until("2026-09-03T00:00:00")
    assert ready.mail_states(CYCLE) == {"cedar": "delivered", "elm": "delivered"}


def test_a_bounce_and_a_complaint_are_kept_and_the_invoice_stays_due(ready: Stage) -> None:
    """docs/faults.md 12 and 13."""
    fates: dict[str, MailBehaviour] = {
        "books@cedar.example": "bounce",
        "books@elm.example": "complain",
    }
    ready.cloud.mail_behaviour = lambda address: fates.get(address, "deliver")
    before = ready.invoices(CYCLE)
    ready.run_until("2026-09-03T00:00:00")
    assert ready.mail_states(CYCLE) == {"cedar": "bounced", "elm": "complained"}
    assert ready.mails(CYCLE)["cedar/invoice"].note == "Permanent General"
    assert {name: entry.total for name, entry in ready.invoices(CYCLE).items()} == {
        name: entry.total for name, entry in before.items()
    }
    assert ready.cycle(CYCLE).state is CycleState.CLOSED


def test_an_event_that_is_faster_than_the_answer_stands(ready: Stage) -> None:
    """docs/faults.md 14: DELIVERED is there before SENT is stored."""
    stop_before_delivery(ready)
    now = ready.cloud.clock.now()
    outbox = ready.ports.outbox
    assert outbox.move(CEDAR, MailState.READY, MailState.SENDING, at=now)
    assert outbox.move(CEDAR, MailState.SENDING, MailState.DELIVERED, at=now, message_id="m")
    assert not outbox.move(CEDAR, MailState.SENDING, MailState.SENT, at=now)
    assert ready.mail_states(CYCLE)["cedar"] == "delivered"


def test_mail_events_with_lost_answers_and_of_strangers(ready: Stage) -> None:
    """An event whose storing lost its answer is stored once; one of another system is passed."""
    ready.run_until(BEFORE_ISSUE)
    ready.run_until("2026-09-02T14:00:01")
    ready.cloud.lose_answer("dynamodb", "UpdateItem", times=2)
    ready.run_until("2026-09-02T14:01:00")
    assert ready.mail_states(CYCLE) == {"cedar": "delivered", "elm": "delivered"}
    event = {"detail": {"eventType": "Delivery", "mail": {"messageId": "x", "tags": {}}}}
    assert ready.cloud.invoke("RecordMailEventFunction", event) == {"changed": False}
    assert not ready.cloud.failed_deliveries


def test_the_approvers_are_asked_although_ses_throttles(stage: Stage) -> None:
    """docs/faults.md 10: nobody would decide about a run that nobody was asked about."""
    stage.set_up(birch(approval="person").only("cedar"))
    stage.run_until("2026-09-01T13:59:00")
    stage.cloud.fail_with("sesv2", "SendEmail", "TooManyRequestsException", 1, 429)
    stage.run_until("2026-09-01T16:00:00")
    assert len(stage.sent("approval")) == 1
    assert stage.cycle(CYCLE).state is CycleState.OPEN


def test_a_closing_that_nobody_was_told_of_is_told_later(ready: Stage) -> None:
    """The event is published again; the mail is not sent and the cycle not closed a second time."""
    ready.cloud.fail_with("events", "PutEvents", "InternalException", 5, 500)
    ready.run_until("2026-09-03T00:00:00")
    assert ready.execution("birch_managed_2026-09").status == "SUCCEEDED"
    assert ready.published("CycleClosed") == [str(CYCLE)]
    assert len(ready.sent("summary")) == 1
