from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from msp_billing.adapters.ses_mailer import SesMailer, tags
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.domain.periods import Period
from msp_billing.usecases.errors import (
    MailOutcomeUnknownError,
    MailRefusedForNowError,
    MailRejectedError,
    MailSetupError,
)

MAIL = OutboxMail(
    id=MailId(
        provider="birch",
        run="managed",
        period=Period(year=2026, month=9),
        account="cedar",
        part="all",
        kind="invoice",
    ),
    state=MailState.SENDING,
    recipients=("books@cedar.example",),
)


def client(**retries: Any) -> Any:
    return boto3.client(
        "sesv2",
        region_name="us-east-1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=Config(retries=retries),
    )


@pytest.fixture
def stubbed() -> Iterator[tuple[SesMailer, Stubber]]:
    made = client(total_max_attempts=1)
    with Stubber(made) as stubber:
        yield SesMailer(made, "set"), stubber


def send(mailer: SesMailer) -> str:
    return mailer.send(b"raw", "billing@birch.example", MAIL)


def test_a_client_that_would_send_again_by_itself_is_refused() -> None:
    """A lost answer makes the default client send up to five times (docs/faults.md, 9)."""
    for made in (client(), client(total_max_attempts=2), client(mode="standard")):
        with pytest.raises(ValueError, match="total_max_attempts=1"):
            SesMailer(made, "set")


def test_what_is_handed_to_ses(stubbed: tuple[SesMailer, Stubber]) -> None:
    mailer, stubber = stubbed
    stubber.add_response(
        "send_email",
        {"MessageId": "m-1"},
        {
            "FromEmailAddress": "billing@birch.example",
            "Destination": {"ToAddresses": ["books@cedar.example"]},
            "Content": {"Raw": {"Data": b"raw"}},
            "ConfigurationSetName": "set",
            "EmailTags": tags(MAIL),
        },
    )
    assert send(mailer) == "m-1"
    assert {tag["Name"]: tag["Value"] for tag in tags(MAIL)} == {
        "provider": "birch",
        "run": "managed",
        "period": "2026-09",
        "account": "cedar",
        "part": "all",
        "kind": "invoice",
    }


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("TooManyRequestsException", 429, MailRefusedForNowError),
        ("ThrottlingException", 400, MailRefusedForNowError),
        ("LimitExceededException", 400, MailRefusedForNowError),
        ("SendingPausedException", 400, MailRefusedForNowError),
        ("AccountSuspendedException", 400, MailRefusedForNowError),
        ("ServiceUnavailable", 503, MailRefusedForNowError),
        ("InternalFailure", 500, MailOutcomeUnknownError),
        ("MessageRejected", 400, MailRejectedError),
        ("AccessDeniedException", 403, MailSetupError),
        ("MailFromDomainNotVerifiedException", 400, MailSetupError),
        ("NotFoundException", 404, MailSetupError),
        ("BadRequestException", 400, MailRejectedError),
    ],
)
def test_what_a_refusal_means(
    stubbed: tuple[SesMailer, Stubber], code: str, status: int, expected: type[Exception]
) -> None:
    """docs/faults.md 9, 10 and 11: only what SES certainly did not take may be sent again."""
    mailer, stubber = stubbed
    stubber.add_client_error("send_email", code, "because", status)
    with pytest.raises(expected, match=code):
        send(mailer)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ReadTimeoutError(endpoint_url="https://ses"), MailOutcomeUnknownError),
        (ConnectTimeoutError(endpoint_url="https://ses"), MailRefusedForNowError),
        (EndpointConnectionError(endpoint_url="https://ses"), MailRefusedForNowError),
    ],
)
def test_what_no_answer_means(error: Exception, expected: type[Exception]) -> None:
    """docs/faults.md 8 and 9: without a connection nothing was sent; otherwise nobody knows."""
    made = client(total_max_attempts=1)
    attempts: list[str] = []

    def fail(**_: Any) -> None:
        attempts.append("once")
        raise error

    made.meta.events.register_first("before-send.sesv2.SendEmail", fail)
    with pytest.raises(expected):
        send(SesMailer(made, "set"))
    assert attempts == ["once"]


def test_an_address_that_is_not_verified_is_no_fault_of_the_mail(
    stubbed: tuple[SesMailer, Stubber],
) -> None:
    """Every mail of the run would be lost for what a person mends in a minute."""
    mailer, stubber = stubbed
    said = (
        "Email address is not verified. The following identities failed the check in region "
        "US-EAST-1: billing@birch.example"
    )
    stubber.add_client_error("send_email", "MessageRejected", said, 400)
    with pytest.raises(MailSetupError, match="not verified"):
        send(mailer)


# --- What the account may send -------------------------------------------------------------------


def test_what_ses_allows_is_read_as_it_is_told(stubbed: tuple[SesMailer, Stubber]) -> None:
    mailer, stubber = stubbed
    stubber.add_response(
        "get_account",
        {
            "ProductionAccessEnabled": False,
            "SendingEnabled": True,
            "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 1.0, "SentLast24Hours": 17.0},
        },
        {},
    )
    allowed = mailer.allowance()
    assert (allowed.per_second, allowed.per_day, allowed.sent_today) == (Fraction(1), 200, 17)
    assert (allowed.is_enabled, allowed.in_production) == (True, False)


def test_an_account_without_a_quota_may_send_any_number(
    stubbed: tuple[SesMailer, Stubber],
) -> None:
    mailer, stubber = stubbed
    quota = {"Max24HourSend": -1.0, "MaxSendRate": 14.5, "SentLast24Hours": 0.0}
    stubber.add_response("get_account", {"SendQuota": quota}, {})
    allowed = mailer.allowance()
    assert (allowed.per_day, float(allowed.per_second)) == (None, 14.5)


@pytest.mark.parametrize(
    ("code", "expected"),
    [("TooManyRequestsException", MailRefusedForNowError), ("AccessDenied", MailSetupError)],
)
def test_nothing_is_sent_when_ses_does_not_say_what_it_allows(
    stubbed: tuple[SesMailer, Stubber], code: str, expected: type[Exception]
) -> None:
    """docs/faults.md 10."""
    mailer, stubber = stubbed
    stubber.add_client_error("get_account", code, "because", 400)
    with pytest.raises(expected, match=code):
        mailer.allowance()


def test_an_address_is_taken_off_the_suppression_list(
    stubbed: tuple[SesMailer, Stubber],
) -> None:
    mailer, stubber = stubbed
    address = {"EmailAddress": "books@cedar.example"}
    stubber.add_response("delete_suppressed_destination", {}, address)
    assert mailer.allow_again("books@cedar.example")
    stubber.add_client_error("delete_suppressed_destination", "NotFoundException", "not on it", 404)
    assert not mailer.allow_again("books@cedar.example")
    stubber.add_client_error("delete_suppressed_destination", "AccessDeniedException", "no", 403)
    with pytest.raises(ClientError):
        mailer.allow_again("books@cedar.example")
