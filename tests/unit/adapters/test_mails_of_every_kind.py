"""What holds for every kind of mail, in every language."""

from __future__ import annotations

import base64
import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from msp_billing.adapters.language import LANGUAGES
from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.adapters.mails.samples import SampleMails
from msp_billing.adapters.mails.template_rules import KINDS
from msp_billing.domain.parties import Logo, PayTo
from msp_billing.domain.policy import ProviderPolicy
from tests.unit import document_samples as samples
from tests.unit.adapters.mail_reading import Seen, html_of, parsed, text_of, words_of

COMPOSER = MailComposer(Path(__file__).parents[3] / "layers" / "rendering")
GMAIL_CUTS_AFTER = 102_400
TO_ACCOUNTS = ("invoice", "credit-note", "comparison", "report", "dunning")
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 80">'
    b'<rect width="300" height="80" fill="#1f3a5f"/></svg>'
)


def provider(*, logo: bool = True) -> ProviderPolicy:
    policy = samples.policy()
    link = "https://pay.lantern.example/{account}/{number}?amount={amount}&currency={currency}"
    picture = Logo(
        media_type="image/svg+xml", base64=base64.b64encode(SVG).decode(), text="Lantern & Pike"
    )
    brand = policy.brand.model_copy(update={"logo": picture if logo else None})
    return policy.model_copy(update={"pay_to": PayTo(link=link), "brand": brand})


@pytest.fixture(scope="module")
def mails() -> dict[tuple[str, str], EmailMessage]:
    """Every kind in every language, by kind and language; both ends read the same language."""
    return {
        (kind, language): parsed(raw)
        for language in LANGUAGES
        for kind, raw in SampleMails(
            COMPOSER, provider().model_copy(update={"locale": language}), language
        ).all()
    }


Mails = dict[tuple[str, str], EmailMessage]


def test_there_is_a_mail_of_every_kind_in_every_language(mails: Mails) -> None:
    assert set(mails) == {(kind, language) for kind in KINDS for language in LANGUAGES}


def test_a_mail_says_its_language_in_its_header_and_its_html(mails: Mails) -> None:
    for (_kind, language), message in mails.items():
        root = Seen(html_of(message)).root
        assert message["Content-Language"] == language
        assert (root["lang"], root["dir"]) == (language, "ltr")


def test_both_parts_say_the_same_amounts(mails: Mails) -> None:
    amount = re.compile(r"[\d][\d.,\u202f\u00a0]*[.,]\d\d(?!\d)")
    for (kind, _language), message in mails.items():
        seen = Seen(html_of(message)).text
        assert set(amount.findall(words_of(message))) == set(amount.findall(seen))
        assert amount.findall(seen) or kind in {"summary", "dunning-alert", "report"}


def test_no_mail_fetches_anything_or_runs_anything(mails: Mails) -> None:
    for message in mails.values():
        html = html_of(message)
        elements = set(Seen(html).elements)
        assert elements.isdisjoint({"script", "link", "iframe", "form", "svg", "object", "video"})
        assert "url(" not in html
        assert "@import" not in html
        assert not re.search(r'(?:src|background|srcset)="(?!cid:)', html)


