"""Every letter that was handed to SES is sealed as it was, once; nothing else is."""

from __future__ import annotations

import logging
from datetime import date
from email import message_from_bytes, policy
from typing import Any

import pytest

from msp_billing.usecases.dunning.kept_letters import kept_letter_key, letter_document_key
from msp_billing.usecases.errors import (
    DocumentError,
    MailOutcomeUnknownError,
    MailRefusedForNowError,
)
from tests.mspbill.followed_account import Followed

ACCOUNT = "white-pine-credit-union"


@pytest.fixture
def followed() -> Followed:
    found = Followed("kr-group", ACCOUNT, date(2026, 10, 30))
    found.invoice("KRG-000012", date(2026, 10, 15), date(2026, 10, 30), "3150.00")
    return found


def handed_over(followed: Followed) -> list[bytes]:
    """Keeps what SES is given from now on."""
    given: list[bytes] = []
    send = followed.ports.mailer.send

    def keeping(raw: bytes, sender: str, mail: Any) -> str:
        given.append(raw)
        return str(send(raw, sender, mail))

    followed.ports.mailer.send = keeping
    return given


def kept(followed: Followed, ending: str = "eml") -> list[bytes]:
    return [
        content
        for key, content in sorted(followed.ports.records.objects.items())
        if key.startswith(f"kr-group/dunning/letters/{ACCOUNT}/") and key.endswith(ending)
    ]


def attached(raw: bytes) -> list[bytes]:
    message = message_from_bytes(raw, policy=policy.default)
    return [part.get_content() for part in message.iter_attachments()]


@pytest.mark.rule("DUN-09")
def test_a_letter_is_sealed_as_it_was_handed_to_ses(followed: Followed) -> None:
    given = handed_over(followed)
    followed.days(3)
    (attempt,) = followed.standing.case.steps[0].attempts  # type: ignore[union-attr]
    assert followed.ports.records.find(kept_letter_key(attempt.mail)) == given[0]
    assert kept(followed) == given


def test_a_letter_that_ses_did_not_take_for_now_is_sealed_when_it_goes_out(
    followed: Followed,
) -> None:
    given = handed_over(followed)
    followed.ports.mailer.errors = [MailRefusedForNowError("throttled")]
    followed.days(3)
    followed.days(1)
    assert kept(followed) == given[1:]  # the one that was refused reached nobody


def test_a_letter_of_which_nobody_knows_whether_it_went_out_is_sealed_too(
    followed: Followed,
) -> None:
    given = handed_over(followed)
    followed.ports.mailer.errors = [MailOutcomeUnknownError("the answer was lost")]
    followed.days(3)
    assert kept(followed) == given[:1]


@pytest.mark.rule("DUN-09")
def test_the_letter_s_document_is_sealed_with_the_bytes_that_were_attached(
    followed: Followed,
) -> None:
    given = handed_over(followed)
    followed.days(3)
    (attempt,) = followed.standing.case.steps[0].attempts  # type: ignore[union-attr]
    sealed = followed.ports.records.find(letter_document_key(attempt.mail))
    assert attached(given[0]) == [sealed]
    assert sealed.startswith(b"%PDF kr-group")


def test_a_letter_that_cannot_be_made_keeps_no_mail_back(
    followed: Followed, caplog: pytest.LogCaptureFixture
) -> None:
    given = handed_over(followed)
    followed.ports.renderer.errors = [DocumentError("no such font")]
    with caplog.at_level(logging.ERROR):
        followed.days(3)
    assert attached(given[0]) == []
    assert b"KRG-000012" in given[0]  # the mail says what the letter would have said
    assert kept(followed) == given
    assert kept(followed, "pdf") == []
    assert "goes out without its PDF" in caplog.text
    assert "no such font" in caplog.text
