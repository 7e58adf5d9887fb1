"""Secrets of webhooks: two while one is exchanged, kept for a minute, and never shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from msp_billing.adapters.webhook_secrets import (
    NoWebhookSecretError,
    WebhookSecretError,
    WebhookSecrets,
)
from tests.fakes.outside import FakeClock

NAME = "stack/webhooks/birch/cards"
NEW, OLD = "whsec_new_new_new_new", "whsec_old_old_old_old"


class FakeSecretsManager:
    def __init__(self) -> None:
        self.stored: dict[str, str] = {}
        self.asked: list[str] = []
        self.refusal = "ResourceNotFoundException"

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:  # noqa: N803 - AWS's own spelling
        self.asked.append(SecretId)
        if SecretId not in self.stored:
            raise ClientError({"Error": {"Code": self.refusal}}, "GetSecretValue")
        return {"SecretString": self.stored[SecretId]}


@pytest.fixture
def manager() -> FakeSecretsManager:
    return FakeSecretsManager()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 9, 1, 12, tzinfo=UTC))


@pytest.fixture
def secrets(manager: FakeSecretsManager, clock: FakeClock) -> WebhookSecrets:
    return WebhookSecrets(manager, "stack/webhooks", clock)


def test_both_secrets_of_an_exchange_are_given_the_newest_first(
    manager: FakeSecretsManager, secrets: WebhookSecrets
) -> None:
    manager.stored[NAME] = f'{{"current": "{NEW}", "previous": "{OLD}"}}'
    assert secrets.of("birch", "cards") == (NEW, OLD)


@pytest.mark.parametrize("previous", ["", ', "previous": null'])
def test_without_an_exchange_there_is_one(
    manager: FakeSecretsManager, secrets: WebhookSecrets, previous: str
) -> None:
    manager.stored[NAME] = f'{{"current": "{NEW}"{previous}}}'
    assert secrets.of("birch", "cards") == (NEW,)


def test_a_secret_is_kept_for_a_minute_and_then_read_again(
    manager: FakeSecretsManager, secrets: WebhookSecrets, clock: FakeClock
) -> None:
    manager.stored[NAME] = f'{{"current": "{OLD}"}}'
    secrets.of("birch", "cards")
    manager.stored[NAME] = f'{{"current": "{NEW}"}}'
    clock.move_to(clock.now() + timedelta(seconds=59))
    assert secrets.of("birch", "cards") == (OLD,)
    clock.move_to(clock.now() + timedelta(seconds=1))
    assert secrets.of("birch", "cards") == (NEW,)
    assert manager.asked == [NAME, NAME]


def test_a_webhook_without_secret_is_told_apart_from_a_failure(
    manager: FakeSecretsManager, secrets: WebhookSecrets
) -> None:
    with pytest.raises(NoWebhookSecretError, match=NAME):
        secrets.of("birch", "cards")
    manager.refusal = "AccessDeniedException"
    with pytest.raises(ClientError):
        secrets.of("birch", "cards")


@pytest.mark.parametrize(
    "content",
    [
        "whsec_not_json_at_all",
        '{"current": ""}',
        '{"current": "short-hunter2"}',
        '{"previous": "whsec_old_old_old_old"}',
        '{"current": "whsec_new_new_new_new", "next": "whsec_old_old_old_old"}',
        '{"whsec_new_new_new_new": "current"}',
        '{"current": "whsec_new_new_new_new", "whsec_old_old_old_old": "previous"}',
    ],
)
def test_a_secret_that_is_not_usable_is_refused_without_showing_it(
    manager: FakeSecretsManager, secrets: WebhookSecrets, content: str
) -> None:
    manager.stored[NAME] = content
    with pytest.raises(WebhookSecretError, match=NAME) as raised:
        secrets.of("birch", "cards")
    for hidden in ("whsec", "hunter2"):
        assert hidden not in str(raised.value)
