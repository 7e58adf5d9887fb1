"""What a shadow month shows: totals that add up, and every difference with both sides and why."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import Any

from rich.console import Console
from rich.markup import escape

from msp_billing.adapters.formatting import format_change, format_money, format_quantity
from msp_billing.domain.periods import Period
from mspbill.amounts import amount_table, print_whole
from mspbill.shadow import NO_MONEY, ShadowLine, ShadowRow, totals
from mspbill.shadow_known import KnownDifference

_SHOWN = 30
_INDENT = 23


def print_shadow(
    period: Period,
    rows: Sequence[ShadowRow],
    stale: Sequence[KnownDifference],
    console: Console,
) -> None:
    """The sums by kind first, then each difference that nobody has explained yet."""
    console.print(f"[bold]{period}, billed by both[/bold] (nothing is numbered, kept or mailed)\n")
    for total in totals(rows):
        table = amount_table(f"In {total.currency}", "Lines", "Amount")
        table.add_row("Old system", "", format_money(total.old, total.currency))
        for kind, (count, difference) in total.by_kind.items():
            change = format_change(difference, total.currency) if difference else "–"
            table.add_row(f"  {kind.value}", str(count), change)
        table.add_row("[bold]Here[/bold]", "", format_money(total.new, total.currency))
        print_whole(table, console)
        console.print()
    still = [row for row in rows if row.is_open]
    known = [row for row in rows if row.known]
    if still:
        console.print("[bold]Differences that nobody has explained[/bold]")
    for row in still[:_SHOWN]:
        _print_row(row, console)
    if len(still) > _SHOWN:
        console.print(f"  and {len(still) - _SHOWN} more (--out FILE.xlsx has them all)")
    for row in known:
        change = format_change(row.difference, row.currency)
        console.print(f"  known: {escape(row.account)}, {escape(row.title)}: {change} "
                      f"({escape(row.known)})")  # fmt: skip
    for entry in stale:
        console.print(f"  no longer there: {escape(entry.title)} (line {entry.line})")
    if not still:
        console.print("Every difference is known." if known else "No amount differs.")


def _print_row(row: ShadowRow, console: Console) -> None:
    change = format_change(row.difference, row.currency)
    console.print(f"  {change:>12}  {escape(row.account)}, {escape(row.title)}: {row.kind.value}")
    for label, line in (("there", row.old), ("here", row.new)):
        if line is not None:
            console.print(f"{label:>{_INDENT - 2}}: {_sum(line)}")
    if row.why:
        lines = wrap(row.why, max(40, console.width - _INDENT), break_on_hyphens=False)
        for label, text in zip_longest(["why:"], lines, fillvalue=""):
            console.print(f"{label:>{_INDENT - 1}} {escape(text)}")


def _sum(line: ShadowLine) -> str:
    price = format_money(line.unit_price, line.currency)
    amount = format_money(line.amount, line.currency)
    return f"{format_quantity(line.quantity)} x {price} = {amount}"


def shadow_json(
    period: Period, rows: Sequence[ShadowRow], stale: Sequence[KnownDifference]
) -> dict[str, Any]:
    """The same for a program."""
    return {
        "ok": not any(row.is_open for row in rows),
        "period": str(period),
        "totals": [
            {
                "currency": total.currency,
                "old": str(total.old),
                "new": str(total.new),
                "difference": str(total.difference),
                "by_kind": {
                    kind.value: {"lines": count, "difference": str(difference)}
                    for kind, (count, difference) in total.by_kind.items()
                },
            }
            for total in totals(rows)
        ],
        "differences": [
            {
                "account": row.account,
                "product": row.product,
                "description": row.title,
                "kind": row.kind.value,
                "old": _line_json(row.old),
                "new": _line_json(row.new),
                "difference": str(row.difference),
                "currency": row.currency,
                "why": row.why,
                "known": row.known or None,
            }
            for row in rows
            if row.kind not in NO_MONEY or row.known
        ],
        "no_longer_there": [entry.title for entry in stale],
    }


def _line_json(line: ShadowLine | None) -> dict[str, str] | None:
    if line is None:
        return None
    return {
        "quantity": str(line.quantity),
        "unit_price": str(line.unit_price),
        "amount": str(line.amount),
        "where": line.where,
    }
