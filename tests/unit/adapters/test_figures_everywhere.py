"""One invoice says the same wherever it is read: page, mail, e-invoice, table, and the ledger.

Each reading has a way of its own to come to its figures. The invoices are drawn at random: of
several currencies and languages, with prices of many decimals, discounts, taxes, credit and debts.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from msp_billing.adapters.e_invoice import e_invoice, lines_csv
from msp_billing.adapters.formatting import format_day, format_money
from msp_billing.adapters.invoice_pdf.invoice_presentation import present_invoice
from msp_billing.adapters.invoice_pdf.qr_code import transfer_code
from msp_billing.adapters.language import in_language
from msp_billing.adapters.mails.mail_composer import MailComposer
from msp_billing.domain.accounting.lines import invoice_lines
from msp_billing.domain.amount_differences import at_issue
from msp_billing.domain.at_issue import InvoiceAtIssue
from msp_billing.domain.documents import PDF, NamedDocument
from msp_billing.domain.invoices import Invoice, LineKind, PriceBasis
from msp_billing.domain.ledger.allocation import foreseen, with_allocation
from msp_billing.domain.ledger.balance_at_issue import balance_at_issue
from msp_billing.domain.ledger.documents import invoice_entries
from msp_billing.domain.ledger.entries import (
    EntryDraft,
    EntryKind,
    LedgerAccount,
    LedgerId,
    Posting,
)
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.money import minor_unit_digits
from msp_billing.domain.outbox import MailId
from msp_billing.domain.parties import BankAccount, PayTo, Seller
from msp_billing.domain.policy import ProviderPolicy
from tests.unit import document_samples as samples
from tests.unit.adapters.mail_reading import parsed, words_of
from tests.unit.document_samples import DECEMBER, MADE_AT, NOVEMBER, InvoiceMaker

NUMBER = "LP-000123"
TODAY = date(2026, 12, 1)
PAY_TO = PayTo(
    link="https://pay.lantern.example/{account}/{number}?amount={amount}&in={currency}", slip=True
)
PDF_FILE = NamedDocument(file_name="LP-000123.pdf", media_type=PDF, content=b"%PDF")
SUMS = "{*}SpecifiedTradeSettlementHeaderMonetarySummation/{*}"


@cache
def policy() -> ProviderPolicy:
    return samples.policy().model_copy(update={"pay_to": PAY_TO})


@cache
def composer() -> MailComposer:
    return MailComposer(Path(__file__).parents[3] / "layers" / "rendering")


@dataclass(frozen=True)
class Case:
    """An invoice as it was entered, and the account's position around it."""

    invoice: Invoice
    told: InvoiceAtIssue
    owed: Decimal
    overdue: Decimal
    to_pay: Decimal

    def money(self, amount: Decimal) -> str:
        with in_language(self.invoice.locale):
            return format_money(amount, self.invoice.currency)


def entered(position: LedgerPosition, number: str, amount: Decimal, due_on: date) -> LedgerPosition:
    """The position after an earlier invoice, or after a payment where the amount is negative."""
    account = LedgerAccount.RECEIVABLE if amount > 0 else LedgerAccount.CREDIT
    draft = EntryDraft(
        kind=EntryKind.INVOICE,
        document=number,
        on=date(2026, 10, 1),
        due_on=due_on,
        title=f"Invoice {number}",
        recorded_by="test",
        postings=(
            Posting(on=account, reference=number, amount=amount),
            Posting(on=LedgerAccount.BILLED, reference=number, amount=-amount),
        ),
    )
    return foreseen(position, with_allocation(position, (draft,), TODAY))


LINES = st.lists(
    st.tuples(
        st.sampled_from(["A", "B", "C"]),
        st.sampled_from(["1", "3", "0.5", "1.25", "1200", "-2"]),
        st.sampled_from(["6.75", "0.125", "0.00335", "100", "33.333", "1234.5"]),
        st.sampled_from(["one", "two"]),
        st.sampled_from([LineKind.RECURRING, LineKind.ONE_TIME, LineKind.DISCOUNT, LineKind.TAX]),
    ),
    min_size=1,
    max_size=5,
)


