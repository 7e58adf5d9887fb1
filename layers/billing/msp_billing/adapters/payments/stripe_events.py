"""Events of a payment service, Stripe's way: one event counts per payment, and it counts once.

A payment is told by several events. The one that counts is ``payment_intent.succeeded``: it comes
once per payment, after the money was captured, and not for the failed attempts (charges) before it;
``charge.succeeded`` comes for a mere authorization too. A charge without a payment intent, which
old integrations make, is told by no intent, so that there ``charge.succeeded`` (captured) or
``charge.captured`` counts, both under the charge's id. Everything else is ignored and says so.

Keys are made of the service's ids of the things, not of the events: an event that comes twice, or
two events that tell the same, change nothing (docs/faults.md, 34).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from msp_billing.adapters.payments import stripe_amounts, stripe_objects
from msp_billing.adapters.payments.signatures import verify_signature
from msp_billing.adapters.payments.stripe_objects import identifier, text_of
from msp_billing.domain.payments.incoming import (
    IncomingPayment,
    IncomingReturn,
    PaymentKey,
    PaymentMethod,
)
from msp_billing.usecases.receivables.payment_readings import (
    ReadingSetting,
    SignedEvent,
    UnreadableEventError,
)

if TYPE_CHECKING:
    from msp_billing.domain.money import Money
    from msp_billing.domain.payments.payment_policy import Webhook

_Told = IncomingPayment | IncomingReturn | str
"""A payment, a return, or why it is neither."""


SIGNATURE_HEADER = "Stripe-Signature"


def read_event(
    body: bytes,
    header: str | None,
    secrets: Sequence[str],
    now: datetime,
    webhook: Webhook,
    setting: ReadingSetting,
) -> SignedEvent:
    """Check the signature of a request, and read what its event tells.

    Args:
        body: the raw bytes, as they came.
        header: of the name :data:`SIGNATURE_HEADER`.
        secrets: those that are valid now: one, or two while one is rolled.
        now: the clock's.

    Raises:
        ForgedEventError: no signature, or none that is right.
        StaleEventError: signed more than five minutes ago, or ahead.
        UnreadableEventError: it claims to move money and cannot be read without guessing.
    """
    verify_signature(body, header, secrets, now)
    return read_verified(webhook, setting, body)


def read_verified(webhook: Webhook, setting: ReadingSetting, body: bytes) -> SignedEvent:
    """What an event tells whose signature was checked before.

    Raises:
        UnreadableEventError: it claims to move money and cannot be read without guessing.
    """
    event = _parsed(body)
    event_id, kind = text_of(event.get("id")), text_of(event.get("type"))
    if not event_id or not kind:
        raise UnreadableEventError("The event has no id or no type.")
    ignored = _ignored(webhook, event)
    handler = _HANDLERS.get(kind)
    if handler is None:
        ignored = ignored or f"{kind} moves no money"
    if ignored is not None or handler is None:
        return SignedEvent(event_id=event_id, event_type=kind, ignored=ignored)
    data = event.get("data")
    thing = data.get("object") if isinstance(data, dict) else None
    if not isinstance(thing, dict):
        raise UnreadableEventError(f"{event_id} ({kind}) has no object.")
    before = data.get("previous_attributes") if isinstance(data, dict) else None
    told = handler(_Context(webhook, setting, event, before), thing)
    return SignedEvent(
        event_id=event_id,
        event_type=kind,
        payment=told if isinstance(told, IncomingPayment) else None,
        returned=told if isinstance(told, IncomingReturn) else None,
        ignored=told if isinstance(told, str) else None,
    )


class _Context:
    """What an event says beside its object."""

    def __init__(
        self, webhook: Webhook, setting: ReadingSetting, event: dict[str, Any], before: Any
    ) -> None:
        self.webhook = webhook
        self.before: dict[str, Any] = before if isinstance(before, dict) else {}
        self._provider = setting.provider
        self.on = _day_of(event.get("created"), setting.time_zone)

    def key(self, external_id: str) -> PaymentKey:
        return PaymentKey(
            provider=self._provider, source=self.webhook.webhook, external_id=external_id
        )


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        event = json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise UnreadableEventError(f"The body is no JSON: {error}.") from None
    if not isinstance(event, dict):
        raise UnreadableEventError("The body is no event.")
    return event


def _ignored(webhook: Webhook, event: dict[str, Any]) -> str | None:
    """Test money is never booked as money, and live money never in a test."""
    live = event.get("livemode")
    if not isinstance(live, bool):
        raise UnreadableEventError("The event does not say whether it is live.")
    if live is webhook.test_mode:
        return "a live event, and the webhook takes test events" if live else "a test event"
    return None


def _day_of(created: Any, zone: str) -> date:
    if not isinstance(created, int) or isinstance(created, bool) or not 0 < created < 10**11:
        raise UnreadableEventError("The event does not say when it happened.")
    return datetime.fromtimestamp(created, tz=UTC).astimezone(ZoneInfo(zone)).date()


# --- Payments ----------------------------------------------------------------------------------


def _intent_succeeded(context: _Context, intent: dict[str, Any]) -> _Told:
    paid = stripe_amounts.money_of(intent.get("amount_received"), intent.get("currency"))
    charge = intent.get("latest_charge")
    return _payment(context, intent, paid, identifier(charge), charge)


def _charge_taken(context: _Context, charge: dict[str, Any]) -> _Told:
    if charge.get("payment_intent") is not None:
        return "its payment intent counts"
    if charge.get("captured") is not True:
        return "authorized only, not captured"
    units = charge.get("amount_captured", charge.get("amount"))
    paid = stripe_amounts.money_of(units, charge.get("currency"))
    return _payment(context, charge, paid, identifier(charge), charge)


def _payment(
    context: _Context, thing: dict[str, Any], paid: Money, charge_id: str, charge: Any
) -> _Told:
    if not paid.amount:
        return "moves no money"
    facts = stripe_objects.facts_of(thing, charge if isinstance(charge, dict) else {})
    return IncomingPayment(
        key=context.key(_required(thing)),
        amount=paid,
        method=facts.method,
        received_on=context.on,
        account=facts.account,
        remittance=facts.remittance,
        payer=facts.payer,
        texts=facts.texts,
        trace=charge_id or None,
    )


def _dispute_won(context: _Context, dispute: dict[str, Any]) -> _Told:
    """The money that a dispute had taken comes back: it is money, so it is not passed over."""
    paid = stripe_amounts.money_of(dispute.get("amount"), dispute.get("currency"))
    if not paid.amount:
        return "moves no money"
    charge_id = identifier(dispute.get("charge"))
    facts = stripe_objects.facts_of(dispute, {})
    return IncomingPayment(
        key=context.key(f"{_required(dispute)}:reinstated"),
        amount=paid,
        method=PaymentMethod.CARD,
        received_on=context.on,
        account=facts.account,
        remittance=facts.remittance,
        texts=(f"Dispute of {charge_id} was decided for us", *facts.texts),
        trace=charge_id or None,
    )


# --- Returns -----------------------------------------------------------------------------------


def _refunded(context: _Context, charge: dict[str, Any]) -> _Told:
    """What was refunded by this event: the charge itself tells only the sum of all refunds.

    The sum so far names the refund, so that each counts once in whatever order they come.
    """
    total = charge.get("amount_refunded")
    earlier = context.before.get("amount_refunded")
    if not isinstance(earlier, int) or isinstance(earlier, bool):
        earlier = stripe_objects.refunded_before(charge)
    if not isinstance(total, int) or isinstance(total, bool) or earlier is None or total < earlier:
        raise UnreadableEventError(
            f"{_required(charge)}: the event does not say how much was refunded by it."
        )
    amount = stripe_amounts.money_of(total - earlier, charge.get("currency"))
    return _return(
        context,
        charge,
        amount,
        external_id=f"{_required(charge)}:refunded:{total}",
        charge_id=_required(charge),
        code="refunded",
        reason="Refunded through the payment service",
    )


def _funds_withdrawn(context: _Context, dispute: dict[str, Any]) -> _Told:
    amount = stripe_amounts.money_of(dispute.get("amount"), dispute.get("currency"))
    why = text_of(dispute.get("reason")) or "no reason given"
    return _return(
        context,
        dispute,
        amount,
        external_id=f"{_required(dispute)}:withdrawn",
        charge_id=identifier(dispute.get("charge")),
        code=f"dispute-{stripe_objects.code_of(why)}",
        reason=f"Disputed by the payer: {why}",
    )


def _return(
    context: _Context,
    thing: dict[str, Any],
    amount: Money,
    *,
    external_id: str,
    charge_id: str,
    code: str,
    reason: str,
) -> _Told:
    if not amount.amount:
        return "moves no money"
    paid_as = identifier(thing.get("payment_intent")) or charge_id
    facts = stripe_objects.facts_of(thing, {})
    return IncomingReturn(
        key=context.key(external_id),
        amount=amount,
        returned_on=context.on,
        code=code,
        reason=reason,
        payment=context.key(paid_as) if paid_as else None,
        trace=charge_id or None,
        account=facts.account,
        texts=facts.texts,
    )


def _required(thing: dict[str, Any]) -> str:
    found = identifier(thing)
    if not found:
        raise UnreadableEventError("The event's object has no id.")
    return found


_HANDLERS: dict[str, Callable[[_Context, dict[str, Any]], _Told]] = {
    "payment_intent.succeeded": _intent_succeeded,
    "charge.succeeded": _charge_taken,
    "charge.captured": _charge_taken,
    "charge.refunded": _refunded,
    "charge.dispute.funds_withdrawn": _funds_withdrawn,
    "charge.dispute.funds_reinstated": _dispute_won,
}
