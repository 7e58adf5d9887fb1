"""What all accounts of one cycle are built with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from msp_billing.domain.calendars import BusinessCalendar
from msp_billing.domain.date_rules import resolve_day

if TYPE_CHECKING:
    from msp_billing.domain.periods import Period
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.price_book import PriceBook
    from msp_billing.domain.run_policy import RunPolicy


@dataclass(frozen=True)
class BuildContext:
    """Pinned when the cycle opened.

    ``charges_until`` is the last day whose one-time charges this cycle takes: later ones are
    billed by the next, and nothing that lies in the future is billed at all. ``charges_from`` is
    the first such day of the provider's first cycle with this system: what is older was billed
    before. ``revision`` is above one when an account's voided invoices of the cycle are issued
    anew. ``invoice_on`` is the day that the document is dated, by which taxes go; where it is
    issued later than the cycle planned, ``planned_on`` is the planned day.
    """

    policy: ProviderPolicy
    run: RunPolicy
    price_book: PriceBook
    period: Period
    invoice_on: date
    due_on: date | None
    charges_until: date
    snapshot_sha256: str
    revision: int = 1
    charges_from: date = date.min
    first_period: Period | None = None
    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    planned_on: date | None = None

    @property
    def planned_invoice_on(self) -> date:
        """The date that the cycle planned, by which orders bill, however late it is issued."""
        return self.planned_on or self.invoice_on

    @property
    def invoice_before_on(self) -> date:
        """The date that the run planned for its invoice of the month before."""
        return resolve_day(self.run.issue, self.period.shifted(-1), self.calendar)

    @property
    def claimant(self) -> str:
        """How this cycle signs the one-time charges that it bills."""
        return f"{self.run.run}/{self.period}"
