"""A cycle whose run was taken out of the policy since: it is listed, shown, and can go on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from msp_billing.domain.periods import Period
from tests.mspbill.deployed_stack import DeployedStack, deployed_stack
from tests.mspbill.small_provider import BAD_DATE, write_provider

DECEMBER = Period(year=2026, month=12)
HERE = ("--provider", "pinewood", "--stack", "trial")
CYCLE = ("monthly", "2026-12")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedStack]:
    """The run asks for a decision when it is renamed; its name does not bill any more."""
    root = tmp_path_factory.mktemp("removed")
    before = load_provider_directory(write_provider(root / "before", BAD_DATE))
    changes = [
        ("provider.yaml", '"1"', '"2"'),
        ("provider.yaml", "run: monthly", "run: managed"),
        BAD_DATE,
    ]
    after = load_provider_directory(write_provider(root / "after", *changes))
    with deployed_stack(
        datetime(2026, 11, 30, 12, tzinfo=UTC), before, first_period=DECEMBER
    ) as deployed:
        deployed.run_until(datetime(2026, 12, 1, 19, tzinfo=UTC))
        deployed.billing.load(after, DECEMBER)
        deployed.settle()
        yield deployed


def test_a_cycle_goes_on_although_its_run_was_taken_out_of_the_policy(stack: DeployedStack) -> None:
    listed = stack.json("exceptions", *HERE, code=4)
    assert [(entry["kind"], entry["run"]) for entry in listed] == [("approval-waiting", "monthly")]
    lines = stack.json("cycle", "list", *HERE)
    stands = {(entry["id"]["run"], entry["id"]["period"]): entry["stands"] for entry in lines}
    assert stands[CYCLE] == "waits for a decision"
    stack("cycle", "reject", *CYCLE, *HERE, "--by", "kim", "--why", "wrong prices")
    stack.settle()
    told = stack.words("exceptions", *HERE, code=4)
    assert "It counts anew, with the policy and prices that it opened with." in told
    told = stack.words("cycle", "redrive", *CYCLE, *HERE, "--by", "pat")
    assert "It counts anew, with the policy and prices that it opened with." in told
    stack.settle()
    stack("cycle", "approve", *CYCLE, *HERE, "--by", "pat")
    stack.run_until(datetime(2026, 12, 3, 12, tzinfo=UTC))
    shown = stack.json("cycle", "show", *CYCLE, *HERE, code=4)
    assert (shown["stands"], shown["cycle"]["policy_version"]) == ("closed", "1")


def test_an_account_that_it_left_out_can_be_billed_again(stack: DeployedStack) -> None:
    listed = stack.json("exceptions", *HERE, code=4)
    parked = {entry["account"] for entry in listed if entry["kind"] == "account-parked"}
    assert parked
    told = stack.words(
        "cycle", "bill-again", *CYCLE, parked.pop(), *HERE, "--by", "pat", "--why", "try", code=4
    )
    assert "has no run" not in told


def test_a_month_that_it_never_began_is_refused(stack: DeployedStack) -> None:
    told = stack.words("cycle", "start", "monthly", "2027-01", *HERE, code=2)
    assert "pinewood has no run 'monthly', but managed, projects." in told
