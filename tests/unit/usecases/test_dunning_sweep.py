"""The daily sweep: what it opens, mends and tells, and what it leaves alone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.ledger.postings import payment_entries
from msp_billing.domain.money import Money
from msp_billing.domain.outbox import MailState
from msp_billing.domain.payments.incoming import IncomingPayment, PaymentKey, PaymentMethod
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.dunning.sweep import SweepRequest, sweep_accounts
from msp_billing.usecases.errors import BusError, MailRefusedForNowError, MailSetupError
from msp_billing.usecases.receivables.appending import enter
from msp_billing.usecases.receivables.booking import take_payment
from tests.end_to_end.dunning_provider import (
    ACCOUNT,
    LEDGER,
    OWNER,
    PROVIDER,
    SECOND,
    dunning_birch,
    dunning_policy,
    with_reminders,
)
from tests.end_to_end.small_provider import account, line
from tests.fakes.ports import FakePorts
from tests.unit.usecases.dunning_desk import Desk, desk, utc

GOOD, DUE = AccountState.GOOD_STANDING, AccountState.DUE


def at(cedar: Desk, text: str) -> Desk:
    cedar.ports.clock.move_to(utc(text))
    return cedar


@pytest.mark.rule("DUN-01")
def test_an_invoice_has_its_due_date_to_its_end_in_the_provider_s_zone() -> None:
    """1 October, 4:59 in UTC is 23:59 of 30 September in Chicago."""
    cedar = at(desk(), "2026-10-01T04:59:00")
    assert cedar.sweep().opened == 0
    assert at(cedar, "2026-10-01T05:00:00").sweep().opened == 1
    assert cedar.state is DUE
    assert cedar.what == [
        "Case 1 was opened: B-1 was due on 30 September 2026 and is not paid; "
        "100.00 USD is overdue."
    ]


def test_a_second_sweep_does_nothing() -> None:
    cedar = at(desk(), "2026-10-01T11:00:00")
    cedar.sweep()
    before = cedar.standing
    result = cedar.sweep()
    assert (result.opened, result.restarted, result.accounts) == (0, 0, 1)
    assert cedar.standing == before


def test_a_payment_between_reading_and_opening_wins() -> None:
    """docs/faults.md 36, at the beginning of a case."""
    cedar = at(desk(), "2026-10-01T11:00:00")
    cedar.ports.standings.before_change = lambda: cedar.pay_unseen("100.00")
    assert cedar.sweep().opened == 0
    assert cedar.state is GOOD
    assert cedar.standing.case is None


def test_an_execution_that_broke_off_gets_a_successor_and_one_that_runs_does_not() -> None:
    cedar = desk()
    cedar.run_until("2026-10-02T00:00:00")
    assert cedar.sweep().restarted == 0
    cedar.kill()
    assert cedar.sweep().restarted == 1
    assert cedar.standing.open_case is not None
    assert cedar.standing.open_case.run == 2
    assert cedar.sweep().restarted == 0


def test_a_case_whose_every_step_was_taken_needs_no_execution() -> None:
    cedar = desk()
    cedar.run_until("2026-12-24T00:00:00")
    assert list(cedar.ports.dunning_executions.started) == ["birch_cedar_c1"]
    assert cedar.sweep().restarted == 0


@pytest.mark.rule("DUN-05", "DUN-06")
def test_a_payment_that_settles_today_starts_the_release() -> None:
    """ACH, paid on 16 October, settled after the policy's 5 business days: Friday the 23rd."""
    cedar = desk()
    cedar.run_until("2026-10-16T16:00:00")
    pay_by_ach(cedar, date(2026, 10, 23))
    cedar.run_until("2026-10-22T23:00:00")
    assert cedar.standing.releases == 0
    cedar.run_until("2026-10-23T11:00:00")
    assert cedar.standing.releases == 1
    assert cedar.state is AccountState.CREDIT_HOLD


def pay_by_ach(cedar: Desk, settles_on: date) -> None:
    today = cedar.now.date()
    payment = IncomingPayment(
        key=PaymentKey(provider=PROVIDER, source="bank", external_id="ach-1"),
        amount=Money(amount=cedar.position.owed, currency="USD"),
        method=PaymentMethod.ACH,
        received_on=today,
        account=ACCOUNT,
    )
    enter(
        cedar.ports,
        LEDGER,
        lambda position: (
            ()
            if position.payments
            else payment_entries(position, payment, settles_on, today, "bank")
        ),
    )
    react(cedar.ports, PROVIDER, ACCOUNT)


# --- Reminders -----------------------------------------------------------------------------------


@pytest.mark.rule("KR-13")
def test_a_payment_with_tomorrow_s_date_is_booked_by_tomorrow_s_sweep() -> None:
    """The case of an account that had paid in time is not even opened."""
    cedar = at(desk(), "2026-09-30T15:00:00")
    payment = IncomingPayment(
        key=PaymentKey(provider="birch", source="bank", external_id="early"),
        amount=Money(amount=cedar.position.balance, currency="USD"),
        method=PaymentMethod.WIRE,
        received_on=date(2026, 10, 1),
        account="cedar",
    )
    assert take_payment(cedar.ports, payment, "bank").state == "queued"
    assert sweep_accounts(cedar.ports).matched == 0
    at(cedar, "2026-10-01T15:00:00")
    assert sweep_accounts(cedar.ports).matched == 1
    assert cedar.position.balance == 0


def reminding(*days: int) -> Desk:
    return desk(dunning_policy(steps=with_reminders(*days)))


