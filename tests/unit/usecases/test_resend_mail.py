"""A person sends a mail again, or says what became of one of which nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from msp_billing.domain.outbox import MailId, MailState
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.mailing.resend_mail import (
    ResendRequest,
    SettleRequest,
    resend_mail,
    settle_mail,
)
from tests.unit.usecases.mail_desk import BOOKS, BOSS, INVOICE, PDF, MailDesk, event


def resend(desk: MailDesk, document: str = str(INVOICE), *to: str) -> Any:
    request = ResendRequest(
        provider="birch",
        document=document,
        recipients=to,
        why="they lost it",
        requested_by="dana",
    )
    return resend_mail(desk.ports, request)


def settle(desk: MailDesk, settled_as: Any, document: str = str(INVOICE)) -> Any:
    request = SettleRequest(
        provider="birch",
        document=document,
        settled_as=settled_as,
        why="asked them",
        settled_by="dana",
    )
    return settle_mail(desk.ports, request)


def codes(refused: pytest.ExceptionInfo[ProblemsError]) -> list[str]:
    return [problem.code for problem in refused.value.problems]


def test_a_mail_is_sent_again_with_the_same_documents_and_the_reason_is_kept() -> None:
    desk = MailDesk(state=MailState.DELIVERED)
    copy = resend(desk)
    assert (copy.id.part, copy.recipients, copy.attachments) == ("all-copy-2", (BOOKS,), (PDF,))
    assert (copy.note, copy.requested_by) == ("sent again: they lost it", "dana")
    assert list(desk.ports.outbox.queued("birch")) == [copy.id]
    assert desk.ports.bus.of_type("MailQueued") == [{"provider": "birch"}]
    desk.send_queue()
    third = resend(desk, str(copy.id), "new@cedar.example", "New@cedar.example")
    assert (third.id.part, third.recipients) == ("all-copy-3", ("new@cedar.example",))
    assert third.original == INVOICE


def test_without_recipients_it_goes_to_everybody_who_is_not_flagged() -> None:
    desk = MailDesk()
    desk.hear(event("bounced", BOOKS))
    desk.send_queue()
    assert resend(desk).recipients == (BOSS,)


@pytest.mark.parametrize("document", ["BI-000099", "birch/managed/2026-09/elm/all/invoice", "a/b"])
def test_an_unknown_mail_is_refused(document: str) -> None:
    with pytest.raises(ProblemsError) as refused:
        resend(MailDesk(), document)
    assert codes(refused) == ["unknown-mail"]


def test_another_providers_mail_is_unknown() -> None:
    other = INVOICE.model_copy(update={"provider": "elm"})
    with pytest.raises(ProblemsError) as refused:
        resend(MailDesk(), str(other))
    assert codes(refused) == ["unknown-mail"]


def test_every_problem_is_told_at_once() -> None:
    desk = MailDesk()
    desk.hear(event("bounced", BOOKS))
    with pytest.raises(ProblemsError) as refused:
        resend(desk, str(INVOICE), BOOKS)
    assert codes(refused) == ["under-way", "flagged"], "a copy is about to go out to the next"


def test_a_mail_whose_document_was_never_made_is_refused() -> None:
    desk = MailDesk(state=MailState.REJECTED)
    bare = desk.mail.model_copy(update={"attachments": (), "note": "no ink"})
    desk.ports.outbox.mails[INVOICE] = bare
    with pytest.raises(ProblemsError, match="no ink") as refused:
        resend(desk)
    assert codes(refused) == ["never-rendered"]


def test_a_letter_of_a_case_is_not_sent_again() -> None:
    desk = MailDesk()
    letter = INVOICE.model_copy(update={"kind": "dunning"})
    desk.ports.outbox.put(desk.mail.model_copy(update={"id": letter}))
    with pytest.raises(ProblemsError) as refused:
        resend(desk, str(letter))
    assert codes(refused) == ["not-a-document"]


def test_an_unknown_mail_is_settled_before_it_is_sent_again() -> None:
    """docs/faults.md 9: never sent again blindly."""
    desk = MailDesk(state=MailState.UNKNOWN)
    with pytest.raises(ProblemsError, match="mspbill outbox settle") as refused:
        resend(desk)
    assert codes(refused) == ["unsettled"]
    settled = settle(desk, "not-sent")
    assert settled.state is MailState.REJECTED
    assert desk.mail.note == "settled as not sent by dana: asked them"
    assert resend(desk).id.part == "all-copy-2"


def test_a_mail_that_was_settled_as_sent_takes_its_events_all_the_same() -> None:
    desk = MailDesk(state=MailState.UNKNOWN)
    assert settle(desk, "sent").state is MailState.SENT
    assert desk.hear(event("delivered")).state is MailState.DELIVERED


def test_only_an_unknown_mail_is_settled() -> None:
    desk = MailDesk(state=MailState.DELIVERED)
    with pytest.raises(ProblemsError, match="it is delivered") as refused:
        settle(desk, "sent")
    assert codes(refused) == ["not-unknown"]
    with pytest.raises(ProblemsError) as unknown:
        settle(desk, "sent", "BI-000099")
    assert codes(unknown) == ["unknown-mail"]


def test_a_mail_is_named_as_it_is_listed() -> None:
    assert MailId.parse(str(INVOICE)) == INVOICE
    with pytest.raises(ValueError, match="6 parts"):
        MailId.parse("birch/managed")
