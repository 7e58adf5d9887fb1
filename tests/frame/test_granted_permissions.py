from __future__ import annotations

from typing import Any

import pytest

from tests.frame import repository
from tests.frame.permission_checks import permission_complaints


def test_every_permission_is_one_that_aws_grants() -> None:
    assert permission_complaints(repository.template()) == []


def function(action: Any, resource: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    properties = {"Policies": [{"Statement": [statement]}, {"SQSPollerPolicy": {}}, "Managed"]}
    return {"Resources": {"Asks": {"Type": "AWS::Serverless::Function", "Properties": properties}}}


MACHINE = {"Ref": "HoldRelease"}


@pytest.mark.parametrize(
    ("action", "resource", "complaints"),
    [
        ("states:StartExecution", MACHINE, 0),
        ("states:SendTaskSuccess", "*", 0),
        ("states:SendTaskSuccess", MACHINE, 1),
        (["states:StartExecution", "states:SendTaskFailure"], [MACHINE], 1),
        ("s3:Get*", MACHINE, 0),
    ],
)
def test_an_action_without_resources_is_granted_on_everything(
    action: Any, resource: Any, complaints: int
) -> None:
    assert len(permission_complaints(function(action, resource))) == complaints
