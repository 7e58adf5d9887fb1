"""Commands about cycles on a deployed stack: start, look, decide, let go on, bill again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.domain.cycles import CycleId
from msp_billing.domain.periods import Period
from mspbill import cycles
from tests.documents.test_written_commands import mistake
from tests.mspbill.deployed_stack import DeployedStack, deployed_stack
from tests.mspbill.small_provider import BAD_DATE, write_provider

START_AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
DECEMBER = Period(year=2026, month=12)
NAMES = ("alder", "birch", "dogwood")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedStack]:
    """Three providers on the evening of 1 December; two ask for a decision, dogwood is stopped."""
    root = tmp_path_factory.mktemp("cycles")
    loaded = []
    for name in NAMES:
        changes = [("provider.yaml", "pinewood\n", f"{name}\n")]
        if name == "alder":
            changes.append(BAD_DATE)
        loaded.append(load_provider_directory(write_provider(root / name, *changes)))
    with deployed_stack(START_AT, *loaded, first_period=DECEMBER) as deployed:
        deployed.run_until(datetime(2026, 12, 1, 14, tzinfo=UTC))  # the sweep was at 13:30
        cycle = CycleId(provider="dogwood", run="monthly", period=DECEMBER)
        found = deployed.ports.cycles.find(cycle)
        assert found is not None
        boto3.client("stepfunctions").stop_execution(executionArn=found.owner)
        deployed.run_until(datetime(2026, 12, 1, 19, tzinfo=UTC))
        yield deployed


def of(provider: str) -> tuple[str, ...]:
    return ("--provider", provider, "--stack", "trial")


def monthly(command: str, *more: str) -> tuple[str, ...]:
    return ("cycle", command, "monthly", "2026-12", *more)


def test_a_rejected_cycle_is_taken_over_and_counts_anew(stack: DeployedStack) -> None:
    told = stack.words(*monthly("reject"), *of("birch"), "--by", "kim", "--why", "wrong prices")
    again = "$ mspbill cycle redrive monthly 2026-12 --provider birch --stack trial"
    assert f"Nothing was numbered. When it is mended, let it count anew: {again}" in told
    stack.settle()
    shown = stack.words(*monthly("show"), *of("birch"), code=1)
    assert "It stopped: kim rejected the run: wrong prices." in shown
    again = stack.words(*monthly("approve"), *of("birch"), "--by", "pat", code=2)
    assert "does not wait any more: it stopped. Let it go on: $ mspbill cycle redrive" in again
    gone_on = stack.words(*monthly("redrive"), *of("birch"), "--by", "pat")
    assert "is taken over by another execution" in gone_on
    assert "It counts anew, with policy and prices as they are now." in gone_on
    stack.settle()
    assert stack.json(*monthly("show"), *of("birch"), code=3)["cycle"]["attempt"] == 2


def test_what_needs_a_person_is_listed_with_the_command_to_do_it(stack: DeployedStack) -> None:
    told = stack.words("exceptions", *of("dogwood"), code=4)
    assert "Pinewood IT & Sons (dogwood): 1 thing" in told
    assert "A run's execution has died monthly 2026-12" in told
    assert "$ mspbill cycle redrive monthly 2026-12 --provider dogwood --stack trial" in told
    everybody = stack.json("exceptions", "--stack", "trial", code=4)
    assert {entry["provider"] for entry in everybody} == set(NAMES)
    assert stack.json("exceptions", *of("dogwood"), "--account", "harbor") == []
    misspelt = stack.words("exceptions", *of("dogwood"), "--account", "harbr", code=2)
    assert "dogwood has no account 'harbr'. Did you mean harbor?" in misspelt
    nowhere = stack.words("exceptions", "--account", "harbr", "--stack", "trial", code=2)
    assert "No provider here has an account 'harbr'." in nowhere
    unknown = stack.words("exceptions", *of("nobody"), code=2)
    assert "There is no provider 'nobody' here" in unknown
    for entry in everybody:
        words = shlex.split(entry["command"])[1:]
        assert words[-2:] == ["--stack", "trial"]
        assert mistake(words) is None, entry["command"]


def test_an_execution_that_died_goes_on_where_it_stopped(
    stack: DeployedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = stack.words(*monthly("show"), *of("dogwood"), code=1)
    assert "nobody works on it" in shown
    redriven: list[str] = []
    monkeypatch.setattr(cycles, "redrive_execution", redriven.append)
    told = stack.words(*monthly("redrive"), *of("dogwood"))
    assert "goes on where it stopped: WaitForComparison." in told
    (arn,) = redriven
    assert arn.endswith(":dogwood_monthly_2026-12")


def test_an_execution_that_is_too_old_is_taken_over_with_what_it_counted(
    stack: DeployedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_old(_arn: str) -> None:
        told = {"Code": "ExecutionNotRedrivable", "Message": "Execution ended over 14 days ago"}
        raise ClientError({"Error": told}, "RedriveExecution")

    monkeypatch.setattr(cycles, "redrive_execution", too_old)
    told = stack.words(*monthly("redrive"), *of("dogwood"), "--by", "pat")
    assert "Step Functions says: Execution ended over 14 days ago" in told
    assert "It keeps what it pinned, counted and numbered." in told
    stack.settle()
    assert stack.json(*monthly("show"), *of("dogwood"), code=3)["stands"] == "waits for a decision"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("start", "monthly", "2026-12"), 0, "is under way; nothing was started"),
        (("start", "monthly", "2026-10"), 2, "bills with this system from 2026-12 on"),
        (("start", "monthl", "2026-12"), 2, "has no run 'monthl', but monthly, projects"),
        (("start", "monthly", "2026-13"), 2, "'2026-13' is no month"),
        (("redrive", "monthly", "2026-12"), 2, "waits for a decision and needs no redrive"),
        (("redrive", "projects", "2026-12"), 2, "has not opened yet; it starts by itself"),
        (("approve", "projects", "2026-12", "--by", "pat"), 2, "there is nothing to decide"),
        (("show", "projects", "2026-12"), 0, "Nothing to do: it goes on by itself."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_makes_no_sense_is_refused_with_what_to_do(
    stack: DeployedStack, arguments: tuple[str, ...], code: int, told: str
) -> None:
    assert told in stack.words("cycle", *arguments, *of("alder"), code=code)


def test_a_function_that_may_not_be_called_is_said_and_done_without(
    stack: DeployedStack,
) -> None:
    stack.billing.cloud.fail_with("lambda", "Invoke", "AccessDeniedException", status=403)
    start: Any = ("cycle", "start", "projects", "2026-12", "--by", "pat", *of("alder"))
    told = stack.words(*start)
    assert "The function StartCycleFunction cannot be called" in told
    assert "alder_projects_2026-12 was started." in told


def test_a_cycle_is_approved_by_name_billed_and_shown_with_what_is_left(
    stack: DeployedStack,
) -> None:
    told = stack.words(*monthly("show"), *of("alder"), code=3)
    assert "waits for a decision" in told
    assert "until 6 December 2026, 12:00 CST" in told
    assert "accounts 1 parked, 1 billed, 1 nothing to bill" in told
    assert "birch (Birch Dental):" in told
    assert "2025-02-30" in told
    assert "mspbill cycle approve monthly 2026-12 --by NAME" in told
    done = stack.words(*monthly("approve"), *of("alder"), "--by", "pat", "--why", "looked")
    assert "was approved by pat" in done
    assert "The policy asks books@pinewood.example; pat is none of them." in done
    stack.settle()
    refused = stack.words(*monthly("reject"), *of("alder"), "--by", "kim", "--why", "x", code=2)
    assert "was approved by pat already" in refused
    stack.run_until(datetime(2026, 12, 2, 15, tzinfo=UTC))
    shown = stack.json(*monthly("show"), *of("alder"), code=4)
    assert (shown["stands"], shown["numbers"]) == (
        "closed",
        {"given": 1, "first": "PW-000001", "last": "PW-000001"},
    )
    assert shown["approval"]["why"] == "looked"
    assert "task_token" not in shown["approval"]
    assert shown["execution"]["status"] == "SUCCEEDED"
    assert "mspbill cycle bill-again monthly 2026-12 ACCOUNT" in shown["next"][0]
    (line,) = [
        entry
        for entry in stack.json("cycle", "list", *of("alder"))
        if (entry["id"]["run"], entry["id"]["period"]) == ("monthly", "2026-12")
    ]
    assert (line["stands"], line["summary"]["parked"]) == ("closed", 1)
    assert "1 invoice, $255.30, 1 parked" in stack.words("cycle", "list", *of("alder"))

    # Its parked account, while the export is as it was:
    again = ("bill-again", "birch", "--by", "pat", "--why", "export mended")
    still = stack.words(*monthly(*again), *of("alder"), code=4)
    assert "birch stays parked; nothing was numbered." in still
    refused = stack.words(*monthly("bill-again", "harbor", *again[2:]), *of("alder"), code=2)
    assert "PW-000001 of harbor stands: void it by a credit note first." in refused
