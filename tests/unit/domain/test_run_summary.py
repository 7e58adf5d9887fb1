"""A run at a glance: a row per account, and their sums."""

from __future__ import annotations

from msp_billing.domain.invoices import Invoice
from msp_billing.domain.money import in_words
from msp_billing.domain.outcomes import AccountOutcome, AgreementOutcome, OutcomeKind
from msp_billing.domain.run_summary import (
    NO_AGREEMENT,
    RunRow,
    summarise_account,
    summarise_run,
)
from tests.unit import document_samples as samples
from tests.unit.document_samples import DECEMBER, NOVEMBER, InvoiceMaker, counted, usd


def november() -> Invoice:
    maker = InvoiceMaker(NOVEMBER)
    return maker.line("COM4003", "2", "10.00", counted=counted(("anna", "bob"))).make()


def december() -> Invoice:
    maker = InvoiceMaker(DECEMBER)
    return maker.line("COM4003", "3", "10.00", counted=counted(("anna", "carl", "dora"))).make()


def billed() -> RunRow:
    outcome = samples.outcome("tern-harbor", OutcomeKind.BILLED, invoices=(december(),))
    return summarise_account(outcome, (november(),), "USD")


def parked() -> RunRow:
    return summarise_account(
        samples.outcome("gull-point", OutcomeKind.PARKED), (november(),), "USD"
    )


def test_a_billed_account_stands_beside_last_month() -> None:
    row = billed()
    assert (row.outcome, row.reasons) == (OutcomeKind.BILLED, ())
    assert (row.previous_total, row.current_total, row.change) == (
        usd("20.00"),
        usd("30.00"),
        usd("10.00"),
    )
    assert (row.invoice_count, row.line_count) == (1, 1)
    assert (row.joined_count, row.left_count) == (2, 1)


def test_a_first_invoice_says_of_nothing_that_it_joined() -> None:
    outcome = samples.outcome("tern-harbor", OutcomeKind.BILLED, invoices=(december(),))
    row = summarise_account(outcome, (), "USD")
    assert not row.has_previous
    assert (row.joined_count, row.left_count) == (0, 0)


def test_a_parked_account_gives_its_problems_as_reasons_and_claims_no_change_of_items() -> None:
    row = parked()
    assert row.outcome is OutcomeKind.PARKED
    assert row.reasons == ("The export of RMM devices for 1 December 2026 is missing.",)
    assert len(row.problems) == 1
    assert (row.joined_count, row.left_count) == (0, 0)


def test_an_account_with_one_agreement_billed_is_billed_and_says_why_not_the_other() -> None:
    outcome = AccountOutcome(
        account="tern-harbor",
        account_name="Tern Harbor",
        agreements=(
            AgreementOutcome(agreement="one", kind=OutcomeKind.NOTHING_TO_BILL, reason="no users"),
            AgreementOutcome(agreement="two", kind=OutcomeKind.BILLED, reason="1 lines"),
        ),
        invoices=(december(),),
    )
    row = summarise_account(outcome, (), "USD")
    assert (row.outcome, row.reasons) == (OutcomeKind.BILLED, ("one: no users",))


def test_an_account_whose_agreements_are_all_skipped_is_skipped() -> None:
    outcome = samples.outcome("calm-bay", OutcomeKind.SKIPPED, reason="on trial")
    row = summarise_account(outcome, (), "USD")
    assert (row.outcome, row.reasons) == (OutcomeKind.SKIPPED, ("main: on trial",))


def test_an_account_without_an_active_agreement_has_nothing_to_bill_and_says_so() -> None:
    outcome = AccountOutcome(account="calm-bay", account_name="Calm Bay", agreements=())
    row = summarise_account(outcome, (november(),), "USD")
    assert (row.outcome, row.reasons) == (OutcomeKind.NOTHING_TO_BILL, (NO_AGREEMENT,))
    assert row.change == usd("-20.00")


def test_the_run_adds_up_and_every_account_is_in_one_count() -> None:
    totals = summarise_run(iter((billed(), parked())), "USD")
    assert (totals.accounts, totals.billed, totals.parked) == (2, 1, 1)
    assert totals.billed + totals.nothing_to_bill + totals.skipped + totals.parked == 2
    (amounts,) = totals.amounts
    assert (amounts.previous_total, amounts.current_total) == (usd("40.00"), usd("30.00"))
    assert amounts.change == usd("-10.00")
    assert amounts.parked_previous_total == usd("20.00")
    assert (totals.invoice_count, totals.line_count) == (1, 1)
    assert (totals.joined_count, totals.left_count) == (2, 1)


def test_a_run_without_accounts_comes_to_nothing() -> None:
    totals = summarise_run((), "EUR")
    assert totals.accounts == 0
    assert in_words(totals.current_totals) == in_words(totals.previous_totals) == "0.00 EUR"


def in_yen() -> Invoice:
    return InvoiceMaker(DECEMBER, currency="JPY").line("COM4003", "3", "1500.5").make()


def test_each_currency_of_a_run_has_its_own_sums() -> None:
    yen = samples.outcome("osaka", OutcomeKind.BILLED, invoices=(in_yen(),))
    rows = (billed(), parked(), summarise_account(yen, (), "USD"))
    totals = summarise_run(rows, "USD")
    # 3 x 1500.5 = 4501.5, rounded to whole yen.
    assert in_words(totals.current_totals) == "30.00 USD, 4502 JPY"
    assert in_words(totals.previous_totals) == "40.00 USD, 0 JPY"
    assert [str(entry.parked_previous_total) for entry in totals.amounts] == ["20.00 USD", "0 JPY"]


def test_a_run_in_another_currency_only_says_nothing_of_the_providers() -> None:
    yen = samples.outcome("osaka", OutcomeKind.BILLED, invoices=(in_yen(),))
    totals = summarise_run([summarise_account(yen, (), "USD")], "USD")
    assert in_words(totals.current_totals) == "4502 JPY"


def test_an_account_that_changed_its_currency_shows_both_and_no_difference() -> None:
    outcome = samples.outcome("tern-harbor", OutcomeKind.BILLED, invoices=(in_yen(),))
    row = summarise_account(outcome, (november(),), "USD")
    assert (str(row.previous_total), str(row.current_total)) == ("20.00 USD", "4502 JPY")
    assert row.change is None
    totals = summarise_run([row], "USD")
    assert [str(entry.change) for entry in totals.amounts] == ["-20.00 USD", "4502 JPY"]
