"""What is measured. Each case runs in a process of its own, so that its peak memory is its own."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import books
from benchmarks.cost.durations import is_request
from benchmarks.counting.receivables import count_receivables
from benchmarks.counting.scenes import count_cycle
from benchmarks.memory import peak_mib
from benchmarks.render.invoices import snapshot as sealed
from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.building.building import build_account
from msp_billing.domain.counting.previous_counts import NO_PREVIOUS_COUNTS

REPEAT_SECONDS = 3.0
Figures = dict[str, float | int | str]


def build(lines: int) -> Figures:
    """Build one account's invoice from its snapshot, in memory."""
    context = _context()
    snapshot = sealed(books.account(0, lines), books.feed([0], lines))
    seconds = _best(lambda: build_account(context, snapshot, NO_PREVIOUS_COUNTS))
    return {"lines": lines, "ms_per_invoice": seconds * 1000, "us_per_line": seconds * 1e6 / lines}


def cycle(accounts: int) -> Figures:
    """A whole cycle of accounts with 20 lines each, in the local cloud, counted by a meter."""
    scene = count_cycle(accounts, 20)
    invoices = scene["invoices"]
    transitions = sum(scene["states"].values())
    return {
        "accounts": accounts,
        "ms_per_invoice": scene["seconds_here"] * 1000 / invoices,
        "requests_per_invoice": _sum(scene, is_request) / invoices,
        "read_units_per_invoice": _sum(scene, lambda what: what == "dynamodb read units")
        / invoices,
        "write_units_per_invoice": _sum(scene, lambda what: what in _WRITE_UNITS) / invoices,
        "transitions_per_invoice": transitions / invoices,
    }


def receivables(accounts: int) -> list[Figures]:
    """Payments, a return, cases of who does not pay, and the days' looks: a row for each."""
    rows: list[Figures] = []
    for name, told in count_receivables(accounts, 3)["chapters"].items():
        of = told["of"]
        rows.append(
            {
                "what": name,
                "requests": _sum(told, is_request) / of,
                "read_units": _sum(told, lambda what: what == "dynamodb read units") / of,
                "write_units": _sum(told, lambda what: what in _WRITE_UNITS) / of,
                "mails": _sum(told, lambda what: what == "mails") / of,
                "transitions": sum(told["states"].values()) / of,
            }
        )
    return rows


_WRITE_UNITS = frozenset({"dynamodb write units", "dynamodb index write units"})


def _sum(scene: dict[str, Any], belongs: Callable[[str], bool]) -> float:
    """Over all functions; what moto does in place of SES is left out."""
    return float(
        sum(
            count
            for function, used in scene["used"].items()
            for what, count in used.items()
            if belongs(what) and not (function.startswith("(") and what.startswith("eventbridge"))
        )
    )


def _context() -> BuildContext:
    policy = books.policy()
    return BuildContext(
        policy=policy,
        run=policy.runs[0],
        price_book=books.price_book(),
        period=books.PERIOD,
        invoice_on=books.PERIOD.day(2),
        due_on=books.PERIOD.day(20),
        charges_until=books.PERIOD.day(1),
        snapshot_sha256="0" * 64,
    )


def _best(call: Callable[[], Any]) -> float:
    """Seconds per call, the best of as many as fit into a few seconds."""
    best, until = float("inf"), time.perf_counter() + REPEAT_SECONDS
    while time.perf_counter() < until:
        begun = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - begun)
    return best


CASES: dict[str, tuple[Callable[[int], Figures | list[Figures]], tuple[int, ...]]] = {
    "build": (build, (20, 200, 3000)),
    "cycle": (cycle, (100, 1000)),
    "receivables": (receivables, (80,)),
}


def main(name: str, size: str) -> None:
    """Run one case and print its figures as JSON."""
    figures = CASES[name][0](int(size))
    rows = figures if isinstance(figures, list) else [{**figures, "peak_mib": peak_mib()}]
    print(json.dumps(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
