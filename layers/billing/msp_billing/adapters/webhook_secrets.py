"""The secrets that payment services sign their webhooks with, out of AWS Secrets Manager.

A secret is named ``<prefix>/<provider>/<webhook>`` and holds ``{"current": ..., "previous": ...}``:
while a secret is being exchanged, the service may sign with either.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import Field, SecretStr, ValidationError

from msp_billing.domain.base import Frozen

if TYPE_CHECKING:
    from msp_billing.usecases.ports import Clock

KEPT_FOR = timedelta(minutes=1)
"""How long a secret that was read is used: a webhook that comes often costs one request a minute,
and a secret that was withdrawn is good for no longer than this."""


class NoWebhookSecretError(LookupError):
    """Nobody has stored a secret for this webhook."""


class WebhookSecretError(RuntimeError):
    """What is stored as the secret of a webhook is not usable as one."""


class _Stored(Frozen):
    """The content of a secret. Too short a secret could be guessed, an empty one is none."""

    current: SecretStr = Field(min_length=16)
    previous: SecretStr | None = Field(default=None, min_length=16)


class WebhookSecrets:
    """Reads secrets, and keeps them for a minute.

    Args:
        client: of Secrets Manager.
        prefix: ``<stack>/webhooks``.
    """

    def __init__(self, client: Any, prefix: str, clock: Clock) -> None:
        self._client = client
        self._prefix = prefix
        self._clock = clock
        self._kept: dict[str, tuple[datetime, tuple[str, ...]]] = {}

    def of(self, provider: str, webhook: str) -> tuple[str, ...]:
        """The secrets that a request of the webhook may be signed with, the newest first.

        Raises:
            NoWebhookSecretError: when there is none.
            WebhookSecretError: when it is not of the form above. It never shows the content.
        """
        name, now = f"{self._prefix}/{provider}/{webhook}", self._clock.now()
        kept = self._kept.get(name)
        if kept is not None and now - kept[0] < KEPT_FOR:
            return kept[1]
        secrets = self._read(name)
        self._kept[name] = (now, secrets)
        return secrets

    def _read(self, name: str) -> tuple[str, ...]:
        try:
            answer = self._client.get_secret_value(SecretId=name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                raise NoWebhookSecretError(f"there is no secret '{name}'") from None
            raise
        try:
            stored = _Stored.model_validate_json(answer.get("SecretString", ""))
        except ValidationError as error:
            wrong = "; ".join(
                f"{entry['loc'][0] if entry['loc'] else 'content'}: {entry['msg']}"
                for entry in error.errors(include_input=False, include_context=False)
                if entry["type"] != "extra_forbidden"  # a stray name may be a secret
            )
            raise WebhookSecretError(
                f"the secret '{name}' is not usable: {wrong or 'it has further fields'}"
            ) from None
        both = (stored.current, stored.previous)
        return tuple(entry.get_secret_value() for entry in both if entry is not None)
