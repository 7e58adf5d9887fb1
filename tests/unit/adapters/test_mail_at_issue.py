"""What the mail of an invoice says about the account's balance, and why its amount differs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.domain.at_issue import (
    Balance,
    Cause,
    Difference,
    InvoiceAtIssue,
    OpenItem,
    PreviousInvoice,
)
from msp_billing.domain.documents import PDF, NamedDocument
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.outbox import MailId
from msp_billing.domain.parties import Buyer, PayTo
from tests.unit import document_samples as samples
from tests.unit.adapters.mail_reading import Seen, html_of, parsed, text_of, words_of
from tests.unit.document_samples import DECEMBER, MADE_AT, NOVEMBER, InvoiceMaker, usd

COMPOSER = MailComposer(Path(__file__).parents[3] / "layers" / "rendering")
PDF_FILE = NamedDocument(file_name="KRG-000123.pdf", media_type=PDF, content=b"%PDF" * 900)
LINKED = PDF_FILE.model_copy(
    update={
        "content": b"",
        "link": "https://files.lantern.example/documents/lantern/d1?key=abc",
        "size_bytes": 52_000_000,
        "link_until": datetime(2027, 3, 1, 18, tzinfo=UTC),
    }
)
PAY = PayTo(link="https://pay.lantern.example/{account}/{number}?amount={amount}&in={currency}")


def invoice(**changes: Any) -> Invoice:
    made = InvoiceMaker(DECEMBER).line("COM4003", "3", "100.00").make("KRG-000123")
    return made.model_copy(update=changes)


def balance(**changes: Any) -> Balance:
    told: dict[str, Any] = {
        "as_of": date(2026, 12, 1),
        "brought_forward": usd("0"),
        "overdue": usd("0"),
        "credit_held": usd("0"),
        "credit_used": usd("0"),
        "to_pay": usd("300.00"),
        "credit_left": usd("0"),
    }
    return Balance(**(told | changes))


def at_issue(*differences: Difference, **changes: Any) -> InvoiceAtIssue:
    made = invoice()
    told: dict[str, Any] = {"invoice": made.id, "currency": "USD", "balance": balance()}
    if differences:
        change = sum((entry.amount for entry in differences), usd("0"))
        told["change"] = change
        told["previous"] = PreviousInvoice(
            number="KRG-000099", period=NOVEMBER, total=made.total - change
        )
        told["differences"] = differences
    return InvoiceAtIssue(**(told | changes))


def mail(told: InvoiceAtIssue | None, **changes: Any) -> EmailMessage:
    arguments: dict[str, Any] = {
        "invoice": invoice(),
        "policy": samples.policy().model_copy(update={"pay_to": PAY}),
        "recipients": ("ap@tern.example",),
        "pdf": PDF_FILE,
        "mail_id": MailId(
            provider="lantern",
            run="monthly",
            period=DECEMBER,
            account="tern-harbor",
            part="all",
            kind="invoice",
        ),
        "made_at": MADE_AT,
        "at_issue": told,
    }
    return parsed(COMPOSER.invoice_mail(**(arguments | changes)))


def in_both(message: EmailMessage, *phrases: str) -> None:
    """Each phrase is in both parts, whatever their lay-out."""
    for said in (words_of(message), Seen(html_of(message)).text):
        for phrase in phrases:
            assert phrase.replace(": ", " ") in said.replace(": ", " ")


# --- What is to be paid --------------------------------------------------------------------------


def test_credit_makes_the_amount_that_is_asked_for_smaller_everywhere() -> None:
    # 300.00 less 50.00 of credit leaves 250.00.
    told = at_issue(
        balance=balance(credit_held=usd("50.00"), credit_used=usd("50.00"), to_pay=usd("250.00"))
    )
    message = mail(told)
    assert "· $250.00 due 30 December 2026 ·" in message["Subject"]
    link = "https://pay.lantern.example/tern-harbor/KRG-000123?amount=250.00&in=USD"
    assert link in text_of(message).split("\n")
    assert set(Seen(html_of(message)).links) == {link}
    in_both(
        message,
        "Amount due $250.00",
        "Your credit has paid the rest.",
        "This invoice $300.00",
        "Credit used for it $50.00",
        "To pay for this invoice $250.00",
    )
    assert "Open from before" not in words_of(message)


def test_an_invoice_that_credit_has_paid_asks_for_nothing() -> None:
    told = at_issue(
        balance=balance(
            credit_held=usd("400.00"),
            credit_used=usd("300.00"),
            to_pay=usd("0"),
            credit_left=usd("100.00"),
        )
    )
    message = mail(told)
    assert "· nothing to pay ·" in message["Subject"]
    in_both(
        message,
        "There is nothing to pay: your credit has paid it.",
        "Your credit with us $100.00",
    )
    assert Seen(html_of(message)).links == []
    assert "How to pay" not in html_of(message)


def test_what_is_open_from_before_is_listed_and_added_up() -> None:
    # 120 + 80 + 60 + 40 = 300 from before; the mail names three of the four.
    items = tuple(
        OpenItem(document=f"KRG-{n}", on=date(2026, 10, n), due_on=date(2026, 11, n), open=usd(a))
        for n, a in ((1, "120.00"), (2, "80.00"), (3, "60.00"), (4, "40.00"))
    )
    told = at_issue(
        balance=balance(
            brought_forward=usd("300.00"), overdue=usd("260.00"), open_items=items, open_count=4
        )
    )
    message = mail(told)
    assert "· $300.00 due 30 December 2026 ·" in message["Subject"], "earlier ones are not in it"
    in_both(
        message,
        "Open from before $300.00, of it $260.00 overdue",
        "To pay in all $600.00",
        "1 further document",
        "If you have paid these already, thank you: nothing else is needed for them.",
    )
    text = text_of(message)
    assert "- KRG-1 (due 1 November 2026): $120.00\n" in text
    assert "- 1 further document: $40.00\n" in text


def test_an_account_without_anything_open_reads_nothing_about_its_balance() -> None:
    assert "Your account" not in html_of(mail(at_issue()))


def test_the_buyers_reference_is_among_the_facts() -> None:
    message = mail(None, invoice=invoice(buyer=Buyer(reference="04011000-12345-34")))
    in_both(message, "Your reference 04011000-12345-34")


def test_values_of_a_payment_link_cannot_leave_their_place() -> None:
    message = mail(None, invoice=invoice(number='x"><script>&amount=1'))
    (link,) = set(Seen(html_of(message)).links)
    assert link == (
        "https://pay.lantern.example/tern-harbor/x%22%3E%3Cscript%3E%26amount%3D1"
        "?amount=300.00&in=USD"
    )
    assert "<script" not in html_of(message)


# --- Why the amount differs ----------------------------------------------------------------------

NEW = Difference(cause=Cause.NEW, title="Backup", amount=usd("150.00"))
MORE = Difference(
    cause=Cause.COUNT,
    title="Hosted mailbox",
    amount=usd("75.00"),
    quantity_before=Decimal(9),
    quantity_now=Decimal(12),
)
DEARER = Difference(
    cause=Cause.PRICE,
    title="Server",
    amount=usd("20.00"),
    price_before=usd("75.00"),
    price_now=usd("80.00"),
)
ENDED = Difference(cause=Cause.ENDED, title="Phone", amount=usd("-10.00"))
TAX = Difference(cause=Cause.TAX, title="Sales tax", amount=usd("-5.00"))


def test_the_largest_reasons_are_named_and_the_rest_is_one_line_with_its_sum() -> None:
    # 150 + 75 + 20 - 10 - 5 = 230; the two that are not named come to -15.
    message = mail(at_issue(NEW, MORE, DEARER, ENDED, TAX))
    in_both(
        message,
        "This invoice is $230.00 more than invoice KRG-000099 for November 2026 ($70.00).",
        "2 further reasons",
    )
    text = text_of(message)
    assert "- Backup (new on this invoice): +$150.00\n" in text
    assert "- Hosted mailbox (9 → 12): +$75.00\n" in text
    assert "- Server (price $75.00 → $80.00): +$20.00\n" in text
    assert "- 2 further reasons: -$15.00\n" in text
    assert "Phone" not in text


def test_a_single_further_reason_is_named_rather_than_counted() -> None:
    text = text_of(mail(at_issue(NEW, MORE, DEARER, ENDED)))
    assert "- Phone (not billed any more): -$10.00\n" in text
    assert "further reason" not in text


def test_reasons_that_were_not_frozen_one_by_one_are_counted_too() -> None:
    told = at_issue(
        NEW,
        change=usd("140.00"),
        previous=PreviousInvoice(number="KRG-000099", period=NOVEMBER, total=usd("160.00")),
        further=usd("-10.00"),
        further_count=4,
    )
    assert "- 4 further reasons: -$10.00\n" in text_of(mail(told))


def test_what_was_frozen_says_more_than_the_total_of_the_month_before() -> None:
    message = mail(at_issue(NEW), previous_total=usd("1.00"))
    assert "$1.00" not in words_of(message)
    in_both(message, "$150.00 more than invoice KRG-000099")


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_words(cause: Cause) -> None:
    text = text_of(mail(at_issue(Difference(cause=cause, title="It", amount=usd("1.00")))))
    assert "- It (" in text


def test_a_hostile_name_of_a_reason_stays_a_name() -> None:
    for name in ("{{ 7*7 }}", "<b>x</b>", "a\r\nBcc: b@example.net", "\u202e00.1$", "W" * 1_400):
        told = at_issue(Difference(cause=Cause.NEW, title=name, amount=usd("1.00")))
        message, harmless = mail(told), mail(at_issue(NEW.model_copy(update={"amount": usd("1")})))
        assert sorted(message.keys()) == sorted(harmless.keys())
        assert Seen(html_of(message)).elements == Seen(html_of(harmless)).elements
        assert "\u202e" not in text_of(message)
        assert "49" not in words_of(message).split("WHAT CHANGED")[1].split("WHAT IS")[0]


# --- Documents too large to attach ---------------------------------------------------------------


def test_a_document_that_is_too_large_is_fetched_from_its_link() -> None:
    message = mail(None, pdf=LINKED)
    assert list(message.iter_attachments()) == []
    in_both(
        message,
        "KRG-000123.pdf (52 MB)",
        "This document is too large to be attached. Fetch it here until 1 March 2027, 12:00 CST",
    )
    assert LINKED.link in text_of(message).split("\n")
    assert LINKED.link in Seen(html_of(message)).links
    assert "Attached:" not in text_of(message)


def test_a_link_without_an_end_says_nothing_of_one() -> None:
    unlimited = LINKED.model_copy(update={"link_until": None, "size_bytes": None})
    in_both(mail(None, pdf=unlimited), "This document is too large to be attached. Fetch it here")
