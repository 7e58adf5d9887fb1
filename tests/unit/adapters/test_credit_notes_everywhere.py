"""A credit note's mail says of its invoice what the document in it says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from msp_billing.adapters.invoice_pdf.credit_note_presentation import present_credit_note
from msp_billing.adapters.language import in_language
from msp_billing.adapters.mails.credit_note_view import credit_note_view
from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.domain.documents import PDF, NamedDocument
from msp_billing.domain.ledger.credit_use import CreditUse
from msp_billing.domain.outbox import MailId
from msp_billing.domain.periods import Period
from tests.unit import document_samples as samples
from tests.unit.adapters.mail_reading import parsed, words_of
from tests.unit.domain.ledger.ledger_samples import credit_note, invoice

PDF_FILE = NamedDocument(file_name="CN-1.pdf", media_type=PDF, content=b"%PDF")
PARTS = {
    "off what was open": CreditUse(off_invoice=Decimal(50), off_loss=Decimal(0), held=Decimal(0)),
    "paid before": CreditUse(off_invoice=Decimal(20), off_loss=Decimal(0), held=Decimal(30)),
    "given up before": CreditUse(off_invoice=Decimal(20), off_loss=Decimal(30), held=Decimal(0)),
}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("locale", ["en-US", "de"])
def test_mail_and_document_say_the_same_of_what_is_left_to_pay(name: str, locale: str) -> None:
    note = credit_note(invoice("LP-1", "100.00"), "CN-1", "50.00")
    with in_language(locale):
        lines = present_credit_note(note, samples.policy(), PARTS[name])["payment"]["lines"]
        told = str(credit_note_view(note, samples.policy(), PDF_FILE, PARTS[name])["meaning"])
    if PARTS[name].off_invoice == 50:
        assert [told] == lines
        return
    # The document names the invoice, which stands above it in the mail.
    assert "LP-1" in lines[0]
    assert told.count(".") == len(lines)
    assert all(line in told for line in lines[1:])


def test_a_mail_asks_for_nothing_of_an_invoice_that_was_paid_before() -> None:
    note = credit_note(invoice("LP-1", "100.00"), "CN-1", "50.00", str(date(2026, 11, 20)))
    composer = MailComposer(Path(__file__).parents[3] / "layers" / "rendering")
    made = composer.credit_note_mail(
        note,
        samples.policy(),
        ("ap@tern.example",),
        PDF_FILE,
        MailId(
            provider="lantern",
            run="monthly",
            period=Period(year=2026, month=11),
            account="tern-harbor",
            part="cn-1",
            kind="credit-note",
        ),
        samples.MADE_AT,
        use=PARTS["paid before"],
    )
    words = words_of(parsed(made))
    assert "Nothing is left to pay of this invoice." in words
    assert "Please pay" not in words
