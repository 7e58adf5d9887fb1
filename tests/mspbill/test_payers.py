"""Customers of a demo: what they do, and that the system answers it as it would on AWS.

The days by hand, in Chicago. Invoices of November go out on Monday 2 November 2026 and are due on
Tuesday the 17th; those of December on 2 December, due on Thursday the 17th; the project is due on
Sunday 10 January 2027.

Harbor (170.20 for November) leaves it: due on 18 November, when the notice is delivered; credit
hold four days later, on Sunday the 22nd. It pays by wire a day after that letter, on Monday the
23rd, and both approvers answer within six hours. It disputes 55.30 of December's 255.30: it pays
200.00 on Friday 11 December (six days before), and the rest twenty days after the due date, on
Wednesday 6 January. The project's 500.00 is paid on Monday 4 January.

Birch pays 80.00 by ACH on Monday 9 November (eight days before). Five business days later, without
Veterans Day, the bank takes it back, on the 17th. The notice of the 18th arrives, and Birch pays by
wire two days later.
"""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.outbox import MailState
from msp_billing.domain.periods import Period
from mspbill.demo import DemoJob, bill_months
from mspbill.payer_habits import HABITS, Disputed, Habit, PaysAfter
from mspbill.reports import AccountLane, MarkKind, ProviderReport
from mspbill.run_result import write_results
from tests.mspbill.conftest import Mspbill
from tests.mspbill.small_provider import write_provider

GOOD, DUE, HELD = AccountState.GOOD_STANDING, AccountState.DUE, AccountState.CREDIT_HOLD
MONTHS = (Period(year=2026, month=11), Period(year=2026, month=12))
PAYMENTS_AND_DUNNING = """
payments:
  settled_after_business_days: {ach: 5}
  files:
    - file: bank
      title: Bank
      format: csv
      columns:
        date: Posting Date
        amount: Amount
        external_id: Transaction ID
        texts: [Description, Reference]
        payer: Payer
        method: Type
      date_format: "%m/%d/%Y"
      methods: {ACH CREDIT: ach, WIRE IN: wire}
    - {file: returns, title: Returns, format: nacha-returns, method: ach}
dunning:
  clause: monthly
  steps:
    - {step: past-due, kind: notice, title: A payment is missing, clause: monthly, letter: Pay.}
    - {step: credit-hold, kind: credit_hold, title: On hold, clause: monthly, days: 5, letter: No.}
  release:
    clause: monthly
    roles:
      - {role: engineer, title: Engineer, approvers: [tech@pinewood.example]}
      - {role: billing, title: Billing team, approvers: [books@pinewood.example]}
    letter: Thank you.
"""
DISPUTE = Disputed(date(2026, 12, 17), Decimal("55.30"), "One server too many.", 20, "It is there.")
STORIES = {
    "harbor": Habit(
        leaves=frozenset({date(2026, 11, 17)}),
        pays_after=PaysAfter("credit-hold", 1),
        disputed=DISPUTE,
    ),
    "birch": Habit(
        returned=date(2026, 11, 17),
        pays_after=PaysAfter("past-due", 2),
        bounces="old@birch.example",
    ),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ProviderReport]:
    """The folder and the report of a demo with these stories."""
    root = tmp_path_factory.mktemp("payers")
    out = root / "out"
    out.mkdir()
    directory = write_provider(
        root / "pinewood",
        ("provider.yaml", "clauses:\n", f"{PAYMENTS_AND_DUNNING.lstrip()}clauses:\n"),
        (
            "accounts/birch.yaml",
            "agreements:\n",
            "dunning: {contacts: [old@birch.example, ap@birch.example]}\nagreements:\n",
        ),
    )
    job = DemoJob(load_provider_directory(directory), out, MONTHS, STORIES)
    report = bill_months(job, lambda *_: None)
    write_results(out, (report,))
    return out, report


def lane(report: ProviderReport, account: str) -> AccountLane:
    (found,) = (entry for entry in report.lanes if entry.account == account)
    return found


def states(of: AccountLane) -> list[tuple[AccountState, date]]:
    return [(segment.state, segment.from_on) for segment in of.segments]


