"""Documents too large for SES: a link in the mail, as secret as the document, and not for ever."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from msp_billing.adapters.http.document_link import document_link
from msp_billing.domain.outbox import OutboxMail
from msp_billing.usecases.errors import MailTooLargeError
from msp_billing.usecases.mailing import composing_mails
from msp_billing.usecases.mailing.attaching import documents_of
from tests.unit.usecases.mail_desk import PDF, MailDesk

LIMIT = 1_040_000
"""Forty thousand bytes beside the million that is set aside for words."""


def sealed(desk: MailDesk, *contents: bytes) -> OutboxMail:
    """A mail with these documents."""
    attachments = []
    for number, content in enumerate(contents):
        stored = desk.ports.records.put_once(f"doc-{number}", content, "application/pdf")
        attachments.append(
            PDF.model_copy(
                update={
                    "key": stored.key,
                    "sha256": stored.sha256,
                    "size_bytes": stored.size_bytes,
                    "file_name": f"doc-{number}.pdf",
                }
            )
        )
    return desk.mail.model_copy(update={"attachments": tuple(attachments)})


def test_what_fits_is_attached() -> None:
    desk = MailDesk()
    (document,) = documents_of(desk.ports, sealed(desk, b"x" * 29_000), LIMIT)
    assert (document.link, len(document.content)) == (None, 29_000)
    assert not desk.ports.document_links.kept


def test_the_size_is_that_of_the_encoded_mail_and_the_largest_gives_way() -> None:
    """30,000 bytes are 41,106 as base64 in lines of 76: more than the 40,000 there are."""
    desk = MailDesk()
    large, small = documents_of(desk.ports, sealed(desk, b"x" * 30_000, b"small"), LIMIT)
    assert (large.content, small.content, small.link) == (b"", b"small", None)
    assert large.link is not None
    assert large.file_name == "doc-0.pdf"


def test_only_the_hash_of_the_secret_is_kept() -> None:
    desk = MailDesk()
    links = [documents_of(desk.ports, sealed(desk, b"pdf"), 0)[0].link for _ in range(2)]
    assert links[0] != links[1], "each mail has a secret of its own"
    found = urlsplit(str(links[0]))
    (secret,) = parse_qs(found.query)["key"]
    assert len(secret) == 43, "256 bits"
    assert found.path == f"/documents/birch/{hashlib.sha256(b'pdf').hexdigest()[:32]}"
    stored = desk.ports.document_links.kept
    assert hashlib.sha256(secret.encode()).hexdigest() in {key[2] for key in stored}
    assert secret not in str(stored)


def test_a_mail_whose_words_alone_take_too_much_room_goes_with_links(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The room for words is a guess; what the mail comes to in the end decides."""
    desk = MailDesk()
    seen: list[list[str | None]] = []

    def report_mail(_notice: Any, _policy: Any, _to: Any, documents: Any, *_: Any) -> bytes:
        seen.append([document.link for document in documents])
        if not all(seen[-1]):
            raise MailTooLargeError(41_000_000, 40_000_000)
        return b"the mail"

    monkeypatch.setattr(composing_mails, "stored_notice", lambda *_: None)
    desk.ports.__dict__["composer"] = SimpleNamespace(report_mail=report_mail)
    mail = sealed(desk, b"pdf", b"csv")
    report = mail.model_copy(update={"id": mail.id.model_copy(update={"kind": "device_report"})})
    context: Any = SimpleNamespace(policy=None, cycle=None)
    made = composing_mails.AccountMails(desk.ports, context, ["cedar"]).compose(report)
    assert made == b"the mail"
    assert seen[0] == [None, None]
    assert all(seen[1])


# --- Opening one ---------------------------------------------------------------------------------


def opened(desk: MailDesk, link: str) -> Any:
    parts = urlsplit(link)
    event = {
        "version": "2.0",
        "routeKey": "GET /documents/{provider}/{document}",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "queryStringParameters": {k: v[0] for k, v in parse_qs(parts.query).items()},
        "headers": {},
        "requestContext": {"http": {"method": "GET", "path": parts.path}, "stage": "$default"},
    }
    api = document_link()
    api.context.update(ports=desk.ports)
    return api.resolve(event, None)  # type: ignore[arg-type]


@pytest.fixture
def desk() -> MailDesk:
    return MailDesk()


@pytest.fixture
def link(desk: MailDesk) -> str:
    return str(documents_of(desk.ports, sealed(desk, b"pdf"), 0)[0].link)


def test_a_link_leads_to_the_document_for_five_minutes(desk: MailDesk, link: str) -> None:
    answer = opened(desk, link)
    assert answer["statusCode"] == 302
    headers = answer["headers"]
    assert headers["Location"] == "https://records.example/doc-0?expires=300"
    assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")


def test_whatever_is_wrong_with_a_link_the_answer_is_the_same(desk: MailDesk, link: str) -> None:
    """Nobody learns which providers and documents there are."""
    wrong = [
        link[:-1],
        link.replace("/birch/", "/elm/"),
        link.replace("/birch/", "/BIRCH%20/"),
        link.replace("key=", "key=a"),
        link.split("?", maxsplit=1)[0],
        f"https://x/documents/birch/{'0' * 32}?key=guess",
        "https://x/documents/birch/short?key=guess",
    ]
    answers = [opened(desk, entry) for entry in wrong]
    assert {entry["statusCode"] for entry in answers} == {404}
    assert len({entry["body"] for entry in answers}) == 1


def test_a_link_is_too_old_after_400_days(desk: MailDesk, link: str) -> None:
    desk.ports.clock.time += timedelta(days=400) - timedelta(seconds=1)
    assert opened(desk, link)["statusCode"] == 302
    desk.ports.clock.time += timedelta(seconds=1)
    answer = opened(desk, link)
    assert answer["statusCode"] == 410
    assert "Location" not in answer["headers"]
