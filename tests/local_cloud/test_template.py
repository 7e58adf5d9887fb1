from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from local_cloud.resources import ResourceMaker
from local_cloud.template import Template, TemplateError

BODY: dict[str, Any] = {
    "Transform": "AWS::Serverless-2016-10-31",
    "Parameters": {
        "Stage": {"Type": "String", "Default": "test"},
        "Zones": {"Type": "CommaDelimitedList", "Default": "a,b"},
    },
    "Mappings": {"Sizes": {"test": {"Memory": 256}}},
    "Conditions": {
        "IsTest": {"Fn::Equals": [{"Ref": "Stage"}, "test"]},
        "IsLive": {"Fn::Not": [{"Condition": "IsTest"}]},
    },
    "Resources": {
        "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "bus"}},
        "Live": {"Type": "AWS::SQS::Queue", "Condition": "IsLive"},
    },
}


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def read_with(**changes: Any) -> Template:
        path = tmp_path / "template.yaml"
        parameters = changes.pop("parameters", {})
        path.write_text(yaml.safe_dump({**BODY, **changes}), encoding="utf-8")
        return Template.read(path, parameters)

    return read_with


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "Stage"}, "test"),
        ({"Ref": "Zones"}, ["a", "b"]),
        ({"Ref": "Table"}, "local-Table"),
        ({"Ref": "Bucket"}, "local-bucket"),
        ({"Ref": "Queue"}, "https://sqs.us-east-1.amazonaws.com/123456789012/local-Queue"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        (
            {"Fn::GetAtt": ["Table", "Arn"]},
            "arn:aws:dynamodb:us-east-1:123456789012:table/local-Table",
        ),
        ({"Fn::GetAtt": "Queue.QueueName"}, "local-Queue"),
        (
            {"Fn::Sub": "${Bus}-${Stage}-${!kept}-${Table.Arn}"},
            "bus-test-${kept}-arn:aws:dynamodb:us-east-1:123456789012:table/local-Table",
        ),
        ({"Fn::Sub": ["${x}", {"x": {"Ref": "Stage"}}]}, "test"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}, "a-test"),
        ({"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::FindInMap": ["Sizes", {"Ref": "Stage"}, "Memory"]}, 256),
        ({"Fn::If": ["IsTest", "yes", "no"]}, "yes"),
        ({"Fn::Base64": "a"}, "YQ=="),
        ({"a": {"Fn::If": ["IsLive", 1, {"Ref": "AWS::NoValue"}]}, "b": 2}, {"b": 2}),
        ([{"Ref": "AWS::NoValue"}, 1], [1]),
    ],
)
def test_intrinsic_functions_become_plain_values(read: Any, value: Any, expected: Any) -> None:
    assert read().resolve(value) == expected


def test_parameters_decide_which_resources_there_are(read: Any) -> None:
    assert "Live" not in {resource.logical_id for resource in read().resources()}
    live = read(parameters={"Stage": "live"})
    assert "Live" in {resource.logical_id for resource in live.resources()}


def test_what_is_not_known_is_refused_by_name(read: Any) -> None:
    with pytest.raises(TemplateError, match="Wrong"):
        read(parameters={"Wrong": "x"})
    with pytest.raises(TemplateError, match="no resource 'Nothing'"):
        read().arn("Nothing")
    with pytest.raises(TemplateError, match="Fn::Cidr"):
        read().resolve({"Fn::Cidr": []})
    cluster = {"Cluster": {"Type": "AWS::ECS::Cluster"}}
    with pytest.raises(TemplateError, match="AWS::ECS::Cluster"):
        ResourceMaker(read(Resources=cluster), lambda name: None).make_all()
