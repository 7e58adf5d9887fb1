"""Putting a provider directory in force on a deployed stack: a plan like a diff, then yes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.domain.periods import Period
from msp_billing.usecases.apply_provider import apply_plan, apply_provider
from msp_billing.usecases.applying.plan_provider import plan_provider
from msp_billing.usecases.errors import AppliedMeanwhileError
from mspbill import agreeing
from tests.mspbill.deployed_stack import DeployedStack, deployed_stack
from tests.mspbill.small_provider import write_provider

START_AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
AT = ("--stack", "trial")
ATTEMPTS = 5
"""Of botocore, before it gives a request up."""


@pytest.fixture(scope="module")
def stack() -> Iterator[DeployedStack]:
    with deployed_stack(START_AT) as deployed:
        yield deployed


def write(root: Path, name: str, **changes: tuple[str, str]) -> Path:
    """The small provider under a name of its own, with texts of its files exchanged."""
    directory = write_provider(root / name, ("provider.yaml", "pinewood\n", f"{name}\n"))
    exchange(directory, **changes)
    return directory


def exchange(directory: Path, **changes: tuple[str, str]) -> None:
    files = {
        "policy": directory / "provider.yaml",
        "prices": directory / "price-book.yaml",
        "harbor": directory / "accounts" / "harbor.yaml",
    }
    for name, (old, new) in changes.items():
        text = files[name].read_text("utf-8")
        assert old in text, old
        files[name].write_text(text.replace(old, new), "utf-8")


def changes(told: dict[str, Any]) -> set[tuple[str, str]]:
    return {(change["kind"], change["what"]) for change in told["changes"]}


def test_a_new_provider_is_planned_and_then_applied_whole(
    stack: DeployedStack, tmp_path: Path
) -> None:
    directory = write(tmp_path, "alder")
    told = stack.words("provider", "plan", directory, *AT, code=4)
    assert "new on this stack, bills from 2026-12 on" in told
    assert "Nothing was written." in told
    assert stack.ports.policies.find_current("alder") is None
    done = stack.words("provider", "apply", directory, "--yes", *AT)
    assert "In force: policy 1, price book 1, 3 accounts" in done
    assert "Monthly invoice for 2026-12 opens 1 December 2026, 06:00 (America/Chicago)" in done
    stack.settle()
    shown = stack.json("provider", "show", "--provider", "alder", *AT)
    assert shown["schedules"] == ["alder_monthly", "alder_projects"]
    assert shown["schedules_out_of_step"] == []
    told = stack.words("provider", "show", "alder", *AT)
    assert "in force since 30 November 2026, 06:00 CST" in told  # 12:00 UTC
    listed = stack.json("provider", "list", *AT)
    assert [entry["accounts"] for entry in listed if entry["provider"] == "alder"] == [3]


def test_applying_the_same_again_writes_nothing(stack: DeployedStack, tmp_path: Path) -> None:
    directory = write(tmp_path, "birch")
    stack("provider", "apply", directory, "--yes", *AT)
    stack.settle()
    before = stack.ports.policies.current("birch")
    stack.pass_time(minutes=5)
    told = stack.words("provider", "apply", directory, *AT)
    assert "Nothing changed: the stack has it all. Nothing was written." in told
    assert stack.ports.policies.current("birch") == before


def test_what_changes_is_told_field_by_field(stack: DeployedStack, tmp_path: Path) -> None:
    directory = write(tmp_path, "cedar")
    stack("provider", "apply", directory, "--yes", *AT)
    stack.settle()
    exchange(
        directory,
        policy=('opens: {day: 10, at: "06:00"}', 'opens: {day: 9, at: "06:00"}'),
        prices=('each: "85.10"', 'each: "88.00"'),
        harbor=("    title: Managed", "    ends_on: 2027-03-31\n    title: Managed"),
    )
    exchange(directory, policy=('version: "1"', 'version: "2"'))
    exchange(directory, prices=('version: "1"', 'version: "2"'))
    told = stack.words("provider", "plan", directory, *AT, code=4)
    assert "in force since 30 November 2026, 06:" in told
    assert "policy 1 -> 2, price book 1 -> 2" in told
    assert "~ run projects (Project invoice) opens / day 10 -> 9" in told
    assert "prices / 2026-01-01 / price / each 85.10 -> 88.00" in told
    assert "agreements / managed / ends_on + 2027-03-31" in told
    assert "~ cedar_projects opens day 9 at 06:00, America/Chicago" in told
    assert "0 to add, 4 to change, 0 to remove." in told


def test_a_version_keeps_its_content(stack: DeployedStack, tmp_path: Path) -> None:
    directory = write(tmp_path, "dogwood")
    stack("provider", "apply", directory, "--yes", *AT)
    exchange(directory, policy=("name: Pinewood", "name: Dogwood"))
    told = stack.words("provider", "apply", directory, "--yes", *AT, code=2)
    assert "was applied as version 1 before, with other content" in told
    assert "Give the changed file a new 'version'" in told
    (problem,) = stack.json("provider", "plan", directory, *AT, code=2)["problems"]
    assert (problem["code"], problem["file"]) == ("version-conflict", "provider.yaml")


def test_what_is_left_out_stays_and_is_named(stack: DeployedStack, tmp_path: Path) -> None:
    directory = write(tmp_path, "elm")
    stack("provider", "apply", directory, "--yes", *AT)
    stack.settle()
    (directory / "accounts" / "quiet.yaml").unlink()
    exchange(directory, harbor=("agreement: managed", "agreement: monthly"))
    told = stack.json("provider", "apply", directory, "--yes", *AT)
    assert changes(told) == {("changed", "harbor (Harbor <b>& Co</b>)")}
    left_out, replaced = (warning["what"] for warning in told["warnings"])
    assert "quiet. They stay as they are, and are billed." in left_out
    assert "The agreement managed of harbor is left out" in replaced
    assert stack.ports.book.find("elm", "quiet") is not None


def test_months_that_would_be_billed_afterwards_are_named(
    stack: DeployedStack, tmp_path: Path
) -> None:
    directory = write(tmp_path, "laurel")
    early = ("--first-period", "2026-10")
    told = stack.words("provider", "plan", directory, *early, *AT, code=4)
    assert "The run monthly should have opened for 2026-10, 2026-11 already" in told
    assert "The run projects should have opened for 2026-10, 2026-11 already" in told


def test_nobody_says_yes_for_a_program(stack: DeployedStack, tmp_path: Path) -> None:
    directory = write(tmp_path, "fir")
    assert "Say yes with --yes." in stack.words("provider", "apply", directory, *AT, code=2)
    assert stack.json("provider", "apply", directory, *AT, code=2)["problems"][0]["code"] == (
        "not-agreed"
    )
    assert stack.ports.policies.find_current("fir") is None


def test_whoever_says_no_changes_nothing(
    stack: DeployedStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreeing, "at_a_terminal", lambda: True)
    directory = write(tmp_path, "gum")
    told = stack.words("provider", "apply", directory, *AT, code=2, typed="n\n")
    assert "Put this in force? [y/N]" in told
    assert told.endswith("Nothing was changed.")
    assert stack.ports.policies.find_current("gum") is None
    assert "In force" in stack("provider", "apply", directory, *AT, typed="y\n")


def test_a_plan_is_refused_when_somebody_else_applied_meanwhile(
    stack: DeployedStack, tmp_path: Path
) -> None:
    loaded = load_provider_directory(write(tmp_path, "hazel"))
    given = (loaded.policy, loaded.price_book, loaded.accounts)
    planned = plan_provider(stack.ports, *given)
    apply_provider(stack.ports, *given, Period(year=2026, month=12))
    current = stack.ports.policies.current("hazel")
    with pytest.raises(AppliedMeanwhileError, match="nothing was changed"):
        apply_plan(stack.ports, planned, *given)
    assert stack.ports.policies.current("hazel") == current


def test_accounts_and_versions_come_into_force_in_one_transaction(
    stack: DeployedStack, tmp_path: Path
) -> None:
    loaded = load_provider_directory(write(tmp_path, "iris"))
    given = (loaded.policy, loaded.price_book)
    apply_provider(stack.ports, *given, loaded.accounts, Period(year=2026, month=12))
    changed = [account.model_copy(update={"name": "Other"}) for account in loaded.accounts]
    stack.pass_time(minutes=1)
    planned = plan_provider(stack.ports, *given, changed)
    stack.billing.cloud.lose_request("dynamodb", "TransactWriteItems", times=ATTEMPTS)
    with pytest.raises(ConnectTimeoutError):
        apply_plan(stack.ports, planned, *given, changed)
    assert {entry.account.name for entry in stack.ports.book.entries("iris")} != {"Other"}
    assert stack.ports.policies.current("iris") == planned.replaces
    apply_plan(stack.ports, planned, *given, changed)
    assert {entry.account.name for entry in stack.ports.book.entries("iris")} == {"Other"}


def test_a_prefix_that_documents_have_is_not_given_to_another_row(
    stack: DeployedStack, tmp_path: Path
) -> None:
    """The counter of credit notes stands at nought: it would begin among the invoices' numbers."""
    directory = write(tmp_path, "larch")
    stack("provider", "apply", directory, "--yes", *AT)
    prefix = load_provider_directory(directory).policy.invoice_number_prefix
    exchange(directory, policy=('version: "1"', 'version: "2"'))
    moved = f"invoice_number_prefix: NEW-\ncredit_note_number_prefix: {prefix}"
    exchange(directory, policy=(f"invoice_number_prefix: {prefix}", moved))
    told = stack.words("provider", "apply", directory, "--yes", *AT, code=2)
    assert f"The number prefix '{prefix}' is of invoices, and would be of credit notes" in told
    assert "nothing was changed" in told
    assert stack.ports.policies.current("larch").policy_version == "1"


def test_a_directory_that_is_wrong_is_refused_by_file_and_line(
    stack: DeployedStack, tmp_path: Path
) -> None:
    directory = write(tmp_path, "juniper", harbor=("product: SETUP", "product: SETTUP"))
    told = stack.words("provider", "apply", directory, "--yes", *AT, code=2)
    assert "accounts/harbor.yaml:" in told
    assert "1 problem; nothing was written." in told


def test_a_cycle_under_way_keeps_what_it_opened_with(stack: DeployedStack, tmp_path: Path) -> None:
    directory = write(tmp_path, "katsura")
    stack("provider", "apply", directory, "--yes", *AT)
    stack.run_until(datetime(2026, 12, 1, 13, tzinfo=UTC))
    exchange(directory, policy=('version: "1"', 'version: "2"'))
    exchange(directory, harbor=("2 Side Street", "4 Side Street"))
    told = stack.words("provider", "plan", directory, *AT, code=4)
    assert "The cycle monthly 2026-12 is under way. It goes on with policy 1" in told
    assert "has not sealed its accounts yet" in told
