from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mspbill.conftest import Billed, Mspbill


def test_a_counted_line_says_sum_price_count_source_and_rule(
    billed: Billed, mspbill: Mspbill
) -> None:
    result = mspbill("explain", billed.out, "PW-000002", "1")
    assert result.exit_code == 0
    for told in (
        "3 x 85.10 = 255.30",
        "price book 1, from 2026-01-01",
        "HRB-SRV-1 (since 1 May 2024), HRB-SRV-4 (since 20 November 2026)",
        "devices/2026-12-01.csv",
        "4 rows, as of 1 December 2026, 00:00 CST (0 hours before the count)",
        "Devices are counted on the 1st and billed for the month.",
    ):
        assert told in " ".join(result.stdout.split())


def test_the_answer_as_json_is_the_whole_explanation(billed: Billed, mspbill: Mspbill) -> None:
    result = mspbill("explain", billed.out, "PW-000001", "1", "--json")
    told = json.loads(result.stdout)
    assert (told["invoice"], told["line"], told["amount"]) == ("PW-000001", 1, "80.00 USD")
    assert told["price_from"] == "own price in agreement line servers"
    assert [item["name"] for item in told["items"]] == ["BIR-SRV-1"]
    assert len(told["source"]["sha256"]) == 64


@pytest.mark.parametrize("number", ["pw-000002", "Pw-000002"])
def test_the_number_is_found_however_it_is_typed(
    number: str, billed: Billed, mspbill: Mspbill
) -> None:
    result = mspbill("explain", billed.out, number)
    assert result.exit_code == 0
    assert "PW-000002: Harbor" in result.stdout


def test_a_line_that_is_not_counted_has_no_source(billed: Billed, mspbill: Mspbill) -> None:
    result = mspbill("explain", billed.out, "PW-000003", "1")
    assert "flat 500" in result.stdout
    assert "SHA-256" not in result.stdout


def test_without_a_line_the_lines_are_listed(billed: Billed, mspbill: Mspbill) -> None:
    result = mspbill("explain", billed.out, "PW-000002")
    assert result.exit_code == 0
    assert "Harbor <b>& Co</b>" in result.stdout
    assert "Total $255.30" in result.stdout
    assert f"mspbill explain {billed.out} PW-000002 LINE" in result.stdout
    listed = json.loads(mspbill("explain", billed.out, "PW-000002", "--json").stdout)
    assert [line["amount"]["amount"] for line in listed["lines"]] == ["255.30"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("PW-000009",), "There is no invoice PW-000009"),
        (("../data/PW-000001",), "There is no invoice ../data/PW-000001"),
        (("PW-000001", "2"), "has lines 1 to 1, not 2"),
        (("PW-000001", "0"), "has lines 1 to 1, not 0"),
    ],
)
def test_what_is_not_there_is_refused(
    arguments: tuple[str, ...], message: str, billed: Billed, mspbill: Mspbill
) -> None:
    result = mspbill("explain", billed.out, *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    answer = mspbill("explain", billed.out, *arguments, "--json")
    assert answer.exit_code == 2
    assert message in json.loads(answer.stdout)["problems"][0]["what"]


def test_a_folder_without_invoices_is_refused(tmp_path: Path, mspbill: Mspbill) -> None:
    told = mspbill("explain", tmp_path, "PW-000001").stderr
    assert "holds no invoices" in " ".join(told.split())
    missing = mspbill("explain", tmp_path / "no", "PW-000001")
    assert missing.exit_code == 2
    assert "There is no folder" in missing.stderr


def test_damaged_data_is_refused(tmp_path: Path, mspbill: Mspbill) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "PW-000001.json").write_text("{")
    result = mspbill("explain", tmp_path, "PW-000001")
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("PW-000001",), "Give a folder, the number of an invoice"),
        (("out", "PW-000001", "first"), "the number of a line"),
        (("out", "PW-000001", "1", "2"), "the number of a line"),
        (("out", "PW-000001", "1", "--stack", "trial"), "Give the number of an invoice"),
    ],
)
def test_words_that_do_not_fit_are_refused(
    words: tuple[str, ...], told: str, mspbill: Mspbill
) -> None:
    answer = mspbill("explain", *words)
    assert answer.exit_code == 2
    assert told in " ".join(answer.output.replace("│", " ").split())
