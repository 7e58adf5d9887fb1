"""Permissions as AWS grants them: what knows no resource is granted on all, or not at all.

The local cloud checks no permissions, and a narrow ARN looks right where it denies everything: AWS
ignores a statement whose resource is of no type that the action knows. Which types an action knows
is in the tables that cfn-lint brings along.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from tests.frame.template_checks import Template, of_type

_WITH_POLICIES = (
    "AWS::Serverless::Function",
    "AWS::Serverless::StateMachine",
    "AWS::IAM::Role",
)


def permission_complaints(template: Template) -> list[str]:
    """Statements that grant nothing, because their actions know no such resource."""
    return [
        f"{name}: {action} knows no resource: grant it on '*', in a statement of its own"
        for name, resource in of_type(template, *_WITH_POLICIES)
        for statement in _statements(resource.get("Properties", {}).get("Policies", []))
        if statement.get("Resource") != "*"
        for action in _listed(statement.get("Action", []))
        if not _knows_resources(action)
    ]


def _statements(policies: Any) -> Iterator[dict[str, Any]]:
    for policy in policies:
        if not isinstance(policy, dict):
            continue
        document = policy.get("PolicyDocument", policy)
        yield from _listed(document.get("Statement", []))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _knows_resources(action: str) -> bool:
    """Whether some resource type goes with an action; of wildcards and unknown ones, yes."""
    service, _, name = action.partition(":")
    actions = _tables().get(service, {}).get("Actions", {})
    if name.lower() not in actions:
        return True
    return bool(actions[name.lower()].get("Resources"))


@cache
def _tables() -> dict[str, Any]:
    path = files("cfnlint") / "data" / "AdditionalSpecs" / "Policies.json"
    tables: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return tables