def made(period: Any, currency: str, entries: Any, number: str, locale: str) -> Invoice:
    maker = InvoiceMaker(period, currency=currency)
    for product, quantity, price, section, _kind in entries:
        maker.line(product, quantity, price, subscriber=section, section=section)
    invoice = maker.make(number)
    lines = []
    for line, entry in zip(invoice.lines, entries, strict=True):
        basis = PriceBasis.EACH if entry[4] is LineKind.RECURRING else PriceBasis.AMOUNT
        reason = line.reason.model_copy(update={"price_basis": basis})
        lines.append(line.model_copy(update={"kind": entry[4], "reason": reason}))
    return invoice.model_copy(update={"lines": tuple(lines), "locale": locale})


@st.composite
def cases(draw: st.DrawFn) -> Case:
    currency = draw(st.sampled_from(["USD", "EUR", "JPY", "CHF"]))
    locale = draw(st.sampled_from(["en-US", "de", "de-CH", "fr", "es-MX"]))
    invoice = made(DECEMBER, currency, draw(LINES), NUMBER, locale)
    previous = made(NOVEMBER, currency, draw(LINES), "LP-000099", locale)
    ledger = LedgerId(provider="lantern", account="tern-harbor", currency=currency)
    before = LedgerPosition.empty(ledger)
    for number, (amount, late) in enumerate(
        draw(st.lists(st.tuples(st.sampled_from([-900, -50, 30, 700]), st.booleans()), max_size=3))
    ):
        due_on = date(2026, 11, 1) if late else date(2026, 12, 20)
        before = entered(before, f"LP-{number}", Decimal(amount), due_on)
    following = foreseen(before, invoice_entries(before, invoice, TODAY))
    balance = balance_at_issue(before, following, invoice, TODAY)
    item = following.items_by_document.get(NUMBER)
    return Case(
        invoice=invoice,
        told=at_issue(invoice, previous, balance),
        owed=following.owed,
        overdue=sum((entry.open for entry in following.overdue_items(TODAY)), Decimal(0)),
        to_pay=Decimal(0) if item is None else item.open,
    )


def mail_of(case: Case) -> tuple[str, str]:
    message = parsed(
        composer().invoice_mail(
            case.invoice,
            policy(),
            ("ap@tern.example",),
            PDF_FILE,
            MailId(
                provider="lantern",
                run="monthly",
                period=DECEMBER,
                account="tern-harbor",
                part="all",
                kind="invoice",
            ),
            MADE_AT,
            at_issue=case.told,
        )
    )
    return message["Subject"], words_of(message)


def plain(text: str) -> str:
    """With plain blanks, as a mail may have them."""
    return " ".join(text.split())


def link_of(case: Case) -> str | None:
    if not case.to_pay:
        return None
    digits = minor_unit_digits(case.invoice.currency)
    amount = quote(f"{case.to_pay:.{digits}f}")
    currency = case.invoice.currency
    return f"https://pay.lantern.example/tern-harbor/{NUMBER}?amount={amount}&in={currency}"


@settings(max_examples=15, deadline=None)
@given(cases())
def test_every_reading_of_an_invoice_has_the_figures_of_the_ledger(case: Case) -> None:
    invoice, total = case.invoice, case.invoice.total.amount
    with in_language(invoice.locale):
        page = present_invoice(invoice, policy(), samples.price_book(), case.told)
        due = format_day(invoice.due_on or TODAY)
    # What is to be paid of it.
    shown = case.to_pay if total > 0 else total
    assert page["due"]["amount"] == case.money(shown)
    assert page["totals"][-1]["amount"] == case.money(shown)
    subject, words = mail_of(case)
    assert NUMBER in subject
    if case.to_pay:
        assert plain(case.money(case.to_pay)) in plain(subject)
        assert due in plain(subject)
        assert due in page["due"]["by"]
    # The page to pay on, in the mail, on the page, in its code and on the slip.
    link = link_of(case)
    assert (page["payment"]["link"] or {}).get("url") == link
    assert (page["payment"]["code"] is None) is (link is None)
    assert re.findall(r"https://pay\S+", words) == ([] if link is None else [link])
    if page["slip"] is not None:
        assert page["slip"]["to_pay"][1] == case.money(case.to_pay)
        assert f" {case.to_pay} " in page["slip"]["scan"]
    assert (page["slip"] is None) is (link is None)
    # As data.
    rows = list(csv.DictReader(io.StringIO(lines_csv(invoice).decode("utf-8-sig"))))
    assert sum(Decimal(row["amount"]) for row in rows) == total
    assert sum(line.amount for line in invoice_lines(invoice)) == total
    data = e_invoice(invoice, policy(), case.told)
    assert data is not None
    root = ElementTree.fromstring(data)
    sums = {entry.tag.rpartition("}")[2]: entry.text for entry in root.iterfind(f".//{SUMS}*")}
    assert Decimal(sums["GrandTotalAmount"] or "") == total
    assert Decimal(sums["DuePayableAmount"] or "") == shown
    assert root.findtext("{*}ExchangedDocument/{*}ID") == NUMBER
    assert root.findtext(".//{*}DueDateDateTime/{*}DateTimeString") == f"{invoice.due_on:%Y%m%d}"


