"""Birch with a dunning policy like The KR Group's, and what tests of it do with an account.

The hand calendar that the tests go by (Chicago: 14:00 UTC is 9:00 until 31 October 2026, 15:00 UTC
is 9:00 from 1 November on). B-1 of 100.00 is due on Wednesday 30 September 2026:

    past-due      day  1 after the due date                          Thu  1 October    9:00
    final         day 10 after the due date                          Sat 10 October    9:00
    credit-hold   day 15 after the due date                          Thu 15 October    9:00
    last-call     day 23 after the credit hold of 15 October         Sat  7 November   9:00
    service-hold  day 30 after the credit hold of 15 October         Sat 14 November   9:00

The sweep runs at 11:00 UTC, before all of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from local_cloud import SentMail
from msp_billing.domain.accounts import Account
from msp_billing.domain.clauses import Clause
from msp_billing.domain.dunning.dunning_policy import (
    AccountDunning,
    DunningPolicy,
    DunningStep,
    ProtectedService,
    ReleasePolicy,
    ReleaseRole,
)
from msp_billing.domain.dunning.standing import AccountState, HistoryEntry, Standing
from msp_billing.domain.ledger.allocation import with_allocation
from msp_billing.domain.ledger.entries import (
    EntryDraft,
    EntryKind,
    LedgerAccount,
    LedgerId,
    Posting,
)
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import (
    IncomingPayment,
    IncomingReturn,
    PaymentKey,
    PaymentMethod,
)
from msp_billing.domain.periods import Period
from msp_billing.usecases.dunning.react import react
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.receivables.appending import enter
from msp_billing.usecases.receivables.booking import take_payment, take_return
from tests.end_to_end.small_provider import Provider, birch
from tests.end_to_end.stage import Stage

PROVIDER, ACCOUNT = "birch", "cedar"
LEDGER = LedgerId(provider=PROVIDER, account=ACCOUNT, currency="USD")
OWNER, SECOND, CHIEF = "owner@cedar.example", "second@cedar.example", "chief@cedar.example"
CLERK, LEAD = "clerk@birch.example", "lead@birch.example"
DUE_ON = date(2026, 9, 30)
START = "2026-09-29T12:00:00"
STEPS = ("past-due", "final", "credit-hold", "last-call", "service-hold")


def step(name: str, kind: Any, days: int, **changes: Any) -> DunningStep:
    told: dict[str, Any] = {
        "step": name,
        "kind": kind,
        "title": name.replace("-", " ").capitalize(),
        "clause": "unpaid",
        "days": days,
        "letter": "We have not received your payment yet.",
    }
    return DunningStep.model_validate(told | changes)


def dunning_policy(**changes: Any) -> DunningPolicy:
    """KR's path: notice, warning, credit hold, warning, and service hold after 30 days on it."""
    told: dict[str, Any] = {
        "clause": "unpaid",
        "minimum_amount": Decimal(10),
        "steps": (
            step("past-due", "notice", 1),
            step("final", "notice", 10),
            step("credit-hold", "credit_hold", 15),
            step("last-call", "notice", 23, counted_from="credit_hold"),
            step("service-hold", "service_hold", 30, counted_from="credit_hold"),
        ),
        "services": ("anti-virus", "backup", "dns-filter"),
        "protected_services": (
            ProtectedService(service="backup", reason="Data is kept whatever happens."),
        ),
        "release": ReleasePolicy(
            clause="off-hold",
            roles=(
                ReleaseRole(role="engineer", title="Engineer", approvers=("eng@birch.example",)),
                ReleaseRole(role="billing", title="Billing team", approvers=(CLERK,)),
            ),
            escalate_to=(LEAD,),
            letter="Thank you. The hold has ended.",
        ),
    }
    return DunningPolicy.model_validate(told | changes)


def with_reminders(*days: int) -> tuple[DunningStep, ...]:
    """The same steps with reminders so many days before the due date."""
    reminders = tuple(step(f"reminder-{-day}", "reminder", day) for day in days)
    return (*reminders, *dunning_policy().steps)


def dunning_birch(
    dunning: DunningPolicy | None = None, *accounts: Account, **agreed: Any
) -> Provider:
    """Birch with cedar alone, and others that are given.

    Args:
        agreed: what was agreed with cedar about unpaid invoices.
    """
    provider = birch().only(ACCOUNT)
    clauses = (
        *provider.policy.clauses,
        Clause(clause="unpaid", title="Missed payments", text="We write, then place a hold."),
        Clause(clause="off-hold", title="Off the hold", text="Pay everything; two people agree."),
    )
    policy = provider.with_policy(clauses=clauses, dunning=dunning or dunning_policy()).policy
    terms = AccountDunning.model_validate({"contacts": (OWNER, SECOND), **agreed})
    cedar = provider.accounts[0].model_copy(update={"dunning": terms})
    return replace(provider, policy=policy, accounts=(cedar, *accounts))


