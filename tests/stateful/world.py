"""One account in a world that a test plays: money, mail, people and days, with nothing left out.

The use cases are the real ones, the ports are in memory. What AWS does between them is played here:
executions of the two state machines look when they said they would, the daily sweep comes every
morning, SES tells what became of letters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from msp_billing.domain.clauses import Clause
from msp_billing.domain.dunning.dunning_policy import AccountDunning, DunningPolicy
from msp_billing.domain.dunning.standing import AccountState, Standing
from msp_billing.domain.ledger.entries import (
    EntryDraft,
    EntryKind,
    LedgerAccount,
    LedgerId,
    Posting,
)
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.money import Money
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.domain.payments.incoming import (
    IncomingPayment,
    IncomingReturn,
    PaymentKey,
    PaymentMethod,
)
from msp_billing.domain.payments.payment_policy import PaymentPolicy
from msp_billing.usecases.dunning.advance import CaseRequest, advance_case
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.dunning.release_ending import (
    LeaveRequest,
    RestoreRequest,
    leave_release,
    restore_account,
)
from msp_billing.usecases.dunning.release_keys import AskRequest, ask_for_release
from msp_billing.usecases.dunning.sweep import sweep_accounts
from msp_billing.usecases.receivables.appending import enter
from msp_billing.usecases.receivables.booking import take_payment, take_return
from tests.end_to_end.small_provider import account, birch, line
from tests.fakes.ports import FakePorts

ROOT = Path(__file__).resolve().parents[2]
START_AT = datetime(2026, 9, 1, 15, tzinfo=UTC)
CONTACTS = ("books@alder.example", "owner@alder.example")
ESCALATION = ("director@alder.example",)
POLICIES = ("kr-group", "collabrance", "integris")
LEDGER = LedgerId(provider="birch", account="alder", currency="USD")

_SWEEP_AT = time(13, 30)
_MOST_LOOKS_A_DAY = 60
_SAMPLES: dict[str, Any] = {}


def sample_policy(name: str) -> DunningPolicy:
    """The dunning policy of a sample provider, as it ships."""
    return DunningPolicy.model_validate(_sample(name)["dunning"])


def _sample(name: str) -> Any:
    if name not in _SAMPLES:
        text = (ROOT / "providers" / name / "provider.yaml").read_text(encoding="utf-8")
        _SAMPLES[name] = yaml.safe_load(text)
    return _SAMPLES[name]


@dataclass
class _Release:
    """An execution of hold_release: which asking it is at, and until when it waits."""

    payload: dict[str, str]
    asking: int = 0
    token: str = ""
    until: datetime | None = None


@dataclass
class World:
    """Alder, which owes Birch money under one of the shipped policies."""

    policy_name: str
    ports: FakePorts = field(init=False)
    dunning: DunningPolicy = field(init=False)
    bouncing: set[str] = field(default_factory=set)
    numbers: int = 0
    _wakes: dict[str, datetime] = field(default_factory=dict)
    _releases: dict[str, _Release] = field(default_factory=dict)
    _tokens: int = 0

    def __post_init__(self) -> None:
        sample = _sample(self.policy_name)
        self.dunning = sample_policy(self.policy_name)
        clauses = tuple(Clause.model_validate(entry) for entry in sample["clauses"])
        provider = birch().with_policy(
            clauses=(*birch().policy.clauses, *clauses),
            dunning=self.dunning,
            payments=PaymentPolicy(settled_after_business_days={PaymentMethod.ACH: 5}),
        )
        alder = account(
            "alder",
            line("SEAT", quantity=1),
            contacts=CONTACTS,
            dunning=AccountDunning(contacts=CONTACTS, escalation_contacts=ESCALATION),
        )
        self.ports = FakePorts(provider.policy, alder, now=START_AT)

    # --- Looking at ------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        return self.ports.clock.now()

    @property
    def today(self) -> date:
        return self.now.astimezone(self.ports.policies.policy("birch", "2026-09").zone).date()

    @property
    def standing(self) -> Standing:
        return self.ports.standings.find("birch", "alder")

    @property
    def state(self) -> AccountState:
        return self.standing.state

    @property
    def position(self) -> LedgerPosition:
        return self.ports.ledgers.position(LEDGER)

    # --- Money -----------------------------------------------------------------------------------

    def invoice(self, amount: Decimal, days: int) -> str:
        """Alder gets an invoice that is due in so many days."""
        self.numbers += 1
        number = f"BI-{self.numbers:06d}"
        draft = EntryDraft(
            kind=EntryKind.INVOICE,
            document=number,
            on=self.today,
            due_on=self.today + timedelta(days=days),
            title=f"Invoice {number}",
            recorded_by="billing cycle",
            postings=(
                Posting(on=LedgerAccount.RECEIVABLE, reference=number, amount=amount),
                Posting(on=LedgerAccount.BILLED, reference=number, amount=-amount),
            ),
        )
        enter(self.ports, LEDGER, lambda position: _with_credit(position, draft, self.today))
        self.react()
        return number

    def credit_note(self, number: str, amount: Decimal) -> None:
        """A part of an invoice is taken back."""
        self.numbers += 1
        name = f"CN-{self.numbers:06d}"
        draft = EntryDraft(
            kind=EntryKind.CREDIT_NOTE,
            document=name,
            on=self.today,
            title=f"Credit note {name}",
            recorded_by="clerk",
            postings=(
                Posting(on=LedgerAccount.BILLED, reference=name, amount=amount),
                Posting(on=LedgerAccount.RECEIVABLE, reference=number, amount=-amount),
            ),
        )
        enter(self.ports, LEDGER, lambda _: (draft,))
        self.react()

    def pay(self, amount: Decimal, method: PaymentMethod) -> PaymentKey:
        self.numbers += 1
        key = PaymentKey(provider="birch", source="bank", external_id=f"{self.numbers}")
        payment = IncomingPayment(
            key=key,
            amount=Money(amount=amount, currency="USD"),
            method=method,
            received_on=self.today,
            account="alder",
        )
        self.tick()
        record = take_payment(self.ports, payment, "test")
        assert record.state == "booked", record.problems
        return key

    def take_back(self, payment: str) -> None:
        """The bank takes a payment back."""
        taken = self.position.find_payment(payment)
        assert taken is not None
        source, _, external_id = payment.partition(":")
        returned = IncomingReturn(
            key=PaymentKey(provider="birch", source="returns", external_id=external_id),
            amount=self.position.money(taken.amount),
            returned_on=self.today,
            code="R01",
            reason="Insufficient funds",
            payment=PaymentKey(provider="birch", source=source, external_id=external_id),
        )
        self.tick()
        assert take_return(self.ports, returned, "test").state == "booked"

    def react(self) -> None:
        self.tick()
        react(self.ports, "birch", "alder")

    def tick(self) -> None:
        """No two things happen at the same instant."""
        self.ports.clock.move_to(self.now + timedelta(milliseconds=1))

    # --- Days ------------------------------------------------------------------------------------

    def pass_days(self, days: int) -> None:
        """Day by day: executions look when they said, the sweep comes, letters arrive or not."""
        for _ in range(days):
            self._run_until(datetime.combine(self.now.date(), time(23, 59), tzinfo=UTC))
            self.ports.clock.move_to(
                datetime.combine(self.now.date() + timedelta(days=1), _SWEEP_AT, tzinfo=UTC)
            )
            self.sweep()

    def sweep(self) -> None:
        result = sweep_accounts(self.ports)
        assert not result.failed, result
        self.settle()

    def settle(self) -> None:
        """Let everything happen that is due now."""
        self._run_until(self.now)

    def _run_until(self, limit: datetime) -> None:
        for _ in range(_MOST_LOOKS_A_DAY):
            self._deliver()
            due = sorted(self._due(limit))
            if not due:
                return
            at, kind, name = due[0]
            if at > self.now:
                self.ports.clock.move_to(at)
            if kind == "case":
                self._look(name)
            else:
                self._go_on(name)
        raise AssertionError("executions kept looking without coming to rest")

    def _due(self, limit: datetime) -> Iterator[tuple[datetime, str, str]]:
        for name in sorted(self.ports.dunning_executions.running):
            at = self._wakes.get(name, self.now)
            if at <= limit:
                yield at, "case", name
        for name in sorted(self.ports.release_executions.running):
            release = self._releases.setdefault(
                name, _Release(self.ports.release_executions.started[name])
            )
            answered = release.token in self.ports.release_executions.answers
            at = self.now if answered or release.until is None else release.until
            if at <= limit:
                yield at, "release", name

    def _look(self, name: str) -> None:
        """What statemachines/dunning.asl.json does: call, then wait or end."""
        payload = self.ports.dunning_executions.started[name]
        answer = advance_case(self.ports, CaseRequest.model_validate(payload, strict=False))
        if answer.outcome == "ended":
            self.ports.dunning_executions.running.discard(name)
            return
        assert answer.until is not None
        self._wakes[name] = max(datetime.fromisoformat(answer.until), self.now)

    def _go_on(self, name: str) -> None:
        """What statemachines/hold_release.asl.json does: ask, wait, remind, restore or leave."""
        release = self._releases[name]
        executions = self.ports.release_executions
        who: dict[str, Any] = {
            "provider": "birch",
            "account": "alder",
            "release": int(release.payload["release"]),
        }
        if release.token in executions.answers:
            restore_account(self.ports, RestoreRequest(**who))
            executions.running.discard(name)
            return
        if release.token:  # it timed out
            executions.gone.add(release.token)
            if release.asking >= self.dunning.release.reminders:
                leave_release(self.ports, LeaveRequest(**who))
                executions.running.discard(name)
                return
            release.asking += 1
        self._tokens += 1
        release.token = f"token-{self._tokens}"
        request = AskRequest(**who, asking=release.asking, task_token=release.token)
        ask_for_release(self.ports, request)
        release.until = self.now + timedelta(days=self.dunning.release.remind_after_days)

    def _deliver(self) -> None:
        """SES tells what became of what it took."""
        for mail in list(self.ports.outbox.mails.values()):
            if mail.state is MailState.SENT:
                self.ports.outbox.settle(mail.id, self._fate(mail), self.now)

    def _fate(self, mail: OutboxMail) -> MailState:
        bounced = any(recipient in self.bouncing for recipient in mail.recipients)
        return MailState.BOUNCED if bounced else MailState.DELIVERED


def _with_credit(
    position: LedgerPosition, draft: EntryDraft, today: date
) -> tuple[EntryDraft, ...]:
    from msp_billing.domain.ledger.allocation import with_allocation  # noqa: PLC0415

    return with_allocation(position, (draft,), today)
