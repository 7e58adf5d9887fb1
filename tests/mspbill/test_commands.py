from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from mspbill.billing_run import LocalBilling
from mspbill.repository import repository_root
from tests.mspbill.conftest import Mspbill


def test_every_command_has_a_help_text(mspbill: Mspbill) -> None:
    told = mspbill("--help").output
    for command in ("validate", "run", "explain", "demo", "schema"):
        assert command in told
        assert mspbill(command, "--help").exit_code == 0


def test_the_help_does_not_wait_for_what_commands_need() -> None:
    """Loading the local cloud or what makes documents takes seconds, and no help needs them."""
    told = "import sys, mspbill.main; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", told], capture_output=True, check=True, text=True)
    loaded = set(run.stdout.split())
    assert "mspbill.cycle_commands" in loaded
    assert {"moto", "local_cloud", "typst", "xlsxwriter", "jinja2"}.isdisjoint(loaded)


def test_the_exit_codes_are_explained(mspbill: Mspbill) -> None:
    told = " ".join(mspbill("--help").output.split())
    for meaning in ("0 everything was billed", "1 a cycle failed", "2 the input is wrong"):
        assert meaning in told


def test_the_version_is_that_of_the_package(mspbill: Mspbill) -> None:
    assert mspbill("--version").output.startswith("mspbill 0.")


def test_schemas_are_written_as_they_are_in_the_repository(
    tmp_path: Path, mspbill: Mspbill
) -> None:
    assert mspbill("schema", "--out", tmp_path / "schemas").exit_code == 0
    written = {path.name: path.read_bytes() for path in (tmp_path / "schemas").iterdir()}
    kept = repository_root() / "docs" / "schemas"
    assert written == {path.name: path.read_bytes() for path in kept.glob("*.schema.json")}
    assert all(json.loads(content)["$schema"] for content in written.values())


def test_a_local_run_leaves_the_environment_as_it_was() -> None:
    os.environ["AWS_ENDPOINT_URL"] = "https://elsewhere.example"
    before = dict(os.environ)
    try:
        with LocalBilling(datetime(2026, 12, 1, tzinfo=UTC)):
            assert "AWS_ENDPOINT_URL" not in os.environ
            assert os.environ["AWS_DEFAULT_REGION"] == "us-east-1"
            assert os.environ["TABLE_NAME"]
        assert dict(os.environ) == before
    finally:
        del os.environ["AWS_ENDPOINT_URL"]


def test_the_help_of_a_command_is_broken_where_the_terminal_ends(mspbill: Mspbill) -> None:
    """Docstrings are as wide as source code: their own breaks would leave lines of one word."""
    told = [line.strip() for line in mspbill("export", "--help").output.splitlines()]
    first = next(at for at, line in enumerate(told) if line.startswith("Everything is read"))
    paragraph = told[first : told.index("", first)]
    assert len(paragraph) > 1
    assert all(len(line) > 60 for line in paragraph[:-1])


def test_what_may_be_left_out_is_in_brackets_once(mspbill: Mspbill) -> None:
    assert "import [OPTIONS] [FILES]..." in mspbill("import", "--help").output
    for name in (("preview",), ("verify-ledger",), ("payment", "list"), ("outbox", "list")):
        assert "[[" not in mspbill(*name, "--help").output
