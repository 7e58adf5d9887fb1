"""What is counted: a cycle, and the days after it, of a provider of any size."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks import books
from benchmarks.counting.meter import Meter
from local_cloud import LocalCloud
from msp_billing import wiring
from msp_billing.adapters.invoice_pdf.typst_renderer import TypstRenderer
from msp_billing.domain.cycles import CycleId, CycleState
from msp_billing.usecases.apply_provider import apply_provider
from msp_billing.usecases.ports import Ports

ROOT = Path(__file__).resolve().parents[2]
START_AT = datetime(2026, 10, 31, 12, tzinfo=UTC)
CYCLE = CycleId(provider=books.PROVIDER, run="monthly", period=books.PERIOD)
#: Not steps of a cycle: they come every day or week, whatever is billed.
BY_THE_CALENDAR = (
    *("StartMissedCycles", "SweepAccounts", "VerifyLedgers"),
    *("SendQueuedMail", "SendDigest"),
)

Scene = dict[str, Any]


@contextmanager
def small_cloud() -> Iterator[LocalCloud]:
    """A local cloud, with the environment that use cases in this process need."""
    os.environ.update(
        AWS_DEFAULT_REGION="us-east-1",
        AWS_ACCESS_KEY_ID="local",
        AWS_SECRET_ACCESS_KEY="local",
        ASSETS_DIRECTORY=str(ROOT / "layers" / "rendering"),
    )
    with LocalCloud(ROOT / "template.yaml", start_at=START_AT, on_start=wiring.use_clock) as cloud:
        for function in ("StartCycleFunction", "SyncSchedulesFunction", "SweepAccountsFunction"):
            os.environ.update(cloud.function_environment(function))
        yield cloud


def set_up(cloud: LocalCloud, accounts: int, lines: int) -> Ports:
    """Apply the provider with its book, and put its export there."""
    put_export(cloud, accounts, lines)
    ports = wiring.ports()
    book = [books.account(number, lines) for number in range(accounts)]
    apply_provider(ports, books.policy(), books.price_book(), book, books.PERIOD)
    return ports


def put_export(cloud: LocalCloud, accounts: int, lines: int, month: int = 1) -> None:
    """What the provider's tool says of the accounts, for the first or second month."""
    cloud.client("s3").put_object(
        Bucket=os.environ["FEEDS_BUCKET"],
        Key=books.FEED_KEY.replace("2026-11", f"2026-{10 + month}"),
        Body=books.feed(range(accounts), lines),
    )


def count_cycle(accounts: int, lines: int, month: int = 1, blank: int = 0) -> Scene:
    """A whole cycle from its schedule on, with the mails and what SES tells of them.

    Args:
        month: 1, or 2 for a month that has one before it to be compared with.
        blank: 1 for documents without content, which take no other requests and half the time.
    """
    with ExitStack() as opened:
        if blank:
            opened.enter_context(patch.object(TypstRenderer, "render_invoice", _blank))
        cloud = opened.enter_context(small_cloud())
        meter = opened.enter_context(Meter())
        ports = set_up(cloud, accounts, lines)
        if month > 1:
            cloud.run_until(datetime(2026, 11, 30, 12, tzinfo=UTC))
            put_export(cloud, accounts, lines, month)
        meter.reset()
        begun = time.perf_counter()
        cloud.run_until(datetime(2026, 10 + month, 3, tzinfo=UTC))
        seconds = time.perf_counter() - begun
        counted = CYCLE.model_copy(update={"period": CYCLE.period.shifted(month - 1)})
        done = ports.cycles.find(counted)
        if done is None or done.state is not CycleState.CLOSED:
            raise RuntimeError(f"the cycle did not close: {done}")
        return {
            "accounts": accounts,
            "lines": lines,
            "month": month,
            "blank": bool(blank),
            "invoices": int(done.summary["invoices"]),
            "seconds_here": round(seconds, 1),
            "used": meter.counts(),
            "states": meter.states_entered(),
            "stored": meter.stored(),
            "metrics": sorted(" ".join(entry) for entry in meter.metrics),
        }


def _blank(*_: object) -> bytes:
    return b"%PDF-1.7 blank"
