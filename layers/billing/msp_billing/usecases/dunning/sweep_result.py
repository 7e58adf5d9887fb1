"""What the daily sweep of accounts found and did."""

from __future__ import annotations

from pydantic import Field

from msp_billing.domain.base import Frozen, Identifier


class NotSwept(Frozen):
    """An account, or all of a provider, that could not be looked at to the end."""

    provider: Identifier
    account: Identifier | None = None
    error: str


class SweepResult(Frozen):
    """What the sweep found and did."""

    accounts: int = Field(default=0, description="With a ledger or a standing.")
    pauses_ended: int = 0
    opened: int = 0
    restarted: int = Field(default=0, description="Cases whose execution was started (again).")
    reminded: int = 0
    told: int = Field(default=0, description="Events about holds that were told anew.")
    letters: int = Field(default=0, description="That a hold has ended, which nobody had sent.")
    matched: int = Field(default=0, description="Payments that had waited and were booked.")
    anchored: int = Field(default=0, description="Ledgers whose last entries were kept.")
    handed_on: int = Field(default=0, description="Calls that were asked to go on.")
    failed: tuple[NotSwept, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether the sweep came to its end, in this call."""
        return not self.handed_on

    def counted(self, **more: int) -> SweepResult:
        """The same with so many more."""
        changes = {name: getattr(self, name) + count for name, count in more.items()}
        return self.model_copy(update=changes)
