"""``mspbill backtest``: the same snapshots under changed rules, account by account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.mspbill.conftest import Mspbill
from tests.mspbill.small_provider import BAD_DATE, POLICY, PRICE_BOOK, write_provider

MONTHS = ("--months", "2", "--until", "2026-12")


@pytest.fixture
def dearer(tmp_path: Path) -> Path:
    """Servers at 90 in place of 85.10."""
    path = tmp_path / "dearer.yaml"
    path.write_text(PRICE_BOOK.replace("85.10", "90"))
    return path


def replayed(mspbill: Mspbill, *arguments: object) -> dict[str, dict[str, Any]]:
    told = mspbill("backtest", *arguments, *MONTHS, "--json")
    return {entry["account"]: entry for entry in json.loads(told.stdout)["accounts"]}


def test_changed_prices_are_told_account_by_account(
    mspbill: Mspbill, provider: Path, dearer: Path
) -> None:
    accounts = replayed(mspbill, provider, "--price-book", dearer)
    # Harbor: 2 + 3 servers x 85.10 = 425.50, and the setup of 500; x 90 = 450.00, and 500.
    assert (accounts["harbor"]["old"], accounts["harbor"]["new"]) == ("925.50", "950.00")
    assert accounts["harbor"]["difference"] == "24.50"
    # Birch has its own price, Quiet has no server.
    assert accounts["birch"]["difference"] == "0.00"
    assert accounts["quiet"]["old"] == "0.00"


def test_a_changed_policy_counts_the_same_snapshots(
    mspbill: Mspbill, provider: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "free.yaml"
    policy.write_text(POLICY.replace("where: {kind: [server]}", "where: {kind: [workstation]}"))
    shown = mspbill("backtest", provider, "--policy", policy, *MONTHS)
    assert shown.exit_code == 0
    # 425.50 of Harbor and 2 x 80 of Birch are gone; the setup of 500 stays.
    assert "-$425.50" in shown.stdout
    assert "-$160.00" in shown.stdout


def test_a_month_that_one_of_the_two_cannot_bill_is_not_compared(
    mspbill: Mspbill, tmp_path: Path, dearer: Path
) -> None:
    directory = write_provider(tmp_path / "pinewood", BAD_DATE)
    shown = mspbill("backtest", directory, "--price-book", dearer, *MONTHS)
    assert shown.exit_code == 4
    assert "Birch Dental, monthly 2026-12: not compared" in shown.stdout


def test_what_is_wrong_with_the_changed_file_is_told_with_its_line(
    mspbill: Mspbill, provider: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "other.yaml"
    policy.write_text(POLICY.replace("provider: pinewood", "provider: someone"))
    refused = mspbill("backtest", provider, "--policy", policy, *MONTHS)
    assert refused.exit_code == 2
    assert "of 'someone', the directory of 'pinewood'" in refused.stderr
    policy.write_text(POLICY.replace("currency: USD", "currency: dollars"))
    refused = mspbill("backtest", provider, "--policy", policy, *MONTHS)
    assert refused.exit_code == 2
    assert "other.yaml:10" in refused.stderr


def test_nothing_changed_and_no_month_are_both_refused_at_once(
    mspbill: Mspbill, provider: Path
) -> None:
    refused = mspbill("backtest", provider, "--until", "soon")
    assert refused.exit_code == 2
    assert "there is nothing to compare" in refused.stderr
    assert "'soon' is no month" in refused.stderr