def test_the_logo_goes_with_the_mail_and_has_a_text_for_who_does_not_see_it(mails: Mails) -> None:
    for message in mails.values():
        (picture,) = Seen(html_of(message)).pictures
        (part,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
        assert picture["src"] == f"cid:{str(part['Content-ID']).strip('<>')}"
        assert picture["alt"] == "Lantern & Pike"
        assert (picture["width"], picture["height"]) == ("165", "44")
        assert part.get_content_disposition() == "inline"
        assert part.get_content().startswith(b"\x89PNG")
        assert part not in list(message.iter_attachments())


def test_a_mail_without_a_logo_shows_the_name_and_no_picture() -> None:
    _kind, raw = next(SampleMails(COMPOSER, provider(logo=False)).all())
    message = parsed(raw)
    assert Seen(html_of(message)).pictures == []
    assert Seen(html_of(message)).text.startswith("Lantern & Pike Managed IT")
    assert [part.get_content_type() for part in message.walk()][1:4] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_a_mail_is_far_shorter_than_gmail_shows(mails: Mails) -> None:
    longest = max(len(html_of(message).encode()) for message in mails.values())
    assert longest < GMAIL_CUTS_AFTER / 4


def test_styles_are_in_the_elements_and_only_those_for_dark_and_narrow_in_the_head(
    mails: Mails,
) -> None:
    for message in mails.values():
        html = html_of(message)
        narrow, dark, outlook = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
        assert "@media (max-width: 480px)" in narrow, "alone: Gmail keeps it"
        assert "@media (prefers-color-scheme: dark)" in dark
        assert "[data-ogsc] .ink" in outlook
        sheet = narrow + dark + outlook
        assert ".entry-day" not in sheet
        assert 'class="fact-label soft"' not in html or "width: 38%" in html
        assert '<meta name="color-scheme" content="light dark">' in html
        assert '<meta name="supported-color-schemes" content="light dark">' in html
        assert not re.search(r"(?:color|background-color): ?#(?:fff|ffffff|000|000000)\b", sheet)
        assert "data-css-inline" not in html


def test_what_is_shown_before_a_mail_is_opened_says_more_than_the_subject(mails: Mails) -> None:
    for message in mails.values():
        hidden = " ".join(
            re.sub(r"[\u034f\u200c\u00a0]", " ", Seen(html_of(message)).hidden).split()
        )
        assert len(hidden) > 10
        assert hidden not in str(message["Subject"])


def test_every_link_can_also_be_read(mails: Mails) -> None:
    for message in mails.values():
        seen = Seen(html_of(message))
        for link in seen.links:
            assert link.startswith("https://")
            assert link in seen.text
            assert link in text_of(message).split("\n")


def test_recurring_mails_can_be_stopped_and_those_that_are_owed_can_not(mails: Mails) -> None:
    for (kind, _language), message in mails.items():
        unsubscribe = message["List-Unsubscribe"]
        if kind in {"comparison", "report"}:
            what = "comparison" if kind == "comparison" else "device_report"
            assert unsubscribe == (
                f"<mailto:accounts@lantern.example?subject=unsubscribe%20{what}%20sample>"
            )
        else:
            assert unsubscribe is None
        assert message["List-Unsubscribe-Post"] is None


def test_long_names_of_headers_are_one_word_that_programs_find() -> None:
    domain = "a-very-long-name-of-a-department.of-a-very-long-name-of-a-company.lantern.example"
    policy = provider().model_copy(
        update={"mail_from": f"billing@{domain}", "reply_to": f"accounts-{'x' * 50}@{domain}"}
    )
    report = dict(SampleMails(COMPOSER, policy).all())["report"]
    lines = report.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    for header, form in (
        (b"Message-ID", rb"<[0-9a-f]{32}@[a-z.-]+>"),
        (b"References", rb"<[0-9a-f]{32}@[a-z.-]+>"),
        (b"List-Unsubscribe", rb"<mailto:accounts-x+@[a-z.-]+\?subject=[a-z%0-9_]+>"),
    ):
        (line,) = [line for line in lines if line.startswith(header + b": ")]
        assert re.fullmatch(form, line.removeprefix(header + b": "))
    assert parsed(report)["Reply-To"] == policy.reply_to


def test_every_mail_says_that_a_program_sent_it_and_where_answers_go(mails: Mails) -> None:
    seen: set[str] = set()
    for (kind, language), message in mails.items():
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
        assert message["Reply-To"] == "accounts@lantern.example"
        assert message["References"] == mails["invoice", "en"]["References"], "one account"
        seen.add(message["Message-ID"])
        assert len(str(message["Subject"])) <= 240, (kind, language)
    assert len(seen) == len(KINDS), "a mail has its name whatever its language"


def test_the_same_mail_is_the_same_bytes_with_a_logo_too() -> None:
    first = dict(SampleMails(COMPOSER, provider()).all())
    other = MailComposer(Path(__file__).parents[3] / "layers" / "rendering")
    assert dict(SampleMails(other, provider()).all()) == first


def test_what_goes_to_an_account_is_in_its_language_and_the_rest_in_the_providers() -> None:
    policy = provider().model_copy(update={"locale": "de"})
    for kind, raw in SampleMails(COMPOSER, policy, "fr-CA").all():
        expected = "fr-CA" if kind in TO_ACCOUNTS else "de"
        assert parsed(raw)["Content-Language"] == expected


@pytest.mark.parametrize(("stack", "named"), [("billing-prod", "billing-prod"), (None, "STACK")])
def test_commands_in_mails_name_the_stack_that_sent_them(stack: str | None, named: str) -> None:
    composer = MailComposer(Path(__file__).parents[3] / "layers" / "rendering", stack)
    texts = {kind: text_of(parsed(raw)) for kind, raw in SampleMails(composer, provider()).all()}
    for kind in ("digest", "dunning-alert"):
        commands = re.findall(r"^  (mspbill .*)$", texts[kind], re.MULTILINE)
        assert commands
        assert {line.partition(" --stack ")[2] for line in commands} == {named}
