"""Sending by SES, counting when SES takes no mail at all: that stops everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msp_billing.adapters.ses_mailer import SesMailer
from msp_billing.observing import Measure, count, quietly
from msp_billing.usecases.errors import MailRefusedForNowError, MailSetupError

if TYPE_CHECKING:
    from msp_billing.domain.outbox import OutboxMail
    from msp_billing.domain.sending import SendingAllowance

_PAUSED = ("SendingPausedException", "AccountSuspendedException")


class CountedMailer(SesMailer):
    """SES; counts refusals that are about the account, and how much of the day's quota is used."""

    def send(self, raw: bytes, sender: str, mail: OutboxMail) -> str:
        """See the mailer."""
        try:
            return super().send(raw, sender, mail)
        except MailRefusedForNowError as error:
            name = "SesPaused" if str(error).startswith(_PAUSED) else "SesThrottled"
            count(Measure(name, provider=mail.id.provider))
            raise
        except MailSetupError:
            count(Measure("SesNotSetUp", provider=mail.id.provider))
            raise

    def allowance(self) -> SendingAllowance:
        """See the mailer."""
        try:
            allowed = super().allowance()
        except MailSetupError:
            count(Measure("SesNotSetUp"))
            raise
        with quietly():
            count(Measure("SesPaused", 0 if allowed.is_enabled else 1))
            if allowed.per_day:
                used = 100 * allowed.sent_today // allowed.per_day
                count(Measure("SesQuotaUsed", used, unit="Percent"))
        return allowed
