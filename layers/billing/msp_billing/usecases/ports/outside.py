"""What comes from and goes to the world outside: time, feeds, mail, executions, events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import Field

from msp_billing.domain.base import Frozen

if TYPE_CHECKING:
    from msp_billing.domain.calendars import BusinessCalendar
    from msp_billing.domain.feeds.definitions import FeedDefinition, FeedExport, FeedRow, FeedSeal
    from msp_billing.domain.feeds.tables import FeedTable
    from msp_billing.domain.outbox import OutboxMail
    from msp_billing.domain.policy import HolidayCalendar
    from msp_billing.domain.problems import Problem
    from msp_billing.domain.sending import SendingAllowance


class Clock(Protocol):
    """The only way to learn the time."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""


class Calendars(Protocol):
    """Business calendars from a policy's choice of holidays."""

    def business_calendar(self, ref: HolidayCalendar, years: Iterable[int]) -> BusinessCalendar:
        """The calendar over these years."""


class UnusableRows(Protocol):
    """A problem in a feed's file, and whose rows it makes unusable."""

    @property
    def problem(self) -> Problem:
        """What is wrong."""

    @property
    def account(self) -> str | None:
        """The account as the feed names it; None: everybody's rows."""


class ExportReading(Protocol):
    """One export, read once from its beginning to its end, streaming."""

    def __iter__(self) -> Iterator[FeedRow | UnusableRows]:
        """The rows, with a problem in place of what cannot be used."""

    def tables(self) -> Iterator[FeedTable | UnusableRows]:
        """The same, many rows at a time. Items listed twice are for the caller to find."""

    def seal_at(self, moment_at: datetime) -> FeedSeal:
        """What makes the count provable; to be asked for after the last row."""


class Feeds(Protocol):
    """Exports of a provider's tools."""

    def exports(self, provider: str, definition: FeedDefinition, zone: str) -> list[FeedExport]:
        """Every export of a feed, oldest first."""

    def read(self, provider: str, definition: FeedDefinition, export: FeedExport) -> ExportReading:
        """Begin to read an export."""

    def choose(
        self,
        exports: Sequence[FeedExport],
        moment_at: datetime,
        definition: FeedDefinition,
        account: str | None = None,
    ) -> FeedExport | None:
        """The export that describes a moment, or None when none is fresh enough.

        Args:
            account: whose export; None for a feed of scope "provider".
        """


class Mailer(Protocol):
    """Sending, once."""

    def send(self, raw: bytes, sender: str, mail: OutboxMail) -> str:
        """Hand a mail to SES in one attempt; returns its message id.

        Raises:
            MailRefusedForNowError: not taken; may be tried again later.
            MailRejectedError: not taken, and never will be.
            MailOutcomeUnknownError: perhaps taken; must not be sent again blindly.
        """

    def allowance(self) -> SendingAllowance:
        """How much SES lets the account send, and has let it today.

        Raises:
            MailRefusedForNowError: when SES does not say, so that nothing should be sent.
            MailSetupError: when it may not be asked.
        """

    def allow_again(self, address: str) -> bool:
        """Take an address off the suppression list; False when it was not on it."""


class Executions(Protocol):
    """The state machine and its waiting tasks."""

    def start(self, name: str, payload: dict[str, str]) -> bool:
        """Start a cycle's execution; False when one of this name ran in the last 90 days."""

    def is_running(self, execution: str) -> bool:
        """Whether an execution, by its name or ARN, is under way."""

    def how_it_ended(self, execution: str) -> str | None:
        """How an execution, by its name or ARN, ended, in words; None while it is under way."""

    def approve(self, task_token: str, output: dict[str, str]) -> None:
        """Let a waiting execution go on. Raises ApprovalGoneError when nobody waits any more."""

    def reject(self, task_token: str, error: str, cause: str) -> None:
        """Stop a waiting execution. Raises ApprovalGoneError when nobody waits any more."""


class FoundSchedule(Frozen):
    """A schedule that is there."""

    fingerprint: str = Field(
        description="Of what it says now; of nothing that is wanted, when it calls something else."
    )
    changed_by_hand: bool = Field(description="Whether it is not as this program had left it.")


class Schedules(Protocol):
    """Schedules of one kind, all in one group that holds nothing else."""

    def look(self, provider: str) -> dict[str, FoundSchedule]:
        """Every schedule of the provider, by its name."""

    def of_provider(self, provider: str) -> dict[str, str]:
        """Name and fingerprint of every schedule of the provider."""

    def providers(self) -> set[str]:
        """Every provider that has one, also those that are no more."""

    def put(self, name: str, *, cron: str, zone: str, payload: str, fingerprint: str) -> None:
        """Create or replace a schedule."""

    def delete(self, name: str) -> None:
        """Remove a schedule; nothing happens when it is gone already."""


class Bus(Protocol):
    """What happened, for everyone else."""

    def publish(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        """Put one event on the bus. Raises BusError when it did not take it.

        Args:
            detail: what JSON can hold.
        """
