"""Exporting from the command line: the folder is there whole, or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from mspbill import opening
from mspbill.command_values import Source
from tests.mspbill.conftest import call
from tests.unit.accounting_samples import books

Open = Callable[[Any, str], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens these ports, whatever the command line says."""

    def put(ports: Any, provider: str) -> None:
        @contextmanager
        def opened(_source: Source, *, changes: bool) -> Iterator[opening.Opened]:
            assert not changes
            current = ports.policies.current(provider)
            policy = ports.policies.policy(provider, current.policy_version)
            yield opening.Opened(ports, provider, policy)

        monkeypatch.setattr(opening, "opened", opened)
        monkeypatch.setenv("COLUMNS", "80")

    return put


def export(out: Path, *options: str) -> Result:
    return call("export", "--out", out, *options)


def test_it_writes_the_files_and_says_that_they_tie_out(at: Open, tmp_path: Path) -> None:
    at(books(), "lantern")
    out = tmp_path / "november"
    result = export(out, "--format", "quickbooks", "--from", "2026-11-01", "--to", "2026-11-30")
    assert result.exit_code == 0, result.output
    told = " ".join(result.stdout.split())
    assert "For QuickBooks Online, 1 November 2026 to 30 November 2026, both included" in told
    assert "Invoice, USD 2 +$124.20" in told
    assert "Payment, USD 1 -$100.00" in told
    assert "It ties out" in told
    summary = json.loads((out / "summary.json").read_text("utf-8"))
    assert {file["name"] for file in summary["files"]} | {"summary.json"} == {
        path.name for path in out.iterdir()
    }
    for file in summary["files"]:
        assert hashlib.sha256((out / file["name"]).read_bytes()).hexdigest() == file["sha256"]
    assert {"kind": "invoice", "currency": "CAD", "entries": 1, "sum": "10.00"} in summary["totals"]


def test_a_later_export_names_what_an_earlier_one_did_not_have(at: Open, tmp_path: Path) -> None:
    at(books(), "lantern")
    result = export(tmp_path / "december", "--format", "xero", "--from", "2026-12-01")
    assert result.exit_code == 0
    assert "1 booking of earlier days" in result.stderr
    assert "3-gulls: LP-3, of 20 November 2026" in result.stderr


def test_what_does_not_tie_out_leaves_no_folder(at: Open, tmp_path: Path) -> None:
    ports = books()
    ports.credit_notes.kept.clear()
    at(ports, "lantern")
    result = export(tmp_path / "all", "--format", "journal", "--json")
    assert result.exit_code == 2
    assert [problem["code"] for problem in json.loads(result.stdout)["problems"]] == [
        "document-missing"
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_alone(at: Open, tmp_path: Path) -> None:
    at(books(), "lantern")
    (tmp_path / "summary.json").write_text("mine")
    result = export(tmp_path, "--format", "journal")
    assert (result.exit_code, (tmp_path / "summary.json").read_text()) == (2, "mine")


def test_days_without_entries_make_no_files(at: Open, tmp_path: Path) -> None:
    at(books(), "lantern")
    days = ("--from", "2026-12-03", "--to", "2026-12-04")
    result = export(tmp_path / "none", "--format", "xero", *days)
    assert result.exit_code == 0
    assert "Nothing was entered" in result.stdout
