"""What a local cloud held is there again after it was closed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.domain.periods import Period
from mspbill.billing_run import LocalBilling
from mspbill.planning import plan_cycles, start_of_clock
from mspbill.saved_state import SavedStateError, open_state, save_state
from tests.mspbill.small_provider import write_provider

DECEMBER = Period(year=2026, month=12)
DOCUMENT = "pinewood/a/document.pdf"
CONTENT = b"%PDF-1.7\x00\xff" * 100


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The same state, saved from two clouds."""
    root = tmp_path_factory.mktemp("states")
    directory = load_provider_directory(write_provider(root / "pinewood"))
    cycles = plan_cycles(directory.policy, ["monthly"], (DECEMBER,))
    for name in ("one", "two"):
        with LocalBilling(start_of_clock(cycles)) as billing:
            billing.load(directory, DECEMBER)
            billing.ports.records.put_once(DOCUMENT, CONTENT, "application/pdf")
            save_state(billing, "pinewood", root / name)
    return root / "one", root / "two"


def test_accounts_policies_and_documents_are_there_again_and_the_clock_stands_still(
    states: tuple[Path, Path],
) -> None:
    with open_state(states[0]) as saved:
        assert saved.provider == "pinewood"
        assert saved.ports.clock.now() == saved.saved_at
        assert saved.ports.records.get(DOCUMENT) == CONTENT
        versions = saved.ports.policies.current("pinewood")
        policy = saved.ports.policies.policy("pinewood", versions.policy_version)
        assert policy.name == "Pinewood IT & Sons"
        names = [entry.account.name for entry in saved.ports.book.entries("pinewood")]
        assert names == ["Birch Dental", "Harbor <b>& Co</b>", "Quiet Library"]


def test_the_same_state_is_the_same_bytes(states: tuple[Path, Path]) -> None:
    one, two = states
    assert {path.name for path in one.iterdir()} == {
        "state.json",
        "items.jsonl.gz",
        "documents.jsonl.gz",
    }
    for path in one.iterdir():
        assert path.read_bytes() == (two / path.name).read_bytes()


def test_what_happens_to_an_open_state_does_not_come_back_into_its_folder(
    states: tuple[Path, Path],
) -> None:
    before = {path.name: path.read_bytes() for path in states[0].iterdir()}
    with open_state(states[0]) as saved:
        saved.ports.records.put_once("pinewood/b", b"x", "text/plain")
    assert {path.name: path.read_bytes() for path in states[0].iterdir()} == before


def test_a_folder_without_a_state_is_refused_with_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(SavedStateError, match="holds no saved state"), open_state(tmp_path):
        pass


def test_a_file_that_was_changed_is_refused(states: tuple[Path, Path], tmp_path: Path) -> None:
    for path in states[0].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "items.jsonl.gz").write_bytes(gzip.compress(b"{}\n"))
    with pytest.raises(SavedStateError, match="not as it was written"), open_state(tmp_path):
        pass
    (tmp_path / "items.jsonl.gz").write_bytes(b"no gzip at all")
    with pytest.raises(SavedStateError, match="cannot be read"), open_state(tmp_path):
        pass
