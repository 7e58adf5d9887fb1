"""Every letter that was handed to SES is sealed as it was, once; nothing else is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from msp_billing.usecases.dunning.kept_letters import kept_letter_key
from msp_billing.usecases.errors import (
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


def kept(followed: Followed) -> list[bytes]:
    return [
        content
        for key, content in sorted(followed.ports.records.objects.items())
        if key.startswith(f"kr-group/dunning/letters/{ACCOUNT}/")
    ]


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