@settings(max_examples=15, deadline=None)
@given(cases())
def test_the_account_is_said_to_owe_what_it_owes_once_the_invoice_is_entered(case: Case) -> None:
    balance = case.told.balance
    assert balance is not None
    english = replace(case, invoice=case.invoice.model_copy(update={"locale": "en-US"}))
    page = present_invoice(english.invoice, policy(), samples.price_book(), case.told)
    if page["account"] is not None:
        after = case.owed - balance.credit_left.amount
        assert page["account"]["rows"][-1]["amount"] == english.money(after)
    _, words = mail_of(english)
    asked = f"To pay in all: {plain(english.money(case.owed))}"
    assert (asked in words) is bool(balance.brought_forward.amount)
    late = f"{plain(english.money(case.overdue))} of it was due before"
    notes = plain(" ".join(page["account"]["notes"])) if page["account"] else ""
    assert notes.startswith(late) is bool(case.overdue)
    assert ("of it was due" in notes) is bool(case.overdue)


def test_a_credit_invoice_asks_for_nothing_that_it_has_paid() -> None:
    """30.00 overdue, then an invoice of -50.00: nothing is owed, and 20.00 is left."""
    ledger = LedgerId(provider="lantern", account="tern-harbor", currency="USD")
    before = entered(LedgerPosition.empty(ledger), "LP-1", Decimal(30), date(2026, 11, 1))
    invoice = InvoiceMaker(DECEMBER).line("A", "-1", "50").make(NUMBER)
    following = foreseen(before, invoice_entries(before, invoice, TODAY))
    told = at_issue(invoice, None, balance_at_issue(before, following, invoice, TODAY))
    _, words = mail_of(Case(invoice, told, Decimal(0), Decimal(0), Decimal(0)))
    assert "This invoice: -$50.00" in words
    assert "Open from before: $30.00 " in words
    assert "To pay in all: $0.00" in words
    assert "Your credit with us: $20.00" in words
    page = present_invoice(invoice, policy(), samples.price_book(), told)
    assert page["account"]["notes"] == ["$20.00 stays to your credit for your next invoices."]
    assert page["due"]["by"] == "Nothing to pay", "30.00 of it does not stay to the credit"
    alone = present_invoice(invoice, policy(), samples.price_book())
    assert alone["due"]["by"] == "Nothing to pay: the amount stays to your credit."


def test_a_name_cannot_put_anything_in_the_place_of_the_account_to_pay_to() -> None:
    """Fields of the banking code are lines; what is too long for it is left out, not the page."""
    bank = BankAccount(iban="DE89370400440532013000", bic="COBADEFFXXX")
    whole = transfer_code("Nordlicht DE00", bank, Decimal("12.50"), NUMBER)
    assert whole is not None
    assert transfer_code("Nordlicht\nDE00", bank, Decimal("12.50"), NUMBER) == whole
    assert transfer_code("Nordlicht DE00", bank, Decimal("12.60"), NUMBER) != whole
    assert transfer_code("漢" * 70, bank, Decimal("12.50"), "R" * 140) is None


def test_the_account_to_pay_to_is_held_by_the_same_name_in_code_and_data() -> None:
    """Banks compare the name of the holder: it is the one in the register of companies."""
    bank = BankAccount(iban="DE89370400440532013000", bic="COBADEFFXXX")
    provider = policy().model_copy(
        update={
            "pay_to": PayTo(bank=bank),
            "seller": Seller(legal_name="Lantern & Pike GmbH"),
            "currency": "EUR",
        }
    )
    invoice = InvoiceMaker(DECEMBER, currency="EUR").line("A", "1", "12.50").make(NUMBER)
    code = present_invoice(invoice, provider, samples.price_book())["payment"]["code"]
    named = transfer_code("Lantern & Pike GmbH", bank, Decimal("12.50"), NUMBER)
    assert code["drawing"] == named
    data = e_invoice(invoice, provider)
    assert data is not None
    assert ElementTree.fromstring(data).findtext(".//{*}AccountName") == "Lantern & Pike GmbH"
