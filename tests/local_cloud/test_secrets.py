"""Secrets are the same in every run, as everything else is; only while a cloud is open."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

from local_cloud import LocalCloud

TEMPLATE = Path(__file__).parent / "fixtures" / "template.yaml"


def made_in_a_cloud(seed: int) -> list[str]:
    with LocalCloud(TEMPLATE, start_at=datetime(2026, 1, 1, tzinfo=UTC), seed=seed):
        return [secrets.token_urlsafe(32) for _ in range(2)]


def test_a_run_makes_the_same_secrets_again() -> None:
    first, second = made_in_a_cloud(1)
    assert first != second
    assert made_in_a_cloud(1) == [first, second]
    assert made_in_a_cloud(2) != [first, second]
    assert len(first) == len(secrets.token_urlsafe(32))


def test_outside_of_a_cloud_they_are_secret() -> None:
    made_in_a_cloud(1)
    assert secrets.token_urlsafe(32) not in {secrets.token_urlsafe(32), *made_in_a_cloud(1)}
