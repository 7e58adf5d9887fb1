"""One account on credit hold, on ports in memory.

Birch holds cedar: B-1 of 100.00 was due on 16 September 2026 and not paid. Notices went out, and
on 1 October it was put on credit hold. Two keys let it out: an engineer's (ann or bob) and the
billing team's (bob or cyd).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from msp_billing.domain.accounts import Account
from msp_billing.domain.clauses import Clause
from msp_billing.domain.dunning.cases import case_opened, hold_placed
from msp_billing.domain.dunning.dunning_policy import (
    DunningPolicy,
    DunningStep,
    ProtectedService,
    ReleasePolicy,
    ReleaseRole,
)
from msp_billing.domain.dunning.standing import Pause, Release, Standing
from msp_billing.domain.ledger.allocation import with_allocation
from msp_billing.domain.ledger.entries import (
    EntryDraft,
    EntryKind,
    LedgerAccount,
    LedgerId,
    Posting,
)
from msp_billing.domain.ledger.position import LedgerPosition
from msp_billing.domain.ledger.postings import payment_entries, return_entries
from msp_billing.domain.money import Money
from msp_billing.domain.payments.incoming import (
    IncomingPayment,
    IncomingReturn,
    PaymentKey,
    PaymentMethod,
)
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.dunning.release import start_release
from msp_billing.usecases.dunning.release_approvals import (
    ApprovalRequest,
    ReleaseResult,
    approve_release,
)
from msp_billing.usecases.dunning.release_ending import (
    RestoreRequest,
    RestoreResult,
    restore_account,
)
from msp_billing.usecases.dunning.release_keys import AskRequest, AskResult, ask_for_release
from msp_billing.usecases.receivables.appending import enter
from tests.end_to_end.small_provider import account, birch, line
from tests.fakes.ports import FakePorts

ANN, BOB, CYD = "ann@birch.example", "bob@birch.example", "cyd@birch.example"
BOSS = "boss@birch.example"
LEDGER = LedgerId(provider="birch", account="cedar", currency="USD")
HELD_AT = datetime(2026, 10, 1, 14, 0, tzinfo=UTC)
NOW = datetime(2026, 10, 5, 15, 0, tzinfo=UTC)


def step(name: str, kind: Any, days: int, **changes: Any) -> DunningStep:
    told: dict[str, Any] = {
        "step": name,
        "kind": kind,
        "title": name.replace("-", " ").capitalize(),
        "clause": "unpaid",
        "days": days,
        "letter": "Please pay.",
    }
    return DunningStep.model_validate(told | changes)


def release_policy(**changes: Any) -> ReleasePolicy:
    told: dict[str, Any] = {
        "clause": "off-hold",
        "roles": (
            ReleaseRole(role="engineer", title="Engineer", approvers=(ANN, BOB)),
            ReleaseRole(role="billing", title="Billing team", approvers=(BOB, CYD)),
        ),
        "remind_after_days": 1,
        "reminders": 2,
        "escalate_to": (BOSS,),
        "letter": "Thank you. The hold has ended.",
    }
    return ReleasePolicy.model_validate(told | changes)


def dunning_policy(**changes: Any) -> DunningPolicy:
    """Notice, final notice, credit hold on day 15, warning and service hold 30 days after it."""
    told: dict[str, Any] = {
        "clause": "unpaid",
        "steps": (
            step("past-due", "notice", 1),
            step("final", "notice", 10),
            step("credit-hold", "credit_hold", 15),
            step("last-call", "notice", 23, counted_from="credit_hold"),
            step("service-hold", "service_hold", 30, counted_from="credit_hold"),
        ),
        "services": ("anti-virus", "backup", "dns-filter"),
        "protected_services": (ProtectedService(service="backup", reason="Data is kept."),),
        "release": release_policy(),
    }
    return DunningPolicy.model_validate(told | changes)


def provider_policy(version: str = "2026-09", **changes: Any) -> ProviderPolicy:
    clauses = (
        Clause(clause="counts", title="Counts", text="Counted on the 1st."),
        Clause(clause="unpaid", title="Missed payments", text="We write, then hold."),
        Clause(clause="off-hold", title="Off the hold", text="Pay everything; two people agree."),
    )
    policy = birch().with_policy(clauses=clauses, dunning=dunning_policy(**changes)).policy
    return policy.model_copy(update={"version": version})


def cedar(**changes: Any) -> Account:
    return account("cedar", line("SEAT", quantity=4), **changes)


@dataclass
class World:
    """The account, and everything that can happen to it."""

    ports: Any
    asked: int = 0

    @property
    def standing(self) -> Standing:
        found: Standing = self.ports.standings.find("birch", "cedar")
        return found

    @property
    def release(self) -> Release:
        release = self.standing.release
        assert release is not None, "no release was asked for"
        return release

    @property
    def position(self) -> LedgerPosition:
        found: LedgerPosition = self.ports.ledgers.position(LEDGER)
        return found

    @property
    def today(self) -> date:
        """Birch is in Chicago; the tests stay away from midnight."""
        day: date = self.ports.clock.now().date()
        return day

    # --- Money -----------------------------------------------------------------------------------

    def invoice(self, number: str, amount: str, on: date, due_on: date) -> None:
        total = Decimal(amount)
        draft = EntryDraft(
            kind=EntryKind.INVOICE,
            document=number,
            on=on,
            due_on=due_on,
            title=f"Invoice {number}",
            recorded_by="billing cycle",
            postings=(
                Posting(on=LedgerAccount.RECEIVABLE, reference=number, amount=total),
                Posting(on=LedgerAccount.BILLED, reference=number, amount=-total),
            ),
        )
        enter(
            self.ports,
            LEDGER,
            lambda position: (
                ()
                if number in position.items_by_document
                else with_allocation(position, (draft,), self.today)
            ),
        )

    def pay(self, amount: str, name: str = "p1", settles_on: date | None = None) -> None:
        payment = IncomingPayment(
            key=PaymentKey(provider="birch", source="api", external_id=name),
            amount=Money(amount=Decimal(amount), currency="USD"),
            method=PaymentMethod.ACH,
            received_on=self.today,
            account="cedar",
        )
        settles = settles_on or self.today
        enter(
            self.ports,
            LEDGER,
            lambda position: (
                ()
                if position.find_payment(f"api:{name}")
                else payment_entries(position, payment, settles, self.today, "clerk")
            ),
        )

    def give_back(self, amount: str, name: str = "p1") -> None:
        returned = IncomingReturn(
            key=PaymentKey(provider="birch", source="bank", external_id=f"return-{name}"),
            amount=Money(amount=Decimal(amount), currency="USD"),
            returned_on=self.today,
            code="R01",
            reason="Insufficient funds",
        )

        def decide(position: LedgerPosition) -> tuple[EntryDraft, ...]:
            paid = position.find_payment(f"api:{name}")
            if paid is None or paid.returned_on is not None:
                return ()
            return return_entries(position, f"api:{name}", returned, self.today, "bank")

        enter(self.ports, LEDGER, decide)

    # --- The hold and its release ----------------------------------------------------------------

    def hold(self, *steps: str, at: datetime = HELD_AT) -> None:
        """Open a case and place holds, as the case's execution does."""
        policy = provider_policy()
        assert policy.dunning is not None
        before = self.standing
        opened = case_opened(
            before,
            self.position,
            policy_version=policy.version,
            now=at,
            why="B-1 was not paid by 16 September 2026.",
            clause="unpaid",
        )
        assert self.ports.standings.change(before, opened)
        for name in steps:
            before = self.standing
            placed = hold_placed(
                before,
                policy.dunning.step(name),
                now=at,
                zone=policy.zone,
                why="B-1 was not paid by 16 September 2026.",
            )
            assert self.ports.standings.change(before, placed)

    def pause(self, amount: str, kind: Any = "dispute", document: str | None = "B-1") -> None:
        before = self.standing
        pause = Pause(
            pause="p-1",
            kind=kind,
            document=document,
            amount=Decimal(amount),
            until=date(2026, 12, 31),
            reason="Two seats were cancelled.",
            by="clerk",
            made_at=self.ports.clock.now(),
        )
        update = {"pauses": (pause,), "version": before.version + 1}
        assert self.ports.standings.change(before, before.model_copy(update=update))

    def start(self) -> Standing:
        return start_release(self.ports, self.standing, self.position)

    def ask(self, asking: int = 0, release: int | None = None) -> AskResult:
        """What the waiting task does: each time with a token of its own."""
        self.asked += 1
        return ask_for_release(
            self.ports,
            AskRequest(
                provider="birch",
                account="cedar",
                release=release or self.release.release,
                asking=asking,
                task_token=f"token-{self.asked}",
            ),
        )

    def approve(self, role: str, by: str, **changes: Any) -> ReleaseResult:
        told: dict[str, Any] = {
            "provider": "birch",
            "account": "cedar",
            "role": role,
            "by": by,
            "why": "The payment is on the account.",
        }
        return approve_release(self.ports, ApprovalRequest.model_validate(told | changes))

    def restore(self, release: int | None = None) -> RestoreResult:
        """What the execution does when its task was answered."""
        number = release or self.release.release
        request = RestoreRequest(provider="birch", account="cedar", release=number)
        return restore_account(self.ports, request)

    def released(self) -> None:
        """The whole way out."""
        self.start()
        self.ask()
        self.approve("engineer", ANN)
        self.approve("billing", CYD)
        assert self.restore().outcome == "restored"

    # --- Looking at ------------------------------------------------------------------------------

    @property
    def executions(self) -> list[str]:
        return list(self.ports.release_executions.started)

    @property
    def answered(self) -> dict[str, str]:
        """By task token, the outcome that its task was given."""
        answers = self.ports.release_executions.answers
        return {token: output["outcome"] for token, (_, output) in answers.items()}

    def mailed(self, kind: str) -> list[tuple[str, str]]:
        """Part and recipient of each mail of a kind that was sent."""
        sent = [mail for mail in self.ports.mailer.sent if mail.id.kind == kind]
        return [(mail.id.part, mail.recipients[0]) for mail in sent]

    @property
    def what_happened(self) -> list[str]:
        return [entry.what for entry in self.ports.standings.history("birch", "cedar")]


def world(policy: ProviderPolicy | None = None, **changes: Any) -> World:
    """Cedar on credit hold since 1 October, on the 5th; nothing is paid yet."""
    made = World(FakePorts(policy or provider_policy(), cedar(**changes), now=NOW))
    made.invoice("B-1", "100.00", date(2026, 9, 2), date(2026, 9, 16))
    made.hold("credit-hold")
    return made


def links(raw: bytes) -> list[str]:
    """The links to the page of a release in a mail's text."""
    return re.findall(r"https://\S+/releases/\S+key=[\w-]+", raw.decode())
