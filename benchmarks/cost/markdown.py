"""Tables and figures as the documents write them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table: the first column of words, the others of figures."""
    lines = [
        f"| {' | '.join(head)} |",
        f"|---|{'--:|' * (len(head) - 1)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]
    return "\n".join(lines)


def money(amount: float) -> str:
    """Dollars: "$0.0123", "$1.23", "$1,234"."""
    if amount == 0:
        return "–"
    for limit, digits in ((0.01, 5), (1, 4), (100, 2)):
        if abs(amount) < limit:
            return f"${amount:,.{digits}f}"
    return f"${amount:,.0f}"


def figure(value: float) -> str:
    """A count in three digits or so: "0.0204", "1.02", "1,234"."""
    if value == 0:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def about(value: float) -> str:
    """A number of accounts in two digits: "430,000", "1.7 million"."""
    if value >= 1_000_000:
        return f"{value / 1_000_000:.2g} million" if value < 1e8 else "over 100 million"
    step = 10 ** max(0, len(str(int(value))) - 2)
    return f"{round(value / step) * step:,}"
