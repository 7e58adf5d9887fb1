"""The mails, parsed by the standard library."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest

from msp_billing.adapters.mails import mail_message
from msp_billing.adapters.mails.mail_builder import DraftInvoiceError
from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.adapters.mails.mail_message import RecipientCountError
from msp_billing.domain.comparison import compare
from msp_billing.domain.cycles import Cycle, CycleState
from msp_billing.domain.documents import PDF, XLSX, NamedDocument
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.money import Money
from msp_billing.domain.outbox import MailId, MailKind, MailState, OutboxMail
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.periods import Period
from msp_billing.domain.run_summary import RunRow, summarise_account, summarise_run
from msp_billing.usecases.errors import DocumentError, MailTooLargeError
from tests.unit import document_samples as samples
from tests.unit.document_samples import DECEMBER, MADE_AT, NOVEMBER, InvoiceMaker, counted, usd

ASSETS = Path(__file__).parents[3] / "layers" / "rendering"
COMPOSER = MailComposer(ASSETS)
INVOICE_PDF = NamedDocument(
    file_name="KRG-000123.pdf", media_type=PDF, content=b"%PDF-1.7\r\n\x00\xff" * 5_000
)
WORKBOOK = NamedDocument(file_name="comparison.xlsx", media_type=XLSX, content=b"PK\x03\x04" * 400)
ACCOUNTS = ("ap@tern.example", "cfo@tern.example")


def mail_id(kind: MailKind, account: str = "tern-harbor") -> MailId:
    return MailId(
        provider="lantern", run="monthly", period=DECEMBER, account=account, part="all", kind=kind
    )


def invoice(period: Period = DECEMBER, **changes: Any) -> Invoice:
    maker = InvoiceMaker(period)
    maker.line(
        "COM4003",
        "3",
        "100.00",
        counted=counted(("anna", "carl", "dora"), joined=("carl", "dora"), left=("bob",)),
    )
    return maker.make("KRG-000123").model_copy(update=changes)


def invoice_mail(made: Invoice | None = None, **changes: Any) -> EmailMessage:
    arguments: dict[str, Any] = {
        "invoice": made or invoice(),
        "policy": samples.policy(),
        "recipients": ACCOUNTS,
        "pdf": INVOICE_PDF,
        "mail_id": mail_id("invoice"),
        "made_at": MADE_AT,
    }
    return parsed(COMPOSER.invoice_mail(**(arguments | changes)))


def comparison_mail(name: str = "Tern Harbor", *, previous: bool = True) -> EmailMessage:
    before = InvoiceMaker(NOVEMBER).line("COM4003", "2", "100.00", counted=counted(("anna", "bob")))
    compared = compare(
        "tern-harbor",
        name,
        DECEMBER,
        "USD",
        (invoice(),),
        (before.make(),) if previous else (),
    )
    return parsed(
        COMPOSER.comparison_mail(
            compared,
            samples.policy(),
            ACCOUNTS,
            WORKBOOK,
            mail_id("comparison"),
            MADE_AT,
            samples.cycle(),
        )
    )


def run_rows() -> tuple[RunRow, ...]:
    before = InvoiceMaker(NOVEMBER).line("COM4003", "2", "10.00").make()
    billed = samples.outcome("tern-harbor", OutcomeKind.BILLED, invoices=(invoice(),))
    parked = samples.outcome("gull-point", OutcomeKind.PARKED)
    return tuple(summarise_account(entry, (before,), "USD") for entry in (billed, parked))


def approval_mail(**changes: Any) -> EmailMessage:
    rows = run_rows()
    arguments: dict[str, Any] = {
        "cycle": samples.cycle(),
        "run": samples.policy().runs[0],
        "totals": summarise_run(rows, "USD"),
        "parked": [row for row in rows if row.problems],
        "policy": samples.policy(),
        "recipients": ("clerk@lantern.example",),
        "workbook": WORKBOOK,
        "mail_id": mail_id("approval", "lantern"),
        "made_at": MADE_AT,
        "decide_by": datetime(2026, 12, 6, 15, 30, tzinfo=UTC),
    }
    return parsed(COMPOSER.approval_mail(**(arguments | changes)))


def summary_mail(cycle: Cycle | None = None, unsent: Sequence[OutboxMail] = ()) -> EmailMessage:
    rows = run_rows()
    return parsed(
        COMPOSER.summary_mail(
            cycle or samples.cycle(),
            samples.policy().runs[0],
            summarise_run(rows, "USD"),
            [row for row in rows if row.problems],
            samples.policy(),
            ("clerk@lantern.example",),
            mail_id("summary", "lantern"),
            MADE_AT,
            unsent=unsent,
        )
    )


def parsed(raw: bytes) -> EmailMessage:
    """The mail, after what holds for every mail has been checked on its bytes."""
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", raw) is None
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    message = message_from_bytes(raw, policy=policy.default)
    for part in message.walk():
        assert part.defects == []
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en-US"
    return message


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return cast(str, body.get_content()).replace("\r\n", "\n")


def html_of(message: EmailMessage) -> str:
    body = message.get_body(("html",))
    assert body is not None
    return cast(str, body.get_content())


class VisibleText(HTMLParser):
    """What a reader sees of an HTML mail, and which elements there are."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.words: list[str] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self._silent += tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


