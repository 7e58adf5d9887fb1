"""Deployments while cycles and cases are under way: docs/faults.md 21, ADR 0019.

Only one version of the package is in this process. What tells two releases apart here is the number
of the version that is called, and the definition of the state machines.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from msp_billing.domain.cycles import CycleState
from msp_billing.domain.periods import Period
from msp_billing.usecases.dunning.carried import SCHEMA_VERSION
from tests.end_to_end.dunning_provider import overdue
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import ROOT, SEPTEMBER, Stage, cycle_id

pytestmark = pytest.mark.daily("sweeps")

NOW = ROOT / "template.yaml"
CASE_VERSION = '"{% $case.schema_version %}"'
OCTOBER = Period.parse("2026-10")


@pytest.fixture
def release(tmp_path: Path) -> Callable[[str, str], Path]:
    """Makes another release: this one, with something else in the definition of dunning."""

    def made(before: str, after: str) -> Path:
        for name in ("template.yaml", "functions"):
            (tmp_path / name).symlink_to(ROOT / name)
        definitions = tmp_path / "statemachines"
        definitions.mkdir()
        for path in (ROOT / "statemachines").iterdir():
            text = path.read_text("utf-8")
            if path.name == "dunning.asl.json":
                assert text.count(before) == 1
                text = text.replace(before, after)
            (definitions / path.name).write_text(text, "utf-8")
        return tmp_path / "template.yaml"

    return made


def versions(stage: Stage, function: str) -> set[str]:
    """The versions of a function that were called."""
    return {number for name, number in stage.cloud._functions._handlers if name == function}


def version_of(code: str) -> tuple[str, str]:
    name, _, version = code.rpartition(":")
    return name.rpartition("-")[2], version


def test_a_cycle_ends_with_the_release_that_opened_it_and_a_new_one_has_the_new(
    stage: Stage,
) -> None:
    stage.set_up(birch().only("cedar"), SEPTEMBER, OCTOBER)
    first, second = cycle_id(), cycle_id(period=OCTOBER)
    assert stage.start(first)["outcome"] == "started"
    stage.settle()
    assert stage.cycle(first).state is CycleState.OPEN
    stage.cloud.deploy(NOW)
    assert stage.start(second)["outcome"] == "started"
    stage.run_until("2026-10-03T00:00:00")
    assert [stage.cycle(entry).state for entry in (first, second)] == [CycleState.CLOSED] * 2
    assert version_of(stage.cycle(first).code) == ("OpenCycleFunction", "1")
    assert version_of(stage.cycle(second).code) == ("OpenCycleFunction", "2")
    # One version each: had the first cycle gone on with the new one, there would be no "1" here.
    for function in ("SealSnapshotFunction", "NumberInvoicesFunction", "CloseCycleFunction"):
        assert versions(stage, function) == {"1", "2"}
    stage.assert_promises(first, second)


def test_a_case_that_began_with_the_first_payload_goes_on_with_the_new_code(
    stage: Stage, release: Callable[[str, str], Path]
) -> None:
    """Its definition knows no version of the payload, for as long as the case lives."""
    unversioned = release(f'"schema_version": {CASE_VERSION},', "")
    cedar = overdue(stage)
    stage.cloud.deploy(unversioned)
    stage.run_until("2026-10-05T00:00:00")
    assert [letter for _, letter, _ in cedar.letters()] == ["c1-past-due-1"]
    stage.cloud.deploy(NOW)
    stage.run_until("2026-10-16T00:00:00")
    assert [letter for _, letter, _ in cedar.letters()][1:] == ["c1-final-1", "c1-credit-hold-1"]
    assert cedar.executions() == {"birch_cedar_c1": "RUNNING"}
    assert versions(stage, "AdvanceCaseFunction") == {"2", "3"}


def test_a_case_of_a_newer_release_is_refused_after_a_rollback_and_begun_anew_by_the_sweep(
    stage: Stage, release: Callable[[str, str], Path]
) -> None:
    newer = release(CASE_VERSION, str(SCHEMA_VERSION + 1))
    cedar = overdue(stage)
    stage.cloud.deploy(newer)
    stage.run_until("2026-10-01T12:00:00")
    (refused,) = stage.executions("birch_cedar_c1")
    assert (refused.status, refused.error) == ("FAILED", "PayloadVersionError")
    assert cedar.letters() == []
    stage.cloud.deploy(NOW)
    stage.run_until("2026-10-03T00:00:00")
    assert cedar.executions()["birch_cedar_c1_r2"] == "RUNNING"
    assert [letter for _, letter, _ in cedar.letters()] == ["c1-past-due-1"]
