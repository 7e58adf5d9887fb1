"""What mails say about documents and runs: finished text for the templates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msp_billing.adapters.formatting import (
    format_moment,
    format_money,
    format_moneys,
    format_quantity,
)
from msp_billing.adapters.language import _, ngettext
from msp_billing.adapters.mails.mail_text import file_size, one_line, safe_file_name
from msp_billing.domain.problems import Problem, name_some

if TYPE_CHECKING:
    from msp_billing.domain.cycles import Cycle
    from msp_billing.domain.documents import NamedDocument
    from msp_billing.domain.money import Money
    from msp_billing.domain.outbox import OutboxMail
    from msp_billing.domain.policy import ProviderPolicy
    from msp_billing.domain.run_summary import CurrencyTotals, RunRow, RunTotals

MAX_LINES = 10
"""Lines of an invoice, sections, or changes that a mail lists before it refers to the document."""

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


@dataclass(frozen=True)
class MailDocument:
    """A document that goes with a mail, or that is fetched because it is too large for that.

    Attributes:
        text: name and size: ``KRG-000123.pdf (48 KB)``.
        link: where it is fetched; None when it is attached.
        note: why it is not attached, and until when it can be fetched; empty when it is.
    """

    text: str
    link: str | None = None
    note: str = ""

    def __str__(self) -> str:
        return self.text


def attached(document: NamedDocument, zone: ZoneInfo) -> MailDocument:
    """A document as a mail tells of it."""
    name = safe_file_name(document.file_name)
    if document.link is None:
        size = file_size(len(document.content))
        return MailDocument(_("{file} ({size})").format(file=name, size=size))
    if document.size_bytes is not None:
        size = file_size(document.size_bytes)
        name = _("{file} ({size})").format(file=name, size=size)
    note = _("This document is too large to be attached. Fetch it here:")
    if document.link_until is not None:
        until = format_moment(document.link_until, zone)
        note = _("This document is too large to be attached. Fetch it here until {moment}:")
        note = note.format(moment=until)
    return MailDocument(name, document.link, note)


def compare_amounts(now: Money, before: Money, month: str) -> str:
    """``$12.00 more than for November 2026 ($100.00)``; no difference across currencies."""
    if now.currency != before.currency:
        text = _("in {currency}, after {before} for {month} in {other}")
        return text.format(
            currency=now.currency, before=money(before), month=month, other=before.currency
        )
    change = now - before
    if not change.amount:
        return _("the same as for {month}").format(month=month)
    text = (
        _("{change} more than for {month} ({before})")
        if change.amount > 0
        else _("{change} less than for {month} ({before})")
    )
    size = format_money(abs(change.amount), change.currency)
    return text.format(change=size, month=month, before=money(before))


# --- Runs ----------------------------------------------------------------------------------------


def run_facts(totals: RunTotals, month: str) -> tuple[Fact, ...]:
    """What a run comes to, with every account in exactly one of the counts.

    Args:
        month: the month that the run is compared with.
    """
    return (
        *(fact for entry in totals.amounts for fact in _amount_facts(totals, entry, month)),
        Fact(_("Accounts"), format_quantity(totals.accounts)),
        Fact(_("Billed"), _billed_count(totals)),
        Fact(_("Nothing to bill"), format_quantity(totals.nothing_to_bill)),
        Fact(_("Skipped"), format_quantity(totals.skipped)),
        Fact(_("Parked"), _parked_count(totals, month)),
    )


def _amount_facts(totals: RunTotals, entry: CurrencyTotals, month: str) -> tuple[Fact, ...]:
    """Total and difference, of each currency where there are several."""
    total, change = _("Total"), _("Difference")
    if len(totals.amounts) > 1:
        total = _("Total in {currency}").format(currency=entry.currency)
        change = _("Difference in {currency}").format(currency=entry.currency)
    difference = compare_amounts(entry.current_total, entry.previous_total, month)
    return (Fact(total, money(entry.current_total)), Fact(change, difference))


def _billed_count(totals: RunTotals) -> str:
    text = ngettext(
        "{accounts}, with {number} invoice",
        "{accounts}, with {number} invoices",
        totals.invoice_count,
    )
    return text.format(
        accounts=format_quantity(totals.billed), number=format_quantity(totals.invoice_count)
    )


def unknown_customers(cycle: Cycle) -> tuple[Fact, ...]:
    """Customers in the exports that nobody is billed for, because the book does not know them."""
    if not cycle.unknown_customers:
        return ()
    names = one_line(name_some(cycle.unknown_customers), 400)
    return (Fact(_("In the exports, not in the book"), names),)


def further_facts(summary: Mapping[str, str | int]) -> tuple[Fact, ...]:
    """What a cycle's summary says beyond its totals, where it is not nothing."""
    return tuple(
        Fact(_summary_label(key), one_line(str(value)))
        for key, value in summary.items()
        if key not in _IN_TOTALS and value not in {0, ""}
    )


def _summary_label(key: str) -> str:
    """The label of an entry of a cycle's summary; its key in words, where it has no label."""
    labels = {
        "mails_unknown": _("Mails unknown"),
        "mails_rejected": _("Mails rejected"),
        "customers_unknown": _("Customers unknown"),
    }
    return labels.get(key) or one_line(key.replace("_", " ").capitalize())


def unsent_mails(mails: Sequence[OutboxMail]) -> tuple[ParkedAccount, ...]:
    """The mails that did not go out, by account, with what is known of each."""
    return tuple(
        ParkedAccount(
            name=f"{mail.id.account}, {mail.id.kind} ({mail.state})",
            problems=(one_line(mail.note or _("nothing more is known"), 400),),
        )
        for mail in mails[:MAX_PARKED]
    )


def _parked_count(totals: RunTotals, month: str) -> str:
    missing = [entry.parked_previous_total for entry in totals.amounts]
    billed = [entry for entry in missing if entry.amount]
    if not billed:
        return format_quantity(totals.parked)
    return _("{accounts}, billed {amounts} for {month}").format(
        accounts=format_quantity(totals.parked), amounts=format_moneys(billed), month=month
    )


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
        more = len(row.problems) - MAX_PROBLEMS
        text = ngettext("and {number} further problem", "and {number} further problems", more)
        yield text.format(number=format_quantity(more))


def _problem_text(problem: Problem) -> str:
    text = f"{one_line(problem.what, 400)} {one_line(problem.fix, 400)}"
    if problem.file is None:
        return text
    place = one_line(problem.file, 160)
    if problem.line is not None:
        place = _("{file}, line {line}").format(file=place, line=problem.line)
    return f"{text} ({place})"
