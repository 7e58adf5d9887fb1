"""Credit notes by command: what cannot be credited is refused before anything is issued.

The way to a credit note is played by docs/first-month.md (tests/documents).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from tests.mspbill.deployed_stack import DeployedStack, deployed_stack
from tests.mspbill.small_provider import write_provider

SAID = ("--name", "two-left", "--by", "pat", "--why", "Two had left.", "--stack", "trial", "--yes")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedStack]:
    directory = load_provider_directory(write_provider(tmp_path_factory.mktemp("p") / "pinewood"))
    with deployed_stack(datetime(2026, 12, 1, 1, tzinfo=UTC), directory) as deployed:
        yield deployed


def test_an_invoice_that_is_not_there_is_refused(stack: DeployedStack) -> None:
    told = stack.json("credit-note", "pw-000001", *SAID, code=2)
    assert "pinewood has no invoice PW-000001" in told["problems"][0]["what"]


@pytest.mark.parametrize("part", ["3", "3=", "=120", "3=1.2.3", "3x-1", "a=3", "3=1,200.00"])
def test_what_is_no_part_is_refused_with_an_example(stack: DeployedStack, part: str) -> None:
    told = stack.words("credit-note", "PW-000001", "--part", part, *SAID, code=2)
    assert "is no part of an invoice. Write 3=120.00" in told.replace("│ ", "")


def test_a_line_is_credited_once_in_a_request(stack: DeployedStack) -> None:
    parts = ("--part", "1=5.00", "--part", "1x1")
    assert "a line is listed twice" in stack.words("credit-note", "PW-1", *parts, *SAID, code=2)
