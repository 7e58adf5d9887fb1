"""What is measured. Each case runs in a process of its own, so that its peak memory is its own."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import books
from local_cloud import LocalCloud
from msp_billing import wiring
from msp_billing.adapters.feeds.csv_feed import read_feed
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.domain.billable_lines import NO_PREVIOUS_COUNTS
from msp_billing.domain.building import build_account
from msp_billing.domain.cycles import CycleId, CycleState
from msp_billing.domain.feeds import FeedRow, FeedSeal
from msp_billing.domain.parking import BuildContext
from msp_billing.domain.snapshots import AccountSnapshot, FeedReading
from msp_billing.usecases.apply_provider import apply_provider

ROOT = Path(__file__).resolve().parents[1]
MOMENT_AT = datetime(2026, 11, 1, 5, tzinfo=UTC)
REPEAT_SECONDS = 3.0
Figures = dict[str, float | int | str]


def build(lines: int) -> Figures:
    """Build one account's invoice from its snapshot, in memory."""
    context, snapshot = _one_account(lines)
    seconds = _per_call(lambda: build_account(context, snapshot, NO_PREVIOUS_COUNTS))
    return {"lines": lines, "ms_per_invoice": seconds * 1000, "us_per_line": seconds * 1e6 / lines}


def render(lines: int) -> Figures:
    """Render one invoice as PDF, with the compiler that a warm function has."""
    context, snapshot = _one_account(lines)
    (invoice,) = build_account(context, snapshot, NO_PREVIOUS_COUNTS).invoices
    numbered = invoice.numbered("BM-000001")
    renderer = TypstRenderer(ROOT / "layers" / "rendering")
    pdf = renderer.render_invoice(numbered, context.policy, context.price_book)
    seconds = _per_call(
        lambda: renderer.render_invoice(numbered, context.policy, context.price_book)
    )
    return {"lines": lines, "ms_per_invoice": seconds * 1000, "pdf_bytes": len(pdf)}


def cycle(accounts: int) -> Figures:
    """A whole cycle of accounts with 20 lines each, in the local cloud."""
    os.environ.update(
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",
        ASSETS_DIRECTORY=str(ROOT / "layers" / "rendering"),
    )
    start_at = datetime(2026, 10, 31, 12, tzinfo=UTC)
    book = [books.account(number, 20) for number in range(accounts)]
    with LocalCloud(
        ROOT / "template.yaml",
        start_at=start_at,
        parameters={"LogLevel": "ERROR"},
        on_start=wiring.use_clock,
    ) as cloud:
        for function in ("StartCycleFunction", "SyncSchedulesFunction"):
            os.environ.update(cloud.function_environment(function))
        cloud.client("s3").put_object(
            Bucket=os.environ["FEEDS_BUCKET"], Key=books.FEED_KEY, Body=books.feed(accounts, 20)
        )
        ports = wiring.ports()
        apply_provider(ports, books.policy(), books.price_book(), book, books.PERIOD)
        cloud.request_counts.clear()
        begun = time.perf_counter()
        cloud.run_until(datetime(2026, 11, 3, tzinfo=UTC))
        seconds = time.perf_counter() - begun
        done = ports.cycles.find(
            CycleId(provider=books.PROVIDER, run="monthly", period=books.PERIOD)
        )
        if done is None or done.state is not CycleState.CLOSED:
            raise RuntimeError(f"the cycle did not close: {done}")
        invoices = int(done.summary["invoices"])
        requests = sum(
            count
            for (service, operation), count in cloud.request_counts.items()
            if service != "lambda"
        )
        transitions = sum(cloud.transition_counts.values())
    return {
        "accounts": accounts,
        "seconds": seconds,
        "ms_per_invoice": seconds * 1000 / invoices,
        "requests": requests,
        "requests_per_invoice": requests / invoices,
        "transitions": transitions,
        "transitions_per_invoice": transitions / invoices,
    }


def _one_account(lines: int) -> tuple[BuildContext, AccountSnapshot]:
    policy, price_book = books.policy(), books.price_book()
    content = books.feed(1, lines)
    definition = policy.feed("rmm-devices")
    with memoryview(content) as view:
        rows = tuple(
            row
            for row in read_feed(definition, _Source(bytes(view)), books.FEED_KEY)
            if isinstance(row, FeedRow)
        )
    reading = FeedReading(
        feed="rmm-devices",
        moment="inventory",
        moment_at=MOMENT_AT,
        seal=FeedSeal(
            feed="rmm-devices",
            key=books.FEED_KEY,
            sha256="0" * 64,
            rows=len(rows),
            as_of_at=MOMENT_AT,
            age_hours=0,
        ),
        rows=rows,
    )
    context = BuildContext(
        policy=policy,
        run=policy.runs[0],
        price_book=price_book,
        period=books.PERIOD,
        invoice_on=books.PERIOD.day(2),
        due_on=books.PERIOD.day(20),
        snapshot_sha256="0" * 64,
    )
    return context, AccountSnapshot(account=books.account(0, lines), readings=(reading,))


class _Source:
    """Bytes that are read like a file."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def read(self, size: int = -1, /) -> bytes:
        end = len(self._content) if size < 0 else self._at + size
        piece = self._content[self._at : end]
        self._at += len(piece)
        return piece


def _per_call(call: Callable[[], Any]) -> float:
    """Seconds per call, the best of as many as fit into a few seconds."""
    best, until = float("inf"), time.perf_counter() + REPEAT_SECONDS
    while time.perf_counter() < until:
        begun = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - begun)
    return best


CASES: dict[str, tuple[Callable[[int], Figures], tuple[int, ...]]] = {
    "build": (build, (20, 200, 3000)),
    "render": (render, (20, 200, 3000)),
    "cycle": (cycle, (100, 1000)),
}


def main(name: str, size: str) -> None:
    """Run one case and print its figures as JSON."""
    figures = CASES[name][0](int(size))
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({**figures, "peak_mib": peak_kib / 1024}))


if __name__ == "__main__":
    main(*sys.argv[1:])
