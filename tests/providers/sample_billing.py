"""Bills the sample books in memory, with the real rules and readers and no AWS."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from msp_billing.adapters.directory.provider_directory import (
    ProviderDirectory,
    load_provider_directory,
)
from msp_billing.domain.cycles import CyclePlan
from msp_billing.domain.outcomes import AccountOutcome
from msp_billing.domain.periods import Period
from mspbill import replay

PROVIDERS = Path(__file__).resolve().parents[2] / "providers"
MONTHS = tuple(Period(year=2026, month=month) for month in (9, 10, 11, 12))


@cache
def sample_book(provider: str) -> ProviderDirectory:
    return load_provider_directory(PROVIDERS / provider)


def plan_of(provider: str, run: str, period: Period) -> CyclePlan:
    return replay.plan_of(sample_book(provider).policy, run, period)


@cache
def replay_of(provider: str) -> replay.Replay:
    return replay.Replay(replay.Snapshots(sample_book(provider)), MONTHS[0])


def billed(provider: str, run: str, period: Period) -> Mapping[str, AccountOutcome]:
    """The outcome of every account, compared with the month before where the sample has one."""
    return replay_of(provider).outcomes(run, period)
