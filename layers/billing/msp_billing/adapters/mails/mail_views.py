"""What mails say about invoices, comparisons and runs: finished text for the templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from msp_billing.adapters.formatting import format_money, format_moneys, format_quantity
from msp_billing.adapters.mails.mail_text import counted, file_size, one_line, safe_file_name
from msp_billing.domain.comparison import Comparison, ComparisonRow
from msp_billing.domain.counting.counts import CountedItem
from msp_billing.domain.cycles import Cycle
from msp_billing.domain.documents import NamedDocument
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.money import Money
from msp_billing.domain.outbox import OutboxMail
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.problems import Problem, name_some
from msp_billing.domain.run_summary import CurrencyTotals, RunRow, RunTotals

MAX_LINES = 10
"""Lines of an invoice, sections, or changes that a mail lists before it refers to the document."""

MAX_ITEMS = 6
MAX_GROUPS = 8
MAX_PARKED = 20
MAX_PROBLEMS = 3
_IN_TOTALS = frozenset(
    {"accounts", "invoices", "billed", "nothing_to_bill", "skipped", "parked", "total"}
)


@dataclass(frozen=True)
class Fact:
    """A label and its value."""

    label: str
    value: str


@dataclass(frozen=True)
class Entry:
    """A line with an amount."""

    what: str
    amount: str
    detail: str = ""


@dataclass(frozen=True)
class ItemChange:
    """What joined and left in one kind of count, in words."""

    title: str
    joined: str
    left: str


@dataclass(frozen=True)
class ParkedAccount:
    """An account that was set aside, and why."""

    name: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Sender:
    """The provider, as its mails show it."""

    name: str
    address: tuple[str, ...]
    phone: str | None
    website: str | None
    reply_to: str

    @classmethod
    def of(cls, policy: ProviderPolicy) -> Sender:
        """The sender of a provider's mails."""
        return cls(
            name=one_line(policy.name),
            address=tuple(one_line(line) for line in policy.address),
            phone=one_line(policy.phone) if policy.phone else None,
            website=one_line(policy.website) if policy.website else None,
            reply_to=policy.reply_to,
        )


def money(amount: Money) -> str:
    """The amount with its symbol."""
    return format_money(amount.amount, amount.currency)


def attached(document: NamedDocument) -> str:
    """``KRG-000123.pdf (48 KB)``."""
    return f"{safe_file_name(document.file_name)} ({file_size(len(document.content))})"


def compare_amounts(now: Money, before: Money, month: str) -> str:
    """``$12.00 more than for November 2026 ($100.00)``; no difference across currencies."""
    if now.currency != before.currency:
        return f"in {now.currency}, after {money(before)} for {month} in {before.currency}"
    change = now - before
    if not change.amount:
        return f"the same as for {month}"
    size = format_money(abs(change.amount), change.currency)
    direction = "more" if change.amount > 0 else "less"
    return f"{size} {direction} than for {month} ({money(before)})"


# --- Invoices ------------------------------------------------------------------------------------


def billed_entries(invoice: Invoice) -> tuple[Entry, ...]:
    """The invoice in a few lines: its own, or its sections; the rest in one line."""
    currency = invoice.currency
    if len(invoice.lines) <= MAX_LINES:
        return tuple(
            Entry(
                what=one_line(line.description),
                amount=money(line.amount),
                detail=f"{format_quantity(line.quantity)} × {money(line.unit_price)}",
            )
            for line in invoice.lines
        )
    if len(invoice.sections) == 1:
        return ()
    totals = [(one_line(s.title), invoice.section_total(s.subscriber)) for s in invoice.sections]
    shown, rest = totals[:MAX_LINES], totals[MAX_LINES:]
    entries = [Entry(what=title, amount=money(amount)) for title, amount in shown]
    if rest:
        remaining = sum((amount.amount for _, amount in rest), start=rest[0][1].amount * 0)
        amount = format_money(remaining, currency)
        entries.append(Entry(what=f"{counted(len(rest), 'further section')}", amount=amount))
    return tuple(entries)


def item_changes(invoice: Invoice) -> tuple[ItemChange, ...]:
    """What joined and left since the last count, by what was counted."""
    joined: dict[str, dict[tuple[str | None, str, str], CountedItem]] = {}
    left: dict[str, dict[tuple[str | None, str, str], CountedItem]] = {}
    for evidence in invoice.counts:
        for found, items in ((joined, evidence.count.joined), (left, evidence.count.left)):
            group = found.setdefault(evidence.title, {})
            group.update({(evidence.subscriber, *item.key): item for item in items})
    changes = [
        ItemChange(
            title=one_line(title),
            joined=_named("joined", list(joined[title].values())),
            left=_named("left", list(left[title].values())),
        )
        for title in joined
        if joined[title] or left[title]
    ]
    return tuple(changes[:MAX_GROUPS])


