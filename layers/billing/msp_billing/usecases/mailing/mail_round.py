"""One worker's round of mails: it asks SES once what the account may send, and keeps to it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msp_billing.domain.sending import TokenBucket
from msp_billing.usecases.errors import MailRefusedForNowError

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Ports

_LAST_ATTEMPT = timedelta(seconds=60)
"""Kept back for the attempt under way: making a mail, SES's 23 seconds, and storing its fate."""


class MailRound:
    """Lets mails go at the pace that SES allows, until the round is over.

    Args:
        workers: how many send at the same time, so that each takes its share of the rate.
        remaining_ms: how long this call may still take; None: as long as it needs.
    """

    def __init__(self, ports: Ports, workers: int, remaining_ms: int | None) -> None:
        self._ports = ports
        self._workers = workers
        self._stop_at: datetime | None = None
        if remaining_ms is not None:
            left = timedelta(milliseconds=remaining_ms) - _LAST_ATTEMPT
            self._stop_at = ports.clock.now() + left
        self._bucket: TokenBucket | None = None
        self._left_today: int | None = None
        self.over = ""
        """Why nothing more is sent in this round; empty while it goes on."""

    def admits(self, recipients: int) -> bool:
        """Wait until a mail to so many may go; False when the round is over, and ``over`` says why.

        Raises:
            MailSetupError: when SES may not be asked what it allows.
        """
        if not self.over and self._bucket is None:
            self._ask()
        if self.over:
            return False
        if self._left_today is not None and recipients > self._left_today:
            self.end("the day's quota of SES is nearly used up")
            return False
        assert self._bucket is not None, "SES has said what it allows"
        pause = self._bucket.take(recipients, self._ports.clock.now())
        if self._stop_at is not None and self._bucket.now >= self._stop_at:
            self.end("the time of this call was up")
            return False
        if pause:
            self._ports.pauses.wait(pause)
        if self._left_today is not None:
            self._left_today -= recipients
        return True

    def end(self, why: str) -> None:
        """Send nothing more: the others would be refused as well."""
        self.over = self.over or why

    def _ask(self) -> None:
        try:
            allowed = self._ports.mailer.allowance()
        except MailRefusedForNowError as error:
            self.end(str(error))
            return
        if not allowed.is_enabled:
            self.end("SES has switched sending off for the account")
            return
        now = self._ports.clock.now()
        self._bucket = TokenBucket(allowed.per_second, self._workers, now)
        self._left_today = allowed.left_today(self._workers)
