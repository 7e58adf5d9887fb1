"""Letters about unpaid invoices: what they say, and what nobody can add to them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest

from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.domain.dunning.dunning_policy import LateFee
from msp_billing.domain.dunning.letters import (
    DunningLetter,
    ProviderAlert,
    notice_undeliverable,
    release_left_to_person,
)
from msp_billing.domain.dunning.standing import AccountState, NoticeAttempt
from msp_billing.domain.outbox import MailId, MailKind
from msp_billing.domain.parties import PayTo
from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.domain.payments.payment_policy import PaymentPolicy
from tests.unit import document_samples as documents
from tests.unit import dunning_samples as samples

COMPOSER = MailComposer(Path(__file__).parents[3] / "layers" / "rendering")


def mail_id(kind: MailKind, part: str = "final-notice-1") -> MailId:
    return MailId(
        provider="lantern",
        run="dunning",
        period=documents.DECEMBER,
        account="tern-harbor",
        part=part,
        kind=kind,
    )


def parsed(raw: bytes) -> EmailMessage:
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", raw) is None
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    return message_from_bytes(raw, policy=policy.default)


def letter_mail(letter: DunningLetter, **policy_changes: Any) -> EmailMessage:
    return parsed(
        COMPOSER.dunning_letter(
            letter,
            documents.policy().model_copy(update=policy_changes),
            ("ap@tern.example",),
            mail_id("dunning"),
            documents.MADE_AT,
        )
    )


def release_mail(**changes: Any) -> EmailMessage:
    return parsed(
        COMPOSER.release_mail(
            samples.question(**changes),
            documents.policy(),
            ("beth@lantern.example",),
            mail_id("release"),
            documents.MADE_AT,
        )
    )


def alert_mail(alert: ProviderAlert) -> EmailMessage:
    return parsed(
        COMPOSER.dunning_alert(
            alert,
            documents.policy(),
            ("clerk@lantern.example",),
            mail_id("dunning-alert"),
            documents.MADE_AT,
        )
    )


def attempt(number: int, recipient: str, failed: str) -> NoticeAttempt:
    return NoticeAttempt(
        attempt=number,
        recipient=recipient,
        mail=mail_id("dunning"),
        sent_at=documents.MADE_AT,
        failed=failed,
    )


def undeliverable(name: str = "Tern Harbor", waiting_for: str | None = "Credit hold") -> Any:
    attempts = (
        attempt(1, "ap@tern.example", "bounced: no such mailbox"),
        attempt(2, "cfo@tern.example", "bounced: mailbox full"),
    )
    return notice_undeliverable(
        "lantern", "tern-harbor", name, "final-notice", "Final notice", attempts, waiting_for
    )


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return cast(str, body.get_content()).replace("\r\n", "\n")


def words_of(message: EmailMessage) -> str:
    """The text part without its line breaks."""
    return " ".join(text_of(message).split())


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return cast(str, body.get_content())


class Seen(HTMLParser):
    """What a reader sees of an HTML mail, which elements there are, and where links go."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.links.extend(value or "" for name, value in attrs if name == "href")
        self._silent += tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


# --- What the subject says -----------------------------------------------------------------------


@pytest.mark.rule("DUN-02")
@pytest.mark.parametrize(
    ("letter", "subject"),
    [
        (samples.reminder(), "Payment due soon · $1,100.00 due 7 January 2027 · Tern Harbor"),
        (
            samples.letter(),
            # The credit hold is foreseen for 12 January: the last day to pay is the 11th.
            "Final notice before credit hold · $1,600.00 to pay · please pay by 11 January 2027 · "
            "Tern Harbor",
        ),
        (
            samples.credit_hold(),
            "Your account is on credit hold · $2,725.00 to pay · please pay now · Tern Harbor",
        ),
        (
            samples.service_hold(),
            "Your account is on service hold · $2,700.00 to pay · please pay now · Tern Harbor",
        ),
        (samples.released(), "Your account is off hold · Tern Harbor"),
    ],
    ids=lambda value: value.kind if isinstance(value, DunningLetter) else "",
)
def test_the_subject_says_what_how_much_until_when_and_for_whom(
    letter: DunningLetter, subject: str
) -> None:
    assert letter_mail(letter)["Subject"] == subject


def test_a_step_that_follows_tomorrow_leaves_no_day_to_pay_by() -> None:
    tomorrow = samples.CREDIT_HOLD.model_copy(update={"on": date(2027, 1, 5)})
    assert samples.letter(coming=(tomorrow,)).pay_by is None
    later = samples.CREDIT_HOLD.model_copy(update={"on": date(2027, 1, 6)})
    assert samples.letter(coming=(later,)).pay_by == date(2027, 1, 5)


