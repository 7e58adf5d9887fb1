"""What calls a version of a function, and what calls the newest (ADR 0019; docs/faults.md, 21).

The template is translated as CloudFormation does it: as it is, and as after a build with another
layer.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import boto3
import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local_cloud.sam import ManagedPolicies, take_local_uris
from local_cloud.template import REGION, Template
from tests.frame import repository
from tests.frame.template_checks import of_type

#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST_RESOURCES = 500
MOST_BYTES = 1_000_000
#: What of a function's properties is its configuration, which a version keeps.
CONFIGURATION = ("Environment", "Layers", "LoggingConfig", "MemorySize", "Timeout", "Tracing")


@cache
def translated(**content_uris: str) -> dict[str, Any]:
    """Plain CloudFormation; `content_uris` are where `sam build` put changed layers."""
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)  # the translator asks for it
    source = copy.deepcopy(repository.template())
    take_local_uris(source)
    for layer, uri in content_uris.items():
        source["Resources"][layer]["Properties"]["ContentUri"] = uri
    values = {name: str(raw.get("Default", "")) for name, raw in source["Parameters"].items()}
    session = boto3.Session(region_name=REGION)
    body: dict[str, Any] = Translator(ManagedPolicies(), Parser(), boto_session=session).translate(
        source, values
    )
    return body


@cache
def resolved() -> Template:
    return Template.read(repository.TEMPLATE, {})


def functions() -> dict[str, dict[str, Any]]:
    return dict(of_type(repository.template(), "AWS::Serverless::Function"))


def substitutions(machine: str) -> dict[str, Any]:
    properties = repository.template()["Resources"][machine]["Properties"]
    return {
        name: value
        for name, value in properties["DefinitionSubstitutions"].items()
        if name.endswith("FunctionArn")
    }


def versions(body: dict[str, Any]) -> dict[str, str]:
    """The logical id of the version of each function."""
    return {
        version["Properties"]["FunctionName"]["Ref"]: name
        for name, version in of_type(body, "AWS::Lambda::Version")
    }


def called() -> Iterator[tuple[str, str]]:
    """Yield what schedules, rules, routes and permissions call, with who does."""
    body = translated()
    for name, found in of_type(body, "AWS::Scheduler::Schedule"):
        yield name, json.dumps(found["Properties"]["Target"]["Arn"])
    for name, found in of_type(body, "AWS::Events::Rule"):
        for target in found["Properties"]["Targets"]:
            yield name, json.dumps(target["Arn"])
    for name, found in of_type(body, "AWS::Lambda::Permission"):
        yield name, json.dumps(found["Properties"]["FunctionName"])
    for name, found in of_type(body, "AWS::ApiGatewayV2::Api"):
        for path, methods in found["Properties"]["Body"]["paths"].items():
            for method in methods.values():
                uri = method["x-amazon-apigateway-integration"]["uri"]
                yield f"{name} {path}", json.dumps(uri)


def test_every_function_is_published_and_live_names_its_version() -> None:
    published = versions(translated())
    assert set(published) == set(functions())
    aliases = dict(of_type(translated(), "AWS::Lambda::Alias"))
    assert {alias["Properties"]["FunctionName"]["Ref"] for alias in aliases.values()} == set(
        published
    )
    for name, alias in aliases.items():
        assert alias["Properties"]["Name"] == "live"
        version = published[alias["Properties"]["FunctionName"]["Ref"]]
        assert alias["Properties"]["FunctionVersion"] == {"Fn::GetAtt": [version, "Version"]}, name


def test_a_cycle_calls_the_versions_that_it_began_with_and_they_are_kept() -> None:
    body = translated()
    for name, value in substitutions("BillingCycle").items():
        function = name.removesuffix("Arn")
        assert value == {"Ref": f"{function}.Version"}
        version = body["Resources"][versions(body)[function]]
        # Dropped from the template (another hash) or replaced (another description): it stays.
        assert (version["DeletionPolicy"], version["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize("machine", ["Dunning", "HoldRelease"])
def test_what_lives_for_months_calls_the_newest_version(machine: str) -> None:
    assert substitutions(machine)
    for name, value in substitutions(machine).items():
        assert value == {"Ref": f"{name.removesuffix('Arn')}.Alias"}


def test_every_state_machine_is_asked_about() -> None:
    machines = {name for name, _ in of_type(repository.template(), "AWS::Serverless::StateMachine")}
    assert machines == {"BillingCycle", "Dunning", "HoldRelease"}


def test_schedules_rules_routes_and_permissions_call_the_alias() -> None:
    found = dict(called())
    assert len(found) > 20
    aliases = [name for name, _ in of_type(translated(), "AWS::Lambda::Alias")]
    past = {
        who: what
        for who, what in found.items()
        if not any(f'"{alias}"' in what or f"${{{alias}}}" in what for alias in aliases)
    }
    assert past == {}


def test_retries_and_lost_events_are_those_of_the_alias() -> None:
    configured = dict(of_type(translated(), "AWS::Lambda::EventInvokeConfig"))
    assert configured
    for name, found in configured.items():
        assert found["Properties"]["Qualifier"] == "live", name


def test_nothing_in_the_template_calls_a_function_without_its_alias() -> None:
    text = repository.TEMPLATE.read_text("utf-8")
    # One may be called: schedules from before there were versions, until the sweep mends them.
    found = re.findall(r"!GetAtt \w+Function\.Arn|\$\{\w+Function\.Arn\}", text)
    assert found == ["!GetAtt StartCycleFunction.Arn"]


def test_no_schedule_is_moved_into_another_group() -> None:
    """CloudFormation would look for it under its name in the new group, and find nothing there.

    A stack that has these, in the group of billing, could not be upgraded.
    """
    before = {
        "SweepAccountsFunctionDailySweep",
        "VerifyLedgersFunctionWeeklyProof",
        "StartMissedCyclesFunctionDailySweep",
        "SendQueuedMailFunctionDailyLook",
    }
    now = {name for name, _ in of_type(translated(), "AWS::Scheduler::Schedule")}
    assert len(now) == len(before)
    assert not now & before


def test_monthly_schedules_may_start_cycles_by_the_alias() -> None:
    template = repository.template()
    role = template["Resources"]["MonthlyScheduleRole"]["Properties"]["Policies"][0]
    alias = {"Ref": "StartCycleFunction.Alias"}
    digest = {"Ref": "SendDigestFunction.Alias"}
    unversioned = {"Fn::GetAtt": ["StartCycleFunction", "Arn"]}
    assert role["PolicyDocument"]["Statement"][0]["Resource"] == [unversioned, alias, digest]
    for name in ("StartMissedCyclesFunction", "SyncSchedulesFunction"):
        variables = functions()[name]["Properties"]["Environment"]["Variables"]
        assert variables["START_CYCLE_FUNCTION_ARN"] == alias
        assert variables["SEND_DIGEST_FUNCTION_ARN"] == digest


@pytest.mark.parametrize("machine", ["BillingCycle", "Dunning", "HoldRelease"])
def test_state_machines_may_call_every_version(machine: str) -> None:
    template = resolved()
    role = template.resolve(template.body["Resources"][f"{machine}Role"]["Properties"])
    allowed = [
        resource
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "lambda:InvokeFunction" in statement["Action"]
        for resource in (
            statement["Resource"]
            if isinstance(statement["Resource"], list)
            else [statement["Resource"]]
        )
    ]
    for name in substitutions(machine):
        arn = template.arn(name.removesuffix("Arn"))
        for qualifier in ("1", "417", "live"):
            assert any(fnmatchcase(f"{arn}:{qualifier}", pattern) for pattern in allowed), name


@pytest.mark.parametrize("layer", ["DependenciesLayer", "BillingLayer", "RenderingLayer"])
def test_a_changed_layer_is_a_new_version_of_each_function_that_has_it(layer: str) -> None:
    before, after = versions(translated()), versions(translated(**{layer: "s3://built/changed"}))
    having = {
        name
        for name, raw in functions().items()
        if {"Ref": layer} in raw["Properties"].get("Layers", [])
    }
    assert having
    assert {name for name in before if before[name] != after[name]} == having


def parameters_of(value: Any) -> set[str]:
    """The parameters that a value depends on, by conditions too."""
    template = repository.template()
    names = set(re.findall(r"\w+", json.dumps(value)))
    for condition in names & set(template.get("Conditions", {})):
        names |= parameters_of(template["Conditions"][condition])
    return names & set(template["Parameters"])


def test_a_parameter_that_reaches_a_function_is_in_the_description_of_its_version() -> None:
    """SAM does not see that a parameter's value changed; CloudFormation sees the description."""
    shared = repository.template()["Globals"]["Function"]
    descriptions = {
        json.dumps(raw["Properties"]["VersionDescription"]) for raw in functions().values()
    }
    assert len(descriptions) == 1
    told = parameters_of(json.loads(descriptions.pop()))
    for name, raw in functions().items():
        for part in CONFIGURATION:
            used = parameters_of([shared.get(part), raw["Properties"].get(part)])
            assert used <= told, name


def test_the_stack_has_room_for_more_resources() -> None:
    body = translated()
    assert len(body["Resources"]) < 0.9 * MOST_RESOURCES
    assert len(json.dumps(body)) < 0.9 * MOST_BYTES
