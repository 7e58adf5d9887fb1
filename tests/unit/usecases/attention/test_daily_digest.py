"""The daily digest: once a day, only when something needs a person, to whom the policy says."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from msp_billing.domain.attention import MAX_IN_DIGEST
from msp_billing.domain.cycles import CycleState
from msp_billing.domain.digest_policy import DigestPolicy
from msp_billing.domain.outbox import MailState
from msp_billing.usecases.attention.digest import (
    DigestRequest,
    DigestResult,
    digest_mail_id,
    digest_of,
    send_digest,
)
from msp_billing.usecases.attention.looking import needs_a_person
from msp_billing.usecases.errors import MailOutcomeUnknownError, MailRefusedForNowError
from tests.end_to_end.small_provider import Provider, birch
from tests.unit.usecases.attention.desk import open_cycle, ports_at, utc

FAILED_AT = "2026-09-02T12:00:00"


def with_digest(**changes: Any) -> Provider:
    return birch().with_policy(digest=DigestPolicy(**changes))


def failing(provider: Provider | None = None, now: str = FAILED_AT) -> Any:
    """Birch on the day after its September failed."""
    ports = ports_at(now, provider)
    open_cycle(ports, state=CycleState.FAILED, failure="SealBrokenError: other bytes")
    return ports


def send(ports: Any) -> DigestResult:
    return send_digest(ports, DigestRequest(provider="birch", scheduled_at=ports.clock.now()))


def words(ports: Any) -> str:
    """The text of the last digest that was made."""
    found = needs_a_person(ports, "birch")
    on = ports.clock.now().date()
    told = digest_of("birch", on, found)
    in_force = ports.policies.policy("birch", ports.policies.current("birch").policy_version)
    raw = ports.composer.digest_mail(
        told, in_force, ("a@b.example",), digest_mail_id("birch", on), utc(FAILED_AT)
    )
    message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_a_day_on_which_something_needs_a_person_has_one_mail() -> None:
    ports = failing()
    assert send(ports).by_kind == {"cycle-failed": 1}
    assert send(ports).sent
    (mail,) = ports.mailer.sent
    assert (mail.id.kind, mail.recipients) == ("digest", ("clerk@birch.example",))
    ports.clock.pass_days(1)
    send(ports)
    assert [entry.id.part for entry in ports.mailer.sent] == ["day-02", "day-03"]


def test_it_says_what_to_do_and_with_which_command() -> None:
    told = words(failing())
    assert "1 THING NEEDS YOU" in told
    assert "A RUN HAS STOPPED" in told
    assert "It stopped: other bytes (SealBrokenError)." in " ".join(told.split())
    command = "  mspbill cycle redrive managed 2026-09 --provider birch --stack STACK"
    assert command in told.splitlines(), "whole, in one line: it is copied"


def test_a_day_on_which_nothing_needs_a_person_has_none() -> None:
    ports = ports_at("2026-08-20T12:00:00")
    result = send(ports)
    assert (result.entries, result.sent) == (0, False)
    assert ports.mailer.sent == []


@pytest.mark.parametrize(("day", "sent"), [("2026-08-17", True), ("2026-08-18", False)])
def test_a_policy_may_want_to_hear_once_a_week_that_all_is_well(day: str, sent: bool) -> None:
    ports = ports_at(f"{day}T12:00:00", with_digest(all_clear_on="monday"))
    assert send(ports).sent is sent
    assert len(ports.mailer.sent) == int(sent)
    assert "NOTHING NEEDS YOU" in words(ports)


def test_a_policy_may_name_who_gets_it_or_switch_it_off() -> None:
    ports = failing(with_digest(recipients=("ops@birch.example", "boss@birch.example")))
    send(ports)
    assert ports.mailer.sent[0].recipients == ("ops@birch.example", "boss@birch.example")
    ports = failing(with_digest(enabled=False))
    assert send(ports).sent is False


def test_the_day_is_that_of_the_schedule_in_the_providers_zone() -> None:
    """docs/faults.md 7: the function may run late, on another day."""
    ports = failing()
    ports.clock.move_to(utc("2026-09-03T05:30:00"))  # 0:30 in Chicago, on the 3rd
    request = DigestRequest(provider="birch", scheduled_at=utc(FAILED_AT))
    assert str(send_digest(ports, request).on) == "2026-09-02"


def test_what_ses_refuses_for_now_is_tried_again_and_sent_once() -> None:
    """docs/faults.md 10."""
    ports = failing()
    ports.mailer.errors.append(MailRefusedForNowError("slow down"))
    with pytest.raises(MailRefusedForNowError):
        send(ports)
    assert send(ports).sent
    assert len(ports.mailer.sent) == 1


def test_a_digest_whose_answer_was_lost_is_not_sent_again() -> None:
    """docs/faults.md 9."""
    ports = failing()
    ports.mailer.errors.append(MailOutcomeUnknownError("no answer"))
    send(ports)
    send(ports)
    assert ports.mailer.sent == []
    (mail,) = (m for m in ports.outbox.mails.values() if m.id.kind == "digest")
    assert mail.state is MailState.UNKNOWN


def test_a_long_list_is_cut_and_says_so() -> None:
    ports = failing()
    (entry,) = needs_a_person(ports, "birch")
    found = tuple(
        entry.model_copy(update={"since_at": utc(FAILED_AT) + timedelta(minutes=number)})
        for number in range(MAX_IN_DIGEST + 3)
    )
    told = digest_of("birch", utc(FAILED_AT).date(), found)
    assert (len(told.entries), told.more, told.count) == (40, 3, 43)
