"""Cedar of Birch on ports in memory, with executions that a test plays, wait by wait.

The provider, its policy and the calendar worked out by hand are those of
``tests/end_to_end/dunning_provider.py``: B-1 of 100.00 is due on Wednesday 30 September 2026.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from msp_billing.domain.dunning.dunning_policy import DunningPolicy
from msp_billing.domain.dunning.standing import AccountState, Standing
from msp_billing.domain.ledger.allocation import with_allocation
from msp_billing.domain.ledger.entries import EntryDraft, EntryKind, LedgerAccount, Posting
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.ledger.postings import payment_entries, return_entries
from msp_billing.domain.money import Money
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.domain.payments.incoming import (
    IncomingPayment,
    IncomingReturn,
    PaymentKey,
    PaymentMethod,
)
from msp_billing.usecases.dunning.advance import CaseAnswer, CaseRequest, advance_case
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.dunning.sweep import sweep_accounts
from msp_billing.usecases.dunning.sweep_result import SweepResult
from msp_billing.usecases.receivables.appending import enter
from tests.end_to_end.dunning_provider import ACCOUNT, DUE_ON, LEDGER, PROVIDER, dunning_birch
from tests.fakes.ports import FakePorts

SWEEP_HOUR = 11


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Desk:
    """One account, its executions, and whatever happens to it."""

    ports: Any
    wakes: dict[str, datetime] = field(default_factory=dict)
    ended: dict[str, CaseAnswer] = field(default_factory=dict)
    fate: Callable[[str], MailState | None] = lambda _: MailState.DELIVERED
    settled: int = 0

    # --- Time ------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        moment: datetime = self.ports.clock.now()
        return moment

    def run_until(self, text: str) -> None:
        """Sweep every day at 11:00 UTC, and let executions look when they want to."""
        end = utc(text)
        while True:
            self._begin_started()
            sweep_at = self._next_sweep()
            due = min([*self.wakes.values(), sweep_at])
            if due > end:
                break
            self.ports.clock.move_to(max(due, self.now))
            self._tell_of_mail()
            if due == sweep_at:
                self._swept_at = self.now
                self.sweep()
            else:
                self._wake(min(self.wakes, key=lambda name: (self.wakes[name], name)))
        self.ports.clock.move_to(max(end, self.now))
        self._tell_of_mail()

    _swept_at: datetime | None = None

    def _next_sweep(self) -> datetime:
        today = self.now.replace(hour=SWEEP_HOUR, minute=0, second=0, microsecond=0)
        if today < self.now or self._swept_at == today:
            today += timedelta(days=1)
        return today

    def sweep(self) -> SweepResult:
        return sweep_accounts(self.ports)

    def _begin_started(self) -> None:
        for name in self.ports.dunning_executions.started:
            known = name in self.wakes or name in self.ended
            if not known and name in self.ports.dunning_executions.running:
                self.wakes[name] = self.now

    def _wake(self, name: str) -> None:
        answer = self.look(name)
        if answer.outcome == "ended":
            del self.wakes[name]
            self.ended[name] = answer
            self.ports.dunning_executions.running.discard(name)
        else:
            self.wakes[name] = utc(answer.until.removesuffix("Z"))

    def look(self, name: str = "birch_cedar_c1") -> CaseAnswer:
        """One call of an execution."""
        payload = self.ports.dunning_executions.started[name]
        return advance_case(self.ports, CaseRequest.model_validate(payload))

    def kill(self, name: str = "birch_cedar_c1") -> None:
        """Stop an execution without its knowing."""
        self.ports.dunning_executions.running.discard(name)
        self.wakes.pop(name, None)
        self.ended[name] = CaseAnswer(outcome="ended", waiting_for="killed", state=self.state)

    def _tell_of_mail(self) -> None:
        """What SES's events say about what was sent since."""
        sent: list[OutboxMail] = self.ports.mailer.sent
        for mail in sent[self.settled :]:
            fate = self.fate(mail.recipients[0])
            if fate is not None and self.ports.outbox.mails[mail.id].state is MailState.SENT:
                self.ports.outbox.settle(mail.id, fate, self.now, fate.value)
        self.settled = len(sent)

    # --- What happens ----------------------------------------------------------------------------

    def owe(self, number: str, amount: str, due_on: date = DUE_ON) -> None:
        self._enter(
            EntryKind.INVOICE,
            number,
            (LedgerAccount.RECEIVABLE, number, amount),
            (LedgerAccount.BILLED, number, f"-{amount}"),
            due_on=due_on,
        )

    def correct(self, number: str, invoice: str, amount: str) -> None:
        self._enter(
            EntryKind.CREDIT_NOTE,
            number,
            (LedgerAccount.BILLED, number, amount),
            (LedgerAccount.RECEIVABLE, invoice, f"-{amount}"),
        )

    def _enter(
        self,
        kind: EntryKind,
        document: str,
        *postings: tuple[LedgerAccount, str, str],
        due_on: date | None = None,
    ) -> None:
        draft = EntryDraft(
            kind=kind,
            document=document,
            on=date(2026, 9, 15) if kind is EntryKind.INVOICE else self.now.date(),
            due_on=due_on,
            title=f"{kind} {document}",
            recorded_by="a test",
            postings=tuple(
                Posting(on=on, reference=reference, amount=Decimal(amount))
                for on, reference, amount in postings
            ),
        )

        def decide(position: LedgerPosition) -> tuple[EntryDraft, ...]:
            if self.ports.ledgers.find(LEDGER, kind, document) is not None:
                return ()
            return with_allocation(position, (draft,), draft.on)

        enter(self.ports, LEDGER, decide)
        react(self.ports, PROVIDER, ACCOUNT)

    def pay(self, amount: str, name: str = "p-1") -> None:
        """Money comes in, and counts as settled at once."""
        self.pay_unseen(amount, name)
        react(self.ports, PROVIDER, ACCOUNT)

    def pay_unseen(self, amount: str, name: str = "p-1") -> None:
        """The same, but whoever entered it died before reacting."""
        today = self.now.date()
        payment = IncomingPayment(
            key=PaymentKey(provider=PROVIDER, source="bank", external_id=name),
            amount=Money(amount=Decimal(amount), currency="USD"),
            method=PaymentMethod.WIRE,
            received_on=today,
            account=ACCOUNT,
        )

        def decide(position: LedgerPosition) -> tuple[EntryDraft, ...]:
            if position.find_payment(f"bank:{name}") is not None:
                return ()
            return payment_entries(position, payment, today, today, "bank")

        enter(self.ports, LEDGER, decide)

    def take_back(self, amount: str, name: str = "p-1") -> None:
        today = self.now.date()
        returned = IncomingReturn(
            key=PaymentKey(provider=PROVIDER, source="bank", external_id=f"back-{name}"),
            amount=Money(amount=Decimal(amount), currency="USD"),
            returned_on=today,
            code="R01",
            reason="Insufficient funds",
        )

        def decide(position: LedgerPosition) -> tuple[EntryDraft, ...]:
            paid = position.find_payment(f"bank:{name}")
            if paid is None or paid.returned_on is not None:
                return ()
            return return_entries(position, f"bank:{name}", returned, today, "bank")

        enter(self.ports, LEDGER, decide)
        react(self.ports, PROVIDER, ACCOUNT)

    # --- What can be seen ------------------------------------------------------------------------

    @property
    def standing(self) -> Standing:
        found: Standing = self.ports.standings.find(PROVIDER, ACCOUNT)
        return found

    @property
    def state(self) -> AccountState:
        return self.standing.state

    @property
    def position(self) -> LedgerPosition:
        found: LedgerPosition = self.ports.ledgers.position(LEDGER)
        return found

    @property
    def parts(self) -> list[str]:
        """Every letter that went out, in order."""
        return [mail.id.part for mail in self.ports.mailer.sent if mail.id.kind == "dunning"]

    @property
    def alerts(self) -> list[str]:
        """Every mail to the provider's own people."""
        return [mail.id.part for mail in self.ports.mailer.sent if mail.id.kind == "dunning-alert"]

    @property
    def steps(self) -> tuple[str, ...]:
        case = self.standing.case
        return () if case is None else tuple(taken.step for taken in case.steps)

    @property
    def what(self) -> list[str]:
        return [entry.what for entry in self.ports.standings.history(PROVIDER, ACCOUNT)]


def desk(dunning: DunningPolicy | None = None, **agreed: Any) -> Desk:
    """Cedar owes B-1, due tomorrow; it is 29 September 2026, noon in UTC."""
    provider = dunning_birch(dunning, **agreed)
    ports = FakePorts(provider.policy, *provider.accounts, now=utc("2026-09-29T12:00:00"))
    made = Desk(ports)
    made.owe("B-1", "100.00")
    return made
