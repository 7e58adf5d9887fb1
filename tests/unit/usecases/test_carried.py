"""What executions carry is read whichever release wrote it, or refused aloud (faults.md, 21)."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from msp_billing.usecases.dunning import carried
from msp_billing.usecases.dunning.advance import CaseRequest
from msp_billing.usecases.dunning.carried import SCHEMA_VERSION, PayloadVersionError, upgraded
from msp_billing.usecases.dunning.release_ending import LeaveRequest, RestoreRequest
from msp_billing.usecases.dunning.release_keys import AskRequest

CASE = {"provider": "birch", "account": "cedar", "case": 1, "run": 2}
RELEASE = {"provider": "birch", "account": "cedar", "release": 3}
ASKING = {**RELEASE, "asking": 0, "task_token": "token"}
STEPS: list[tuple[type[carried.Carried], dict[str, Any]]] = [
    (CaseRequest, CASE),
    (AskRequest, ASKING),
    (RestoreRequest, RELEASE),
    (LeaveRequest, RELEASE),
]


@pytest.mark.parametrize(("step", "payload"), STEPS)
@pytest.mark.parametrize("version", [None, *range(1, SCHEMA_VERSION + 1), str(SCHEMA_VERSION)])
def test_a_step_reads_the_payload_of_every_version(
    step: type[carried.Carried], payload: dict[str, Any], version: int | str | None
) -> None:
    written = payload if version is None else {**payload, "schema_version": version}
    assert step.model_validate(written) == step.model_validate(payload)
    assert step.model_validate(written).schema_version == SCHEMA_VERSION


@pytest.mark.parametrize(("step", "payload"), STEPS)
@pytest.mark.parametrize("version", [SCHEMA_VERSION + 1, 0, -1, "two", "", 1.5, None])
def test_a_step_refuses_a_version_that_it_does_not_know(
    step: type[carried.Carried], payload: dict[str, Any], version: object
) -> None:
    with pytest.raises(PayloadVersionError, match=f"schema version {version!r}"):
        step.model_validate({**payload, "schema_version": version})


def test_what_a_step_does_not_know_is_still_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        CaseRequest.model_validate({**CASE, "priority": "high"})


def test_there_is_a_way_from_every_version_to_the_newest() -> None:
    assert set(carried._UPGRADES) == set(range(1, SCHEMA_VERSION))


def test_versions_are_upgraded_one_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carried, "SCHEMA_VERSION", 3)
    monkeypatch.setitem(carried._UPGRADES, 2, lambda payload: {**payload, "cause": "overdue"})
    for written in (CASE, {**CASE, "schema_version": 2}):
        assert upgraded(written) == {**CASE, "cause": "overdue", "schema_version": 3}
    newest = {**CASE, "cause": "manual", "schema_version": 3}
    assert upgraded(newest) == newest
