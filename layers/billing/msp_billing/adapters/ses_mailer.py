"""Sending by SES, in exactly one attempt."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
)

from msp_billing.domain.outbox import OutboxMail
from msp_billing.usecases.errors import (
    MailOutcomeUnknownError,
    MailRefusedForNowError,
    MailRejectedError,
    MailSetupError,
)

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
_SERVER_ERROR = 500


class SesMailer:
    """SES v2 with Raw content. The client must be made with one attempt in all.

    SES has no idempotency key, and a lost answer makes botocore's default client send up to five
    times; the one attempt and the outbox's claim prevent that (docs/adr/0005-outbox.md).
    """

    def __init__(self, client: Any, configuration_set: str) -> None:
        retries = client.meta.config.retries or {}
        if retries.get("total_max_attempts") != 1:
            raise ValueError("the SES client must have total_max_attempts=1")
        self._client = client
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