# --- What a letter says --------------------------------------------------------------------------


@pytest.mark.rule("DUN-02")
def test_one_letter_lists_everything_that_is_open_and_how_late_it_is() -> None:
    # 30 November to 4 January: 1 + 30 + 4 = 35 days (30 November itself is day 0, so 31 of
    # December and 4 of January); 30 December to 4 January: 5 days.
    text = words_of(letter_mail(samples.letter()))
    for words in (
        "- LP-000101, Agreement Hybrid IT, December 2026 (was due 30 November 2026, 35 days ago): "
        "$1,200.00",
        "- LP-000117, Agreement Hybrid IT, January 2027 (was due 30 December 2026, 5 days ago, "
        "what is left of $1,100.00): $400.00",
        "- LP-000131, Agreement Hybrid IT, February 2027 (due 30 January 2027): $1,100.00",
        "Overdue: $1,600.00",
        "Everything open: $2,700.00, with what is not due yet",
    ):
        assert words in text


def test_a_notice_says_what_happens_next_and_what_stays_on() -> None:
    text = words_of(letter_mail(samples.letter()))
    for words in (
        "AS IT IS NOW - Orders, support and everything that runs for you go on as usual.",
        "- 12 January 2027: Credit hold. New orders are not accepted; support and your services "
        "go on.",
        "- 11 February 2027: Service hold. New orders and requests for support are not accepted "
        "from then on. Switched off: anti-virus, anti-spam and dns-filter. Stays on: backup. Your "
        "data is kept whatever happens.",
        "- Pay $1,600.00, and nothing of the above happens.",
        "ACH: routing 091000019, account 4400 1200",
        "Our policy, Missed payments: After a missed payment we write to you",
    ):
        assert words in text


@pytest.mark.rule("DUN-08")
def test_a_disputed_part_is_not_asked_for() -> None:
    first, *others = samples.documents()
    disputed = first.model_copy(
        update={"disputed": Decimal("300.00"), "paused_until": date(2027, 1, 31)}
    )
    letter = samples.letter(documents=(disputed, *others), to_pay=Decimal("1300.00"))
    text = words_of(letter_mail(letter))
    assert "Please pay: $1,300.00" in text
    assert "$300.00 of it disputed, put aside until 31 January 2027" in text
    assert "Disputed: $300.00, put aside until that is clear" in text


def test_a_promised_part_is_named() -> None:
    first, *others = samples.documents()
    promised = first.model_copy(update={"promised": Decimal("1200.00")})
    text = words_of(letter_mail(samples.letter(documents=(promised, *others))))
    assert "$1,200.00 of it promised" in text
    assert "Promised: $1,200.00" in text


@pytest.mark.rule("KR-14")
def test_a_credit_hold_says_that_services_run_on_and_how_it_ends() -> None:
    text = words_of(letter_mail(samples.credit_hold()))
    for words in (
        "- New orders are not accepted. - Support, and everything that runs for you, goes on as "
        "usual.",
        "Late fee added: $25.00 (LF-1-credit-hold)",
        "- Pay $2,725.00. That settles what this hold is for.",
        "- The hold ends when Engineer and Billing team then agree; we ask them at once.",
    ):
        assert words in text


@pytest.mark.rule("KR-15", "DUN-10")
def test_a_service_hold_says_what_is_off_and_what_stays_on() -> None:
    text = words_of(letter_mail(samples.service_hold()))
    for words in (
        "- New orders and requests for support are not accepted.",
        "- Switched off: anti-virus, anti-spam and dns-filter.",
        "- Stays on: backup. Your data is kept whatever happens.",
        "Please pay: $2,700.00 As soon as you can.",
    ):
        assert words in text
    assert "WHAT HAPPENS NEXT" not in text


def test_a_service_that_stays_on_for_a_time_says_until_when() -> None:
    kept = samples.letter().protected_services[0].model_copy(update={"until": date(2027, 6, 30)})
    text = words_of(letter_mail(samples.service_hold(protected_services=(kept,), services=())))
    assert "Stays on until 30 June 2027: backup. Your data is kept whatever happens." in text
    assert "No service of yours is switched off." in text


@pytest.mark.rule("DUN-06")
def test_a_payment_that_can_go_back_is_said_to_count_later() -> None:
    window = PaymentPolicy(
        settled_after_business_days={PaymentMethod.ACH: 5, PaymentMethod.WIRE: 0}
    )
    said = "A payment by ACH counts here after 5 business days, when the bank takes it back no more"
    assert said in words_of(letter_mail(samples.credit_hold(), payments=window))
    assert "counts here" not in words_of(letter_mail(samples.letter(), payments=window))
    assert "by wire counts" not in words_of(letter_mail(samples.credit_hold(), payments=window))


