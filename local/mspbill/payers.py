"""What people outside do while the demo's clock moves: customers pay, or do not; approvers answer.

They go by what they see: open invoices and letters that arrived. Money comes as files of the
provider's bank into the feeds bucket, answers as requests to the page behind an approver's link:
everything behind that is the very system.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

from local_cloud.mail import MailBehaviour
from msp_billing.adapters.holiday_calendar import business_calendar
from msp_billing.domain.accounts import Account
from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.ledger.position import LedgerPosition, OwedItem
from msp_billing.domain.payments.incoming import PaymentMethod
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.usecases.dunning.pause_checks import EndPauseRequest, PauseRequest
from msp_billing.usecases.dunning.pauses import end_pause, raise_dispute
from mspbill.approvers import Approvers
from mspbill.payer_habits import ON_TIME, Disputed, Habit
from mspbill.sample_bank import BankedPayment, BankFile, returned, statement

if TYPE_CHECKING:
    from mspbill.billing_run import LocalBilling

_LOOKS_AT = time(10, 0)  # the provider's local time: the bank's files are there in the morning
_DAYS_BEFORE_DUE = 6
_COMES_BACK_AFTER = 5  # business days: as long as the bank may take an ACH payment back
_BY = "billing team"


@dataclass(order=True)
class _Errand:
    """Something that a person does at a time."""

    at: datetime
    number: int
    do: Callable[[], None] = field(compare=False)


class Payers:
    """The customers of a provider, its bank and its approvers; see ``mspbill.billing_run``."""

    def __init__(
        self,
        billing: LocalBilling,
        policy: ProviderPolicy,
        accounts: Iterable[Account],
        habits: Mapping[str, Habit],
    ) -> None:
        """Prepare; from now on mail to addresses that do not exist bounces.

        Args:
            habits: of accounts, by their short names; who is not there pays on time.
        """
        self._billing = billing
        self._policy = policy
        self._names = {account.account: account.name for account in accounts}
        self._habits = habits
        self._numbers = count(1)
        self._errands: list[_Errand] = []
        self._errand_numbers = count(1)
        self._approvers = Approvers(billing)
        self._returns: dict[date, list[BankedPayment]] = {}
        now = billing.cloud.clock.now()
        today = now.astimezone(policy.zone).date()
        years = range(today.year - 1, today.year + 3)
        self._calendar: BusinessCalendar = business_calendar(policy.holidays, years)
        bouncing = {habit.bounces for habit in habits.values()} - {None}

        def behaviour(address: str) -> MailBehaviour:
            return "bounce" if address in bouncing else "deliver"

        billing.cloud.mail_behaviour = behaviour
        self._plan_day(today)

    @property
    def next_at(self) -> datetime:
        """When somebody does something next."""
        return self._errands[0].at

    def act(self) -> None:
        """Let whoever's time has come do what they do; the clock stands at ``next_at``."""
        heapq.heappop(self._errands).do()

    # --- Payers ----------------------------------------------------------------------------------

    def _plan_day(self, earliest: date) -> None:
        """People look at their invoices on business days."""
        day = self._calendar.on_or_after(earliest)
        at = datetime.combine(day, _LOOKS_AT, self._policy.zone)
        self._plan(at, lambda: self._pay(day))

    def _plan(self, at: datetime, do: Callable[[], None]) -> None:
        heapq.heappush(self._errands, _Errand(at, next(self._errand_numbers), do))

    def _pay(self, today: date) -> None:
        self._plan_day(today + timedelta(days=1))
        positions = list(self._billing.ports.ledgers.positions(self._policy.provider))
        payments = [payment for entry in positions for payment in self._payments(entry, today)]
        back = self._returns.pop(today, [])
        payment_policy = self._policy.payments
        for file in (
            statement(payment_policy, payments, today),
            returned(payment_policy, back, today),
        ):
            if file is not None:
                self._deliver(file)
        for entry in positions:
            self._clear_dispute(entry.ledger.account, today)
        for at, do in self._approvers.errands():
            self._plan(at, do)

    def _payments(self, position: LedgerPosition, today: date) -> Iterator[BankedPayment]:
        """What an account sends today: nothing, or a payment for one or several invoices."""
        account = position.ledger.account
        habit = self._habits.get(account, ON_TIME)
        if habit.leaves_everything or not position.open_items:
            return
        disputed = self._disputed(position, habit.disputed, today)
        overdue = [
            item
            for item in position.overdue_items(today)
            if disputed is None or item.document != disputed.document
        ]
        if overdue:
            if self._has_read(account, habit, today):
                amount = position.owed - position.held
                yield self._payment(account, position.open_items, amount, PaymentMethod.WIRE)
            return
        came_back = {
            document
            for payment in position.payments
            if payment.returned_on is not None
            for document in payment.used_for
        }
        items = [
            item
            for item in position.open_items
            if today >= self._pays_on(account, item)
            and item.due_on not in habit.leaves
            and item.document not in came_back
        ]
        if disputed is not None and disputed in items and habit.disputed is not None:
            items.remove(disputed)
            cleared = self._is_cleared(habit.disputed, today)
            kept = Decimal(0) if cleared else min(habit.disputed.amount, disputed.open)
            if disputed.open > kept:
                left = disputed.open - kept
                yield self._payment(account, (disputed,), left, PaymentMethod.ACH)
        if not items:
            return
        amount = sum((item.open for item in items), Decimal(0))
        payment = self._payment(account, items, amount, PaymentMethod.ACH)
        if habit.returned is not None and any(item.due_on == habit.returned for item in items):
            back_on = self._calendar.nth_after(today, _COMES_BACK_AFTER)
            self._returns.setdefault(back_on, []).append(payment)
        yield payment

    def _pays_on(self, account: str, item: OwedItem) -> date:
        """About a week before the invoice is due; not all on the same day."""
        days = self._habits.get(account, ON_TIME).days_before_due
        if days is None:
            days = _DAYS_BEFORE_DUE + len(account) % 3
        return self._calendar.on_or_before(item.due_on - timedelta(days=days))

    def _has_read(self, account: str, habit: Habit, today: date) -> bool:
        """Whether the letter that moves the account to pay arrived long enough ago."""
        if habit.pays_after is None:
            return True
        case = self._billing.ports.standings.find(self._policy.provider, account).open_case
        steps = () if case is None else case.steps
        taken = next((step for step in steps if step.step == habit.pays_after.step), None)
        if taken is None or taken.delivered_at is None:
            return False
        arrived_on = taken.delivered_at.astimezone(self._policy.zone).date()
        return today >= arrived_on + timedelta(days=habit.pays_after.days)

    def _payment(
        self, account: str, items: Iterable[OwedItem], amount: Decimal, method: PaymentMethod
    ) -> BankedPayment:
        documents = ", ".join(item.document for item in items)
        text = f"INVOICE {documents}"
        return BankedPayment(next(self._numbers), self._names[account], amount, method, text)

    def _deliver(self, file: BankFile) -> None:
        """Put a file where the bank's connection puts it, and let all of it be booked."""
        bucket = self._billing.cloud.resource_id("FeedsBucket")
        key = f"{self._policy.provider}/payments/{file.key}"
        self._billing.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=file.content)
        self._settle()

    def _settle(self) -> None:
        self._billing.cloud.run_until(self._billing.cloud.clock.now())

    # --- Disputes --------------------------------------------------------------------------------

    def _disputed(
        self, position: LedgerPosition, dispute: Disputed | None, today: date
    ) -> OwedItem | None:
        """The invoice that an account disputes; on the day on which it would pay, it says so."""
        if dispute is None:
            return None
        account = position.ledger.account
        items = [item for item in position.open_items if item.due_on == dispute.due_on]
        item = max(items, key=lambda entry: entry.amount, default=None)
        if item is None or today < self._pays_on(account, item):
            return item
        provider = self._policy.provider
        if not self._billing.ports.standings.find(provider, account).pauses:
            request = PauseRequest(
                provider=provider,
                account=account,
                document=item.document,
                amount=dispute.amount,
                until=dispute.due_on + timedelta(days=2 * dispute.cleared_after_days),
                reason=dispute.reason,
                by=_BY,
            )
            raise_dispute(self._billing.ports, request)
            self._settle()
        return item

    def _is_cleared(self, dispute: Disputed, today: date) -> bool:
        return today >= dispute.due_on + timedelta(days=dispute.cleared_after_days)

    def _clear_dispute(self, account: str, today: date) -> None:
        """End a dispute on the day on which what was disputed has been paid."""
        dispute = self._habits.get(account, ON_TIME).disputed
        if dispute is None or not self._is_cleared(dispute, today):
            return
        standing = self._billing.ports.standings.find(self._policy.provider, account)
        for pause in standing.pauses:
            if pause.ended_at is None:
                request = EndPauseRequest(
                    provider=self._policy.provider,
                    account=account,
                    pause=pause.pause,
                    how="settled",
                    by=_BY,
                    why=dispute.cleared,
                )
                end_pause(self._billing.ports, request)
                self._settle()
