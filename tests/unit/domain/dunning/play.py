"""An account that is played day by day: the moves are carried out as they come, mails arrive.

``Play`` does what the use cases do with a move, without stores: it keeps what was done, with its
local day, so that a test can compare it with a calendar that was worked out by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.date_rules import local_instant
from msp_billing.domain.dunning.cases import (
    case_closed,
    case_opened,
    hold_placed,
    letter_delivered,
    letter_failed,
    letter_sent,
    provider_told,
)
from msp_billing.domain.dunning.coverage import Counting, counting
from msp_billing.domain.dunning.dunning_policy import AccountDunning, DunningPolicy
from msp_billing.domain.dunning.moves import (
    AddLateFee,
    CloseCase,
    CompleteLetter,
    Ended,
    FailLetter,
    Move,
    PlaceHold,
    SendLetter,
    TellProvider,
    Wait,
    next_move,
)
from msp_billing.domain.dunning.playing import with_fee
from msp_billing.domain.dunning.standing import AccountState, Pause, Standing
from msp_billing.domain.dunning.transitions import Cause
from msp_billing.domain.ledger.entries import EntryKind, LedgerId
from msp_billing.domain.ledger.position import LedgerPosition, OwedItem
from msp_billing.domain.outbox import MailId, MailState, OutboxMail
from msp_billing.domain.periods import Period

DETROIT = ZoneInfo("America/Detroit")
NO_HOLIDAYS = BusinessCalendar()
LEDGER = LedgerId(provider="elm", account="oak", currency="USD")
OAK = AccountDunning(contacts=("first@oak.example", "second@oak.example"))
PLAYED = datetime(2026, 1, 1, tzinfo=UTC)

Data = dict[str, Any]


# --- What is owed ------------------------------------------------------------------------------


def owed(
    document: str,
    due_on: str,
    amount: str = "100.00",
    left: str | None = None,
    kind: EntryKind = EntryKind.INVOICE,
) -> OwedItem:
    """A document, dated 15 days before it is due."""
    due = date.fromisoformat(due_on)
    return OwedItem(
        document=document,
        kind=kind,
        title=document,
        on=due - timedelta(days=15),
        due_on=due,
        amount=Decimal(amount),
        open=Decimal(amount if left is None else left),
    )


def position(*items: OwedItem, **changes: Any) -> LedgerPosition:
    return LedgerPosition.empty(LEDGER).model_copy(update={"items": items, **changes})


def paid(standing: LedgerPosition, amount: Decimal, only: str | None = None) -> LedgerPosition:
    """After a payment: for one document, or for the oldest first."""
    rest = amount
    left = {item.document: item.open for item in standing.items}
    for item in standing.open_items:
        if only in {None, item.document}:
            used = min(rest, left[item.document])
            left[item.document] -= used
            rest -= used
    items = [item.model_copy(update={"open": left[item.document]}) for item in standing.items]
    return standing.model_copy(update={"items": tuple(items), "version": standing.version + 1})


def pause(
    amount: str,
    until: str,
    *,
    kind: str = "dispute",
    document: str | None = None,
    name: str = "p1",
    **changes: Any,
) -> Pause:
    return Pause.model_validate(
        {
            "pause": name,
            "kind": kind,
            "document": document,
            "amount": amount,
            "until": until,
            "reason": "The count of machines is not right.",
            "by": "clerk",
            "made_at": PLAYED,
            **changes,
        }
    )


# --- Policies ----------------------------------------------------------------------------------


def step(name: str, kind: str, days: int, **changes: Any) -> Data:
    return {
        "step": name,
        "kind": kind,
        "title": name,
        "clause": "late",
        "days": days,
        "letter": "Please pay.",
        **changes,
    }


def two_holds() -> list[Data]:
    """Notice, warning, credit hold on day 15; 30 days after it, with a warning, service hold."""
    return [
        step("notice", "notice", 1),
        step("warning", "notice", 8),
        step("credit-hold", "credit_hold", 15),
        step("last-warning", "notice", 23, counted_from="credit_hold"),
        step("service-hold", "service_hold", 30, counted_from="credit_hold"),
    ]


def dunning_policy(steps: Sequence[Data] | None = None, **changes: Any) -> DunningPolicy:
    return DunningPolicy.model_validate(
        {
            "clause": "late",
            "steps": list(two_holds() if steps is None else steps),
            "release": {
                "clause": "late",
                "roles": [
                    {"role": "billing", "title": "Billing", "approvers": ["b@elm.example"]},
                    {"role": "engineer", "title": "Engineer", "approvers": ["e@elm.example"]},
                ],
                "letter": "Thank you.",
            },
            **changes,
        }
    )


# --- Playing -----------------------------------------------------------------------------------


def local(text: str, zone: ZoneInfo = DETROIT) -> datetime:
    """'2026-12-01 09:00' in the provider's zone, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


