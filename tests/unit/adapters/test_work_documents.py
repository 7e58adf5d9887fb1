"""Work on paper and in mails: the engineer's time, and what is for information and not payable."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from msp_billing.adapters.invoice_pdf.invoice_time import present_time
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.domain.documents import PDF, NamedDocument
from msp_billing.domain.explaining import explain_line
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.outbox import MailId
from msp_billing.domain.periods import Period
from mspbill.explain_text import explanation_rows
from tests.providers.sample_billing import billed, sample_book

ASSETS = Path(__file__).parents[3] / "layers" / "rendering"
MADE_AT = datetime(2026, 10, 16, 15, 0, tzinfo=UTC)


def invoice_of(provider: str, run: str, month: str, account: str, number: str) -> Invoice:
    (invoice,) = billed(provider, run, Period.parse(month))[account].invoices
    return invoice.numbered(number)


@pytest.fixture(scope="module")
def document() -> Invoice:
    """Collabrance's project work of October: 337.50 + 450.00 + 225.00."""
    return invoice_of("collabrance", "project-work", "2026-10", "mill-town-technology", "PW-000007")


@pytest.fixture(scope="module")
def service() -> Invoice:
    return invoice_of("kr-group", "service", "2026-09", "lakeshore-orthopedics", "KRG-000031")


def printed(invoice: Invoice) -> str:
    book = sample_book(invoice.id.provider)
    pdf = TypstRenderer(ASSETS).render_invoice(invoice, book.policy, book.price_book)
    pages = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(pages.replace("\u200b", "").split())


def mailed(invoice: Invoice) -> EmailMessage:
    mail = MailComposer(ASSETS).invoice_mail(
        invoice,
        sample_book(invoice.id.provider).policy,
        ("ap@acme.example",),
        NamedDocument(
            file_name=f"{invoice.number}.pdf", media_type=PDF, content=b"%PDF-1.7 sample"
        ),
        MailId(
            provider=invoice.id.provider,
            run=invoice.id.run,
            period=invoice.id.period,
            account=invoice.id.account,
            part=invoice.id.part,
            kind="invoice",
        ),
        MADE_AT,
    )
    message = message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return " ".join(part.get_content().split())


@pytest.mark.rule("KR-05")
def test_the_engineers_time_detail_is_attached(service: Invoice) -> None:
    time = present_time(service, ZoneInfo("America/Detroit"))
    assert time is not None
    assert [(row["line"], row["spans"], row["hours"]) for row in time["rows"]] == [
        ("1", ["9 September 2026, 10:00 to 11:20"], "1.5"),
        ("2", ["7 September 2026, 10:00 to 10:45"], "0.75"),
        ("3", ["17 September 2026, 17:00 to 18:10"], "1.25"),  # what lies after 17:00
    ]
    text = printed(service)
    for wanted in (
        "Time in detail",
        "Field Engineer 03, Engineer",
        "User set-up, KR-70112 (time entry KRT-4101)",
        "Account, mailbox and profile made; workstation joined and printers mapped.",
        "Total due 12 November 2026",
        "$607.50",
    ):
        assert wanted in text


def test_a_night_of_a_clock_change_is_printed_with_both_zones() -> None:
    night = invoice_of("kr-group", "service", "2026-11", "lakeshore-orthopedics", "KRG-000032")
    time = present_time(night, ZoneInfo("America/Detroit"))
    assert time is not None
    spans = [span for row in time["rows"] for span in row["spans"]]
    assert "31 October 2026, 22:00 EDT to 1 November 2026, 06:00 EST" in spans


@pytest.mark.rule("COL-24")
def test_a_document_for_information_asks_for_no_payment(document: Invoice) -> None:
    text = printed(document)
    for wanted in (
        "FOR INFORMATION",
        "No payment is due.",
        "Please do not pay: it will be on your next regular invoice.",
        "Total, for information $1,012.50",
        "Server replacement",
        "6 October 2026, 19:00 to 20:00",
    ):
        assert wanted in text
    for unwanted in ("Amount due", "Total due", "How to pay", "routing"):
        assert unwanted not in text


@pytest.mark.rule("COL-24")
def test_its_mail_says_so_too(document: Invoice) -> None:
    message = mailed(document)
    assert "$1,012.50 for information, no payment due" in message["Subject"]
    for kind in ("plain", "html"):
        text = body(message, kind)
        assert "No payment is due" in text
        assert "These charges will be on your next regular invoice." in text
        for unwanted in ("Please pay", "Amount due", "HOW TO PAY", "How to pay", "Due on"):
            assert unwanted not in text


@pytest.mark.rule("COL-24")
def test_its_data_says_so_too(document: Invoice) -> None:
    stored = Invoice.model_validate_json(document.model_dump_json())
    assert (stored.informational, stored.due_on) == (True, None)
    assert stored == document


@pytest.mark.rule("KR-05")
def test_a_line_of_work_explains_itself(service: Invoice) -> None:
    book = sample_book("kr-group")
    explained = dict(
        explanation_rows(explain_line(service, 3, book.policy), "USD", book.policy.zone)
    )
    assert explained["Amount"] == "$262.50: 1.25 x 210.00 = 262.50"
    assert explained["Price"] == "rate card standard: Engineer, after hours (140.00 x 1.5)"
    assert explained["Work"] == "Support, KR-70188 (time entry KRT-4103)"
    assert explained["Time"] == "After hours: 17 September 2026, 17:00 to 18:10"
    assert explained["Rule"].startswith("Support after hours.")
