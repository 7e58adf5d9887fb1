"""The pace of mails: never more in any second than SES allows the account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.domain.sending import SendingAllowance, TokenBucket

START = datetime(2026, 9, 2, 14, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def sent_at(
    rate: Fraction, workers: int, begins: datetime, recipients: list[int], work: timedelta
) -> list[tuple[datetime, int]]:
    """When a worker's mails go, and to how many: each takes some time to make."""
    bucket = TokenBucket(rate, workers, begins)
    now, sent = begins, []
    for count in recipients:
        now += bucket.take(count, now)
        sent.append((now, count))
        now += work
    return sent


def most_in_a_second(sent: list[tuple[datetime, int]]) -> int:
    return max(sum(n for at, n in sent if start <= at < start + SECOND) for start, _ in sent)


@given(
    rate=st.integers(1, 60),
    workers=st.integers(1, 4),
    starts=st.lists(st.integers(0, 3_000_000), min_size=4, max_size=4),
    work=st.integers(0, 400_000),
)
def test_no_second_has_more_mails_than_the_rate(
    rate: int, workers: int, starts: list[int], work: int
) -> None:
    """docs/faults.md 10: whenever the workers begin, and however fast they are."""
    workers = min(workers, rate)
    sent = [
        entry
        for begins in starts[:workers]
        for entry in sent_at(
            Fraction(rate),
            workers,
            START + timedelta(microseconds=begins),
            [1] * 80,
            timedelta(microseconds=work),
        )
    ]
    assert most_in_a_second(sent) <= rate


def test_a_worker_uses_its_whole_share() -> None:
    """14 a second by two workers: 70 mails each take the nine seconds and six sevenths between."""
    sent = sent_at(Fraction(14), 2, START, [1] * 70, timedelta())
    assert sent[-1][0] - START == pytest.approx(timedelta(seconds=69 / 7), abs=timedelta(seconds=1))
    assert most_in_a_second(sent) == 7


def test_recipients_are_counted_and_not_mails() -> None:
    """A mail to 21 people uses three seconds of seven a second."""
    (first, second) = sent_at(Fraction(7), 1, START, [21, 1], timedelta())
    assert second[0] - first[0] == timedelta(seconds=3)


def test_nothing_is_saved_up_while_nobody_sends() -> None:
    bucket = TokenBucket(Fraction(2), 1, START)
    assert bucket.take(1, START) == timedelta()
    later = START + timedelta(minutes=5)
    assert bucket.take(1, later) == timedelta()
    assert bucket.take(1, later) == timedelta(seconds=0.5)


def test_the_sandbox_is_shared_out_by_the_average() -> None:
    """One mail a second, two workers: each sends one in two seconds."""
    sent = sent_at(Fraction(1), 2, START, [1, 1, 1], timedelta())
    assert [at - START for at, _ in sent] == [timedelta(), 2 * SECOND, 4 * SECOND]


@pytest.mark.parametrize(
    ("per_day", "sent_today", "left"), [(200, 190, 5), (200, 250, 0), (None, 9_000, None)]
)
def test_each_worker_has_its_share_of_what_is_left_of_the_day(
    per_day: int | None, sent_today: int, left: int | None
) -> None:
    allowed = SendingAllowance(per_second=Fraction(1), per_day=per_day, sent_today=sent_today)
    assert allowed.left_today(2) == left
