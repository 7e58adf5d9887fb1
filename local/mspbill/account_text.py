"""An account as a person reads it on a terminal: where it is and why, and what happens when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from msp_billing.adapters.formatting import (
    amounts_in_words,
    format_change,
    format_day,
    format_moment,
    format_money,
)
from msp_billing.adapters.mails.dunning_views import STATE_WORDS, listed
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.domain.dunning.dunning_policy import Exemption
from msp_billing.domain.dunning.forecast import Clearing
from msp_billing.domain.dunning.standing import AccountState, HistoryEntry
from msp_billing.domain.ledger.entries import EntryKind
from msp_billing.usecases.receivables.account_facts import (
    AccountView,
    BookedLine,
    OpenDocument,
    PauseView,
    ReleaseView,
    TakenStep,
)
from mspbill.account_words import (
    COLOURS,
    RELEASE_STATES,
    aging_in_words,
    coming_words,
    covered_words,
    in_turn,
    may_rows,
)
from mspbill.amounts import print_whole

_HISTORY_SHOWN = 12


class AccountPrinter:
    """Prints one account.

    Args:
        console: where to; its width is kept to.
        zone: the provider's.
        every: also the whole history, which is otherwise cut.
    """

    def __init__(self, console: Console, zone: ZoneInfo, *, every: bool = False) -> None:
        self._console = console
        self._zone = zone
        self._every = every
        self._currency = ""

    def print(self, view: AccountView) -> None:
        """Everything, the most urgent first."""
        self._currency = view.currency
        self._head(view)
        self._documents(view)
        self._next(view)
        self._pauses(view.pauses)
        self._exemptions(view.exemptions)
        if view.state.on_hold and view.release is not None and view.release.state != "approved":
            self._release(view.release)
        self._steps(view.steps)
        self._history(view)

    def print_release(self, view: AccountView) -> None:
        """How far the way out of its hold is."""
        self._currency = view.currency
        self._say(f"[bold]{escape(view.account_name)}[/bold] is {STATE_WORDS[view.state]}.")
        if view.clearing is not None:
            self._clearing(view, view.clearing)
        if view.release is not None:
            self._release(view.release)

    # --- Where it is, and why --------------------------------------------------------------------

    def _head(self, view: AccountView) -> None:
        colour = COLOURS[view.state]
        since = f" since {self._moment(view.since)}" if view.since else ""
        self._say(f"[bold]{escape(view.account_name)}[/bold] ({view.account})")
        self._say(f"[bold {colour}]{STATE_WORDS[view.state].capitalize()}[/bold {colour}]{since}")
        if view.why and view.state is not AccountState.GOOD_STANDING:
            self._say(escape(self._in_words(view.why)))
        if view.clause is not None and view.state is not AccountState.GOOD_STANDING:
            policy = f"Policy: {view.clause.title}. {view.clause.text}"
            self._say(f"[dim]{escape(policy)}[/dim]")
        self._say("")
        self._print_rows(
            [
                ("Balance", self._money(view.balance)),
                ("Overdue", self._money(view.aging.overdue)),
                *([("Credit", self._money(view.aging.credit))] if view.aging.credit else []),
                *may_rows(view.entitlement),
            ]
        )
        for payment in view.unsettled:
            self._say(
                f"{self._money(payment.amount)} of it paid by {escape(payment.payment)}; the bank "
                f"may take it back until {format_day(payment.settles_on)}."
            )

    def _documents(self, view: AccountView) -> None:
        self._heading("What is open")
        if not view.documents:
            self._say("Nothing.")
            return
        table = self._table("Document", "Due", amounts=("Open",))
        for entry in view.documents:
            number, due = escape(entry.document), self._due(entry)
            table.add_row(
                number + covered_words(entry, self._currency), due, self._money(entry.open)
            )
        print_whole(table, self._console)
        self._say(f"By age: {aging_in_words(view.aging)}.")

    def _due(self, entry: OpenDocument) -> str:
        day = format_day(entry.due_on)
        if entry.days_overdue <= 0:
            return day
        return f"{day}, {counted(entry.days_overdue, 'day')} ago"

    # --- What happens when -----------------------------------------------------------------------

    def _next(self, view: AccountView) -> None:
        if view.clearing is not None:
            self._clearing(view, view.clearing)
        if not view.coming and view.waiting is None:
            return
        self._heading("What happens next, if nothing is paid")
        if view.waiting is not None and (view.waiting.until is None or not view.coming):
            self._say(escape(self._in_words(view.waiting.why)))
        table = self._table("When", "What")
        for step in view.coming:
            table.add_row(*coming_words(step))
        if view.coming:
            print_whole(table, self._console)

    def _clearing(self, view: AccountView, found: Clearing) -> None:
        waits = found.on_its_way > 0 and found.amount <= 0
        if found.amount <= 0 and not waits:
            return
        self._heading("What clears it")
        if found.amount > 0:
            self._say(f"A payment of [bold]{self._money(found.amount)}[/bold].")
        if waits:
            until = f" on {format_day(found.settles_on)}" if found.settles_on else ""
            self._say(f"It is paid; {self._money(found.on_its_way)} of it settles{until}.")
        if found.disputed:
            self._say(f"{self._money(found.disputed)} is disputed and need not be paid for it.")
        if found.approvals and view.state.on_hold:
            who = listed(found.approvals)
            self._say(f"Then the hold ends with the approval of: {escape(who)}.")

    # --- What puts off or ends it ----------------------------------------------------------------

    def _pauses(self, pauses: Sequence[PauseView]) -> None:
        if not pauses:
            return
        self._heading("Disputes and promises")
        for entry in pauses:
            pause = entry.pause
            of = f" of {pause.document}" if pause.document else ", the oldest first"
            until = f"until {format_day(pause.until)}"
            state = until if entry.open else f"over ({pause.ended_why or until})"
            self._say(
                f"{pause.kind.capitalize()} {pause.pause}: {self._money(pause.amount)}"
                f"{escape(of)}, {escape(state)}"
            )
            self._say(f"  [dim]{escape(pause.reason)} (by {escape(pause.by)})[/dim]")

    def _exemptions(self, exemptions: Sequence[Exemption]) -> None:
        for entry in exemptions:
            what = entry.service or str(entry.exempt_from).replace("_", " ")
            until = format_day(entry.until)
            self._say(f"\nSpared until {until}: {escape(what)}. {escape(entry.reason)}")

    def _release(self, release: ReleaseView) -> None:
        self._heading("End of the hold")
        state = RELEASE_STATES.get(release.state, release.state)
        if release.state == "approved" and release.ended_at is not None:
            state = f"ended the hold {self._moment(release.ended_at)}"
        asked = self._moment(release.asked_at)
        self._say(f"Release {release.release}, asked for {asked}, {state}.")
        if release.why:
            self._say(escape(self._in_words(release.why)))
        for key in release.keys:
            if key.approved_by is None or key.approved_at is None:
                self._say(f"  {escape(key.title)}: [yellow]has not answered[/yellow]")
                continue
            who = escape(key.approved_by)
            why = f": {escape(key.why)}" if key.why else ""
            at = self._moment(key.approved_at)
            self._say(f"  {escape(key.title)}: approved by {who}, {at}{why}")

    # --- What happened ---------------------------------------------------------------------------

    def _steps(self, steps: Sequence[TakenStep]) -> None:
        letters = [(step, attempt) for step in steps for attempt in step.taken.attempts]
        if not letters:
            return
        self._heading("Letters of the case")
        table = self._table("When", "What")
        for step, attempt in letters:
            told = "no news of it yet"
            if attempt.delivered_at is not None:
                told = "[green]delivered[/green]"
            elif attempt.failed:
                told = f"[red]{escape(attempt.failed)}[/red]"
            what = f"{escape(step.title)}: {told}\n{escape(attempt.recipient)}"
            table.add_row(self._moment(attempt.sent_at), what)
        for step in steps:
            if (said := step.taken.override) is not None:
                word = f"counts by the word of {escape(said.by)}: {escape(said.why)}"
                table.add_row(self._moment(said.at), f"{escape(step.title)}: {word}")
        print_whole(table, self._console)

    def _history(self, view: AccountView) -> None:
        shown = [entry for entry in in_turn(view) if self._is_shown(entry)]
        if not shown:
            return
        shown = shown if self._every else shown[:_HISTORY_SHOWN]
        self._heading("History, newest first")
        table = self._table("When", "What")
        for entry in shown:
            what = self._booked(entry) if isinstance(entry, BookedLine) else self._changed(entry)
            table.add_row(self._moment(entry.at), what)
        print_whole(table, self._console)
        hidden = len(view.history) + len(view.booked) - len(shown)
        if hidden:
            self._say(f"[dim]and {hidden:,} more, letters among them; --all shows them.[/dim]")

    def _is_shown(self, entry: HistoryEntry | BookedLine) -> bool:
        """Letters have a section of their own; they are left out unless everything is asked for."""
        if isinstance(entry, BookedLine):
            return True
        return self._every or entry.step is None or entry.after is not None

    def _changed(self, entry: HistoryEntry) -> str:
        by = "" if entry.by == "dunning" else f" [dim](by {escape(entry.by)})[/dim]"
        what = escape(self._in_words(entry.what))
        if entry.after is None:
            return f"{what}{by}"
        colour, words = COLOURS[entry.after], STATE_WORDS[entry.after]
        return f"{what} [{colour}]→ {words}[/{colour}]{by}"

    def _booked(self, entry: BookedLine) -> str:
        told = entry.why and entry.kind is not EntryKind.PAYMENT_RETURNED  # its title says why
        why = f" [dim]({escape(entry.why or '')})[/dim]" if told else ""
        amount = format_change(entry.amount, self._currency)
        return f"{escape(entry.title)}  [bold]{amount}[/bold]{why}"

    # --- Printing --------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        self._console.print(Text.from_markup(text), soft_wrap=False)

    def _heading(self, text: str) -> None:
        self._say(f"\n[bold]{text}[/bold]")

    def _in_words(self, text: str) -> str:
        return amounts_in_words(text, self._currency)

    def _money(self, amount: Decimal) -> str:
        return format_money(amount, self._currency)

    def _moment(self, at: datetime) -> str:
        return format_moment(at, self._zone)

    def _table(self, *columns: str, amounts: Sequence[str] = ()) -> Table:
        table = Table(box=None, pad_edge=False)
        for index, name in enumerate(columns):
            table.add_column(name, no_wrap=index == 0 and name == "When")
        for name in amounts:
            table.add_column(name, justify="right", no_wrap=True)
        return table

    def _print_rows(self, rows: Iterable[tuple[str, str]]) -> None:
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(no_wrap=True)
        table.add_column()
        for label, value in rows:
            table.add_row(label, value)
        print_whole(table, self._console)
