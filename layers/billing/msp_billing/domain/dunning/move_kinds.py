"""The kinds of moves in a dunning case, and what one decision looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from msp_billing.domain.base import EmailAddress, Frozen, Identifier, Text
from msp_billing.domain.dunning.standing import AccountState, DunningCase, Standing
from msp_billing.domain.money import ExactDecimal

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.dunning.coverage import Counting
    from msp_billing.domain.dunning.dunning_policy import AccountDunning, DunningPolicy
    from msp_billing.domain.ledger.position import LedgerPosition
    from msp_billing.domain.outbox import MailId, OutboxMail

WaitingFor = Literal["step", "pause", "exemption", "delivery", "override", "release"]


class Wait(Frozen):
    """Nothing can be done before ``until``, if nothing happens meanwhile."""

    move: Literal["wait"] = "wait"
    until: datetime
    waiting_for: WaitingFor
    why: Text
    step: Identifier | None = None


class AddLateFee(Frozen):
    """A step that is due now adds its fee, before its letter tells of it."""

    move: Literal["add_late_fee"] = "add_late_fee"
    step: Identifier
    document: Text
    amount: ExactDecimal


class SendLetter(Frozen):
    """A letter of a step goes to one contact. The first one of a notice takes the step."""

    move: Literal["send_letter"] = "send_letter"
    step: Identifier
    attempt: int
    recipient: EmailAddress


class CompleteLetter(Frozen):
    """The outbox says that a letter was delivered: for a notice, its step is completed."""

    move: Literal["complete_letter"] = "complete_letter"
    step: Identifier
    attempt: int
    delivered_at: datetime


class FailLetter(Frozen):
    """The outbox says that a letter did not arrive."""

    move: Literal["fail_letter"] = "fail_letter"
    step: Identifier
    attempt: int
    why: Text


class TellProvider(Frozen):
    """Nobody could be reached: the provider's people are told, once per step."""

    move: Literal["tell_provider"] = "tell_provider"
    step: Identifier
    why: Text


class PlaceHold(Frozen):
    """The account gets into a harsher state."""

    move: Literal["place_hold"] = "place_hold"
    step: Identifier
    after: AccountState
    why: Text


class CloseCase(Frozen):
    """Nothing is left to follow: back to good standing."""

    move: Literal["close_case"] = "close_case"
    why: Text


class Ended(Frozen):
    """There is nothing to do any more, whatever time passes."""

    move: Literal["ended"] = "ended"
    why: Text


Move = (
    Wait
    | AddLateFee
    | SendLetter
    | CompleteLetter
    | FailLetter
    | TellProvider
    | PlaceHold
    | CloseCase
    | Ended
)


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that one decision goes by."""

    policy: DunningPolicy
    account: AccountDunning
    standing: Standing
    case: DunningCase
    position: LedgerPosition
    mails: Mapping[MailId, OutboxMail]
    now: datetime
    zone: ZoneInfo
    calendar: BusinessCalendar
    counting: Counting

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.astimezone(self.zone).date()

    @property
    def look_again_at(self) -> datetime:
        """When news of a letter, or a person's word, may be there."""
        return self.now + timedelta(hours=self.policy.recheck_hours)