@dataclass(frozen=True)
class Debtor:
    """Cedar on a stage: what happens to it, and what can be seen of it."""

    stage: Stage
    account: str = ACCOUNT

    @property
    def ledger(self) -> LedgerId:
        return LEDGER.model_copy(update={"account": self.account})

    @property
    def ports(self) -> Ports:
        return self.stage.ports

    # --- What happens ----------------------------------------------------------------------------

    def owe(self, number: str, amount: str, due_on: date, on: date | None = None) -> None:
        """An invoice of the account is entered."""
        self.enter(invoice(number, amount, due_on, on or date(2026, 9, 15)))

    def credit(self, number: str, invoice: str, amount: str, on: date) -> None:
        """A credit note takes back what an invoice billed wrongly."""
        self.enter(
            _entry(
                EntryKind.CREDIT_NOTE,
                number,
                on,
                (LedgerAccount.BILLED, number, Decimal(amount)),
                (LedgerAccount.RECEIVABLE, invoice, -Decimal(amount)),
            )
        )

    def enter(self, draft: EntryDraft) -> None:
        """Enter a document once, and react to it, as every use case does."""

        def decide(position: LedgerPosition) -> tuple[EntryDraft, ...]:
            if self.ports.ledgers.find(self.ledger, draft.kind, draft.document) is not None:
                return ()
            return with_allocation(position, (draft,), draft.on)

        enter(self.ports, self.ledger, decide)
        react(self.ports, PROVIDER, self.account)

    def pay(self, amount: str, reference: str = "p-1", method: str = "wire") -> None:
        """Money comes in today."""
        today = self.stage.cloud.clock.now().date()
        payment = IncomingPayment(
            key=PaymentKey(provider=PROVIDER, source="bank", external_id=reference),
            amount=Money(amount=Decimal(amount), currency="USD"),
            method=PaymentMethod(method),
            received_on=today,
            account=self.account,
        )
        assert take_payment(self.ports, payment, "bank").state == "booked"

    def take_back(self, amount: str, reference: str = "p-1") -> None:
        """The bank takes a payment back today."""
        returned = IncomingReturn(
            key=PaymentKey(provider=PROVIDER, source="bank", external_id=f"back-{reference}"),
            amount=Money(amount=Decimal(amount), currency="USD"),
            returned_on=self.stage.cloud.clock.now().date(),
            code="R01",
            reason="Insufficient funds",
            payment=PaymentKey(provider=PROVIDER, source="bank", external_id=reference),
        )
        assert take_return(self.ports, returned, "bank").state == "booked"

    # --- What can be seen ------------------------------------------------------------------------

    @property
    def standing(self) -> Standing:
        return self.ports.standings.find(PROVIDER, self.account)

    @property
    def state(self) -> AccountState:
        return self.standing.state

    @property
    def position(self) -> LedgerPosition:
        return self.ports.ledgers.position(self.ledger)

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps that were taken in the case, in their order."""
        case = self.standing.case
        return () if case is None else tuple(taken.step for taken in case.steps)

    @property
    def history(self) -> list[HistoryEntry]:
        return list(self.ports.standings.history(PROVIDER, self.account))

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """Day and hour in UTC, state before and after, of every change of state."""
        return [
            (f"{entry.at:%Y-%m-%dT%H:%M}", str(entry.before), str(entry.after))
            for entry in self.history
            if entry.before is not None
        ]

    def sent(self, kind: str = "dunning") -> list[SentMail]:
        """Mails of dunning about the account that SES accepted."""
        return [mail for mail in self.stage.sent(kind) if mail.tags["account"] == self.account]

    def letters(self) -> list[tuple[str, str, str]]:
        """Day and hour in UTC, part and recipient of every letter that SES accepted."""
        return [
            (f"{mail.accepted_at:%Y-%m-%dT%H:%M}", mail.tags["part"], ", ".join(mail.destinations))
            for mail in self.sent()
        ]

    def text_of(self, part: str) -> str:
        """The words of a letter."""
        (mail,) = (mail for mail in self.sent() if mail.tags["part"] == part)
        body = mail.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content())

    def told(self) -> list[tuple[str, int]]:
        """State and version of every event about what the account may do."""
        return [
            (str(detail["state"]), int(detail["entitlement_version"]))
            for kind, detail in self.stage.events
            if kind == "AccountEntitlementChanged" and detail["account"] == self.account
        ]

    def executions(self) -> dict[str, str]:
        """Name and status of every execution of its cases."""
        name = f"{PROVIDER}_{self.account}_c"
        return {entry.name: entry.status for entry in self.stage.executions(name)}

    def assert_promises(self) -> None:
        """What always holds: no letter twice, no step twice or out of order, one letter a day."""
        parts = [mail.tags["part"] for mail in self.sent()]
        assert len(parts) == len(set(parts)), "a letter went out twice"
        assert len(self.steps) == len(set(self.steps)), "a step was taken twice"


def invoice(number: str, amount: str, due_on: date, on: date = date(2026, 9, 15)) -> EntryDraft:
    """The entry of an invoice."""
    return _entry(
        EntryKind.INVOICE,
        number,
        on,
        (LedgerAccount.RECEIVABLE, number, Decimal(amount)),
        (LedgerAccount.BILLED, number, -Decimal(amount)),
        due_on=due_on,
    )


def _entry(
    kind: EntryKind,
    document: str,
    on: date,
    *postings: tuple[LedgerAccount, str, Decimal],
    due_on: date | None = None,
) -> EntryDraft:
    return EntryDraft(
        kind=kind,
        document=document,
        on=on,
        due_on=due_on,
        title=f"{kind.replace('_', ' ').capitalize()} {document}",
        recorded_by="a test",
        postings=tuple(Posting(on=on, reference=ref, amount=value) for on, ref, value in postings),
    )


def overdue(stage: Stage, provider: Provider | None = None) -> Debtor:
    """Cedar owes B-1 of 100.00, due tomorrow; the cycles of Birch have not begun yet."""
    stage.apply(provider or dunning_birch(), Period(year=2030, month=1))
    stage.run_until(START)
    debtor = Debtor(stage)
    debtor.owe("B-1", "100.00", DUE_ON)
    return debtor