# --- The invoice ---------------------------------------------------------------------------------


@pytest.mark.rule("KR-03")
def test_the_subject_says_what_for_whom_how_much_and_until_when() -> None:
    assert invoice_mail()["Subject"] == (
        "Invoice KRG-000123 · $300.00 due 30 December 2026 · Agreement Hybrid IT · "
        "December 2026 · Tern Harbor"
    )


@pytest.mark.rule("KR-03")
@pytest.mark.parametrize(
    "label", ["Agreement Hybrid IT", "Agreement Remote Only IT", "Agreement Inclusive IT"]
)
def test_the_label_stands_in_the_subject_the_text_and_the_html(label: str) -> None:
    message = invoice_mail(invoice(label=label))
    assert f"· {label} ·" in message["Subject"]
    assert f"{label}, December 2026" in text_of(message)
    assert f"{label}, December 2026" in VisibleText(html_of(message)).text


@pytest.mark.rule("COL-07")
def test_everybody_of_the_billing_distribution_is_addressed() -> None:
    assert [entry.addr_spec for entry in invoice_mail()["To"].addresses] == list(ACCOUNTS)


def test_the_headers_say_who_sends_when_and_where_answers_go() -> None:
    message = invoice_mail()
    assert message["From"] == "Lantern & Pike Managed IT <billing@lantern.example>"
    assert message["Reply-To"] == "accounts@lantern.example"
    assert message["Date"] == "Tue, 01 Dec 2026 09:30:00 -0600"
    assert re.fullmatch(r"<[0-9a-f]{32}@lantern\.example>", message["Message-ID"])
    assert message["List-Unsubscribe"] is None


def test_a_mail_is_text_and_html_with_the_very_document_attached() -> None:
    message = invoice_mail()
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
    ]
    (attachment,) = message.iter_attachments()
    assert attachment.get_content() == INVOICE_PDF.content
    assert attachment.get_filename() == "KRG-000123.pdf"
    assert attachment.get_content_disposition() == "attachment"


def test_a_bookkeeper_finds_all_of_it_in_the_text() -> None:
    text = text_of(invoice_mail(previous_total=usd("200.00")))
    for words in (
        "Amount due: $300.00",
        "Due on: 30 December 2026",
        "Invoice number: KRG-000123",
        "Billed to: Tern Harbor",
        "Service period: 1 to 31 December 2026",
        "This invoice is $100.00 more than for November 2026 ($200.00).",
        "- Mailboxes: 2 joined: carl, dora; 1 left: bob",
        "- Hosted mailbox (3 × $100.00): $300.00",
        "KRG-000123.pdf (60 KB)",
        "ACH: routing 091000019, account 4400 1200",
        "write to accounts@lantern.example",
    ):
        assert words in text


def test_the_html_says_what_the_text_says() -> None:
    seen = VisibleText(html_of(invoice_mail(previous_total=usd("300.00")))).text
    for words in (
        "Amount due $300.00 Please pay by 30 December 2026.",
        "Service period 1 to 31 December 2026",
        "This invoice is the same as for November 2026.",
        "Mailboxes 2 joined: carl, dora 1 left: bob",
        "Hosted mailbox 3 × $100.00 $300.00",
        "Attached: KRG-000123.pdf (60 KB)",
        "ACH: routing 091000019, account 4400 1200 Checks payable to Lantern & Pike",
    ):
        assert words in seen


