"""What an invoice asks for, how it is paid, where the account stands and why the amount differs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.adapters.difference_words import difference_in_words
from msp_billing.adapters.formatting import format_money
from msp_billing.adapters.invoice_pdf.invoice_presentation import present_invoice
from msp_billing.adapters.invoice_pdf.qr_code import link_code, transfer_code
from msp_billing.domain.at_issue import Cause, Difference, InvoiceAtIssue
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.parties import BankAccount, Buyer, PayTo
from tests.unit.adapters.at_issue_samples import (
    EURO_BANK,
    PAY_TO,
    balance_of,
    counted,
    issued,
    money,
)
from tests.unit.adapters.invoice_samples import (
    InvoiceMaker,
    one_line,
    policy,
    price_book,
    users_by_kind,
)


def credit_invoice() -> Invoice:
    return InvoiceMaker().section("Harbor Dental Group").line("SERVER", -2).make()


def informational() -> Invoice:
    return one_line().model_copy(update={"informational": True, "due_on": None})


def nothing() -> Invoice:
    return InvoiceMaker().section("Harbor Dental Group").line("SERVER", 0).make()


def shown(
    invoice: Invoice, at_issue: InvoiceAtIssue | None = None, pay_to: PayTo = PAY_TO
) -> dict[str, Any]:
    return present_invoice(invoice, policy(pay_to=pay_to), price_book(), at_issue)


def cents(text: str) -> Decimal:
    return Decimal(re.sub(r"[^0-9.-]", "", text))


# --- How to pay ---------------------------------------------------------------------------------


def test_an_invoice_says_how_it_is_paid_in_parts() -> None:
    found = shown(users_by_kind())
    assert found["payment"]["title"] == "How to pay"
    assert found["payment"]["bank"] == [
        ["Bank", "First Harbor Bank"],
        ["Routing number", "091000019"],
        ["Account number", "4400120087"],
    ]
    link = "https://pay.northwind.example/harbor-dental/NW-000123?amount=2060.55"
    assert found["payment"]["link"]["url"] == link
    assert found["payment"]["link"]["text"].replace("\u200b", "") == link
    assert found["payment"]["code"]["caption"] == "Scan to pay"
    assert found["payment"]["code"]["drawing"] == link_code(link)
    assert found["slip"]["to"] == list(PAY_TO.cheques_to)
    assert found["slip"]["to_pay"] == ["Amount to pay", "$2,060.55"]
    assert found["slip"]["scan"] == "NW-000123 harbor-dental USD 2060.55 2026-11-30"


def test_without_a_slip_the_address_for_checks_is_a_line() -> None:
    lines = shown(one_line(), pay_to=PAY_TO.model_copy(update={"slip": False}))["payment"]["lines"]
    to = "Northwind Managed IT, PO Box 210, Duluth, MN 55802"
    assert lines[-1] == f"Checks, with the invoice's number, to: {to}"
    assert shown(one_line())["slip"] is not None
    assert not any("Checks, with" in line for line in shown(one_line())["payment"]["lines"])


def test_a_transfer_in_euro_has_a_code_for_banking_apps() -> None:
    euro = InvoiceMaker("EUR").section("Nord").line("SERVER", 1).make()
    found = shown(euro, pay_to=PayTo(bank=EURO_BANK))["payment"]
    assert ["IBAN", "DE89 3704 0044 0532 0130 00"] in found["bank"]
    assert found["code"]["caption"] == "Scan with your banking app"
    assert shown(one_line(), pay_to=PayTo(bank=EURO_BANK))["payment"]["code"] is None, "dollars"
    ach = BankAccount(account_number="1")
    assert shown(euro, pay_to=PayTo(bank=ach))["payment"]["code"] is None, "no IBAN"


def test_a_code_is_made_only_of_what_it_can_say() -> None:
    assert transfer_code("Nord", EURO_BANK, Decimal("0.001"), "NW-1") is None
    assert transfer_code("N" * 200, EURO_BANK, Decimal("999999999.99"), "n" * 200) is not None


NOTHING_TO_PAY = {
    "draft": (users_by_kind(number=None), None),
    "for information": (informational(), None),
    "credit": (credit_invoice(), None),
    "nothing": (nothing(), None),
    "covered by credit": (one_line(), issued(one_line(), balance_of(one_line(), "0", "500"))),
}


@pytest.mark.rule("COL-24")
@pytest.mark.parametrize("case", NOTHING_TO_PAY.values(), ids=NOTHING_TO_PAY.keys())
def test_where_nothing_is_to_be_paid_nothing_says_how(
    case: tuple[Invoice, InvoiceAtIssue | None],
) -> None:
    found = shown(*case)
    payment = found["payment"]
    assert payment["title"] == "Payment"
    assert (payment["bank"], payment["link"], payment["code"]) == ([], None, None)
    assert found["slip"] is None
    assert not any("First Harbor Bank" in line for line in payment["lines"])


@dataclass(frozen=True)
class Due:
    """What stands out on the first page."""

    invoice: Invoice
    label: str
    amount: str
    by: str


DUE = {
    "ordinary": Due(one_line(), "Amount due in USD", "$165.00", "Due 30 November 2026"),
    "credit": Due(
        credit_invoice(),
        "Credited to you in USD",
        "-$330.00",
        "Nothing to pay: the amount stays to your credit.",
    ),
    "nothing": Due(nothing(), "Amount due in USD", "$0.00", "Nothing to pay"),
    "for information": Due(
        informational(),
        "For information, in USD",
        "$165.00",
        "Please do not pay: it will be on your next regular invoice.",
    ),
}


@pytest.mark.parametrize("case", DUE.values(), ids=DUE.keys())
def test_what_stands_out_says_what_to_do(case: Due) -> None:
    due = shown(case.invoice)["due"]
    assert (due["label"], due["amount"], due["by"]) == (case.label, case.amount, case.by)


# --- Balance ------------------------------------------------------------------------------------


@pytest.mark.rule("KR-13")
def test_credit_is_taken_off_what_is_asked_for() -> None:
    invoice = users_by_kind()
    found = shown(invoice, issued(invoice, balance_of(invoice, "607.50", "100", documents=1)))
    assert found["due"]["label"] == "Left to pay in USD"
    assert found["due"]["amount"] == "$1,960.55"
    assert found["due"]["notes"] == [
        "$2,060.55 less $100.00 of your credit",
        "besides $607.50 of earlier invoices, see below",
    ]
    assert found["slip"]["to_pay"][1] == "$1,960.55"
    assert found["payment"]["link"]["url"].endswith("amount=1960.55")
    assert [(row["label"], row["amount"]) for row in found["totals"]] == [
        ("Charges", "$2,289.50"),
        ("Discounts", "-$228.95"),
        ("Total", "$2,060.55"),
        ("Credit used", "-$100.00"),
        ("Left to pay until 30 November 2026", "$1,960.55"),
    ]


@pytest.mark.parametrize(
    ("brought_forward", "held"),
    [("607.50", "0"), ("0", "100"), ("607.50", "100"), ("10", "5000")],
    ids=["debt", "credit", "both", "more credit than the invoice"],
)
@pytest.mark.parametrize("invoice", [users_by_kind(), credit_invoice()], ids=["invoice", "credit"])
def test_the_rows_of_the_account_add_up(invoice: Invoice, brought_forward: str, held: str) -> None:
    at_issue = issued(invoice, balance_of(invoice, brought_forward, held, documents=1))
    account = shown(invoice, at_issue)["account"]
    *rows, last = [cents(row["amount"]) for row in account["rows"]]
    assert sum(rows) == last == Decimal(brought_forward) - Decimal(held) + invoice.total.amount


def test_what_is_late_is_named_kindly_and_open_documents_by_number() -> None:
    invoice = one_line()
    balance = balance_of(invoice, "700", overdue="600", documents=7)
    account = shown(invoice, issued(invoice, balance))["account"]
    notes = account["rows"][0]["notes"]
    assert notes[0] == "NW-000090, due 12 November 2026: $100.00 open"
    assert (len(notes), notes[-1]) == (6, "and 2 more")
    assert account["notes"] == [
        "$600.00 of it was due before 15 November 2026. If it is on its way, thank you; if not, "
        "please send it now."
    ]


def test_an_account_that_owes_and_holds_nothing_has_no_table() -> None:
    invoice = one_line()
    found = shown(invoice, issued(invoice, balance_of(invoice)))
    assert found["account"] is None
    assert found["due"] == shown(invoice)["due"], "as without a balance"


# --- Why the amount differs ---------------------------------------------------------------------


def difference(cause: Cause, **changes: Any) -> Difference:
    return Difference(cause=cause, title="Cloud backup", amount=money("89"), **changes)


SENTENCES = {
    "more": (counted("Full-time user", 119, 122, "85"), "3 more (119 → 122) at $85.00"),
    "fewer": (counted("Full-time user", 122, 119, "85"), "3 fewer (122 → 119) at $85.00"),
    "more by tiers": (
        difference(Cause.COUNT, quantity_before=Decimal(8), quantity_now=Decimal(9)),
        "1 more (8 → 9)",
    ),
    "price": (
        difference(
            Cause.PRICE,
            quantity_now=Decimal(120),
            price_before=money("42"),
            price_now=money("44.5"),
        ),
        "price $42.00 → $44.50, for 120",
    ),
    "price by tiers": (difference(Cause.PRICE), "another price"),
    "new": (
        difference(Cause.NEW, quantity_now=Decimal(2), price_now=money("89")),
        "new, 2 at $89.00",
    ),
    "ended": (
        difference(Cause.ENDED, quantity_before=Decimal(2), price_before=money("89")),
        "not billed any more, 2 at $89.00 before",
    ),
    "once, now": (difference(Cause.ONE_TIME, quantity_now=Decimal(1)), "once, on this invoice"),
    "once, then": (
        difference(Cause.ONE_TIME, quantity_before=Decimal(1)),
        "was on the last invoice, once",
    ),
    "discount": (
        difference(Cause.DISCOUNT, quantity_before=Decimal(1), quantity_now=Decimal(1)),
        "another amount",
    ),
    "discount ended": (
        difference(Cause.DISCOUNT, quantity_before=Decimal(1)),
        "not on this invoice any more",
    ),
    "tax": (
        difference(Cause.TAX, quantity_before=Decimal(1), quantity_now=Decimal(1)),
        "on another amount",
    ),
}


@pytest.mark.parametrize("case", SENTENCES.values(), ids=SENTENCES.keys())
def test_a_cause_is_a_sentence(case: tuple[Difference, str]) -> None:
    entry, sentence = case
    assert difference_in_words(entry) == f"{entry.title}: {sentence}"


def test_the_causes_lead_from_the_last_invoice_to_this_one() -> None:
    invoice = users_by_kind()
    causes = (counted("Full-time user", 14, 17, "95"), counted("Managed server", 3, 2, "165"))
    found = shown(invoice, issued(invoice, differences=causes))["differences"]
    assert [(row["label"], row["amount"]) for row in found["rows"]] == [
        ("Invoice NW-000099, for November 2026", "$1,940.55"),
        ("Full-time user: 3 more (14 → 17) at $95.00", "+$285.00"),
        ("Managed server: 1 fewer (3 → 2) at $165.00", "-$165.00"),
        ("This invoice", "$2,060.55"),
    ]
    first, *parts, last = [cents(row["amount"]) for row in found["rows"]]
    assert first + sum(parts) == last


def test_further_causes_are_summed_up_and_no_cause_is_said_to_be_none() -> None:
    invoice = one_line()
    one = issued(invoice, differences=(counted("Full-time user", 0, 1, "5"),))
    further = one.model_copy(update={"differences": (), "further": money("5"), "further_count": 23})
    rows = shown(invoice, further)["differences"]["rows"]
    assert (rows[1]["label"], rows[1]["amount"]) == ("23 further causes", "+$5.00")
    same = one.model_copy(update={"differences": (), "change": money("0")})
    assert shown(invoice, same)["differences"]["rows"][1]["label"] == "Nothing changed"


def test_an_invoice_of_before_balances_were_kept_is_as_it_was() -> None:
    found = shown(users_by_kind())
    assert (found["account"], found["differences"], found["due"]["notes"]) == (None, None, [])
    assert found["totals"][-1]["label"] == "Total due 30 November 2026"


# --- Paper and what the buyer wants to find -----------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "paper"),
    [
        ({"paper": "a4", "country": "US"}, "a4"),
        ({"paper": None, "country": "MX"}, "us-letter"),
        ({"paper": None, "country": "FR"}, "a4"),
        ({"paper": None, "country": None}, "us-letter"),
    ],
    ids=["as the account wants it", "Mexico", "France", "by the currency"],
)
def test_paper_is_that_of_the_account_or_its_country(changes: dict[str, Any], paper: str) -> None:
    assert shown(one_line().model_copy(update=changes))["paper"] == paper


def test_what_the_buyers_bookkeeping_asks_for_is_among_the_facts() -> None:
    buyer = Buyer(reference="DEPT-7", vat_id="FR40303265045")
    facts = shown(one_line().model_copy(update={"buyer": buyer}))["facts"]
    assert facts[-2:] == [["Your reference", "DEPT-7"], ["Your VAT number", "FR40303265045"]]


def test_amounts_of_the_first_page_are_those_of_the_invoice() -> None:
    invoice = users_by_kind()
    assert shown(invoice)["due"]["amount"] == format_money(invoice.total.amount, "USD")