class Play:
    """One account, from a local morning on."""

    def __init__(
        self,
        policy: DunningPolicy,
        owes: LedgerPosition,
        start: str,
        *,
        account: AccountDunning = OAK,
        zone: ZoneInfo = DETROIT,
        calendar: BusinessCalendar = NO_HOLIDAYS,
    ) -> None:
        self.policy, self.account, self.zone, self.calendar = policy, account, zone, calendar
        self.position = owes
        self.standing = Standing(provider="elm", account="oak")
        self.now = local_instant(date.fromisoformat(start), time(6), zone)
        self.mails: dict[MailId, OutboxMail] = {}
        self.arrive: dict[str, MailState] = {}
        """What becomes of letters to a contact; delivered, if it does not say."""
        self.done: list[tuple[str, str]] = []
        """What the account sees: local day and step."""
        self.told: list[str] = []

    # --- What tests do

    def pay(self, amount: str, only: str | None = None) -> None:
        self.position = paid(self.position, Decimal(amount), only)

    def owe(self, item: OwedItem) -> None:
        items = (*self.position.items, item)
        self.position = self.position.model_copy(
            update={"items": items, "version": self.position.version + 1}
        )

    def put_off(self, *pauses: Pause) -> None:
        self._keep(self.standing.model_copy(update={"pauses": pauses}))

    def news(self, recipient: str, state: MailState) -> None:
        """What becomes of the letters to a contact that went out already."""
        for mail_id, mail in self.mails.items():
            if mail.recipients == (recipient,):
                changed = {"state": state, "moved_at": self.now}
                self.mails[mail_id] = mail.model_copy(update=changed)

    def until(self, day: str) -> Play:
        """To the end of a local day, with everything that happens up to then."""
        end = local_instant(date.fromisoformat(day), time(23, 59), self.zone)
        for _ in range(5_000):
            if self.now >= end:
                return self
            self._go_on(end)
        raise AssertionError(f"no end: {self.done[-5:]}")

    # --- What is

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def state(self) -> AccountState:
        return self.standing.state

    @property
    def counted(self) -> Counting:
        return counting(self.position, self.standing.pauses, self.policy, self.today)

    def move(self) -> Move:
        return next_move(
            self.policy,
            self.account,
            self.standing,
            self.position,
            self.mails,
            self.now,
            self.zone,
            self.calendar,
        )

    # --- How it goes on

    def _go_on(self, end: datetime) -> None:
        if self.standing.open_case is None:
            if self.counted.above:
                self._open()
            else:
                self._wait(end, self._next_sweep())
            return
        move = self.move()
        assert self.move() == move, "asking changes nothing"
        if isinstance(move, Wait | Ended):
            # Whatever an execution waits for: somebody may change something on any day.
            until = move.until if isinstance(move, Wait) else end
            assert until > self.now, "a wait ends later"
            self._wait(end, until)
        else:
            self.carry_out(move)

    def _next_sweep(self) -> datetime:
        today = local_instant(self.today, time(6), self.zone)
        tomorrow = local_instant(self.today + timedelta(days=1), time(6), self.zone)
        return today if today > self.now else tomorrow

    def _wait(self, end: datetime, until: datetime) -> None:
        self.now = min(end, until)

    def _open(self) -> None:
        opened = case_opened(
            self.standing,
            self.position,
            policy_version="1",
            now=self.now,
            why="Overdue.",
            clause="late",
        )
        self._keep(opened)

    def carry_out(self, move: Move) -> None:
        if isinstance(move, SendLetter):
            self._send(move)
        elif isinstance(move, CompleteLetter):
            self._keep(letter_delivered(self.standing, move.step, move.attempt, move.delivered_at))
        elif isinstance(move, FailLetter):
            self._keep(letter_failed(self.standing, move.step, move.attempt, move.why))
        elif isinstance(move, TellProvider):
            self.told.append(move.step)
            self._keep(provider_told(self.standing, move.step, self.now))
        elif isinstance(move, AddLateFee):
            self._log(move.document)
            self.position = with_fee(self.position, move, self.today)
        elif isinstance(move, PlaceHold):
            self._log(move.step)
            placed = self.policy.step(move.step)
            self._keep(
                hold_placed(self.standing, placed, now=self.now, zone=self.zone, why=move.why)
            )
        elif isinstance(move, CloseCase):
            self._log("closed")
            self.close(Cause.SETTLED)

    def close(self, cause: Cause) -> None:
        self._keep(
            case_closed(
                self.standing,
                self.position,
                cause=cause,
                now=self.now,
                why="Paid.",
                clause="late",
            )
        )

    def _send(self, move: SendLetter) -> None:
        case = self.standing.open_case
        assert case is not None
        mail_id = MailId(
            provider="elm",
            run="dunning",
            period=Period.of(self.today),
            account="oak",
            part=f"c{case.case}-{move.step}-a{move.attempt}",
            kind="dunning",
        )
        assert mail_id not in self.mails, "no letter goes out twice"
        state = self.arrive.get(move.recipient, MailState.DELIVERED)
        self.mails[mail_id] = OutboxMail(
            id=mail_id, state=state, recipients=(move.recipient,), moved_at=self.now
        )
        hold = self.policy.step(move.step).is_hold
        if not hold:
            self._log(move.step if move.attempt == 1 else f"{move.step} to {move.recipient}")
        self._keep(letter_sent(self.standing, move.step, move.recipient, mail_id, now=self.now))

    def _log(self, what: str) -> None:
        self.done.append((self.today.isoformat(), what))

    def _keep(self, after: Standing) -> None:
        if after.version == self.standing.version:
            after = after.model_copy(update={"version": after.version + 1})
        assert after.version == self.standing.version + 1, "every change counts up once"
        self.standing = after
