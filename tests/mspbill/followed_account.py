"""Accounts of a sample provider that are followed until they pay, on stores in memory.

The decisions are the real ones: every day a case is opened where one is due, and advanced as its
execution would advance it. Letters arrive, unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from pathlib import Path

from msp_billing.adapters.directory.provider_directory import (
    ProviderDirectory,
    load_provider_directory,
)
from msp_billing.domain.dunning.standing import Standing
from msp_billing.domain.ledger.entries import (
    EntryDraft,
    EntryKind,
    LedgerAccount,
    LedgerId,
    Posting,
)
from msp_billing.domain.money import Money
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.domain.payments.incoming import IncomingPayment, PaymentKey, PaymentMethod
from msp_billing.usecases.dunning.advance import CaseRequest, advance_case
from msp_billing.usecases.dunning.cases import open_case
from msp_billing.usecases.dunning.context import load_account
from msp_billing.usecases.receivables.appending import enter
from msp_billing.usecases.receivables.booking import book_payment
from tests.fakes.ports import FakePorts

_PROVIDERS = Path(__file__).parents[2] / "providers"
_MOST_LOOKS_A_DAY = 40

Becomes = Callable[[OutboxMail], MailState]


@cache
def directory(provider: str) -> ProviderDirectory:
    return load_provider_directory(_PROVIDERS / provider)


class Followed:
    """One account of a sample provider, from a day on."""

    def __init__(self, provider: str, account: str, start_on: date) -> None:
        loaded = directory(provider)
        start_at = datetime.combine(start_on, time(18), UTC)
        self.policy = loaded.policy
        self.provider, self.account = provider, account
        self.ports = FakePorts(loaded.policy, *loaded.accounts, now=start_at)
        self.becomes: Becomes = lambda _: MailState.DELIVERED
        self.ledger = LedgerId(provider=provider, account=account, currency=loaded.policy.currency)

    @property
    def standing(self) -> Standing:
        found: Standing = self.ports.standings.find(self.provider, self.account)
        return found

    def invoice(self, number: str, on: date, due_on: date, amount: str) -> None:
        draft = EntryDraft(
            kind=EntryKind.INVOICE,
            document=number,
            on=on,
            due_on=due_on,
            title=f"Invoice {number}, Agreement",
            recorded_by="billing cycle",
            postings=(
                Posting(on=LedgerAccount.RECEIVABLE, reference=number, amount=Decimal(amount)),
                Posting(on=LedgerAccount.BILLED, reference=number, amount=-Decimal(amount)),
            ),
        )
        enter(
            self.ports,
            self.ledger,
            lambda found: () if number in found.items_by_document else (draft,),
        )

    def pay(self, amount: str, name: str = "W-1") -> None:
        payment = IncomingPayment(
            key=PaymentKey(provider=self.provider, source="clerk", external_id=name),
            amount=Money(amount=Decimal(amount), currency=self.ledger.currency),
            method=PaymentMethod.WIRE,
            received_on=self.ports.clock.now().astimezone(self.policy.zone).date(),
            account=self.account,
        )
        book_payment(self.ports, payment, "clerk@example.com")

    def days(self, number: int) -> None:
        """Let days pass; each is looked at as the sweep and the execution would."""
        for _ in range(number):
            self.ports.clock.pass_days(1)
            self.look()

    def look(self) -> None:
        context = load_account(self.ports, self.provider, self.account)
        assert context.dunning is not None
        counted = context.counting(context.dunning)
        if context.standing.open_case is None and counted.above:
            open_case(context, context.dunning, counted)
        for _ in range(_MOST_LOOKS_A_DAY):
            case = self.standing.open_case
            if case is None:
                return
            request = CaseRequest(
                provider=self.provider, account=self.account, case=case.case, run=case.run
            )
            answer = advance_case(self.ports, request)
            arrived = self._mail_arrives()
            if answer.outcome == "ended":
                return
            until = datetime.fromisoformat(str(answer.until))
            if until > self.ports.clock.now() and not arrived:
                return
        raise AssertionError("a day has no end")

    def _mail_arrives(self) -> bool:
        sent = [mail for mail in self.ports.outbox.mails.values() if mail.state is MailState.SENT]
        for mail in sent:
            self.ports.outbox.move(
                mail.id, MailState.SENT, self.becomes(mail), at=self.ports.clock.now()
            )
        return bool(sent)


def held(provider: str = "kr-group", account: str = "white-pine-credit-union") -> Followed:
    """Two invoices, nothing paid: on credit hold."""
    followed = Followed(provider, account, date(2026, 10, 15))
    followed.invoice("KRG-000012", date(2026, 10, 15), date(2026, 10, 30), "3150.00")
    followed.invoice("KRG-000013", date(2026, 11, 5), date(2026, 11, 30), "480.50")
    followed.days(40)
    return followed
