"""Signatures of webhooks, Stripe's way: ``t=1492774577,v1=5257a8...,v1=...``.

What is signed is the moment, a full stop and the body, as the bytes that came: a body that was
parsed and written again is another one. The comparison takes the same time whether a signature is
almost right or quite wrong. While a secret is rolled, two are valid and the header may carry a
signature for each.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from msp_billing.usecases.receivables.payment_readings import ForgedEventError, StaleEventError

TOLERANCE = timedelta(minutes=5)
MAX_SIGNATURES = 10
_MOMENT = re.compile(r"\d{1,11}", re.ASCII)
_SCHEME = "v1"


def verify_signature(
    body: bytes, header: str | None, secrets: Sequence[str], now: datetime
) -> datetime:
    """Check that a request is genuine and new.

    Args:
        body: the raw bytes of the request, as they came.
        header: ``Stripe-Signature``; None when there was none.
        secrets: those that are valid now, at least one and two while one is rolled.
        now: the clock's, aware.

    Returns:
        When it was signed.

    Raises:
        ForgedEventError: no header, one of another form, or no signature that is right.
        StaleEventError: right, but more than five minutes old, or ahead of our clock.
    """
    usable = [secret for secret in secrets if secret.strip()]
    if not usable:
        raise ForgedEventError("No secret is set for this webhook, so that nothing can be checked.")
    moment, signatures = _parts(header)
    signed = moment.encode("ascii") + b"." + body
    # Every pair is compared, also behind a match: the time says nothing about which one it was.
    matches = [
        hmac.compare_digest(_signature(secret, signed), signature)
        for secret in usable
        for signature in signatures
    ]
    if not any(matches):
        raise ForgedEventError("No signature in the header was made with one of our secrets.")
    signed_at = datetime.fromtimestamp(int(moment), tz=UTC)
    if abs(now - signed_at) > TOLERANCE:
        raise StaleEventError(signed_at, now)
    return signed_at


def sign(body: bytes, secret: str, at: datetime) -> str:
    """The header that the service would send; for the local cloud and for tests."""
    moment = str(int(at.timestamp()))
    signature = _signature(secret, moment.encode("ascii") + b"." + body).decode("ascii")
    return f"t={moment},{_SCHEME}={signature}"


def _signature(secret: str, signed: bytes) -> bytes:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest().encode("ascii")


def _parts(header: str | None) -> tuple[str, list[bytes]]:
    """The moment and the signatures of the scheme; other schemes (v0) are passed over."""
    if not header:
        raise ForgedEventError("The request has no signature.")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    moments = [value for name, _, value in pairs if name == "t"]
    if len(moments) != 1 or not _MOMENT.fullmatch(moments[0]):
        raise ForgedEventError("The signature does not say when it was made.")
    signatures = [value.encode("utf-8", "replace") for name, _, value in pairs if name == _SCHEME]
    if not signatures or len(signatures) > MAX_SIGNATURES:
        raise ForgedEventError(f"The header has {len(signatures)} signatures of scheme {_SCHEME}.")
    return moments[0], signatures
