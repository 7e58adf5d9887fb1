"""Commands on a deployed stack: they find its resources by their names, and go by its clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from msp_billing.adapters.directory.provider_directory import load_provider_directory
from mspbill import environment, opening
from mspbill.stack_names import variables_of
from tests.mspbill.deployed_stack import STACK, DeployedStack, deployed_stack
from tests.mspbill.small_provider import write_provider

START_AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedStack]:
    directory = write_provider(tmp_path_factory.mktemp("deployed") / "pinewood")
    with deployed_stack(START_AT, load_provider_directory(directory)) as deployed:
        yield deployed


def test_a_question_is_answered_from_the_stack(stack: DeployedStack) -> None:
    told = stack.json("account", "harbor", "--stack", STACK)
    assert (told["account_name"], told["at"]) == ("Harbor <b>& Co</b>", "2026-11-30T12:00:00Z")


def test_a_change_is_made_in_the_stack(stack: DeployedStack) -> None:
    paid = ("--method", "check", "--reference", "1001", "--by", "pat@pinewood.example")
    stack("pay", "harbor", "100", *paid, "--stack", STACK)
    assert stack.json("account", "harbor", "--stack", STACK)["balance"] == "-100"


def test_without_the_stack_nothing_is_found(stack: DeployedStack) -> None:
    assert "Say where to read" in stack("account", "harbor", code=2)
    assert "cannot be looked at" in stack.words("account", "harbor", "--stack", "other", code=2)


def test_the_variables_are_those_that_the_functions_have(stack: DeployedStack) -> None:
    found = variables_of(opening.stack_names(STACK))
    for function in environment.function_names():
        given = stack.billing.cloud.function_environment(function)
        for name in given.keys() & found.keys():
            assert found[name] == given[name], name
    assert found["TABLE_NAME"] == os.environ["TABLE_NAME"]