@pytest.mark.parametrize(
    ("fee", "said"),
    [
        (LateFee(amount=Decimal("25")), "A late fee of $25.00 is added."),
        (LateFee(percent=Decimal("1.5")), "A late fee of 1.5% of what is overdue is added."),
    ],
)
def test_a_fee_is_foretold(fee: LateFee, said: str) -> None:
    coming = (samples.CREDIT_HOLD.model_copy(update={"late_fee": fee}),)
    assert said in words_of(letter_mail(samples.letter(coming=coming)))


def test_a_reminder_is_light() -> None:
    text = text_of(letter_mail(samples.reminder()))
    assert "Falls due: $1,100.00\nPlease pay by 7 January 2027.\n" in text
    assert "LP-000131, Agreement Hybrid IT, February 2027" in text
    assert "Please give the number LP-000131 with your payment." in text
    assert "If you have paid already, thank you: nothing else is needed." in text
    for words in ("AS IT IS NOW", "HAPPENS NEXT", "hold", "policy", "Overdue", "SORT IT OUT"):
        assert words not in text


def test_several_due_dates_ask_for_the_first_one() -> None:
    both = samples.documents()[1:]
    assert samples.reminder(documents=both).pay_by == date(2026, 12, 30)


def test_the_end_of_a_hold_asks_for_nothing() -> None:
    text = text_of(letter_mail(samples.released()))
    assert "Thank you for your payment. The hold has ended." in text
    assert "Orders, support and everything that runs for you go on as usual." in text
    for words in ("Please pay", "HOW TO PAY", "HAPPENS NEXT", "$"):
        assert words not in text


def test_a_hold_that_is_back_says_why() -> None:
    because = "Your payment of $2,700.00 of 20 January 2027 was returned: insufficient funds."
    back = samples.credit_hold(kind="reinstated", title="Your hold is back", because=because)
    assert because in words_of(letter_mail(back))
    assert because in Seen(html_of(letter_mail(back))).text


def test_a_copy_to_the_provider_says_that_it_is_one() -> None:
    raw = COMPOSER.dunning_letter(
        samples.letter(),
        documents.policy(),
        ("desk@lantern.example",),
        mail_id("dunning-alert"),
        documents.MADE_AT,
    )
    copied = parsed(raw)
    assert copied["Subject"].startswith("Copy: Final notice before credit hold · $1,600.00 to pay")
    assert text_of(copied).startswith(
        "Copy for your information, to Tern Harbor, 4 January 2027\n\nFINAL NOTICE"
    )


def test_credit_that_is_held_is_named() -> None:
    assert "Your credit with us: $50.00" in text_of(
        letter_mail(samples.letter(credit=Decimal("50.00")))
    )


def test_a_long_list_is_cut_with_its_sum() -> None:
    first = samples.documents()[0]
    many = tuple(
        first.model_copy(update={"document": f"LP-{number:06}"}) for number in range(1, 31)
    )
    # 30 documents, 24 shown: 6 x $1,200.00 = $7,200.00
    assert "- 6 further documents: $7,200.00" in text_of(
        letter_mail(samples.letter(documents=many))
    )


def test_the_html_says_what_the_text_says() -> None:
    seen = Seen(html_of(letter_mail(samples.letter()))).text
    for words in (
        "Tern Harbor, 4 January 2027 Final notice before credit hold",
        "Please pay $1,600.00 By 11 January 2027.",
        "LP-000117, Agreement Hybrid IT, January 2027 was due 30 December 2026, 5 days ago, what "
        "is left of $1,100.00 $400.00",
        "12 January 2027 Credit hold New orders are not accepted; support and your services go on.",
        "Pay $1,600.00, and nothing of the above happens.",
        "If you do not agree with an invoice, tell us which part",
    ):
        assert words in seen


@pytest.mark.parametrize(
    "make",
    [
        lambda: letter_mail(samples.letter()),
        lambda: letter_mail(samples.service_hold()),
        release_mail,
        lambda: alert_mail(undeliverable()),
    ],
)
def test_the_html_needs_nothing_from_elsewhere_and_is_the_same_again(
    make: Callable[[], EmailMessage],
) -> None:
    html = html_of(make())
    assert set(Seen(html).elements).isdisjoint({"img", "script", "link", "iframe", "form", "svg"})
    assert "url(" not in html
    assert "src=" not in html
    assert make().as_bytes() == make().as_bytes()


# --- Questions and alerts to the provider's people -----------------------------------------------


