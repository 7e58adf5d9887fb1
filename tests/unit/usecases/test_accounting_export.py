"""What accounting programs are given: out of the ledgers, with the lines behind, or nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from msp_billing.domain.accounting.exported import AccountingPeriod, ExportFile
from msp_billing.domain.accounting.tying_out import ledger_sums
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.accounting.export import check_tied_out, gather_accounting
from tests.unit.accounting_samples import BOOKS, EFFECTS, HARMFUL, HARMFUL_NAME, books
from tests.unit.domain.builders import account, policy
from tests.unit.domain.ledger.ledger_samples import LEDGER


def day(text: str) -> date:
    return date.fromisoformat(text)


def gathered(*days: str) -> AccountingPeriod:
    return gather_accounting(books(), "lantern", *(day(text) for text in days))


def refused(ports: Any, *days: str) -> list[str]:
    with pytest.raises(ProblemsError) as refusal:
        gather_accounting(ports, "lantern", *(day(text) for text in days))
    return [problem.code for problem in refusal.value.problems]


def test_everything_that_was_entered_is_there_with_what_it_came_to() -> None:
    period = gathered()
    assert (period.from_on, period.to_on) == (day("2026-11-15"), day("2026-12-05"))
    assert ledger_sums(period.entries) == EFFECTS
    told = {b.customer.account: [b.owed_before, b.owed, b.held] for b in period.balances}
    assert told == {"tern-harbor": [0, 0, 5], HARMFUL.account: [0, 10, 0]}


def test_days_before_the_first_are_where_customers_stood_then() -> None:
    # On 24 November: 124.20 billed less 20.00 credited; only what came after is exported.
    period = gathered("2026-11-25", "2026-11-30")
    kinds = {exported.entry.kind for exported in period.entries}
    assert EntryKind.INVOICE not in kinds
    (tern,) = (b for b in period.balances if b.customer.account == "tern-harbor")
    assert (tern.owed_before, tern.held_before) == (Decimal("104.20"), Decimal(0))
    # 39.20 after the fee, less 4.20 given up.
    assert (tern.owed, tern.held) == (Decimal("35.00"), Decimal(0))


def test_what_was_entered_after_its_days_were_over_is_named() -> None:
    # LP-3 is of 20 November and was entered on 5 December: November's export did not have it.
    late = [exported.entry.document for exported in gathered("2026-12-01", "2026-12-05").late]
    assert late == ["LP-3"]
    assert gathered().late == ()


def test_lines_multiply_out_exactly_or_are_one_times_the_amount() -> None:
    exported = next(e for e in gathered().entries if e.entry.document == "LP-1")
    assert [
        (str(line.quantity), str(line.unit_price), line.description) for line in exported.lines
    ] == [
        ("11", "6.75", "Hosted mailbox"),
        ("1", "0.38", "Storage, GB (3 x 0.125 = 0.38)"),
        ("1", "-4.63", "Discount"),
        ("1", "4.20", "Minnesota sales tax"),
    ]
    assert [line.is_tax for line in exported.lines] == [False, False, False, True]
    for line in exported.lines:
        assert line.quantity * line.unit_price == line.amount


def test_a_payment_says_how_it_came_and_what_it_paid_and_a_return_how_it_went() -> None:
    entries = {(e.entry.kind, e.entry.document): e for e in gathered().entries}
    wire, bill = entries[EntryKind.PAYMENT, "bank:A-1"], EntryKind.INVOICE
    assert (wire.method, wire.paid) == ("wire", ((bill, "LP-1"), (bill, "LP-2")))
    check = entries[EntryKind.PAYMENT, "bank:A-2"]
    assert (check.method, check.paid) == (
        "check",
        ((bill, "LP-2"), (EntryKind.LATE_FEE, "LF-1-first")),
    )
    assert entries[EntryKind.PAYMENT_RETURNED, "bank:R-1"].method == "wire"
    assert entries[EntryKind.REFUND, "R-1"].method == "wire"


def test_two_customers_of_one_name_are_told_apart() -> None:
    ports = books()
    ports.book.put("lantern", [account(account="other", name="tern  harbor")])
    period = gather_accounting(ports, "lantern")
    names = {exported.customer.name for exported in period.entries}
    assert names == {"Tern Harbor (tern-harbor)", HARMFUL_NAME}


def test_nothing_is_exported_of_a_ledger_that_was_changed() -> None:
    ports = books()
    entries = ports.ledgers.kept["lantern", "tern-harbor"]
    changed = entries[0].postings[0].model_copy(update={"amount": Decimal("7.42")})
    entries[0] = entries[0].model_copy(update={"postings": (changed, *entries[0].postings[1:])})
    assert "ledger-does-not-fit" in refused(ports)


def test_nothing_is_exported_when_a_document_is_missing_or_is_another_one() -> None:
    ports = books()
    ports.credit_notes.kept.clear()
    assert refused(ports) == ["document-missing"]
    ports = books()
    first = ports.invoices.find_by_number("lantern", "LP-2")
    assert first is not None
    line = first.lines[0].model_copy(update={"amount": first.total.times(2)})
    ports.invoices.add(first.model_copy(update={"lines": (line,)}))
    assert refused(ports) == ["document-differs"]


def test_an_export_ends_after_it_begins() -> None:
    assert refused(books(), "2026-12-01", "2026-11-01") == ["ends-before-it-begins"]


def test_files_that_come_to_anything_else_are_refused_with_what_differs() -> None:
    period = gathered()
    right = ExportFile("all.csv", b"", 1, EFFECTS)
    check_tied_out(period, [right])
    wrong = EFFECTS | {(EntryKind.PAYMENT, "USD"): Decimal("-149.99")}
    with pytest.raises(ProblemsError) as refusal:
        check_tied_out(period, [ExportFile("all.csv", b"", 1, wrong)])
    assert [problem.what for problem in refusal.value.problems] == [
        "payment: the ledgers come to -150.00 USD, the files to -149.99 USD."
    ]


def test_accounts_of_customers_hold_nothing_else_in_the_journal() -> None:
    below = {"revenue": {"name": "x", "code": "1", "journal": "Assets:Receivable:Services"}}
    with pytest.raises(ValueError, match="must be another account"):
        policy(accounting=below)
    same = {"credit": {"name": "x", "code": "1", "journal": "Assets:Receivable"}}
    with pytest.raises(ValueError, match="must be another account"):
        policy(accounting=same)
    with pytest.raises(ValueError, match="journal"):
        policy(accounting={"tax": {"name": "x", "code": "1", "journal": "Tax:Sales"}})
    made = policy(accounting=BOOKS).accounting
    assert made.revenue_of("COM4003", "cloud").code == "210"
    assert made.cash_of("check").name == "Undeposited Funds"
    assert made.cash_of("returned").name == "Checking"


def test_a_ledger_without_entries_is_nothing_to_export() -> None:
    ports = books()
    ports.ledgers.heads.clear()
    assert gather_accounting(ports, "lantern").entries == ()
    assert LEDGER.currency == "USD"