def test_the_html_needs_no_image_no_script_and_nothing_from_elsewhere() -> None:
    html = html_of(invoice_mail())
    elements = set(VisibleText(html).elements)
    assert elements.isdisjoint({"img", "script", "link", "iframe", "form", "svg"})
    assert "url(" not in html
    assert "src=" not in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme: dark)" in html


@pytest.mark.parametrize(
    ("amount", "subject", "said"),
    [
        ("0.00", "· nothing to pay ·", "Amount: $0.00\nThere is nothing to pay."),
        ("-12.50", "· nothing to pay ·", "Amount: -$12.50\nThere is nothing to pay."),
    ],
)
def test_an_invoice_that_asks_for_nothing_says_so(amount: str, subject: str, said: str) -> None:
    message = invoice_mail(invoice(total=usd(amount)))
    assert subject in message["Subject"]
    assert said in text_of(message)
    assert "HOW TO PAY" not in text_of(message)
    assert "How to pay" not in html_of(message)


def test_without_a_last_invoice_no_difference_is_made_up() -> None:
    made = InvoiceMaker(DECEMBER).line("COM4003", "1", "5.00").make("KRG-1")
    assert "WHAT CHANGED" not in text_of(invoice_mail(made))
    assert "What changed" not in html_of(invoice_mail(made))


def test_a_long_invoice_shows_its_sections_and_one_line_for_the_rest() -> None:
    maker = InvoiceMaker(DECEMBER)
    for number in range(14):
        maker.line("COM4003", "1", "2.50", subscriber=f"s{number}", section=f"Site {number}")
    text = text_of(invoice_mail(maker.make("KRG-1")))
    assert "- Site 0: $2.50\n" in text
    assert "- Site 9: $2.50\n- 4 further sections: $10.00\n" in text
    assert "lists 14 lines" in text


def test_many_items_are_counted_and_the_first_of_them_named() -> None:
    names = tuple(f"user{number}" for number in range(9))
    maker = InvoiceMaker(DECEMBER)
    maker.line("COM4003", "9", "1.00", counted=counted(names, joined=names))
    text = " ".join(text_of(invoice_mail(maker.make("KRG-1"))).split())
    assert "9 joined: user0, user1, user2, user3, user4, user5 and 3 more" in text


def test_a_draft_is_never_mailed() -> None:
    with pytest.raises(DraftInvoiceError, match="has no number yet"):
        invoice_mail(InvoiceMaker(DECEMBER).line("COM4003", "1", "5.00").make())


# --- The same mail is the same bytes -------------------------------------------------------------


@pytest.mark.parametrize("make", [invoice_mail, comparison_mail, approval_mail, summary_mail])
def test_the_same_mail_is_the_same_bytes(make: Any) -> None:
    assert make().as_bytes() == make().as_bytes()


def test_two_mails_share_neither_message_id_nor_boundary_but_an_account_shares_its_thread() -> None:
    first, second = invoice_mail(), comparison_mail()
    assert first["Message-ID"] != second["Message-ID"]
    assert first.get_boundary() != second.get_boundary()
    assert first["References"] == second["References"]
    assert approval_mail()["References"] != first["References"]


# --- Limits --------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 51])
def test_no_recipient_and_more_than_ses_takes_are_refused(count: int) -> None:
    with pytest.raises(RecipientCountError, match=f"this one has {count}"):
        invoice_mail(recipients=[f"a{number}@tern.example" for number in range(count)])


def test_fifty_recipients_are_addressed() -> None:
    everybody = [f"a.long.name.{number}@tern-harbor.example" for number in range(50)]
    message = invoice_mail(recipients=everybody)
    assert [entry.addr_spec for entry in message["To"].addresses] == everybody


def test_a_mail_over_the_limit_after_encoding_is_refused() -> None:
    # 30 MB become over 40 MB in base64.
    large = INVOICE_PDF.model_copy(update={"content": bytes(30_000_000)})
    with pytest.raises(MailTooLargeError, match="SES takes 40,000,000"):
        invoice_mail(pdf=large)


