from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from mspbill.validation import next_issue_dates
from tests.mspbill.conftest import Mspbill
from tests.mspbill.small_provider import BAD_DATE, write_provider


def test_a_sound_directory_is_described(provider: Path, mspbill: Mspbill) -> None:
    result = mspbill("validate", provider)
    assert result.exit_code == 0
    assert "3 accounts, 3 agreements, 2 products, 2 exports" in result.stdout
    assert "Monthly invoice: next invoices on" in result.stdout
    told = json.loads(mspbill("validate", provider, "--json").stdout)
    assert (told["ok"], told["problems"], told["accounts"]) == (True, [], 3)
    assert {run: len(days) for run, days in told["next_issue_dates"].items()} == {
        "monthly": 3,
        "projects": 3,
    }


def test_one_of_anything_is_said_in_the_singular(provider: Path, mspbill: Mspbill) -> None:
    for name in ("accounts/birch.yaml", "accounts/quiet.yaml", "feeds/devices/2026-11-01.csv"):
        (provider / name).unlink()
    told = mspbill("validate", provider).stdout
    assert "1 account, 1 agreement, 2 products, 1 export;" in told


def test_the_next_issue_dates_begin_today(provider: Path) -> None:
    directory = load_provider_directory(provider)
    # The 2nd of January 2027 is a Saturday.
    assert next_issue_dates(directory, "monthly", date(2026, 12, 2)) == (
        date(2026, 12, 2),
        date(2027, 1, 4),
        date(2027, 2, 2),
    )


def test_all_problems_come_at_once_by_file_with_what_to_do(
    tmp_path: Path, mspbill: Mspbill
) -> None:
    directory = write_provider(
        tmp_path / "pinewood",
        ("accounts/birch.yaml", "product: SERVER", "product: SERVR"),
        ("price-book.yaml", '{each: "85.10"}', '{each: "85.10", flat: "9"}'),
    )
    result = mspbill("validate", directory)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "accounts/birch.yaml:10" in result.stderr
    assert "price-book.yaml:12" in result.stderr
    assert result.stderr.count("→") == 2
    assert "2 problems; nothing was written." in result.stderr


def test_broken_exports_are_found_too(tmp_path: Path, mspbill: Mspbill) -> None:
    directory = write_provider(tmp_path / "pinewood", BAD_DATE)
    result = mspbill("validate", directory, "--json")
    assert result.exit_code == 2
    (problem,) = json.loads(result.stdout)["problems"]
    assert (problem["file"], problem["line"]) == ("feeds/devices/2026-12-01.csv", 5)


@pytest.mark.parametrize("arguments", [("validate",), ("run", "--period", "2026-12")])
def test_what_is_wrong_in_files_and_exports_comes_in_one_go(
    arguments: tuple[str, ...], tmp_path: Path, mspbill: Mspbill
) -> None:
    directory = write_provider(
        tmp_path / "pinewood",
        ("accounts/birch.yaml", "product: SERVER", "product: SERVR"),
        ("feeds/devices/2026-12-01.csv", "Added", "Since"),
    )
    out = () if arguments[0] == "validate" else ("--out", tmp_path / "out")
    result = mspbill(*arguments, directory, *out, "--json")
    assert result.exit_code == 2
    problems = json.loads(result.stdout)["problems"]
    assert [(entry["file"], entry["line"], entry["code"]) for entry in problems] == [
        ("accounts/birch.yaml", 10, "unknown-product"),
        ("feeds/devices/2026-12-01.csv", 1, "feed-column-missing"),
    ]


def test_a_directory_that_is_not_there_is_said_so(tmp_path: Path, mspbill: Mspbill) -> None:
    result = mspbill("validate", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr
