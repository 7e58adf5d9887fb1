"""samconfig.toml: each environment sets parameters that the template has, to values it takes."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from tests.frame import repository

ENVIRONMENTS = ("dev", "staging", "prod")
SETTINGS: dict[str, Any] = tomllib.loads((repository.ROOT / "samconfig.toml").read_text("utf-8"))
#: Who sets them here would undo what a person set: a restored table, an address, a trial.
LEFT_TO_PEOPLE = {"BillingTableName", "AlarmEmail", "RunbookUrl", "TrialClock"}


def deploying(environment: str) -> dict[str, Any]:
    parameters: dict[str, Any] = SETTINGS[environment]["deploy"]["parameters"]
    return parameters


def overrides(environment: str) -> dict[str, str]:
    pairs = (entry.partition("=") for entry in deploying(environment)["parameter_overrides"])
    return {name: value for name, _, value in pairs}


def test_there_are_these_environments() -> None:
    assert set(SETTINGS) == {"version", "default", *ENVIRONMENTS}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_parameter_is_one_of_the_template_and_takes_the_value(environment: str) -> None:
    declared = repository.template()["Parameters"]
    for name, value in overrides(environment).items():
        details = declared[name]
        assert value in map(str, details.get("AllowedValues", [value])), name
        assert re.search(details.get("AllowedPattern", ""), value), name
        if details["Type"] == "Number":
            assert details.get("MinValue", 0) <= int(value) <= details.get("MaxValue", int(value))
    assert overrides(environment).keys() & LEFT_TO_PEOPLE == set()


@pytest.mark.parametrize("environment", ["default", *ENVIRONMENTS])
def test_every_environment_may_make_roles_and_says_whose_it_is(environment: str) -> None:
    told = deploying(environment)
    assert (told["capabilities"], told["resolve_s3"]) == ("CAPABILITY_IAM", True)
    assert "application=msp-billing" in told["tags"]
    assert SETTINGS[environment]["global"]["parameters"]["stack_name"]


def test_environments_do_not_share_a_stack() -> None:
    names = [SETTINGS[name]["global"]["parameters"]["stack_name"] for name in ENVIRONMENTS]
    assert len(set(names)) == len(names)


def test_what_bills_is_confirmed_and_kept() -> None:
    assert deploying("prod")["confirm_changeset"] is True
    kept = {name: int(overrides(name)["RecordsRetentionDays"]) for name in ENVIRONMENTS}
    assert kept == {"dev": 1, "staging": 90, "prod": 2557}
    assert overrides("prod")["LogLevel"] == "INFO"
