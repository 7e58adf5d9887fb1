"""Signatures of webhooks: forged, replayed and rotated."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msp_billing.adapters.payments.signatures import sign, verify_signature
from msp_billing.usecases.receivables.payment_readings import (
    EventRefusedError,
    ForgedEventError,
    StaleEventError,
)
from tests.unit.domain.builders import PROPERTY

NOW = datetime(2026, 9, 3, 12, 0, 0, tzinfo=UTC)
BODY = b'{"id": "evt_1"}'
SECRET, NEXT = "whsec_sample_one", "whsec_sample_two"


def test_the_signature_is_hmac_sha256_over_moment_stop_and_raw_body() -> None:
    moment = str(int(NOW.timestamp()))
    by_hand = hmac.new(SECRET.encode(), f"{moment}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert sign(BODY, SECRET, NOW) == f"t={moment},v1={by_hand}"
    assert verify_signature(BODY, f"t={moment},v1={by_hand}", [SECRET], NOW) == NOW


@pytest.mark.parametrize("secrets", [[SECRET], [NEXT, SECRET], [SECRET, NEXT]])
def test_while_a_secret_is_rolled_both_are_taken(secrets: list[str]) -> None:
    assert verify_signature(BODY, sign(BODY, SECRET, NOW), secrets, NOW) == NOW


def test_any_right_signature_of_several_will_do() -> None:
    moment, _, right = sign(BODY, SECRET, NOW).partition(",")
    for header in (
        f"{moment},v1={'0' * 64},{right}",
        f"{moment},{right},v1={'0' * 64}",
        f"{moment},v0=abc,{right},v0=def",
        f" {moment} , {right} ",
    ):
        assert verify_signature(BODY, header, [SECRET], NOW) == NOW


@pytest.mark.parametrize("seconds", [-300, -299, 0, 299, 300])
def test_within_five_minutes_either_way_it_is_new(seconds: int) -> None:
    header = sign(BODY, SECRET, NOW + timedelta(seconds=seconds))
    assert verify_signature(BODY, header, [SECRET], NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 86_400])
def test_beyond_five_minutes_it_is_stale(seconds: int) -> None:
    """docs/faults.md 34: somebody may have kept a request and sends it again."""
    header = sign(BODY, SECRET, NOW + timedelta(seconds=seconds))
    with pytest.raises(StaleEventError) as caught:
        verify_signature(BODY, header, [SECRET], NOW)
    assert caught.value.code == "webhook-stale"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "t=1,v1=",
        "v1=" + "0" * 64,
        sign(BODY, SECRET, NOW).replace("v1=", "v0="),
        sign(BODY, SECRET, NOW).replace("t=", "t=1"),
        sign(BODY, SECRET, NOW) + ",t=5",
        sign(BODY, SECRET, NOW).replace("t=", "t=-"),
        sign(BODY, SECRET, NOW).replace("t=", "t=x"),
        sign(BODY, SECRET, NOW)[:-1],
        sign(BODY, SECRET, NOW).upper(),
        sign(BODY, NEXT, NOW),
        sign(BODY + b" ", SECRET, NOW),
        "t=1" + ",v1=é" * 3,
        "t=1," + ",".join(["v1=" + "0" * 64] * 11),
    ],
)
def test_what_is_not_signed_with_our_secret_is_forged(header: str | None) -> None:
    with pytest.raises(ForgedEventError) as caught:
        verify_signature(BODY, header, [SECRET], NOW)
    assert caught.value.code == "webhook-forged"


@pytest.mark.parametrize("secrets", [[], [""], [" "]])
def test_without_a_secret_nothing_is_genuine(secrets: list[str]) -> None:
    with pytest.raises(ForgedEventError):
        verify_signature(BODY, sign(BODY, "", NOW), secrets, NOW)


@PROPERTY
@given(body=st.binary(max_size=60), at=st.integers(0, 59), bit=st.integers(0, 7))
def test_one_turned_bit_in_the_body_is_found(body: bytes, at: int, bit: int) -> None:
    header = sign(body, SECRET, NOW)
    assert verify_signature(body, header, [SECRET], NOW) == NOW
    if at < len(body):
        turned = body[:at] + bytes([body[at] ^ (1 << bit)]) + body[at + 1 :]
        with pytest.raises(ForgedEventError):
            verify_signature(turned, header, [SECRET], NOW)


@PROPERTY
@given(header=st.text(max_size=120))
def test_no_header_does_more_than_be_refused(header: str) -> None:
    with pytest.raises(EventRefusedError):
        verify_signature(BODY, header, [SECRET], NOW)
