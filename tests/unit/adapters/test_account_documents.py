"""Letters, statements of account and credit notes as PDF: what they say, and in what language."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from msp_billing.adapters.account_documents.letter_presentation import present_letter
from msp_billing.adapters.account_documents.statement_files import statement_files
from msp_billing.adapters.account_documents.statement_presentation import present_statement
from msp_billing.adapters.dunning_letters.letter_view import letter_view
from msp_billing.adapters.invoice_pdf.credit_note_presentation import present_credit_note
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.adapters.language import in_language
from msp_billing.domain.corrections.credit_notes import (
    CreditedPart,
    CreditNote,
    CreditRequest,
    credit_note_for,
)
from msp_billing.domain.ledger.account_statement import Addressee
from msp_billing.domain.ledger.credit_use import CreditUse, credit_use
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.parties import Seller
from tests.unit import document_samples as documents
from tests.unit import dunning_samples as letters
from tests.unit.domain.ledger.ledger_samples import Books
from tests.unit.statement_samples import books, statement_of

RENDERER = TypstRenderer(Path(__file__).parents[3] / "layers" / "rendering")
POLICY = documents.policy()
ADDRESS = ("1 Pier Road", "Duluth, MN 55802")
KINDS: dict[str, Callable[..., Any]] = {
    "reminder": letters.reminder,
    "notice": letters.letter,
    "credit hold": letters.credit_hold,
    "service hold": letters.service_hold,
    "released": letters.released,
}


def letter_of(kind: str, **changes: Any) -> Any:
    return KINDS[kind](address=ADDRESS, **changes)


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    text = "\n".join(page.extract_text() for page in read(pdf).pages)
    return re.sub(r"\s+", " ", text.replace("\u200b", ""))


@pytest.fixture(scope="module")
def notice() -> bytes:
    return RENDERER.render_letter(letter_of("notice"), POLICY)


@pytest.fixture(scope="module")
def statement() -> bytes:
    return RENDERER.render_statement(statement_of(books(), "2026-10-01", "2026-12-05"), POLICY)


# --- Letters -------------------------------------------------------------------------------------


@pytest.mark.rule("DUN-02")
def test_a_letter_has_what_a_letter_has_and_lists_what_is_open(notice: bytes) -> None:
    text = text_of(notice)
    for told in (
        "Lantern & Pike Managed IT",
        "Tern Harbor 1 Pier Road Duluth, MN 55802",
        "Date 4 January 2027",
        "tern-harbor / 2027-01-04",
        "Final notice before credit hold Dear Sir or Madam,",
        "$1,600.00 By 11 January 2027.",
        "LP-000117 Agreement Hybrid IT, January 2027 what is left of $1,100.00 30 December 2026 5",
        "Total $2,700.00",  # 1,200.00 + 400.00 + 1,100.00
        "12 January 2027 Credit hold New orders are not accepted",
        "Our policy: Missed payments After a missed payment we write to you",
        "If you do not agree with an invoice, tell us which part",
        "Yours faithfully, Lantern & Pike Managed IT",
        "valid without a signature",
    ):
        assert told in text, told


@pytest.mark.rule("DUN-09")
@pytest.mark.parametrize("kind", KINDS)
def test_the_document_says_what_the_mail_says(kind: str) -> None:
    letter = letter_of(kind)
    view, content = letter_view(letter, POLICY), present_letter(letter, POLICY)
    printed = str(content)
    told = [view.title, view.words, view.because, view.objections, *view.now, *view.way_out]
    told += [part for step in view.coming for part in (step.on, step.what, step.detail)]
    told += [part for entry in view.entries for part in (entry.number, entry.due, entry.amount)]
    told += [fact.value for fact in view.facts] + ([view.amount, view.by] if view.asks else [])
    assert [words for words in told if words and words not in printed] == []
    assert content["asks"] == (kind != "released")


def test_a_letter_lists_every_open_document_however_many_with_the_heads_on_every_page() -> None:
    first = letters.documents()[0]
    many = tuple(first.model_copy(update={"document": f"LP-{n:06}"}) for n in range(1, 61))
    pages = read(RENDERER.render_letter(letter_of("notice", documents=many), POLICY)).pages
    texts = [page.extract_text() for page in pages]
    found = re.findall(r"LP-\d{6}", " ".join(texts))
    assert found == [f"LP-{n:06}" for n in range(1, 61)]
    assert len(pages) > 1
    assert all("Days overdue" in text for text in texts if "LP-0" in text)
    assert "$72,000.00" in " ".join(texts)  # 60 x 1,200.00


def test_a_letter_is_in_its_account_s_language_and_on_its_paper() -> None:
    page = read(RENDERER.render_letter(letter_of("notice", locale="de", paper="a4"), POLICY))
    text = " ".join(page.pages[0].extract_text().split())
    assert "1.600,00" in text
    assert "11. Januar 2027" in text
    root: Any = page.trailer["/Root"]
    assert root["/Lang"] == "de"
    assert float(page.pages[0].mediabox.height) == pytest.approx(841.89, abs=0.1)


def test_letters_and_statements_are_archivable_accessible_and_the_same_again(
    notice: bytes, statement: bytes
) -> None:
    for pdf in (notice, statement):
        root: Any = read(pdf).trailer["/Root"]
        assert root["/MarkInfo"]["/Marked"]
        metadata = root["/Metadata"].get_data().decode()
        assert "<pdfaid:part>3</pdfaid:part>" in metadata
        assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert RENDERER.render_letter(letter_of("notice"), POLICY) == notice
    again = statement_of(books(), "2026-10-01", "2026-12-05")
    assert RENDERER.render_statement(again, POLICY) == statement


@pytest.mark.parametrize("name", documents.HOSTILE_NAMES)
def test_hostile_names_are_text_in_letters_and_statements(name: str) -> None:
    first = letters.documents()[0].model_copy(update={"title": f"x{name}"[:500]})
    letter = letter_of("notice", account_name=f"x{name}"[:500], documents=(first,))
    content = present_letter(letter, POLICY)
    addressee = Addressee(name=f"x{name}"[:500], address=(f"x{name}"[:500],))
    told = present_statement(
        statement_of(books(), "2026-10-01", "2026-12-05", addressee=addressee), POLICY
    )
    for text in (content["open"]["rows"][0]["title"], told["recipient"][0]):
        assert text.isprintable() or "\u200b" in text
        assert "\u202e" not in text
        assert len(text) < 200


def test_a_page_of_hostile_names_is_still_a_page() -> None:
    name = " ".join(documents.HOSTILE_NAMES)[:500]
    pdf = RENDERER.render_letter(letter_of("notice", account_name=name, title=name), POLICY)
    assert "<script>alert(1)</script>" in text_of(pdf)


# --- Statements ----------------------------------------------------------------------------------


@pytest.mark.rule("KR-13", "DUN-01")
def test_a_statement_prints_every_entry_with_the_balance_after_it_and_what_is_open(
    statement: bytes,
) -> None:
    text = text_of(statement)
    for told in (
        "Statement of account",
        "Balance on 5 December 2026, in USD $3,950.00 $1,950.00 of it is overdue.",
        "$2,000.00 $0.00 $750.00 $0.00 $1,200.00 $3,950.00",  # by age, and in all
        "Balance before 1 October 2026 $0.00",
        "15 October 2026 Invoice LP-000002 Managed care 30 October 2026 $800.00 $800.00",
        "20 October 2026 Credit note CN-000001 for LP-000002 -$50.00 $750.00",
        "3 November 2026 Payment returned by the bank insufficient funds",
        "$1,200.00 $1,950.00",
        "Balance on 5 December 2026 $3,950.00",
        "Invoice LP-000001 15 August 2026 30 August 2026 97 $1,200.00 $1,200.00",
        "Invoice LP-000002 15 October 2026 30 October 2026 36 $800.00 $750.00",
        "Open in all $3,950.00",
        "Checks payable to Lantern & Pike",
    ):
        assert told in text, told


def test_what_a_statement_prints_adds_up() -> None:
    told = statement_of(books(), "2026-08-01", "2026-12-05")
    content = present_statement(told, POLICY)

    def amount(text: str) -> Decimal:
        return Decimal(text.replace("$", "").replace(",", ""))

    rows = content["entries"]["rows"]
    running = amount(content["entries"]["opening"][1])
    for row in rows:
        running += amount(row["amount"])
        assert amount(row["balance"]) == running
    assert amount(content["entries"]["closing"][1]) == running == Decimal("3950.00")
    *parts, closing = (amount(row["amount"]) for row in content["summary"]["rows"])
    assert sum(parts) == closing == running
    *by_age, in_all = (amount(text) for text in content["aging"]["amounts"])
    opened = sum(amount(row["open"]) for row in content["open"]["rows"])
    assert sum(by_age) == in_all == opened == amount(content["open"]["total"][1])


def test_a_statement_carries_its_entries_for_spreadsheets(statement: bytes) -> None:
    (content,) = read(statement).attachments["entries.csv"]
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["kind"] for row in rows] == [
        "opening_balance",
        "invoice",
        "credit_note",
        "payment_returned",
        "invoice",
        "closing_balance",
    ]
    amounts = [Decimal(row["amount"]) for row in rows[1:-1]]
    assert sum(amounts) == Decimal(rows[-1]["balance"]) == Decimal("3950.00")
    without = POLICY.model_copy(update={"e_invoices": False})
    told = statement_of(books(), "2026-10-01", "2026-12-05")
    assert list(statement_files(told, without)) == []


def test_credit_is_named_and_asks_for_nothing() -> None:
    kept = Books()
    kept.pay("W-1", "75.00", "2026-11-10")
    content = present_statement(statement_of(kept, "2026-11-01", "2026-11-30"), POLICY)
    assert content["due"]["amount"] == "-$75.00"
    assert content["payment"]["lines"] == ["Nothing is to be paid."]
    assert "We hold $75.00 for you." in content["notes"][0]
    assert (content["aging"], content["open"]) == (None, None)


@pytest.mark.rule("MSA-05")
def test_a_final_statement_says_that_it_reached_zero_or_is_a_draft() -> None:
    kept = Books()
    kept.invoice("LP-000001", "75.00", "2026-11-10", "2026-11-30")
    kept.pay("W-1", "75.00", "2026-11-28")
    told = statement_of(kept, "2026-11-10", "2026-11-30", final=True)
    content = present_statement(told, POLICY)
    assert content["heading"] == "Final statement"
    assert "the account has reached zero" in content["notes"][0]
    draft = told.model_copy(update={"unfinished": True})
    assert text_of(RENDERER.render_statement(draft, POLICY)).count("DRAFT") >= 1


def test_every_kind_of_entry_has_words_of_its_own() -> None:
    kept = books()
    kept.pay("W-2", "5000.00", "2026-12-01")
    kept.refund("back-1", "1050.00", "2026-12-02")
    content = present_statement(statement_of(kept, "2026-08-01", "2026-12-05"), POLICY)
    words = {row["what"] for row in content["entries"]["rows"]}
    assert {"Payment by ACH", "Refund", "Payment returned by the bank"} <= words
    kinds = {line.kind for line in statement_of(kept, "2026-08-01", "2026-12-05").statement.lines}
    assert EntryKind.REFUND in kinds


def test_a_statement_s_dates_and_amounts_are_in_the_account_s_language() -> None:
    addressee = Addressee(name="Café du Port", locale="fr", paper="a4")
    told = statement_of(books(), "2026-10-01", "2026-12-05", addressee=addressee)
    with in_language("fr"):
        content = present_statement(told, POLICY)
    assert content["facts"][1][1] == "1er octobre 2026"
    assert content["due"]["amount"].split() == ["3", "950,00", "$US"]
    assert content["language"] == "fr"
    assert content["paper"] == "a4"
    assert content["dated_on"] == [2026, 12, 5]
    assert told.made_on == date(2026, 12, 5)


# --- Credit notes --------------------------------------------------------------------------------


def note_of(**changes: Any) -> CreditNote:
    """$49.00 of LP-000123: two of twelve mailboxes at $9.50, and $30.00 of another line."""
    made = documents.InvoiceMaker(documents.DECEMBER)
    made.line("COM4003", "12", "9.50").line("SEC1153", "40", "3.25", description="Protection")
    asked = CreditRequest(
        request="counted-twice",
        reason="Two mailboxes were counted twice.",
        requested_by="clerk",
        parts=(
            CreditedPart(line=1, quantity=Decimal(2)),
            CreditedPart(line=2, amount=Decimal("30.00")),
        ),
    )
    note = credit_note_for(made.make("LP-000123"), asked, (), documents.DECEMBER.day(20))
    return note.numbered("CN-000007").model_copy(update=changes)


@pytest.mark.rule("KR-13")
def test_a_credit_note_says_what_of_which_invoice_why_and_what_becomes_of_it() -> None:
    # 2 x 9.50 + 30.00 = 49.00; of it 40.00 was still open.
    use = CreditUse(off_invoice=Decimal("40.00"), off_loss=Decimal(0), held=Decimal("9.00"))
    text = text_of(RENDERER.render_credit_note(note_of(), POLICY, use))
    for told in (
        "Credit note number CN-000007",
        "Of invoice LP-000123 Service month December 2026",
        "Why it is credited Two mailboxes were counted twice.",
        "1 Hosted mailbox 2 x 9.50 = 19.00 $19.00",
        "2 Protection $30.00 of $130.00 $30.00",
        "Total credited $49.00",
        "Taken off invoice LP-000123 $40.00",
        "Held as your credit $9.00",
        "Nothing is left to pay of invoice LP-000123.",  # 9.00 more than was open came off it
        "What you paid of it already stays to your credit.",
    ):
        assert told in text, told


def test_every_document_says_by_what_tax_offices_know_the_provider() -> None:
    seller = Seller(
        legal_name="Lantern & Pike LLC", vat_id="DE123456789", tax_number="22/815/08154"
    )
    policy = POLICY.model_copy(update={"seller": seller})
    told = ["Lantern & Pike LLC", "VAT number DE123456789", "Tax number 22/815/08154"]
    assert present_credit_note(note_of(), policy)["provider"]["legal"] == told
    assert present_letter(letter_of("notice"), policy)["provider"]["legal"] == told
    assert " · ".join(told) in text_of(RENDERER.render_credit_note(note_of(), policy))
    assert present_credit_note(note_of(), POLICY)["provider"]["legal"] == []


def test_a_credit_note_names_a_section_as_its_invoice_does() -> None:
    line = note_of().lines[0].model_copy(update={"subscriber": "oakdale"})
    note = note_of(lines=(line, *note_of().lines[1:]))
    content = present_credit_note(note, POLICY, None, {"oakdale": "Oakdale Vets"})
    assert [row["section"] for row in content["lines"]["rows"]] == ["Oakdale Vets", None]


def test_a_credit_note_all_of_which_came_off_its_invoice_holds_nothing() -> None:
    use = CreditUse(off_invoice=Decimal("49.00"), off_loss=Decimal(0), held=Decimal(0))
    content = present_credit_note(note_of(), POLICY, use)
    assert content["use"]["rows"] == [["Taken off invoice LP-000123", "$49.00"]]
    assert content["use"]["text"] is None
    assert content["payment"]["lines"] == ["Please pay invoice LP-000123 less this amount."]


def test_a_credit_note_is_in_the_language_and_on_the_paper_of_its_invoice() -> None:
    page = read(RENDERER.render_credit_note(note_of(locale="fr-CA", paper="a4"), POLICY)).pages[0]
    assert "20 décembre 2026" in page.extract_text()
    assert float(page.mediabox.height) == pytest.approx(841.89, abs=0.1)


def test_what_became_of_a_credit_note_is_what_was_entered() -> None:
    kept = Books()
    made = kept.invoice("LP-000001", "100.00", "2026-11-15", "2026-11-30")
    kept.pay("W-1", "80.00", "2026-11-16")
    kept.credit(made, "CN-1", "50.00", "2026-11-20")  # 20.00 was open, 30.00 was paid already
    entry = next(entry for entry in kept.entries if entry.kind is EntryKind.CREDIT_NOTE)
    used = credit_use(entry)
    parts = (used.off_invoice, used.off_loss, used.held)
    assert parts == (Decimal("20.00"), Decimal(0), Decimal("30.00"))
