"""Files for accounting programs, worked out by hand, and read again by what is to import them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from beancount import loader
from beancount.core import data, realization

from msp_billing.adapters.accounting_exports.beancount_journal import customer_account, quoted
from msp_billing.adapters.accounting_exports.csv_tables import read_table
from msp_billing.adapters.accounting_exports.formats import FORMATS
from msp_billing.domain.accounting.exported import AccountingPeriod, ExportFile
from msp_billing.domain.accounting.tying_out import file_sums
from msp_billing.usecases.accounting.export import check_tied_out, gather_accounting
from tests.unit.accounting_samples import (
    BOOKS,
    EFFECTS,
    HARMFUL,
    HARMFUL_NAME,
    books,
    unusual_books,
)
from tests.unit.domain.builders import policy
from tests.unit.domain.ledger.ledger_samples import day

POLICY = policy(accounting=BOOKS)
SAFE_NAME = "'" + '=cmd|"x" \\ Zoë:Sub 🦺'
"""A spreadsheet takes it for text, and nothing else in it was changed."""


@cache
def period(*days: str) -> AccountingPeriod:
    return gather_accounting(books(), "lantern", *(day(text) for text in days))


def files(format_name: str, *days: str, of: Any = POLICY) -> dict[str, ExportFile]:
    made = FORMATS[format_name](period(*days), of)
    check_tied_out(period(*days), made)
    return {file.name: file for file in made}


def rows(file: ExportFile) -> list[dict[str, str]]:
    """Without empty cells."""
    return [
        {column: cell for column, cell in row.items() if cell} for row in read_table(file.content)
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ties_out_to_the_ledgers_by_kind_and_currency(name: str) -> None:
    found = {key: amount for key, amount in file_sums(files(name).values()).items() if amount}
    assert found == EFFECTS


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_period_is_the_same_bytes(name: str) -> None:
    assert files(name) == files(name)


def test_what_was_given_up_and_is_credited_later_lowers_the_loss_and_no_debt() -> None:
    unusual = gather_accounting(unusual_books(), "lantern")
    for make in FORMATS.values():
        check_tied_out(unusual, make(unusual, POLICY))
    quickbooks = {file.name: rows(file) for file in FORMATS["quickbooks"](unusual, POLICY)}
    credited = [row for row in quickbooks["journal-entries.csv"] if row["*JournalNo"] == "CN-1"]
    assert [(r["*AccountName"], r.get("*Debits"), r.get("*Credits")) for r in credited] == [
        ("Services", "15.00", None),
        ("Bad Debts", None, "15.00"),
    ]
    xero = {file.name: rows(file) for file in FORMATS["xero"](unusual, POLICY)}
    amounts = [
        (row["*AccountCode"], row["*UnitAmount"])
        for row in xero["credit-notes.csv"]
        if row["*InvoiceNumber"] == "CN-1"
    ]
    assert amounts == [("200", "-15.00"), ("480", "15.00")]
    # An invoice below zero is a credit note to one, and a journal entry to the other.
    assert "-30.00" in [row["*UnitAmount"] for row in xero["credit-notes.csv"]]
    assert [row["*InvoiceNo"] for row in quickbooks["invoices.csv"]] == ["LP-1"]


def test_a_file_has_no_more_documents_than_the_program_takes() -> None:
    many = replace(period(), entries=period().entries * 60)
    made = {file.name: file for file in FORMATS["quickbooks"](many, POLICY)}
    check_tied_out(many, made.values())
    # 3 invoices and fees in USD, 60 times: 100 and 80, none of them torn apart.
    numbers = {
        name: [row["*InvoiceNo"] for row in rows(file) if "*Customer" in row]
        for name, file in made.items()
        if name.startswith("invoices-USD")
    }
    assert {name: len(found) for name, found in numbers.items()} == {
        "invoices-USD-1.csv": 100,
        "invoices-USD-2.csv": 80,
    }
    assert all(file.rows for file in made.values())


# --- QuickBooks Online ---------------------------------------------------------------------------


def test_quickbooks_gets_invoices_and_late_fees_line_by_line() -> None:
    made = files("quickbooks")
    assert set(made) == {
        "invoices-CAD.csv",
        "invoices-USD.csv",
        "journal-entries.csv",
    }
    mailboxes, storage, discount, tax, second, fee = rows(made["invoices-USD.csv"])
    assert mailboxes == {
        "*InvoiceNo": "LP-1",
        "*Customer": "Tern Harbor",
        "*InvoiceDate": "11/15/2026",
        "*DueDate": "11/25/2026",
        "Memo": "Managed care",
        "Item(Product/Service)": "COM4003",
        "ItemDescription": "Hosted mailbox",
        "ItemQuantity": "11",
        "ItemRate": "6.75",
        "*ItemAmount": "74.25",
        "Service Date": "11/01/2026",
    }
    assert storage["ItemDescription"] == "Storage, GB (3 x 0.125 = 0.38)"
    assert (storage["ItemQuantity"], storage["ItemRate"]) == ("1", "0.38")
    assert "*Customer" not in storage
    assert discount["*ItemAmount"] == "-4.63"
    assert (tax["Item(Product/Service)"], tax["*ItemAmount"]) == ("TAX", "4.20")
    assert (second["*InvoiceNo"], second["*ItemAmount"]) == ("LP-2", "50.00")
    assert fee["*InvoiceNo"].startswith("LF-")
    assert len(fee["*InvoiceNo"]) <= 21
    assert (fee["Item(Product/Service)"], fee["*ItemAmount"]) == ("Late Fee Income", "5.00")


def test_quickbooks_gets_everything_else_as_journal_entries_that_balance() -> None:
    entries: dict[str, list[dict[str, str]]] = {}
    for row in rows(files("quickbooks")["journal-entries.csv"]):
        entries.setdefault(row["*JournalNo"], []).append(row)
    for lines in entries.values():
        debits = sum(Decimal(row.get("*Debits", "0")) for row in lines)
        assert debits == sum(Decimal(row.get("*Credits", "0")) for row in lines)
        assert ["*JournalDate" in row for row in lines] == [True] + [False] * (len(lines) - 1)
    credited = entries["CN-1"]
    assert [(r["*AccountName"], r.get("*Debits"), r.get("*Credits")) for r in credited] == [
        ("Services", "20.00", None),
        ("Accounts Receivable (A/R)", None, "20.00"),
    ]
    wire = next(e for no, e in entries.items() if "bank:A-1" in e[0]["Description"])
    assert wire[0] == {
        "*JournalNo": wire[0]["*JournalNo"],
        "*JournalDate": "11/25/2026",
        "*AccountName": "Checking",
        "*Debits": "100.00",
        "Description": "bank:A-1: Payment by wire, A-1, for LP-1, LP-2",
        "Currency": "USD",
    }
    assert (wire[1]["*Credits"], wire[1]["Name"]) == ("100.00", "Tern Harbor")
    # CN-1, two payments, a return, a write-off, a refund; none for the use of credit.
    assert len(entries) == 6


def test_quickbooks_gets_credit_notes_as_a_file_where_its_edition_imports_them() -> None:
    as_file = policy(accounting=BOOKS | {"quickbooks": {"credit_notes": "file"}})
    (note,) = rows(files("quickbooks", of=as_file)["credit-notes.csv"])
    assert (note["*CreditNoteNo"], note["*ItemAmount"]) == ("CN-1", "20.00")


def test_days_are_written_as_the_country_or_the_policy_has_it() -> None:
    for changes, expected in (
        ({"country": "DE"}, "15/11/2026"),
        ({"accounting": BOOKS | {"quickbooks": {"dates": "YYYY-MM-DD"}}}, "2026-11-15"),
    ):
        made = files("quickbooks", of=policy(**changes))
        assert rows(made["invoices-USD.csv"])[0]["*InvoiceDate"] == expected


# --- Xero ----------------------------------------------------------------------------------------


def test_xero_gets_sales_invoices_in_the_columns_of_its_template() -> None:
    made = files("xero")
    assert set(made) == {
        "sales-invoices-CAD.csv",
        "sales-invoices-USD.csv",
        "credit-notes.csv",
        "bank-statement-090.csv",
        "bank-statement-091.csv",
    }
    mailboxes, storage, discount, tax, second, fee = rows(made["sales-invoices-USD.csv"])
    assert mailboxes == {
        "*ContactName": "Tern Harbor",
        "*InvoiceNumber": "LP-1",
        "Reference": "Managed care",
        "*InvoiceDate": "11/15/2026",
        "*DueDate": "11/25/2026",
        "*Description": "COM4003 Hosted mailbox",
        "*Quantity": "11",
        "*UnitAmount": "6.75",
        "*AccountCode": "210",
        "*TaxType": "Tax Exempt",
        "Currency": "USD",
    }
    assert [row["*AccountCode"] for row in (storage, discount, tax, second, fee)] == [
        *("200", "200", "820", "200", "260")
    ]


def test_xero_gets_what_lowers_the_debt_as_credit_notes_below_zero() -> None:
    note, given_up = rows(files("xero")["credit-notes.csv"])
    assert (note["*InvoiceNumber"], note["*UnitAmount"]) == ("CN-1", "-20.00")
    assert (given_up["*AccountCode"], given_up["*UnitAmount"]) == ("480", "-4.20")


def test_xero_gets_money_as_statements_of_the_accounts_that_it_came_to() -> None:
    wire, back, refund = rows(files("xero")["bank-statement-090.csv"])
    assert wire == {
        "*Date": "11/25/2026",
        "*Amount": "100.00",
        "Payee": "Tern Harbor",
        "Description": "Payment by wire, A-1, bank:A-1",
        "Reference": "LP-1, LP-2",
    }
    assert (back["*Amount"], refund["*Amount"]) == ("-30.00", "-10.00")
    (check,) = rows(files("xero")["bank-statement-091.csv"])
    # The late fee has the number that it has among the invoices.
    fee = rows(files("xero")["sales-invoices-USD.csv"])[-1]["*InvoiceNumber"]
    assert (check["*Amount"], check["Reference"]) == ("50.00", f"LP-2, {fee}")


# --- Text that means harm ------------------------------------------------------------------------


def test_a_name_that_looks_like_a_formula_stays_text_and_changes_no_number() -> None:
    (line,) = rows(files("xero")["sales-invoices-CAD.csv"])
    assert (line["*ContactName"], line["*UnitAmount"]) == (SAFE_NAME, "10.00")
    (line,) = rows(files("quickbooks")["invoices-CAD.csv"])
    # A colon would make it a customer below another one.
    assert line["*Customer"] == SAFE_NAME.replace(":", " -")
    assert line["*ItemAmount"] == "10.00"


# --- The journal ---------------------------------------------------------------------------------


def loaded(content: bytes) -> list[Any]:
    entries, errors, _ = loader.load_string(content.decode(), dedent=False)
    assert errors == []
    return entries


def balances(entries: list[Any]) -> dict[tuple[str, str], Decimal]:
    """What every account comes to in each currency, as Beancount adds it up."""
    accounts = realization.iter_children(realization.realize(entries), leaf_only=True)
    return {
        (account.account, position.units.currency): position.units.number
        for account in accounts
        for position in account.balance
    }


def test_beancount_loads_the_journal_and_comes_to_the_same_balances() -> None:
    entries = loaded(files("journal")["journal.beancount"].content)
    assert balances(entries) == {
        # Tern Harbor owes nothing and has 5.00; the other one owes 10.00.
        ("Assets:Receivable:3-gulls", "CAD"): Decimal("10.00"),
        ("Liabilities:Customer-Credits:Tern-harbor", "USD"): Decimal("-5.00"),
        ("Assets:Bank", "USD"): Decimal("60.00"),  # 100 - 30 - 10
        ("Assets:Checks", "USD"): Decimal("50.00"),
        ("Income:Cloud", "USD"): Decimal("-74.25"),
        ("Income:Services", "USD"): Decimal("-25.75"),  # 0.38 - 4.63 + 50 - 20
        ("Income:Services", "CAD"): Decimal("-10.00"),
        ("Liabilities:Sales-Tax", "USD"): Decimal("-4.20"),
        ("Income:Late-Fees", "USD"): Decimal("-5.00"),
        ("Expenses:Bad-Debts", "USD"): Decimal("4.20"),
    }


def test_the_journal_asserts_what_each_ledger_comes_to_on_the_last_day() -> None:
    entries = loaded(files("journal")["journal.beancount"].content)
    asserted = {
        (entry.account, entry.amount.currency): entry.amount.number
        for entry in entries
        if isinstance(entry, data.Balance)
    }
    for balance in period().balances:
        below = customer_account(balance.customer.account)
        currency = balance.customer.currency
        assert asserted[f"Assets:Receivable:{below}", currency] == balance.owed
        held = asserted.get((f"Liabilities:Customer-Credits:{below}", currency), Decimal(0))
        assert held == -balance.held
    assert all(
        entry.date == day("2026-12-06") for entry in entries if isinstance(entry, data.Balance)
    )


def test_a_journal_that_lost_an_entry_is_refused_by_beancount() -> None:
    text = files("journal")["journal.beancount"].content.decode()
    lost = "\n\n".join(part for part in text.split("\n\n") if "bank:A-2" not in part)
    _, errors, _ = loader.load_string(lost, dedent=False)
    assert any("Balance failed" in error.message for error in errors)


def test_a_journal_of_some_days_opens_with_where_customers_stood() -> None:
    entries = loaded(files("journal", "2026-11-25", "2026-11-30")["journal.beancount"].content)
    opening = [e for e in entries if isinstance(e, data.Transaction) and "opening" in e.tags]
    assert [(e.date, str(e.postings[0].units)) for e in opening] == [
        (day("2026-11-24"), "10.00 CAD"),
        (day("2026-11-24"), "104.20 USD"),
    ]
    assert balances(entries)["Assets:Receivable:Tern-harbor", "USD"] == Decimal("35.00")


def test_names_stand_in_the_journal_as_they_are() -> None:
    entries = loaded(files("journal")["journal.beancount"].content)
    payees = {entry.payee for entry in entries if isinstance(entry, data.Transaction)}
    assert payees == {"Tern Harbor", HARMFUL_NAME.replace("\u202e", "")}
    documents = [e.meta["document"] for e in entries if isinstance(e, data.Transaction)]
    assert documents.count("bank:A-1") == 2
    assert HARMFUL.account == "3-gulls"


@pytest.mark.parametrize(
    "name", ["a\nb", 'say "hi"', "back\\slash\\", "tab\there", "\\n", "🦺\x00z"]
)
def test_beancount_reads_back_any_text(name: str) -> None:
    text = f"2026-01-01 open Assets:A\n2026-01-01 note Assets:A {quoted(name)}\n"
    (note,) = (entry for entry in loaded(text.encode()) if isinstance(entry, data.Note))
    assert note.comment == name.replace("\t", " ").replace("\x00", " ")
