"""Why a line is what it is, in a bookkeeper's words, from the files of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from msp_billing.adapters.count_words import (
    named_change,
    named_items,
    named_late,
    named_left,
)
from msp_billing.adapters.formatting import format_day, format_moment, format_money, format_quantity
from msp_billing.adapters.mails.mail_text import counted
from msp_billing.adapters.work_words import hours_in_words, span_in_words, work_in_words
from msp_billing.domain.counting.counts import CountedItem
from msp_billing.domain.explaining import Explanation
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.work.work_done import WorkDone
from mspbill.suggesting import tell

_POLICY = "policy.json"
_PATTERNS = ("data", "providers/*/*/*/data")


class InvoiceFileError(LookupError):
    """The invoice cannot be told from what is in the folder."""


def find_invoice(out: Path, number: str) -> tuple[Invoice, ProviderPolicy]:
    """An invoice of a run with the policy that it was billed by, from the run's own files.

    Raises:
        InvoiceFileError: when there is no such invoice, or its files were damaged.
    """
    if not out.is_dir():
        raise InvoiceFileError(f"There is no folder {out}. Give the --out of a run or of the demo.")
    known = {path.stem.casefold(): path for path in _invoice_files(out)}
    if not known:
        raise InvoiceFileError(f"{out} holds no invoices. Give the --out of a run or of the demo.")
    path = known.get(number.casefold())
    if path is None:
        numbers = sorted(path.stem for path in known.values())
        raise InvoiceFileError(
            f"There is no invoice {number} in {out}; it has {counted(len(numbers), 'invoice')}, "
            f"{numbers[0]} to {numbers[-1]}."
        )
    try:
        invoice = Invoice.model_validate_json(path.read_bytes())
        policy = ProviderPolicy.model_validate_json(path.with_name(_POLICY).read_bytes())
    except (OSError, ValidationError) as error:
        raise InvoiceFileError(f"{path} cannot be read: {error}") from error
    return invoice, policy


def _invoice_files(out: Path) -> Iterator[Path]:
    for pattern in _PATTERNS:
        for folder in sorted(out.glob(pattern)):
            yield from (path for path in sorted(folder.glob("*.json")) if path.name != _POLICY)


def explanation_rows(
    shown: Explanation, currency: str, zone: ZoneInfo
) -> Iterator[tuple[str, str]]:
    """Label and text, in the order in which one asks."""
    yield "Line", f"{shown.line}: {shown.description}"
    yield "For", shown.section
    amount, _, _ = shown.amount.partition(" ")
    yield "Amount", f"{format_money(Decimal(amount), currency)}: {shown.arithmetic}"
    yield "Price", shown.price_from
    yield "Quantity", shown.quantity_from
    if shown.ownership is not None:
        yield "Hardware", shown.ownership
    if shown.source is not None:
        yield from _count(shown)
    if shown.work is not None:
        yield from _work(shown.work, zone)
    yield "Period", shown.service_period
    yield "Agreement", shown.agreement
    yield "Rule", f"{shown.clause.title}. {shown.clause.text}"
    yield "By", f"policy {shown.policy_version}, price book {shown.price_book_version}"
    if shown.source is not None:
        source = shown.source
        as_of = format_moment(datetime.fromisoformat(source.as_of), zone)
        yield (
            "Source",
            f"{source.file}, {counted(source.rows, 'row')}, as of {as_of} "
            f"({counted(source.age_hours, 'hour')} before the count), SHA-256 {source.sha256}",
        )


def _work(work: WorkDone, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    yield "Work", work_in_words(work)
    yield "Engineer", f"{work.engineer}, {work.role}"
    spans = "; ".join(span_in_words(span, zone) for span in work.spans)
    yield "Time", f"{hours_in_words(work)}: {spans}"
    if work.note:
        yield "Note", work.note
    yield "Approval", work.approval


def _count(shown: Explanation) -> Iterator[tuple[str, str]]:
    yield "Counted", f"{counted(len(shown.items), 'item')}: {_named(shown.items)}"
    if shown.late:
        waiting = ", ".join(named_late(change) for change in shown.late)
        yield "Next month", f"received after the cut-off: {waiting}"
    if shown.compared_with is None:
        yield "Changes", "no month before to compare with"
        return
    if not shown.joined and not shown.left and not shown.changed:
        yield "Changes", f"none since {shown.compared_with}"
    if shown.joined:
        yield "Joined", f"since {shown.compared_with}: {_named(shown.joined)}"
    if shown.left:
        left = ", ".join(_gone(item) for item in shown.left)
        yield "Left", f"since {shown.compared_with}: {left}"
    if shown.changed:
        changed = ", ".join(named_change(change) for change in shown.changed)
        yield "Changed", f"since {shown.compared_with}: {changed}"


def _gone(item: CountedItem) -> str:
    """Where no export says on which day it left, since when it was there tells it apart."""
    if item.until_on is None and item.since_on is not None:
        return f"{item.name} (since {format_day(item.since_on)})"
    return named_left(item)


def _named(items: tuple[CountedItem, ...]) -> str:
    return ", ".join(
        f"{name} (since {format_day(item.since_on)})" if item.since_on else name
        for name, item in zip(named_items(items), items, strict=True)
    )


def print_rows(rows: Iterable[tuple[str, str]], console: Console) -> None:
    """Labels on the left, text on the right."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(label, escape(text))
    console.print(table)


def print_lines(invoice: Invoice, again: str, console: Console) -> None:
    """The lines of an invoice, to choose one from.

    Args:
        again: the command that explains the line LINE.
    """
    heading = f"{invoice.number}: {invoice.account_name}, {invoice.label}"
    console.print(f"[bold]{escape(heading)}[/bold]")
    titles = {section.subscriber: section.title for section in invoice.sections}
    table = Table(box=None, pad_edge=False)
    for name in ("Line", "For", "What"):
        table.add_column(name, justify="right" if name == "Line" else "left", overflow="fold")
    for name in ("Quantity", "Price", "Amount"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in invoice.lines:
        table.add_row(
            str(line.line),
            escape(titles[line.subscriber]),
            escape(line.description),
            format_quantity(line.quantity),
            format_money(line.unit_price.amount, invoice.currency),
            format_money(line.amount.amount, invoice.currency),
        )
    console.print(table)
    console.print(f"Total {format_money(invoice.total.amount, invoice.currency)}")
    tell(f"Why a line is what it is: {again}", console)