def money(of: AccountLane) -> list[tuple[date, str]]:
    kinds = {MarkKind.PAYMENT, MarkKind.RETURNED}
    return [(mark.on, mark.what) for mark in of.marks if mark.kind in kinds]


@pytest.mark.rule("KR-14")
@pytest.mark.rule("KR-16")
def test_who_pays_late_is_released_with_both_keys(told: tuple[Path, ProviderReport]) -> None:
    harbor = lane(told[1], "harbor")
    assert states(harbor) == [
        (GOOD, date(2026, 11, 2)),
        (DUE, date(2026, 11, 18)),
        (HELD, date(2026, 11, 22)),
        (GOOD, date(2026, 11, 23)),
    ]
    assert "tech@pinewood.example (engineer)" in harbor.segments[-1].why
    assert "books@pinewood.example (billing)" in harbor.segments[-1].why


@pytest.mark.rule("DUN-08")
def test_a_dispute_covers_its_part_until_it_is_settled(told: tuple[Path, ProviderReport]) -> None:
    harbor = lane(told[1], "harbor")
    assert money(harbor) == [
        (date(2026, 11, 23), "Payment by wire: $170.20"),
        (date(2026, 12, 11), "Payment by ACH: $200.00"),
        (date(2027, 1, 4), "Payment by ACH: $500.00"),
        (date(2027, 1, 6), "Payment by ACH: $55.30"),
    ]
    assert harbor.balance.amount == 0


def test_a_returned_payment_makes_its_invoice_due_again(
    told: tuple[Path, ProviderReport],
) -> None:
    birch = lane(told[1], "birch")
    assert states(birch) == [
        (GOOD, date(2026, 11, 2)),
        (DUE, date(2026, 11, 18)),
        (GOOD, date(2026, 11, 20)),
    ]
    assert [what.partition(":")[0] for _, what in money(birch)[:3]] == [
        "Payment by ACH",
        "Returned by the bank (R01)",
        "Payment by wire",
    ]
    assert [on for on, _ in money(birch)[:3]] == [
        date(2026, 11, 9),
        date(2026, 11, 17),
        date(2026, 11, 20),
    ]


@pytest.mark.rule("DUN-09")
def test_a_letter_that_bounces_goes_to_the_next_contact(
    told: tuple[Path, ProviderReport],
) -> None:
    out, report = told
    letters = [mail for mail in report.letters if mail.account == "birch"]
    assert [(mail.recipients, mail.state) for mail in letters] == [
        (("old@birch.example",), MailState.BOUNCED),
        (("ap@birch.example",), MailState.DELIVERED),
    ]
    assert all((out / mail.file).read_bytes() for mail in report.letters)


def test_the_commands_answer_about_it_afterwards(
    told: tuple[Path, ProviderReport], mspbill: Mspbill
) -> None:
    out, report = told
    assert report.ledgers_proven == 2, "an account that was never billed has no entries"
    state = out / "providers" / "pinewood"
    answer = json.loads(mspbill("account", "harbor", "--state", state, "--json").stdout)
    assert answer["state"] == "good_standing"
    assert "11 December 2026" in mspbill("account", "harbor", "--all", "--state", state).stdout


def test_the_page_shows_lanes_and_turns(told: tuple[Path, ProviderReport]) -> None:
    page = (told[0] / "index.html").read_text("utf-8")
    assert "Who paid, and what happened to who did not" in page
    assert "Harbor &lt;b&gt;&amp; Co&lt;/b&gt;: credit hold" in page
    assert "<dt>Ledgers proven</dt><dd>2</dd>" in page


def test_habits_name_accounts_and_steps_that_exist() -> None:
    providers = Path(__file__).resolve().parents[2] / "providers"
    for provider, habits in HABITS.items():
        directory = load_provider_directory(providers / provider)
        book = {account.account: account for account in directory.accounts}
        dunning = directory.policy.dunning
        assert dunning is not None
        for account, habit in habits.items():
            assert account in book
            if habit.pays_after is not None:
                assert dunning.step(habit.pays_after.step).days >= 1
            if habit.bounces is not None:
                agreed = book[account].dunning
                assert agreed is not None
                assert agreed.contacts[0] == habit.bounces
                assert len(agreed.contacts) > 1
