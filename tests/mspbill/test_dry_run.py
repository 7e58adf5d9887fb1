"""``mspbill run --dry``: what a month would bill beside the month before, and nothing is left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from msp_billing.domain.building.building import build_account
from msp_billing.usecases import build_invoices
from tests.mspbill.conftest import Mspbill
from tests.mspbill.small_provider import BAD_DATE, write_provider

DRY = ("--period", "2026-12", "--dry")


def dry(mspbill: Mspbill, directory: Path, *more: str) -> dict[str, Any]:
    told = mspbill("run", directory, *DRY, "--json", *more)
    runs: dict[str, Any] = {run["run"]: run for run in json.loads(told.stdout)["runs"]}
    return runs


def test_each_account_stands_beside_its_last_month(mspbill: Mspbill, provider: Path) -> None:
    runs = dry(mspbill, provider)
    accounts = {entry["account"]: entry for entry in runs["monthly"]["accounts"]}
    # Harbor: 2 servers at 85.10 in November, 3 in December. Birch: 1 at its own 80 in both.
    assert accounts["harbor"]["previous"]["amount"] == "170.20"
    assert accounts["harbor"]["current"]["amount"] == "255.30"
    (difference,) = accounts["harbor"]["differences"]
    assert difference["why"] == "quantity 2 → 3; joined: HRB-SRV-4, HRB-SRV-5; left: HRB-SRV-2"
    assert accounts["birch"]["differences"] == []
    assert runs["monthly"]["totals"]["USD"] == {"previous": "250.20", "current": "335.30"}
    assert runs["projects"]["totals"]["USD"] == {"previous": "0.00", "current": "500.00"}


def test_one_run_alone_and_the_words_on_the_screen(mspbill: Mspbill, provider: Path) -> None:
    shown = mspbill("run", provider, *DRY, "--run", "monthly")
    assert shown.exit_code == 0
    assert "Monthly invoice, 2026-12 (dry run: nothing is kept)" in shown.stdout
    assert "+$85.10" in shown.stdout
    assert "joined: HRB-SRV-4, HRB-SRV-5; left: HRB-SRV-2" in shown.stdout
    assert "Project invoice" not in shown.stdout


def test_a_parked_account_is_named_and_the_exit_code_says_so(
    mspbill: Mspbill, tmp_path: Path
) -> None:
    directory = write_provider(tmp_path / "pinewood", BAD_DATE)
    shown = mspbill("run", directory, *DRY)
    assert shown.exit_code == 4
    assert "parked: The date 2025-02-30 does not exist." in shown.stdout
    assert list(tmp_path.iterdir()) == [directory], "something was written"


def test_a_defect_parks_the_account_that_it_strikes_and_the_others_are_shown(
    mspbill: Mspbill, provider: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisoned(context: Any, snapshot: Any, previous: Any) -> Any:
        if snapshot.account.account == "harbor":
            raise ArithmeticError("poison")
        return build_account(context, snapshot, previous)

    monkeypatch.setattr(build_invoices, "build_account", poisoned)
    shown = mspbill("run", provider, *DRY, "--run", "monthly")
    assert shown.exit_code == 4
    assert "parked: Building the invoice failed: ArithmeticError: poison." in shown.stdout
    assert "Birch Dental" in shown.stdout


def test_without_dry_a_folder_is_needed(mspbill: Mspbill, provider: Path) -> None:
    refused = mspbill("run", provider, "--period", "2026-12")
    assert refused.exit_code == 2
    assert "--out" in refused.stderr