@pytest.mark.rule("DUN-02")
def test_a_reminder_is_one_letter_about_everything_and_goes_out_once() -> None:
    """Two days before: B-1 (due 30 September) was missed on the 28th, B-2 (1 October) is today."""
    cedar = reminding(-2)
    cedar.owe("B-2", "50.00", date(2026, 10, 1))
    assert cedar.sweep().reminded == 1
    assert cedar.sweep().reminded == 0
    (mail,) = cedar.ports.mailer.sent
    assert mail.recipients == (OWNER, SECOND)
    assert sorted(cedar.standing.reminded) == ["reminder-2:B-1", "reminder-2:B-2"]
    assert cedar.what[-1] == "Reminder 2: B-1, B-2"


def test_a_reminder_that_was_refused_goes_out_with_the_next_sweep_of_the_day() -> None:
    cedar = reminding(-2)
    cedar.ports.mailer.errors = [MailRefusedForNowError("slow down")]
    assert cedar.sweep().reminded == 0
    assert cedar.sweep().reminded == 1
    assert cedar.parts == ["reminder-20260929"]


def test_a_reminder_about_what_was_paid_meanwhile_does_not_go_out() -> None:
    cedar = reminding(-2)
    cedar.ports.mailer.errors = [MailRefusedForNowError("slow down")]
    cedar.sweep()
    cedar.pay("100.00")
    assert cedar.sweep().reminded == 0
    assert cedar.parts == []


def test_a_payment_while_a_reminder_is_stored_wins() -> None:
    cedar = reminding(-2)
    cedar.ports.standings.before_change = lambda: cedar.pay_unseen("100.00")
    assert cedar.sweep().reminded == 0
    assert cedar.ports.outbox.mails == {}


# --- What goes wrong -----------------------------------------------------------------------------


def two_accounts() -> Desk:
    """Cedar, and aspen before it in the order of names."""
    aspen = account("aspen", line("SEAT", quantity=1))
    provider = dunning_birch(None, aspen)
    ports = FakePorts(provider.policy, *provider.accounts, now=utc("2026-09-29T12:00:00"))
    cedar = Desk(ports)
    cedar.owe("B-1", "100.00")
    return cedar


def test_the_defect_of_one_account_is_named_and_stops_no_other() -> None:
    """Aspen's head in the ledger is there, but the book does not have the account any more."""
    cedar = two_accounts()
    heads = cedar.ports.ledgers.heads
    head = heads[PROVIDER, ACCOUNT]
    ledger = head.ledger.model_copy(update={"account": "aspen"})
    heads[PROVIDER, "aspen"] = head.model_copy(update={"ledger": ledger})
    del cedar.ports.book.kept[PROVIDER, "aspen"]
    result = at(cedar, "2026-10-01T11:00:00").sweep()
    assert (result.accounts, result.opened) == (2, 1)
    (failed,) = result.failed
    assert (failed.account, failed.error) == (
        "aspen",
        "UnknownAccountError: birch has no account 'aspen': look at the name again",
    )
    assert cedar.state is DUE


def test_mail_that_is_not_set_up_stops_no_case() -> None:
    cedar = reminding(-2)
    cedar.ports.mailer.errors = [MailSetupError("no identity")]
    result = cedar.sweep()
    assert [entry.error for entry in result.failed] == ["MailSetupError: no identity"]
    assert at(cedar, "2026-10-01T11:00:00").sweep().opened == 1


@pytest.mark.rule("DUN-07")
def test_what_the_bus_did_not_take_is_told_by_the_sweep() -> None:
    """docs/faults.md 43: the hold stands; the event comes the next day."""
    cedar = desk()
    cedar.run_until("2026-10-15T13:00:00")
    cedar.ports.bus.errors = [BusError("down")] * 20
    cedar.run_until("2026-10-16T00:00:00")
    assert cedar.state is AccountState.CREDIT_HOLD
    cedar.ports.bus.errors = []
    assert cedar.ports.bus.of_type("AccountEntitlementChanged") == []
    assert cedar.sweep().told == 1
    assert len(cedar.ports.bus.of_type("AccountEntitlementChanged")) == 1


def test_a_provider_that_follows_nothing_is_left_alone() -> None:
    provider = dunning_birch().with_policy(dunning=None)
    ports = FakePorts(provider.policy, *provider.accounts, now=utc("2026-09-29T12:00:00"))
    cedar = Desk(ports)
    cedar.owe("B-1", "100.00")
    result = sweep_accounts(at(cedar, "2026-11-01T11:00:00").ports, SweepRequest(provider=PROVIDER))
    assert (result.accounts, result.opened, result.failed) == (1, 0, ())


def test_ledgers_are_anchored_by_the_sweep() -> None:
    cedar = desk()
    assert cedar.sweep().anchored == 1
    assert any("anchor" in key for key in cedar.ports.records.objects)


def test_letters_that_bounce_every_day_are_never_repeated() -> None:
    """Whatever happens to mail for three months: no letter goes out twice, no step is repeated."""
    cedar = desk()
    fates: list[Any] = [MailState.BOUNCED, MailState.DELIVERED, None]
    seen: list[str] = []

    def fate(address: str) -> MailState | None:
        seen.append(address)
        found: MailState | None = fates[len(seen) % 3]
        return found

    cedar.fate = fate
    cedar.run_until("2026-12-31T00:00:00")
    assert len(cedar.parts) == len(set(cedar.parts))
    assert len(cedar.steps) == len(set(cedar.steps))