def _named(verb: str, items: Sequence[CountedItem]) -> str:
    if not items:
        return ""
    names = ", ".join(one_line(item.name, 60) for item in items[:MAX_ITEMS])
    more = f" and {len(items) - MAX_ITEMS:,} more" if len(items) > MAX_ITEMS else ""
    return f"{len(items):,} {verb}: {names}{more}"


# --- Comparisons ---------------------------------------------------------------------------------


def largest_changes(comparison: Comparison) -> tuple[Entry, ...]:
    """The rows whose amount changed most, either way."""
    changed = [row for row in comparison.rows if row.amount_change.amount]
    changed.sort(key=lambda row: -abs(row.amount_change.amount))
    return tuple(_change_entry(row) for row in changed[:MAX_LINES])


def _change_entry(row: ComparisonRow) -> Entry:
    change = row.amount_change
    sign = "+" if change.amount > 0 else ""
    quantities = (
        f"{format_quantity(row.previous_quantity)} → {format_quantity(row.current_quantity)}"
        if row.quantity_change
        else f"{format_quantity(row.current_quantity)}, other price"
    )
    return Entry(
        what=f"{one_line(row.description)}, {one_line(row.subscriber_name)}",
        amount=f"{sign}{money(change)}",
        detail=quantities,
    )


# --- Runs ----------------------------------------------------------------------------------------


def run_facts(totals: RunTotals, month: str) -> tuple[Fact, ...]:
    """What a run comes to, with every account in exactly one of the counts.

    Args:
        month: the month that the run is compared with.
    """
    return (
        *(fact for entry in totals.amounts for fact in _amount_facts(totals, entry, month)),
        Fact("Accounts", f"{totals.accounts:,}"),
        Fact("Billed", f"{totals.billed:,}, with {counted(totals.invoice_count, 'invoice')}"),
        Fact("Nothing to bill", f"{totals.nothing_to_bill:,}"),
        Fact("Skipped", f"{totals.skipped:,}"),
        Fact("Parked", _parked_count(totals, month)),
    )


def _amount_facts(totals: RunTotals, entry: CurrencyTotals, month: str) -> tuple[Fact, ...]:
    """Total and difference, of each currency where there are several."""
    which = f" in {entry.currency}" if len(totals.amounts) > 1 else ""
    difference = compare_amounts(entry.current_total, entry.previous_total, month)
    return (
        Fact(f"Total{which}", money(entry.current_total)),
        Fact(f"Difference{which}", difference),
    )


def unknown_customers(cycle: Cycle) -> tuple[Fact, ...]:
    """Customers in the exports that nobody is billed for, because the book does not know them."""
    if not cycle.unknown_customers:
        return ()
    names = one_line(name_some(cycle.unknown_customers), 400)
    return (Fact("In the exports, not in the book", names),)


def further_facts(summary: Mapping[str, str | int]) -> tuple[Fact, ...]:
    """What a cycle's summary says beyond its totals, where it is not nothing."""
    return tuple(
        Fact(one_line(key.replace("_", " ").capitalize()), one_line(str(value)))
        for key, value in summary.items()
        if key not in _IN_TOTALS and value not in {0, ""}
    )


def unsent_mails(mails: Sequence[OutboxMail]) -> tuple[ParkedAccount, ...]:
    """The mails that did not go out, by account, with what is known of each."""
    return tuple(
        ParkedAccount(
            name=f"{mail.id.account}, {mail.id.kind} ({mail.state})",
            problems=(one_line(mail.note or "nothing more is known", 400),),
        )
        for mail in mails[:MAX_PARKED]
    )


def _parked_count(totals: RunTotals, month: str) -> str:
    missing = [entry.parked_previous_total for entry in totals.amounts]
    billed = [entry for entry in missing if entry.amount]
    if not billed:
        return f"{totals.parked:,}"
    return f"{totals.parked:,}, billed {format_moneys(billed)} for {month}"


def parked_accounts(rows: Iterable[RunRow]) -> tuple[ParkedAccount, ...]:
    """The accounts that were set aside, with what is wrong and what to do about it."""
    return tuple(
        ParkedAccount(
            name=f"{one_line(row.account_name)} ({row.account})",
            problems=tuple(_problem_lines(row)),
        )
        for row in list(rows)[:MAX_PARKED]
    )


def _problem_lines(row: RunRow) -> Iterator[str]:
    for problem in row.problems[:MAX_PROBLEMS]:
        yield _problem_text(problem)
    if len(row.problems) > MAX_PROBLEMS:
        yield f"and {counted(len(row.problems) - MAX_PROBLEMS, 'further problem')}"


def _problem_text(problem: Problem) -> str:
    place = ", line ".join(
        one_line(str(part), 160) for part in (problem.file, problem.line) if part is not None
    )
    where = f" ({place})" if place else ""
    return f"{one_line(problem.what, 400)} {one_line(problem.fix, 400)}{where}"
