"""Arbitrary lives of an account: whatever is paid, returned, disputed or approved, and when.

After every step the promises hold that the rules make (docs/rules.md, KR-13 to KR-16, MSA-03,
DUN-01 to DUN-10). A failing life is printed as the calls that lead to it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from msp_billing.domain.dunning.coverage import counting, settlement
from msp_billing.domain.dunning.entitlements import What
from msp_billing.domain.dunning.standing import AccountState, HistoryEntry
from msp_billing.domain.ledger.entries import LedgerAccount
from msp_billing.domain.ledger.position import LedgerPosition, position_of
from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.domain.problems import ProblemsError
from msp_billing.usecases.dunning.entitlements import may
from msp_billing.usecases.dunning.overrides import OverrideRequest, override_notice
from msp_billing.usecases.dunning.pauses import (
    EndPauseRequest,
    PauseRequest,
    end_pause,
    make_promise,
    raise_dispute,
)
from msp_billing.usecases.dunning.release import (
    AskAgainRequest,
    RejectRequest,
    ask_again,
    reject_release,
)
from msp_billing.usecases.dunning.release_approvals import ApprovalRequest, approve_release
from msp_billing.usecases.receivables.verifying import verify_account
from tests.stateful.world import CONTACTS, ESCALATION, LEDGER, POLICIES, World

GOOD, DUE = AccountState.GOOD_STANDING, AccountState.DUE
WHO: dict[str, Any] = {"provider": "birch", "account": "alder"}
AMOUNTS = st.sampled_from([Decimal(text) for text in ("10.00", "40.00", "100.00", "250.50")])
METHODS = st.sampled_from([PaymentMethod.ACH, PaymentMethod.WIRE])


class Lives(RuleBasedStateMachine):
    """One account under one of the shipped policies."""

    @initialize(
        policy=st.sampled_from(POLICIES),
        days=st.sampled_from([0, 3, 12, 25, 45, 60, 90]),
        then=st.sampled_from(["owes", "owes", "has paid", "has paid and is let out"]),
    )
    def begin(self, policy: str, days: int, then: str) -> None:
        """Lives begin at different ages: most of what can go wrong needs months to get to."""
        self.world = World(policy)
        self.looked_at = 0
        self.world.invoice(Decimal("250.50"), 0)
        self.world.pass_days(days)
        if then != "owes":
            self.world.pay(self.world.position.balance, PaymentMethod.WIRE)
            self.world.settle()
        if then == "has paid and is let out":
            self._let_out()

    # --- What happens ----------------------------------------------------------------------------

    @rule(amount=AMOUNTS, days=st.sampled_from([0, 5, 15, 30]))
    def an_invoice_is_issued(self, amount: Decimal, days: int) -> None:
        self.world.invoice(amount, days)

    @rule(days=st.sampled_from([1, 2, 5]))
    def days_pass(self, days: int) -> None:
        self.world.pass_days(days)

    @rule(days=st.sampled_from([8, 15, 31]))
    def weeks_pass(self, days: int) -> None:
        self.world.pass_days(days)

    @rule(amount=AMOUNTS, method=METHODS)
    def something_is_paid(self, amount: Decimal, method: PaymentMethod) -> None:
        self._never_harsher(lambda: self.world.pay(amount, method))

    @precondition(lambda self: self.world.position.balance > 0)
    @rule(method=METHODS)
    def everything_is_paid(self, method: PaymentMethod) -> None:
        self._never_harsher(lambda: self.world.pay(self.world.position.balance, method))

    @precondition(lambda self: bool(self._returnable()))
    @rule(data=st.data())
    def a_payment_is_returned(self, data: st.DataObject) -> None:
        self.world.take_back(data.draw(st.sampled_from(self._returnable())))

    @precondition(lambda self: bool(self.world.position.open_items))
    @rule(data=st.data(), share=st.sampled_from([Decimal("0.5"), Decimal(1)]))
    def an_invoice_is_credited(self, data: st.DataObject, share: Decimal) -> None:
        item = data.draw(st.sampled_from(self.world.position.open_items))
        amount = self.world.position.money(item.open * share).amount
        if amount > 0:
            self._never_harsher(lambda: self.world.credit_note(item.document, amount))

    @precondition(lambda self: bool(self.world.position.open_items))
    @rule(
        data=st.data(),
        kind=st.sampled_from(["dispute", "promise"]),
        days=st.sampled_from([0, 3, 20]),
        of_one=st.booleans(),
    )
    def something_is_disputed_or_promised(
        self, data: st.DataObject, kind: Any, days: int, of_one: bool
    ) -> None:
        item = data.draw(st.sampled_from(self.world.position.open_items))
        make = raise_dispute if kind == "dispute" else make_promise
        request = PauseRequest(
            **WHO,
            document=item.document if of_one else None,
            amount=item.open,
            until=self.world.today + timedelta(days=days),
            reason="as told by phone",
            by="clerk",
        )
        try:
            self._never_harsher(lambda: make(self.world.ports, request))
        except ProblemsError:
            assert self._paused() > 0, "only what is paused already cannot be paused again"

    @precondition(lambda self: bool(self._open_pauses()))
    @rule(data=st.data())
    def a_dispute_or_promise_ends(self, data: st.DataObject) -> None:
        pause = data.draw(st.sampled_from(self._open_pauses()))
        request = EndPauseRequest(**WHO, pause=pause, how="withdrawn", by="clerk", why="by phone")
        end_pause(self.world.ports, request)
        self.world.settle()

    @precondition(lambda self: self._asked())
    @rule(data=st.data())
    def somebody_approves(self, data: st.DataObject) -> None:
        """The right person, another one, or twice: what is refused changes nothing."""
        roles = self.world.dunning.release.roles
        role = data.draw(st.sampled_from(roles))
        people = [person for entry in roles for person in entry.approvers]
        by = data.draw(st.sampled_from([*people, "stranger@birch.example"]))
        before = self.world.standing
        try:
            approve_release(
                self.world.ports, ApprovalRequest(**WHO, role=role.role, by=by, why="looked at it")
            )
        except ProblemsError:
            assert self.world.standing == before, "a refused approval changes nothing"
        self.world.settle()

    @precondition(lambda self: self._asked())
    @rule()
    def the_right_people_approve(self) -> None:
        self._turn_all_keys()

    @precondition(lambda self: self._asked())
    @rule()
    def somebody_turns_the_release_down(self) -> None:
        by = self.world.dunning.release.roles[0].approvers[0]
        before = self.world.standing
        try:
            reject_release(self.world.ports, RejectRequest(**WHO, by=by, why="not yet"))
        except ProblemsError:
            assert self.world.standing == before
        self.world.settle()

    @precondition(lambda self: self.world.state.on_hold)
    @rule()
    def somebody_asks_again(self) -> None:
        before = self.world.standing
        try:
            ask_again(self.world.ports, AskAgainRequest(**WHO, by="clerk", why="it was paid"))
        except ProblemsError:
            assert self.world.standing == before
        self.world.settle()

    @rule(addresses=st.sets(st.sampled_from([*CONTACTS, *ESCALATION])))
    def letters_begin_to_bounce(self, addresses: set[str]) -> None:
        self.world.bouncing = addresses

    @precondition(lambda self: self._waits_for_delivery())
    @rule()
    def somebody_says_that_a_notice_counts(self) -> None:
        case = self.world.standing.open_case
        assert case is not None
        step = case.steps[-1].step
        before = self.world.standing
        try:
            override_notice(
                self.world.ports, OverrideRequest(**WHO, step=step, by="clerk", why="told by phone")
            )
        except ProblemsError:
            assert self.world.standing == before
        self.world.settle()

    @rule(amount=AMOUNTS)
    def a_payment_races_what_happens_next(self, amount: Decimal) -> None:
        """It comes in while the next change of the standing is being stored (faults 36, 37)."""
        self.world.ports.standings.before_change = lambda: self.world.pay(
            amount, PaymentMethod.WIRE
        )
        self.world.pass_days(1)
        self.world.ports.standings.before_change = None

    @rule()
    def executions_die(self) -> None:
        """The daily sweep starts them again."""
        self.world.ports.dunning_executions.running.clear()
        self.world.ports.release_executions.running.clear()

    @rule()
    def the_bus_loses_the_next_event(self) -> None:
        from msp_billing.adapters.event_bus import BusError  # noqa: PLC0415

        self.world.ports.bus.errors = [BusError("lost")]

    # --- What always holds -----------------------------------------------------------------------

    @invariant()
    def debits_equal_credits_and_the_balance_is_the_sum_of_the_ledger(self) -> None:
        position = self.world.position
        entries = list(self.world.ports.ledgers.entries(LEDGER))
        for entry in entries:
            assert sum(posting.amount for posting in entry.postings) == 0
        ours = {LedgerAccount.RECEIVABLE, LedgerAccount.CREDIT}
        theirs = sum(p.amount for e in entries for p in e.postings if p.on in ours)
        assert position.balance == theirs
        assert position == position_of(LEDGER, entries)
        assert all(0 <= item.open <= item.amount for item in position.items), position.items
        assert all(credit.open > 0 for credit in position.credits)
        assert not (position.open_items and position.credits), "credit is used for what is owed"
        if entries:
            assert verify_account(self.world.ports, "birch", "alder").misfit is None

    @invariant()
    def every_hold_was_placed_for_a_reason_after_a_delivered_notice(self) -> None:
        for entry in self._new_transitions():
            assert entry.after is not None
            assert entry.before is not None
            event(f"{self.world.policy_name}: {entry.before} to {entry.after}")
            if entry.before is GOOD and entry.after is not DUE:
                self._was_reinstated(entry)
            elif entry.after.harshness > entry.before.harshness and entry.after.on_hold:
                self._was_placed_rightly(entry)
            elif entry.before.on_hold and entry.after is GOOD:
                self._was_released_rightly(entry)

    @invariant()
    def no_step_is_skipped_or_repeated(self) -> None:
        case = self.world.standing.case
        if case is None:
            return
        taken = [entry.step for entry in case.steps]
        planned = [step.step for step in self.world.dunning.case_steps]
        assert taken == planned[: len(taken)], f"{taken} of {planned}"

    @invariant()
    def a_hold_without_reason_is_on_its_way_out(self) -> None:
        """On hold and settled: a release is under way, or a person said no to it."""
        standing, position = self.world.standing, self.world.position
        if not standing.state.on_hold:
            return
        rules = self.world.dunning.release
        settled = settlement(position, standing.pauses, rules, self.world.today).settled
        if settled:
            release = standing.release
            assert release is not None
            assert release.under_way or release.state == "turned_down"

    @invariant()
    def what_is_due_has_a_reason(self) -> None:
        standing, position = self.world.standing, self.world.position
        if standing.state is DUE:
            counted = counting(position, (), self.world.dunning, self.world.today)
            assert counted.above, "nothing is overdue: the account is in good standing"

    @invariant()
    def what_is_answered_follows_from_the_state(self) -> None:
        state, rules = self.world.state, self.world.dunning
        protected = {entry.service for entry in rules.protected_services}
        assert self._may("buy") is (not state.on_hold)
        assert self._may("support") is (state is not AccountState.SERVICE_HOLD)
        for service in rules.services:
            shut_off = state is AccountState.SERVICE_HOLD and service not in protected
            assert self._may("service", service) is not shut_off

    def teardown(self) -> None:
        """Once faults stop, everything that was to be told is told, and a paid account gets out."""
        if not hasattr(self, "world"):
            return
        world = self.world
        world.ports.bus.errors, world.bouncing = [], set()
        world.pass_days(1)
        if world.position.balance > 0:
            world.pay(world.position.balance, PaymentMethod.WIRE)
        world.pass_days(12)  # an ACH payment settles after five business days
        self._let_out()
        assert world.state is GOOD
        told = world.ports.bus.of_type("AccountEntitlementChanged")
        standing = world.standing
        if standing.entitlement_version:
            assert told[-1]["state"] == "good_standing"
            assert standing.told_version == standing.entitlement_version

    # --- Helpers ---------------------------------------------------------------------------------

    def _let_out(self) -> None:
        for pause in self._open_pauses():
            request = EndPauseRequest(
                **WHO, pause=pause, how="settled", by="clerk", why="it is paid"
            )
            end_pause(self.world.ports, request)
        if not self.world.state.on_hold:
            return
        release = self.world.standing.release
        if release is None or not release.under_way:
            ask_again(self.world.ports, AskAgainRequest(**WHO, by="clerk", why="it was paid"))
        self.world.settle()
        self._turn_all_keys()

    def _turn_all_keys(self) -> None:
        for role in self.world.dunning.release.roles:
            release = self.world.standing.release
            assert release is not None
            if any(entry.role == role.role for entry in release.approvals):
                continue
            turned = {entry.by for entry in release.approvals}
            by = next(person for person in role.approvers if person not in turned)
            approval = ApprovalRequest(**WHO, role=role.role, by=by, why="all is paid")
            approve_release(self.world.ports, approval)
            self.world.settle()

    def _never_harsher(self, act: Callable[[], object]) -> None:
        """DUN-04: no payment, credit or promise leads to a harsher state, at once or later.

        What would follow if nothing more were paid may only come later than before.
        """
        before = self.world.state.harshness
        act()
        self.world.settle()
        assert self.world.state.harshness <= before

    def _may(self, what: What, service: str | None = None) -> bool:
        return may(self.world.ports, "birch", "alder", what, service).allowed

    def _asked(self) -> bool:
        release = self.world.standing.release
        return release is not None and release.under_way

    def _waits_for_delivery(self) -> bool:
        case = self.world.standing.open_case
        return case is not None and bool(case.steps) and case.steps[-1].delivered_at is None

    def _returnable(self) -> list[str]:
        oldest = self.world.today - timedelta(days=60)
        return [
            entry.payment
            for entry in self.world.position.payments
            if entry.returned_on is None and entry.on >= oldest
        ]

    def _open_pauses(self) -> list[str]:
        return [
            pause.pause
            for pause in self.world.standing.pauses
            if pause.ended_at is None and pause.until >= self.world.today
        ]

    def _paused(self) -> Decimal:
        opened = self._open_pauses()
        amounts = [p.amount for p in self.world.standing.pauses if p.pause in opened]
        return sum(amounts, Decimal(0))

    def _new_transitions(self) -> list[HistoryEntry]:
        history = list(self.world.ports.standings.history("birch", "alder"))
        fresh, self.looked_at = history[self.looked_at :], len(history)
        return [entry for entry in fresh if entry.after is not None]

    def _position_then(self, entry: HistoryEntry) -> LedgerPosition:
        entries = self.world.ports.ledgers.entries(LEDGER)
        version = entry.balance_version or 0
        return position_of(LEDGER, (e for e in entries if e.sequence <= version))

    def _was_placed_rightly(self, entry: HistoryEntry) -> None:
        then = self._position_then(entry)
        counted = counting(then, (), self.world.dunning, self._day(entry.at))
        assert counted.above, "a hold on an account that owes nothing that counts"
        case = self.world.standing.case
        assert case is not None
        names = [step.step for step in self.world.dunning.case_steps]
        before = case.steps[names.index(entry.step or "") - 1]
        assert not self.world.dunning.step(before.step).is_hold
        assert before.delivered_at is not None, f"{before.step} was not delivered"
        if before.override is None:
            attempt = next(a for a in before.attempts if a.delivered_at is not None)
            sent = self.world.ports.outbox.mails[attempt.mail]
            assert sent.id == attempt.mail
            assert before.delivered_at < entry.at

    def _was_reinstated(self, entry: HistoryEntry) -> None:
        """Back where it was, because money that had settled it went back."""
        then = self._position_then(entry)
        returned = [p for p in then.payments if p.returned_on is not None]
        assert returned, "no payment was returned"

    def _was_released_rightly(self, entry: HistoryEntry) -> None:
        release = self.world.standing.release
        assert release is not None
        assert release.state == "approved"
        roles = self.world.dunning.release.roles
        assert [role.role for role in roles] == sorted(
            (approval.role for approval in release.approvals),
            key=[role.role for role in roles].index,
        )
        people = [approval.by for approval in release.approvals]
        assert len(set(people)) == len(people), "one person turned two keys"
        for approval in release.approvals:
            role = next(role for role in roles if role.role == approval.role)
            assert approval.by in role.approvers
            assert _before(approval.at, entry.at)
        everything = self.world.dunning.release.settles == "outstanding"
        day, asked_on = self._day(entry.at), self._day(release.asked_at)
        unpaid = sum(
            (
                item.open
                for item in self._position_then(entry).items
                if item.due_on < day or (everything and item.on < asked_on)
            ),
            Decimal(0),
        )
        disputed = sum(
            (p.amount for p in self.world.standing.pauses if p.kind == "dispute"), Decimal(0)
        )
        assert unpaid <= disputed, "released although something was not paid"

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.world.ports.policies.policy("birch", "2026-09").zone).date()


def _before(first: datetime, second: datetime) -> bool:
    return first <= second


LIVES = int(os.environ.get("LIVES", "0"))
"""So many other lives in place of the same few each time: LIVES=400 pytest tests/stateful."""

TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=LIVES or 60,
    derandomize=not LIVES,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestLives = pytest.mark.rule("DUN-04", "DUN-06", "DUN-09")(TestLives)
