"""The reports as the index page shows them: totals, rows by account, days of the timeline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from msp_billing.adapters.formatting import format_money, format_month
from msp_billing.domain.money import Money
from msp_billing.domain.outbox import MailState
from msp_billing.domain.outcomes import OutcomeKind
from msp_billing.domain.periods import Period
from mspbill.bars import Bar, bars
from mspbill.lane_views import LanesView, lanes_view
from mspbill.reports import (
    NOT_IN_BOOK,
    AccountReport,
    CycleReport,
    CycleStatus,
    ProviderReport,
    ReportFile,
    RunReport,
    TimelineEvent,
)
from mspbill.summary import totals

_WAITS = (
    "Nobody decided, so nothing of this run was numbered or sent. Look at its comparison, then run "
    "it again with --approved-by NAME --force."
)
_NUMBERS = {2: "Two", 3: "Three", 4: "Four", 5: "Five", 6: "Six"}


@dataclass(frozen=True)
class AccountRow:
    """An account through the months of a run: a cell per cycle, None where it had none."""

    account: str
    name: str
    cells: tuple[AccountReport | None, ...]
    sheets: tuple[str | None, ...]
    reports: tuple[tuple[ReportFile, ...], ...]
    bars: tuple[Bar, ...]

    @property
    def in_words(self) -> str:
        """The bars for whoever does not see them."""
        return "; ".join(f"{bar.label}: {bar.value}" for bar in self.bars)


@dataclass(frozen=True)
class Attention:
    """Something that a person has to look at: an account, or a whole cycle."""

    provider: ProviderReport
    run: str
    period: Period
    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """An event of the timeline, and what it is of: a cycle, or what became of its invoices."""

    provider: ProviderReport
    of: str
    event: TimelineEvent
    local: datetime

    @property
    def time(self) -> str:
        """``09:00 EST``."""
        return f"{self.local:%H:%M} {self.local.tzname()}"


@dataclass(frozen=True)
class PageView:
    """Everything on the page."""

    reports: tuple[ProviderReport, ...]

    @property
    def title(self) -> str:
        """Who and when, in one line."""
        return f"{self.names}: {self._months}"

    @property
    def names(self) -> str:
        """Who bills."""
        return ", ".join(report.name for report in self.reports)

    @property
    def eyebrow(self) -> str:
        """What stands above the heading, which names a single provider itself."""
        return "msp-billing" if len(self.reports) == 1 else self.names

    @property
    def heading(self) -> str:
        """``Three providers, September to December 2026``."""
        if len(self.reports) == 1:
            return f"{self.reports[0].name}, {self._months}"
        number = _NUMBERS.get(len(self.reports), str(len(self.reports)))
        return f"{number} providers, {self._months}"

    @property
    def amounts(self) -> tuple[Money, ...]:
        """What was billed, per currency."""
        return totals(self.reports)

    @property
    def invoices(self) -> int:
        """How many invoices."""
        return sum(len(report.invoices) for report in self.reports)

    @property
    def lines(self) -> int:
        """How many lines they have."""
        return sum(invoice.lines for report in self.reports for invoice in report.invoices)

    @property
    def mails(self) -> tuple[int, int]:
        """Mails that SES took, and how many of them arrived."""
        every = [mail for cycle in self._cycles for mail in cycle.mails]
        every += [i.mail for cycle in self._cycles for i in cycle.invoices if i.mail is not None]
        every += [mail for report in self.reports for mail in report.letters]
        return len(every), sum(1 for mail in every if mail.state is MailState.DELIVERED)

    @property
    def letters(self) -> int:
        """How many of the mails are about payments and holds."""
        return sum(len(report.letters) for report in self.reports)

    @property
    def ledgers_proven(self) -> int:
        """Ledgers that fit their entries, hashes and anchors."""
        return sum(report.ledgers_proven for report in self.reports)

    @property
    def outcomes(self) -> dict[str, int]:
        """Accounts over all cycles, by how they ended."""
        kinds = [account.outcome for cycle in self._cycles for account in cycle.accounts]
        return {kind.value: kinds.count(kind) for kind in OutcomeKind}

    @property
    def attentions(self) -> tuple[Attention, ...]:
        """Cycles that failed or wait, and parked accounts by name with the reason."""
        return tuple(self._attentions())

    @property
    def has_open_cycles(self) -> bool:
        """Whether a cycle did not go its whole way."""
        return any(cycle.status is not CycleStatus.CLOSED for cycle in self._cycles)

    def rows(self, run: RunReport) -> tuple[AccountRow, ...]:
        """The accounts of a run; a column of cells per cycle."""
        names = {entry.account: entry.name for cycle in run.cycles for entry in cycle.accounts}
        return tuple(_row(run, account, name) for account, name in sorted(names.items()))

    @property
    def followed(self) -> tuple[tuple[ProviderReport, LanesView], ...]:
        """Providers whose accounts were followed until they paid, each with its lanes."""
        return tuple((report, lanes_view(report.lanes)) for report in self.reports if report.lanes)

    @property
    def days(self) -> tuple[tuple[datetime, tuple[Entry, ...]], ...]:
        """What happened, by day and time."""
        entries = sorted(self._entries(), key=lambda entry: entry.event.at)
        grouped = groupby(entries, key=lambda entry: entry.local.date())
        return tuple((group[0].local, group) for group in (tuple(g) for _, g in grouped))

    @property
    def _months(self) -> str:
        months = sorted({cycle.period for cycle in self._cycles})
        first, last = months[0], months[-1]
        if first == last:
            return format_month(first)
        start = format_month(first)
        if first.year == last.year:
            start = start.rpartition(" ")[0]
        return f"{start} to {format_month(last)}"

    @property
    def _cycles(self) -> tuple[CycleReport, ...]:
        return tuple(cycle for report in self.reports for cycle in report.cycles)

    def _attentions(self) -> Iterator[Attention]:
        for report in self.reports:
            for run in report.runs:
                for cycle in run.cycles:
                    if cycle.status is CycleStatus.FAILED:
                        failure = (cycle.failure or "",)
                        yield Attention(report, run.title, cycle.period, "Cycle failed", failure)
                    if cycle.status is CycleStatus.WAITS_FOR_APPROVAL:
                        name, reasons = "Waits for approval", (_WAITS,)
                        yield Attention(report, run.title, cycle.period, name, reasons)
                    for customer in cycle.unknown_customers:
                        yield Attention(report, run.title, cycle.period, customer, (NOT_IN_BOOK,))
                    for account in cycle.parked:
                        yield Attention(
                            report, run.title, cycle.period, account.name, account.problem_texts
                        )

    def _entries(self) -> Iterator[Entry]:
        for report in self.reports:
            zone = ZoneInfo(report.time_zone)
            for run in report.runs:
                for cycle in run.cycles:
                    of = f"{run.title}, {format_month(cycle.period)}"
                    for event in cycle.events:
                        yield Entry(report, of, event, event.at.astimezone(zone))
            for event in report.events:
                yield Entry(report, "payments and holds", event, event.at.astimezone(zone))


def _row(run: RunReport, account: str, name: str) -> AccountRow:
    cells = tuple(
        next((entry for entry in cycle.accounts if entry.account == account), None)
        for cycle in run.cycles
    )
    return AccountRow(
        account=account,
        name=name,
        cells=cells,
        sheets=tuple(cycle.sheets.get(account) for cycle in run.cycles),
        reports=tuple(cycle.reports.get(account, ()) for cycle in run.cycles),
        bars=bars(
            (
                format_month(cycle.period),
                _in_words(cell),
                cell.total.amount if cell is not None and cell.invoices else None,
            )
            for cycle, cell in zip(run.cycles, cells, strict=True)
        ),
    )


def _in_words(cell: AccountReport | None) -> str:
    if cell is None:
        return "not in the book"
    if cell.outcome is OutcomeKind.BILLED:
        return format_money(cell.total.amount, cell.total.currency)
    return cell.outcome.value.replace("_", " ")
