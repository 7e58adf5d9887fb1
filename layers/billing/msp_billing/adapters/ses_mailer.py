"""Sending by SES, in exactly one attempt."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)

from msp_billing.domain.sending import SendingAllowance
from msp_billing.usecases.errors import (
    MailOutcomeUnknownError,
    MailRefusedForNowError,
    MailRejectedError,
    MailSetupError,
)

if TYPE_CHECKING:
    from msp_billing.domain.outbox import OutboxMail

_FOR_NOW = {
    "TooManyRequestsException",
    "ThrottlingException",
    "Throttling",
    "LimitExceededException",
    "SendingPausedException",
    "AccountSuspendedException",
    "ServiceUnavailable",
}
_ABOUT_THIS_MAIL = {"MessageRejected", "BadRequestException", "InvalidParameterValue"}
_NOT_ALLOWED = {"AccessDeniedException", "AccessDenied", "UnrecognizedClientException"}
_SERVER_ERROR = 500
_SLOWEST = Fraction(1, 10)


class SesMailer:
    """SES v2 with Raw content. The client must be made with one attempt in all.

    SES has no idempotency key, and a lost answer makes botocore's default client send up to five
    times; the one attempt and the outbox's claim prevent that (docs/adr/0005-outbox.md).

    Args:
        asking: a client that repeats what it asks; nothing is ever sent with it.
    """

    def __init__(self, client: Any, configuration_set: str, asking: Any = None) -> None:
        retries = client.meta.config.retries or {}
        if retries.get("total_max_attempts") != 1:
            raise ValueError("the SES client must have total_max_attempts=1")
        self._client = client
        self._asking = asking or client
        self._configuration_set = configuration_set

    def send(self, raw: bytes, sender: str, mail: OutboxMail) -> str:
        """Hand a mail to SES in one attempt; returns its message id.

        Raises:
            MailRefusedForNowError: not taken (throttled, paused, quota, no connection); may be
                tried later.
            MailRejectedError: not taken, and never will be as it stands.
            MailSetupError: not taken, and nor would any other be until the set-up is mended.
            MailOutcomeUnknownError: no answer: perhaps taken.
        """
        try:
            answer = self._client.send_email(
                FromEmailAddress=sender,
                Destination={"ToAddresses": list(mail.recipients)},
                Content={"Raw": {"Data": raw}},
                ConfigurationSetName=self._configuration_set,
                EmailTags=tags(mail),
            )
        except ClientError as error:
            raise _translated(error) from error
        except (ConnectTimeoutError, EndpointConnectionError) as error:
            # Without a connection no byte of the mail has left (docs/faults.md, 8).
            raise MailRefusedForNowError(f"no connection to SES: {error}") from error
        except BotoCoreError as error:
            raise MailOutcomeUnknownError(f"no answer from SES: {error}") from error
        return str(answer["MessageId"])

    def allowance(self) -> SendingAllowance:
        """How much SES lets the account send (GetAccount), and has let it in the last 24 hours.

        Raises:
            MailRefusedForNowError: when SES does not say.
            MailSetupError: when it may not be asked.
        """
        try:
            answer = self._asking.get_account()
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_ALLOWED:
                raise MailSetupError(f"SES may not be asked for its quota: {error}") from error
            raise MailRefusedForNowError(f"SES did not tell its quota: {error}") from error
        except BotoCoreError as error:
            raise MailRefusedForNowError(f"SES did not tell its quota: {error}") from error
        quota = answer.get("SendQuota", {})
        per_day = quota.get("Max24HourSend", 0)
        return SendingAllowance(
            # By way of its digits: SES tells whole and half recipients, not binary fractions.
            per_second=max(Fraction(str(quota.get("MaxSendRate", 1))), _SLOWEST),
            per_day=None if per_day < 0 else int(per_day),
            sent_today=int(quota.get("SentLast24Hours", 0)),
            is_enabled=bool(answer.get("SendingEnabled", True)),
            in_production=bool(answer.get("ProductionAccessEnabled", True)),
        )

    def allow_again(self, address: str) -> bool:
        """Take an address off the account's suppression list; False when it was not on it."""
        try:
            self._asking.delete_suppressed_destination(EmailAddress=address)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NotFoundException":
                return False
            raise
        return True


def _translated(error: ClientError) -> Exception:
    code = error.response["Error"]["Code"]
    message = f"{code}: {error.response['Error'].get('Message', '')}"
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _FOR_NOW:
        return MailRefusedForNowError(message)
    if status >= _SERVER_ERROR:
        return MailOutcomeUnknownError(message)
    # SES says so of a sender that was never verified, and of everybody while it is in its sandbox,
    # with the same code as of a mail that it dislikes; only the text tells them apart.
    if code == "MessageRejected" and "not verified" in message:
        return MailSetupError(message)
    if code in _ABOUT_THIS_MAIL:
        return MailRejectedError(message)
    return MailSetupError(message)


def tags(mail: OutboxMail) -> list[dict[str, str]]:
    """The tags by which an event finds its mail; SES allows only ``[A-Za-z0-9_-]`` in them."""
    return [
        {"Name": "provider", "Value": mail.id.provider},
        {"Name": "run", "Value": mail.id.run},
        {"Name": "period", "Value": str(mail.id.period)},
        {"Name": "account", "Value": mail.id.account},
        {"Name": "part", "Value": mail.id.part},
        {"Name": "kind", "Value": mail.id.kind},
    ]
