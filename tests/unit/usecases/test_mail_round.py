"""A worker's round: at SES's pace, within the day's quota, and over before its time is up."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from msp_billing.domain.sending import SendingAllowance
from msp_billing.usecases.errors import MailRefusedForNowError, MailSetupError
from msp_billing.usecases.mailing.mail_round import MailRound
from tests.fakes.outside import FakeClock, FakeMailer, FakePauses

START = datetime(2026, 9, 2, 14, tzinfo=UTC)


def desk(**allowed: Any) -> Any:
    clock = FakeClock(START)
    mailer = FakeMailer(allowed=SendingAllowance(**{"per_second": Fraction(14), **allowed}))
    return SimpleNamespace(clock=clock, pauses=FakePauses(clock), mailer=mailer)


def admitted(sending: MailRound, ports: Any, mails: int, recipients: int = 1) -> list[datetime]:
    """When each mail that may go goes."""
    return [ports.clock.now() for _ in range(mails) if sending.admits(recipients)]


def test_a_batch_goes_out_at_the_workers_share_of_the_rate() -> None:
    """docs/faults.md 10 and 17: SES is asked once, and no second has more than its share."""
    ports = desk()
    times = admitted(MailRound(ports, 2, None), ports, 50)
    assert len(times) == 50
    for begins in times:
        assert sum(begins <= at < begins + timedelta(seconds=1) for at in times) <= 7
    assert times[-1] - START == pytest.approx(timedelta(seconds=7), abs=timedelta(seconds=0.1))
    assert ports.mailer.asked == 1


def test_a_call_ends_before_its_time_is_up_and_says_so() -> None:
    ports = desk(per_second=Fraction(1))
    sending = MailRound(ports, 1, 90_000)
    times = admitted(sending, ports, 50)
    assert times == [START + timedelta(seconds=n) for n in range(30)], "a minute is kept back"
    assert sending.over == "the time of this call was up"


def test_a_clock_that_stands_still_is_reckoned_with() -> None:
    """In the local cloud nothing sleeps; a round is over after as many mails all the same."""
    ports = desk(per_second=Fraction(1))
    ports.pauses = SimpleNamespace(wait=lambda pause: None)
    sending = MailRound(ports, 1, 90_000)
    assert len(admitted(sending, ports, 50)) == 30
    assert ports.clock.now() == START


def test_what_does_not_fit_into_the_days_quota_is_left() -> None:
    """docs/faults.md 11: each worker keeps to its share of what is left."""
    ports = desk(per_day=200, sent_today=180)
    sending = MailRound(ports, 2, None)
    assert len(admitted(sending, ports, 8, recipients=3)) == 3
    assert sending.over == "the day's quota of SES is nearly used up"


@pytest.mark.parametrize(
    ("allowed", "why"),
    [
        (
            SendingAllowance(per_second=Fraction(1), is_enabled=False),
            "SES has switched sending off for the account",
        ),
        (MailRefusedForNowError("SES did not tell its quota"), "SES did not tell its quota"),
    ],
)
def test_nothing_is_sent_while_ses_does_not_allow_it(
    allowed: SendingAllowance | Exception, why: str
) -> None:
    """docs/faults.md 11."""
    ports = desk()
    ports.mailer.allowed = allowed
    sending = MailRound(ports, 2, None)
    assert Counter(sending.admits(1) for _ in range(3)) == {False: 3}
    assert (sending.over, ports.mailer.asked) == (why, 1)


def test_a_quota_that_may_not_be_asked_for_stops_the_run() -> None:
    ports = desk()
    ports.mailer.allowed = MailSetupError("AccessDenied")
    with pytest.raises(MailSetupError):
        MailRound(ports, 2, None).admits(1)
