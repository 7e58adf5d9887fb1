"""Payments that a payment service reports by signed requests.

The signature is checked over the bytes as they came, before anything else is read out of them. A
2xx answer is given only when what was reported is stored: for anything else the service sends it
again, and the second time changes nothing (docs/faults.md, 34).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response, content_types

from msp_billing.adapters.http.answering import (
    NotThereError,
    make_resolver,
    plain_refusal,
)
from msp_billing.adapters.http.requests import new_router, ports_of, raw_body
from msp_billing.adapters.payments.stripe_events import SIGNATURE_HEADER, read_event
from msp_billing.adapters.webhook_secrets import NoWebhookSecretError, WebhookSecrets
from msp_billing.domain.attention import AttentionKind
from msp_billing.domain.base import Identifier
from msp_billing.observing import Measure, count
from msp_billing.usecases.attention.incidents import report_incident
from msp_billing.usecases.errors import PaymentConflictError
from msp_billing.usecases.receivables.booking import take_payment, take_return
from msp_billing.usecases.receivables.payment_readings import (
    EventRefusedError,
    ReadingSetting,
    SignedEvent,
)

if TYPE_CHECKING:
    from msp_billing.domain.payments.payment_policy import Webhook
    from msp_billing.usecases.ports import Ports

MAX_BYTES = 256 * 1024
"""More than any event of a payment is; API Gateway itself would let ten megabytes pass."""

_logger = Logger(child=True)
router = new_router()


@cache
def payment_webhook() -> APIGatewayHttpResolver:
    """The resolver of the webhook's function; the handler gives it ``ports`` and ``secrets``."""
    api = make_resolver({PaymentConflictError: (409, "payment-conflict")})
    api.include_router(router)
    return api


@router.post("/webhooks/<provider>/<webhook>")
def receive(provider: Identifier, webhook: Identifier) -> Response[Any]:
    """Take one signed event."""
    ports = ports_of(router)
    secrets: WebhookSecrets = router.context["secrets"]
    setting, told = _find(ports, provider, webhook)
    try:
        signed_with = secrets.of(provider, webhook)
    except NoWebhookSecretError as error:
        _count("WebhookWithoutSecret", provider, webhook)
        _keep(ports, provider, webhook, "the webhook has no secret")
        _logger.error("a webhook of the policy has no secret", reason=str(error))
        raise NotThereError(_NO_WEBHOOK) from None
    raw = raw_body(router.current_event.raw_event)
    if len(raw) > MAX_BYTES:
        return plain_refusal(
            413,
            "too-large",
            f"The body has more than {MAX_BYTES} bytes.",
            "Send one event at once.",
        )
    header = router.current_event.headers.get(SIGNATURE_HEADER, "")
    try:
        event = read_event(raw, header, signed_with, ports.clock.now(), told, setting)
    except EventRefusedError as error:
        _count("WebhookRefused", provider, webhook)
        _keep(ports, provider, webhook, str(error))
        _logger.warning("a webhook's request was refused", code=error.code, bytes=len(raw))
        return plain_refusal(400, error.code, str(error), "Sign it with the webhook's secret.")
    return _answer(_take(ports, event, webhook), event)


_NO_WEBHOOK = "There is no such webhook."


def _find(ports: Ports, provider: str, webhook: str) -> tuple[ReadingSetting, Webhook]:
    """The webhook of the provider's policy in force.

    Raises:
        NotThereError: when there is none. It does not say which of the two names is wrong.
    """
    current = ports.policies.find_current(provider)
    if current is None:
        raise NotThereError(_NO_WEBHOOK)
    policy = ports.policies.policy(provider, current.policy_version)
    for entry in policy.payments.webhooks:
        if entry.webhook == webhook:
            setting = ReadingSetting(
                provider=provider, currency=policy.currency, time_zone=policy.time_zone
            )
            return setting, entry
    raise NotThereError(_NO_WEBHOOK)


def _take(ports: Ports, event: SignedEvent, webhook: str) -> str:
    """Store what was reported; returns what became of it."""
    reported_by = f"webhook {webhook}, event {event.event_id}"
    if event.payment is not None:
        return take_payment(ports, event.payment, reported_by).state
    if event.returned is not None:
        return take_return(ports, event.returned, reported_by).state
    return "ignored"


def _answer(outcome: str, event: SignedEvent) -> Response[Any]:
    _logger.info(
        "a webhook's event was taken",
        event_id=event.event_id,
        event_type=event.event_type,
        outcome=outcome,
        why=event.ignored,
    )
    return Response(
        status_code=200, content_type=content_types.APPLICATION_JSON, body={"outcome": outcome}
    )


def _keep(ports: Ports, provider: str, webhook: str, why: str) -> None:
    """For the list of what needs a person: one entry per webhook, however often it is refused."""
    what = f"What was sent to the webhook '{webhook}' was refused: {why}"
    report_incident(ports, AttentionKind.WEBHOOK_REFUSED, provider, webhook, what)


def _count(name: str, provider: str, webhook: str) -> None:
    """One more, for an alarm. Only names of the policy are counted by: others could be many."""
    count(Measure(name, provider=provider), webhook=f"{provider}/{webhook}")
