"""How many mails may go out: what SES allows the account, and a bucket of tokens to keep to it.

SES counts recipients, not mails: one mail to three people uses three.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from pydantic import Field

from msp_billing.domain.base import Frozen


class SendingAllowance(Frozen):
    """What SES allows the account now."""

    per_second: Fraction = Field(gt=0, description="Recipients per second.")
    per_day: int | None = Field(default=None, ge=0, description="None: without a limit.")
    sent_today: int = Field(default=0, ge=0, description="In the last 24 hours.")
    is_enabled: bool = Field(default=True, description="False: SES has paused the account.")
    in_production: bool = Field(
        default=True, description="False: in the sandbox, which sends to verified addresses only."
    )

    def left_today(self, workers: int) -> int | None:
        """How many recipients one of so many workers may still mail today; None: any number.

        Each worker keeps to its share of what was left when it asked.
        """
        if self.per_day is None:
            return None
        return max(self.per_day - self.sent_today, 0) // workers


class TokenBucket:
    """Says how long to wait before so many recipients may be mailed.

    It holds one token: nothing is saved up while nobody sends, so that no second has more than its
    rate. A worker's rate is a whole number of recipients per second, so that the workers together
    keep to the account's rate in every second; an account that allows fewer per second than it has
    workers (the sandbox) is shared out by the average.

    Args:
        per_second: of the whole account.
        workers: how many share it.
        now: when it begins; the first token is there.
    """

    def __init__(self, per_second: Fraction, workers: int, now: datetime) -> None:
        share = per_second / workers
        self._seconds_each = 1 / (Fraction(int(share)) if share >= 1 else share)
        self._next_at = now
        self._now = now

    @property
    def now(self) -> datetime:
        """The time by the clock and by what was waited, whichever is later."""
        return self._now

    def take(self, recipients: int, now: datetime) -> timedelta:
        """Take tokens for a mail; returns how long to wait before it is sent.

        A mail to several is sent at once, and what it used is waited for afterwards.
        """
        self._now = max(self._now, now)
        pause = max(self._next_at - self._now, timedelta())
        self._now += pause
        micros = self._seconds_each * recipients * 1_000_000
        # Up, never down: a pause that is a microsecond short may put one mail too many in a second.
        self._next_at = self._now + timedelta(
            microseconds=-(-micros.numerator // micros.denominator)
        )
        return pause
