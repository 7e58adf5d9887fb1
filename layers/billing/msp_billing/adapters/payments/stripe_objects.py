"""What Stripe's payment intents, charges and disputes say beside their amounts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from msp_billing.adapters.payments.bank_rows import (
    MAX_TEXT_CHARACTERS,
    as_account,
    clean_text,
    clean_texts,
)
from msp_billing.domain.payments.incoming import PaymentMethod, RemittancePart

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]{0,90}", re.ASCII)
_NOT_IN_CODES = re.compile(r"[^A-Za-z0-9_-]+", re.ASCII)
_BANK_DEBITS = frozenset(
    {"us_bank_account", "ach_debit", "ach_credit_transfer", "sepa_debit", "bacs_debit"}
    | {"acss_debit", "au_becs_debit"}
)
_CARDS = frozenset({"card", "card_present", "link"})
_TRANSFERS = frozenset({"customer_balance", "us_bank_transfer"})
_MAX_INVOICES = 200


@dataclass(frozen=True, slots=True)
class Facts:
    """Whose payment it is, and what for, as far as the service was told."""

    account: str | None
    remittance: tuple[RemittancePart, ...]
    payer: str | None
    method: PaymentMethod
    texts: tuple[str, ...]


def facts_of(thing: dict[str, Any], charge: dict[str, Any]) -> Facts:
    """Read metadata (``account``, ``invoice`` or ``invoices``), the payer and the method.

    Args:
        thing: the payment intent, charge or dispute.
        charge: the charge behind it, where the event carries it whole.
    """
    metadata = thing.get("metadata")
    told = metadata if isinstance(metadata, dict) else {}
    account = as_account(text_of(told.get("account")))
    numbers = re.split(r"[,;\s]+", text_of(told.get("invoices")) or text_of(told.get("invoice")))
    invoices = dict.fromkeys(number for number in numbers if number)
    address = charge.get("billing_details") or thing.get("billing_details")
    payer = text_of(address.get("name")) if isinstance(address, dict) else ""
    named = {"description", "statement_descriptor", "receipt_email"}
    texts = [text_of(thing.get(name)) for name in sorted(named)]
    texts += [text_of(value) for value in told.values()]
    return Facts(
        account=account,
        remittance=tuple(
            RemittancePart(invoice=number[:MAX_TEXT_CHARACTERS])
            for number in list(invoices)[:_MAX_INVOICES]
        ),
        payer=payer[:MAX_TEXT_CHARACTERS] or None,
        method=_method(thing, charge),
        texts=clean_texts(texts),
    )


def refunded_before(charge: dict[str, Any]) -> int | None:
    """The refunds before this one, by the list in the charge; None when it does not say.

    Only a charge with a single refund says so clearly: of several, the event is about any.
    """
    refunds = charge.get("refunds")
    listed = refunds.get("data") if isinstance(refunds, dict) else None
    total = charge.get("amount_refunded")
    if isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], dict):
        return 0 if listed[0].get("amount") == total else None
    return None


def identifier(value: Any) -> str:
    """The id of a thing that is told by its id or as a whole; empty for none."""
    found = value.get("id") if isinstance(value, dict) else value
    return found if isinstance(found, str) and _ID.fullmatch(found) else ""


def text_of(value: Any) -> str:
    """Text on one line; empty for everything that is no text."""
    return clean_text(value) if isinstance(value, str) else ""


def code_of(text: str) -> str:
    """A reason as a code."""
    return _NOT_IN_CODES.sub("-", text).strip("-")[:30] or "unknown"


def _method(thing: dict[str, Any], charge: dict[str, Any]) -> PaymentMethod:
    """How it was paid: by the charge where it is there, else by what the intent allowed.

    Where the intent allowed a bank debit among others it counts as one: such a payment can still
    come back, and holding it for some days is the error that costs less.
    """
    for one in (charge, thing):
        details = one.get("payment_method_details")
        kind = text_of(details.get("type")) if isinstance(details, dict) else ""
        if kind:
            return _method_of(kind)
    allowed = thing.get("payment_method_types")
    kinds = {text_of(kind) for kind in allowed} if isinstance(allowed, list) else set()
    methods = {_method_of(kind) for kind in kinds}
    if PaymentMethod.ACH in methods:
        return PaymentMethod.ACH
    return methods.pop() if len(methods) == 1 else PaymentMethod.OTHER


def _method_of(kind: str) -> PaymentMethod:
    if kind in _CARDS:
        return PaymentMethod.CARD
    if kind in _BANK_DEBITS:
        return PaymentMethod.ACH
    return PaymentMethod.WIRE if kind in _TRANSFERS else PaymentMethod.OTHER
