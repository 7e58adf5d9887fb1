"""What is measured. Each case runs in a process of its own, so that its peak memory is its own."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import books
from benchmarks.memory import peak_mib
from benchmarks.render.invoices import snapshot as sealed
from local_cloud import LocalCloud
from msp_billing import wiring
from msp_billing.domain.building.build_context import BuildContext
from msp_billing.domain.building.building import build_account
from msp_billing.domain.counting.counter import NO_PREVIOUS_COUNTS
from msp_billing.domain.cycles import CycleId, CycleState
from msp_billing.usecases.apply_provider import apply_provider

ROOT = Path(__file__).resolve().parents[1]
REPEAT_SECONDS = 3.0
Figures = dict[str, float | int | str]


def build(lines: int) -> Figures:
    """Build one account's invoice from its snapshot, in memory."""
    context = _context()
    snapshot = sealed(books.account(0, lines), books.feed([0], lines))
    seconds = _best(lambda: build_account(context, snapshot, NO_PREVIOUS_COUNTS))
    return {"lines": lines, "ms_per_invoice": seconds * 1000, "us_per_line": seconds * 1e6 / lines}


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
            Bucket=os.environ["FEEDS_BUCKET"],
            Key=books.FEED_KEY,
            Body=books.feed(range(accounts), 20),
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


CASES: dict[str, tuple[Callable[[int], Figures], tuple[int, ...]]] = {
    "build": (build, (20, 200, 3000)),
    "cycle": (cycle, (100, 1000)),
}


def main(name: str, size: str) -> None:
    """Run one case and print its figures as JSON."""
    figures = CASES[name][0](int(size))
    print(json.dumps({**figures, "peak_mib": peak_mib()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