def test_the_limit_is_the_size_of_the_whole_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(
        COMPOSER.invoice_mail(
            invoice(), samples.policy(), ACCOUNTS, INVOICE_PDF, mail_id("invoice"), MADE_AT
        )
    )
    monkeypatch.setattr(mail_message, "MAX_BYTES", size)
    invoice_mail()
    monkeypatch.setattr(mail_message, "MAX_BYTES", size - 1)
    with pytest.raises(MailTooLargeError):
        invoice_mail()


# --- Hostile names -------------------------------------------------------------------------------

HEADERS = [
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted"),
    *("X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type"),
]


def hostile_mail(name: str) -> EmailMessage:
    maker = InvoiceMaker(DECEMBER, account_name=name[:500])
    changed = counted((name,), joined=(name,))
    maker.line("COM4003", "1", "5.00", description=name[:500], section=name[:500], counted=changed)
    made = maker.make("KRG-000123", label=name[:500])
    pdf = INVOICE_PDF.model_copy(update={"file_name": f"{name[:200]}.pdf"})
    return invoice_mail(made, policy=samples.policy(name[:500]), pdf=pdf)


@pytest.mark.parametrize("name", samples.HOSTILE_NAMES, ids=range(len(samples.HOSTILE_NAMES)))
def test_a_hostile_name_adds_no_header_no_part_and_no_element(name: str) -> None:
    message, harmless = hostile_mail(name), hostile_mail("harmless")
    assert sorted(message.keys()) == sorted(HEADERS)
    assert [entry.addr_spec for entry in message["To"].addresses] == list(ACCOUNTS)
    assert [entry.addr_spec for entry in message["From"].addresses] == ["billing@lantern.example"]
    assert [part.get_content_type() for part in message.walk()] == [
        part.get_content_type() for part in harmless.walk()
    ]
    assert VisibleText(html_of(message)).elements == VisibleText(html_of(harmless)).elements
    amounts = re.compile(r"\$[\d,.]+\d")
    assert amounts.findall(text_of(message)) == amounts.findall(text_of(harmless))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("{{7*7}}", "{{7*7}}"),
        ("{% raw %}", "{% raw %}"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("Anna\r\nBcc: thief@example.net", "Anna Bcc: thief@example.net"),
        ("a\u2028b\x0bc\x00d", "a b c d"),
        ("🦺 Zoë & Söhne", "🦺 Zoë & Söhne"),
        ("👩\u200d🔧", "👩\u200d🔧"),
        ("abc\u202e1234\u202c\u2067xyz", "abc1234xyz"),
        ('"Quoted", (comment) <x@y.example>', '"Quoted", (comment) <x@y.example>'),
        ("=?utf-8?q?Bcc?=", "=?utf-8?q?Bcc?="),
        ("=?utf-8?q?=0D=0ABcc=3A_x=40y?=", "=?utf-8?q?=0D=0ABcc=3A_x=40y?="),
        ("a =?x", "a =?x"),
    ],
)
def test_a_hostile_name_appears_as_text(name: str, shown: str) -> None:
    message = hostile_mail(name)
    assert (
        f"Invoice KRG-000123 · $5.00 due 30 December 2026 · {shown} · December 2026 ·"
        in message["Subject"]
    )
    (sender,) = message["From"].addresses
    assert sender.display_name == shown
    assert f"Billed to: {shown}\n" in text_of(message)
    assert f"Billed to {shown} " in VisibleText(html_of(message)).text


def test_a_word_of_ten_thousand_letters_is_cut() -> None:
    message = hostile_mail("W" * 10_000)
    assert len(message["Subject"]) <= mail_message.MAX_SUBJECT_LENGTH
    assert f"1 joined: {'W' * 59}…" in " ".join(text_of(message).split())
    assert len(html_of(message)) < 20_000


def test_lines_of_the_text_are_short_and_keep_long_words_whole() -> None:
    wide = "a very long name of a department of a company " * 5
    lines = text_of(hostile_mail(wide)).splitlines()
    assert max(map(len, lines)) <= 76
    assert "-- " in lines


