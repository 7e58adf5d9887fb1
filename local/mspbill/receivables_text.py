"""Tables about what accounts owe: by age, statements, the queue, proofs of ledgers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from msp_billing.adapters.formatting import (
    amounts_in_words,
    format_change,
    format_day,
    format_money,
)
from msp_billing.adapters.mails.dunning_views import STATE_WORDS
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.domain.accounts import Account
from msp_billing.domain.contracts.final_statements import FinalStatement
from msp_billing.domain.dunning.standing import AccountState
from msp_billing.domain.ledger.aging import Aging, AgingBucket, aging, aging_totals
from msp_billing.domain.ledger.position import position_of
from msp_billing.domain.ledger.statements import Statement, statement
from msp_billing.domain.ledger.verifying import Verification
from msp_billing.domain.money import minor_unit_digits
from msp_billing.domain.payments.records import PaymentRecord
from msp_billing.domain.periods import Period
from msp_billing.usecases.receivables.accounts import kept_ledger, today_of
from mspbill.account_words import COLOURS
from mspbill.amounts import print_whole
from mspbill.opening import Opened
from mspbill.suggesting import suggested, tell

_TITLES = {
    AgingBucket.CURRENT: "Not due",
    AgingBucket.DAYS_1_TO_30: "1-30",
    AgingBucket.DAYS_31_TO_60: "31-60",
    AgingBucket.DAYS_61_TO_90: "61-90",
    AgingBucket.OVER_90: "Over 90",
}
_STATEMENT_MONTHS = 3
_LEAST_NAME = 16


def narrow_table(first: Sequence[str], *amounts: str) -> Table:
    """Names give way where it is narrow, and never an amount."""
    table = Table(box=None, pad_edge=False)
    for name in first:
        table.add_column(name, overflow="fold", min_width=_LEAST_NAME)
    for name in amounts:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def plain(amount: Decimal, currency: str) -> str:
    """An amount without its symbol, which the heading names: ``3,150.00``."""
    return f"{amount:,.{minor_unit_digits(currency)}f}" if amount else "-"


# --- By age --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AgingRow:
    """An account, how it stands, and what it owes by age."""

    name: str
    state: AccountState
    aging: Aging


def aging_rows(found: Opened, on: date | None, *, only_overdue: bool) -> tuple[AgingRow, ...]:
    """Every account that owes or is owed something; of a day before today, as it was then."""
    ports, provider = found.ports, found.provider
    today = today_of(ports, provider)
    day = on or today
    names = {entry.account.account: entry.account.name for entry in ports.book.entries(provider)}
    states = {entry.account: entry.state for entry in ports.standings.all_of(provider)}
    rows = []
    for position in ports.ledgers.positions(provider):
        ledger = position.ledger
        if day < today:
            entries = (entry for entry in ports.ledgers.entries(ledger) if _by(found, entry, day))
            position = position_of(ledger, entries)  # noqa: PLW2901 - as it was then
        aged = aging(position, day)
        if aged.overdue if only_overdue else aged.owed or aged.credit:
            state = states.get(ledger.account, AccountState.GOOD_STANDING)
            rows.append(AgingRow(names.get(ledger.account, ledger.account), state, aged))
    return tuple(rows)


def _by(found: Opened, entry: Any, day: date) -> bool:
    """Whether an entry was there at the end of a local day: entries only ever come at the end."""
    recorded_on: date = entry.recorded_at.astimezone(found.policy.zone).date()
    return recorded_on <= day


def aging_json(rows: Sequence[AgingRow]) -> dict[str, Any]:
    """The same for a program."""
    totals = aging_totals(row.aging for row in rows)
    return {
        "accounts": [
            {
                **row.aging.model_dump(mode="json"),
                "name": row.name,
                "state": row.state,
                "owed": str(row.aging.owed),
                "overdue": str(row.aging.overdue),
            }
            for row in rows
        ],
        "totals": [total.model_dump(mode="json") for total in totals],
    }


def print_aging(rows: Sequence[AgingRow], console: Console) -> None:
    """A table for each currency; a bucket that nobody has is left out."""
    if not rows:
        console.print("Nobody owes anything.")
        return
    for total in aging_totals(row.aging for row in rows):
        of_currency = [row for row in rows if row.aging.currency == total.currency]
        buckets = [bucket for bucket in AgingBucket if total.amounts[bucket]]
        credit = ("Credit",) if total.credit else ()
        day = format_day(of_currency[0].aging.on)
        console.print(f"What is owed on {day}, in {total.currency}, by days overdue\n")
        table = narrow_table(("Account",), *(_TITLES[b] for b in buckets), *credit, "Balance")
        for row in of_currency:
            aged = row.aging
            cells = _cells(aged.amounts, aged.credit, buckets, total.currency, bool(credit))
            table.add_row(_who(row), *cells, plain(aged.balance, total.currency))
        cells = _cells(total.amounts, total.credit, buckets, total.currency, bool(credit))
        whole = plain(total.owed - total.credit, total.currency)
        many = counted(total.accounts, "account")
        table.add_row(f"[bold]{many}[/bold]", *(f"[bold]{c}[/bold]" for c in (*cells, whole)))
        print_whole(table, console)


def _who(row: AgingRow) -> str:
    """By its short name, which is what the other commands take."""
    state = ""
    if row.state is not AccountState.GOOD_STANDING:
        colour = COLOURS[row.state]
        state = f"\n  [{colour}]{STATE_WORDS[row.state]}[/{colour}]"
    return f"{escape(row.aging.account)}{state}"


def _cells(
    amounts: dict[AgingBucket, Decimal],
    credit: Decimal,
    buckets: Sequence[AgingBucket],
    currency: str,
    with_credit: bool,
) -> list[str]:
    found = [plain(amounts[bucket], currency) for bucket in buckets]
    return [*found, plain(-credit, currency)] if with_credit else found


# --- Statements ----------------------------------------------------------------------------------


def statement_of(
    found: Opened, account: Account, from_on: date | None, to_on: date | None
) -> Statement:
    """The statement of some days; of the last three months, where nothing is said."""
    ledger = kept_ledger(found.ports, found.provider, account.account)
    last = to_on or today_of(found.ports, found.provider)
    first = from_on or Period.of(last).shifted(1 - _STATEMENT_MONTHS).first_day
    if first > last:
        from mspbill.opening import SourceError

        raise SourceError(f"A statement from {first} cannot end on {last}.")
    return statement(ledger, found.ports.ledgers.entries(ledger), first, last)


def print_statement(made: Statement, name: str, console: Console) -> None:
    """A line for each entry, with the balance after it."""
    console.print(f"[bold]{escape(name)}[/bold] ({made.account})")
    console.print(f"Statement from {format_day(made.from_on)} to {format_day(made.to_on)}\n")
    table = narrow_table(("Day", "What"), "Amount", "Balance")
    table.columns[0].no_wrap = True
    table.add_row("", "Balance before", "", format_money(made.opening_balance, made.currency))
    for line in made.lines:
        due = f"\n  due {format_day(line.due_on)}" if line.due_on else ""
        table.add_row(
            format_day(line.on),
            f"{escape(line.title)}{due}",
            format_change(line.amount, made.currency),
            format_money(line.balance, made.currency),
        )
    table.add_row("", "[bold]Balance[/bold]", "", _bold(made.closing_balance, made.currency))
    print_whole(table, console)


def print_final(made: FinalStatement, console: Console) -> None:
    """Every document down to zero, and what is missing to it."""
    console.print(f"[bold]{escape(made.account)}[/bold]\nFinal statement\n")
    table = narrow_table(("Day", "What"), "Amount", "Balance")
    table.columns[0].no_wrap = True
    for line in made.entries:
        table.add_row(
            format_day(line.on),
            f"{escape(line.what)}\n  {escape(line.reference)}",
            format_change(line.amount.amount, made.currency),
            format_money(line.balance.amount, made.currency),
        )
    table.add_row("", "[bold]Balance[/bold]", "", _bold(made.balance.amount, made.currency))
    print_whole(table, console)
    if made.settled:
        console.print("\nThe account has reached zero, and nothing is left to do.")
        return
    console.print("\nWhat is left to do:")
    for line_of_it in made.missing:
        console.print(f"- {line_of_it}", markup=False, soft_wrap=False)


def _bold(amount: Decimal, currency: str) -> str:
    return f"[bold]{format_money(amount, currency)}[/bold]"


# --- The queue, and proofs -----------------------------------------------------------------------


def print_queue(records: Sequence[PaymentRecord], console: Console) -> None:
    """What waits for a person: the payment, why it waits, and whose it might be."""
    if not records:
        console.print("Nothing waits: every payment is booked.")
        return
    for record in records:
        console.print(
            f"[bold]{escape(record.key.document)}[/bold]  {escape(payment_words(record))}"
        )
        told = record.payment or record.returned
        assert told is not None, "the model admits no record of nothing"
        for problem in record.problems:
            what = amounts_in_words(problem.what, told.amount.currency)
            tell(f"{what} {problem.fix}", console, indent=2)
        texts = [text for text in (getattr(told, "payer", None), *told.texts) if text]
        if texts:
            console.print(f"  It says: {' / '.join(texts)}", markup=False, soft_wrap=False)
        if record.suggestions:
            console.print(f"  Perhaps of: {', '.join(record.suggestions)}", markup=False)
        console.print("")
    whose = suggested("payment assign PAYMENT --account ACCOUNT --by NAME")
    none_of_ours = suggested("payment dismiss PAYMENT --by NAME --why WHY")
    tell(f"{counted(len(records), 'payment')} to look at. Say whose each is: {whose}", console)
    tell(f"Or that it is none of ours: {none_of_ours}", console)


def payment_words(record: PaymentRecord) -> str:
    """A payment or return in a few words."""
    if record.payment is not None:
        payment = record.payment
        amount = format_money(payment.amount.amount, payment.amount.currency)
        return f"{amount} by {payment.method}, {format_day(payment.received_on)}"
    assert record.returned is not None, "the model admits no record of nothing"
    returned = record.returned
    amount = format_money(returned.amount.amount, returned.amount.currency)
    return (
        f"{amount} returned {format_day(returned.returned_on)}: {returned.code}, {returned.reason}"
    )


def print_verifications(proofs: Iterable[Verification], console: Console) -> None:
    """A line for each ledger; what does not fit, with its entry."""
    found = list(proofs)
    for proof in found:
        if proof.misfit is None:
            continue
        console.print(f"[bold red]{escape(str(proof.ledger.account))} does not fit[/bold red]")
        what = f"  Entry {proof.misfit.sequence}: {proof.misfit.what}."
        console.print(what, markup=False, soft_wrap=False)
    fitting = [proof for proof in found if proof.fits]
    entries = sum(proof.entries for proof in fitting)
    anchored = max((p.anchored_on for p in fitting if p.anchored_on), default=None)
    kept = f" The newest anchor is of {format_day(anchored)}." if anchored else ""
    many = counted(len(fitting), "ledger")
    fit = "fits" if len(fitting) == 1 else "fit"
    words = "entry" if entries == 1 else "entries"
    console.print(f"{many} with {entries:,} {words} {fit}.{kept}", soft_wrap=False)