@pytest.mark.rule("DUN-06", "KR-16")
def test_an_approver_is_told_what_was_owed_and_paid_and_who_has_approved() -> None:
    message = release_mail()
    assert message["Subject"] == (
        "Please approve by 21 January 2027, 09:00 CST: end of hold · Tern Harbor is on credit hold "
        "and has paid"
    )
    text = words_of(message)
    for words in (
        "you are asked for Billing team.",
        "Is: on credit hold since 12 January 2027, 09:00 CST",
        "Because: $1,600.00 was unpaid after the final notice of 4 January 2027.",
        "- LP-000117 (was due 30 December 2026): $400.00",
        "- wire on 20 January 2027 (bank:W-88121): $2,700.00",
        "Engineer: approved by erin@lantern.example, 20 January 2027, 11:05 CST: agents checked",
        "Billing team: has not answered yet",
        "mspbill hold approve tern-harbor --role billing --by NAME --why REASON",
    ):
        assert words in text


def test_the_link_is_in_both_parts_as_it_is() -> None:
    message = release_mail()
    assert samples.question().link in text_of(message).split("\n")
    seen = Seen(html_of(message))
    assert set(seen.links) == {samples.question().link}
    assert samples.question().link in seen.text, "the address is visible, not only behind a button"


def test_a_letter_about_one_invoice_has_the_page_to_pay_it_on() -> None:
    link = "https://pay.lantern.example/{account}/{number}?amount={amount}"
    paid_at = "https://pay.lantern.example/tern-harbor/LP-000131?amount=1100.00"
    message = letter_mail(samples.reminder(), pay_to=PayTo(link=link))
    assert paid_at in text_of(message).split("\n")
    assert set(Seen(html_of(message)).links) == {paid_at}
    several = letter_mail(samples.letter(), pay_to=PayTo(link=link))
    assert Seen(html_of(several)).links == []


def test_a_reminder_says_which_it_is() -> None:
    assert release_mail(reminder=2)["Subject"].startswith("Reminder 2: please approve by 21 ")


@pytest.mark.rule("DUN-09")
def test_a_notice_that_nobody_got_is_left_to_a_person_with_the_command() -> None:
    message = alert_mail(undeliverable())
    assert message["Subject"] == "For a person: Notice not delivered · Tern Harbor"
    text = words_of(message)
    for words in (
        "'Credit hold' is not taken until somebody says that the account knows.",
        "cfo@tern.example: bounced: mailbox full",
        "mspbill override-notice tern-harbor final-notice --provider lantern --by NAME --why "
        '"told by phone"',
    ):
        assert words in text


def test_an_account_without_contacts_is_named_so() -> None:
    alert = notice_undeliverable("lantern", "tern", "Tern", "notice", "Notice", (), None)
    text = words_of(alert_mail(alert))
    assert "Contacts: the account has none" in text
    assert "The case stands still until somebody says that the account knows." in text


@pytest.mark.rule("DUN-06")
def test_a_release_that_nobody_approves_is_left_to_a_person() -> None:
    missing = samples.question().roles[1:]
    alert = release_left_to_person("lantern", "tern-harbor", "Tern Harbor", missing, 3)
    text = words_of(alert_mail(alert))
    assert "an approval is missing after we asked 4 times." in text
    assert "Billing team: has not answered" in text
    assert "mspbill hold ask-again tern-harbor --provider lantern --by NAME" in text


# --- Hostile names -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", documents.HOSTILE_NAMES, ids=range(len(documents.HOSTILE_NAMES)))
def test_a_hostile_name_adds_no_header_no_part_and_no_element(name: str) -> None:
    harmless = (
        letter_mail(samples.letter()),
        release_mail(),
        alert_mail(undeliverable()),
    )
    short = name[:400]
    first, *others = samples.documents()
    hostile = (
        letter_mail(
            samples.letter(
                account_name=short,
                title=short,
                letter=short,
                clause_title=short,
                documents=(first.model_copy(update={"title": short}), *others),
                release_by=(short,),
            )
        ),
        release_mail(account_name=short, why=short),
        alert_mail(undeliverable(short)),
    )
    for mail, plain in zip(hostile, harmless, strict=True):
        assert sorted(mail.keys()) == sorted(plain.keys())
        assert mail["Bcc"] is None
        assert [part.get_content_type() for part in mail.walk()] == [
            part.get_content_type() for part in plain.walk()
        ]
        assert Seen(html_of(mail)).elements == Seen(html_of(plain)).elements
        if name == "{{7*7}}":
            assert name in Seen(html_of(mail)).text


def test_every_state_has_words() -> None:
    for state in AccountState:
        question = release_mail(state=state)
        assert " is " in question["Subject"]