def test_a_name_that_is_not_ascii_arrives_as_it_was_written() -> None:
    name = "Zoë Söhne und Söhne Gesellschaft für lange Namen mit Ümläuten in Köln & Nîmes"
    raw = COMPOSER.invoice_mail(
        invoice(), samples.policy(name), ACCOUNTS, INVOICE_PDF, mail_id("invoice"), MADE_AT
    )
    # The older parser: the newer one adds a space between the two parts of an encoded name.
    sender, address = parseaddr(message_from_bytes(raw)["From"].replace("\r\n", ""))
    assert str(make_header(decode_header(sender))) == name
    assert address == "billing@lantern.example"


def test_no_space_is_added_where_letters_beyond_ascii_meet_others() -> None:
    message = invoice_mail(invoice(account_name="Agreement für Söhne und Co · Köln"))
    assert message["Subject"].endswith("· Agreement für Söhne und Co · Köln")
    assert "  " not in message["Subject"]


@pytest.mark.parametrize(
    ("name", "saved_as"),
    [
        ("../../etc/passwd.pdf", "etc-passwd.pdf"),
        ("C:\\temp\\x.pdf", "C--temp-x.pdf"),
        ('a"; filename="b.exe.pdf', "a-; filename=-b.exe.pdf"),
        ("Rechnung Söhne 🦺.pdf", "Rechnung Söhne 🦺.pdf"),
        ("x\r\nBcc: y.pdf", "x--Bcc- y.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("...", "document."),
        ("W" * 250 + ".pdf", "W" * 116 + ".pdf"),
    ],
)
def test_an_attachment_has_a_name_that_is_safe_to_save(name: str, saved_as: str) -> None:
    message = invoice_mail(pdf=INVOICE_PDF.model_copy(update={"file_name": name}))
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == saved_as
    assert attachment.get_content() == INVOICE_PDF.content


def test_a_template_that_misses_a_value_fails_instead_of_leaving_a_gap(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "mail"
    folder.mkdir(parents=True)
    for kind in ("txt", "html"):
        (folder / f"invoice.{kind}.j2").write_text("{{ no_such_value }}")
    with pytest.raises(DocumentError, match="no_such_value"):
        MailComposer(tmp_path).invoice_mail(
            invoice(), samples.policy(), ACCOUNTS, INVOICE_PDF, mail_id("invoice"), MADE_AT
        )


def test_a_template_cannot_leave_the_sandbox(tmp_path: Path) -> None:
    folder = tmp_path / "templates" / "mail"
    folder.mkdir(parents=True)
    (folder / "invoice.txt.j2").write_text("{{ facts.__class__.__base__.__subclasses__() }}")
    with pytest.raises(DocumentError, match="is unsafe"):
        MailComposer(tmp_path).invoice_mail(
            invoice(), samples.policy(), ACCOUNTS, INVOICE_PDF, mail_id("invoice"), MADE_AT
        )


# --- Comparison, approval, summary ---------------------------------------------------------------


@pytest.mark.rule("COL-05")
def test_the_comparison_says_that_it_is_no_invoice_and_what_changes() -> None:
    message = comparison_mail()
    assert message["Subject"] == (
        "Before we invoice: December 2026 · $300.00 · to be invoiced 3 December 2026 · Tern Harbor"
    )
    text = text_of(message)
    assert "This is not an invoice." in text
    assert "Difference: $100.00 more than for November 2026 ($200.00)" in text
    assert "Items: 2 joined, 1 left" in text
    assert "- Hosted mailbox (2 → 3): +$100.00" in text
    (attachment,) = message.iter_attachments()
    assert attachment.get_content() == WORKBOOK.content
    assert attachment.get_content_type() == XLSX


def test_a_first_comparison_says_that_there_is_nothing_to_compare_with() -> None:
    text = text_of(comparison_mail(previous=False))
    assert "There was no invoice for November 2026 to compare it with." in text
    assert "joined" not in text.split("The workbook has")[0]


def test_the_clerk_reads_what_the_run_bills_what_is_parked_and_until_when_to_decide() -> None:
    message = approval_mail()
    assert message["Subject"] == (
        "Please approve by 6 December 2026, 09:30 CST: Agreement invoices · December 2026 · "
        "$300.00 in 1 invoice, 1 parked"
    )
    text = " ".join(text_of(message).split())
    for words in (
        "The run waits for your decision until 6 December 2026, 09:30 CST.",
        "Without one it is stopped, and nothing is billed.",
        "Total: $300.00 Difference: $260.00 more than for November 2026 ($40.00) Accounts: 2",
        "Parked: 1, billed $20.00 for November 2026",
        "- Gull Point (gull-point) The export of RMM devices for 1 December 2026 is missing.",
        "(feeds/rmm/2026-12-01.csv, line 17)",
        "Approve or reject the cycle lantern_monthly_2026-12 in msp-billing.",
    ):
        assert words in text
    assert "Gull Point (gull-point)" in VisibleText(html_of(message)).text


def test_the_clerk_is_told_how_to_decide_in_the_words_given() -> None:
    text = text_of(approval_mail(how_to="Run this command:\nmspbill approve lantern"))
    assert "HOW TO DECIDE\nRun this command:\nmspbill approve lantern\n" in text


def test_parked_accounts_beyond_those_named_are_counted() -> None:
    totals = summarise_run(run_rows(), "USD").model_copy(update={"parked": 31})
    parked = [row for row in run_rows() if row.problems] * 25
    text = text_of(approval_mail(totals=totals, parked=parked))
    assert text.count("- Gull Point") == 20
    assert "- and 11 more" in text


def test_the_provider_reads_how_the_run_ended() -> None:
    cycle = samples.cycle().model_copy(
        update={"summary": {"billed": 1, "mails_unknown": 2, "mails_rejected": 0}}
    )
    message = summary_mail(cycle)
    assert message["Subject"] == (
        "Done: Agreement invoices · December 2026 · $300.00 in 1 invoice, 1 parked"
    )
    text = text_of(message)
    assert "Mails unknown: 2" in text
    assert "Mails rejected" not in text
    assert "Cycle: lantern_monthly_2026-12" in text
    assert list(message.iter_attachments()) == []


def test_the_provider_reads_why_a_run_was_stopped() -> None:
    failed = samples.cycle().model_copy(
        update={"state": CycleState.FAILED, "failure": "TooManyParkedError: 9 of 10"}
    )
    message = summary_mail(failed)
    assert message["Subject"].startswith("Stopped: Agreement invoices")
    assert "9 of 10 (TooManyParkedError)" in text_of(message)
    assert "9 of 10 (TooManyParkedError)" in VisibleText(html_of(message)).text


def test_amounts_of_another_currency_have_its_symbol() -> None:
    euros = Money(amount=invoice().total.amount, currency="EUR")
    assert "€300.00 due" in invoice_mail(invoice(total=euros))["Subject"]


def test_the_closing_mail_names_the_mails_that_did_not_go_out() -> None:
    unsent = OutboxMail(
        id=mail_id("invoice", "acme"),
        state=MailState.REJECTED,
        recipients=("ap@acme.example",),
        note="the PDF could not be made: no ink",
    )
    message = summary_mail(unsent=[unsent])
    assert "1 mail not out" in str(message["Subject"])
    said = text_of(message)
    assert "acme, invoice (rejected)" in said
    assert "no ink" in said
    assert "every mail went out" not in said


def test_a_run_in_two_currencies_tells_each_and_adds_up_none() -> None:
    yen = InvoiceMaker(DECEMBER, currency="JPY").line("COM4003", "3", "1500").make()
    moved = samples.outcome("osaka", OutcomeKind.BILLED, invoices=(yen,))
    rows = [*run_rows(), summarise_account(moved, (), "USD")]
    mail = approval_mail(totals=summarise_run(rows, "USD"))
    amount = next(row for row in rows if row.account == "tern-harbor").current_total
    assert f"${amount.amount:,}, ¥4,500 in 2 invoices" in mail["Subject"]
    text = " ".join(text_of(mail).split())
    for said in ("Total in USD", "Difference in USD", "Total in JPY", "¥4,500 more than for"):
        assert said in text


def test_a_changed_currency_is_told_without_a_difference() -> None:
    before = Money(amount=Decimal(4500), currency="JPY")
    text = " ".join(text_of(invoice_mail(previous_total=before)).split())
    assert "in USD, after ¥4,500 for" in text
