"""What the SAM translator needs to work without S3 and without IAM."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from typing import Any

from samtranslator.yaml_helper import yaml_parse

# It warns about usage statistics that it could not send.
logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)
_URI_PROPERTIES = ("CodeUri", "ContentUri", "DefinitionUri")
_NOWHERE = "s3://local-cloud/not-uploaded"


class ManagedPolicies(dict[str, str]):
    """Names of AWS-managed policies to arns, without asking IAM for the list."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and re.fullmatch(r"[A-Za-z0-9_]+", name) is not None

    def __missing__(self, name: str) -> str:
        return f"arn:aws:iam::aws:policy/{name}"

    def get(self, name: str, default: Any = None) -> Any:
        """The arn of a managed policy."""
        return self[name] if name in self else default  # noqa: SIM401 - `get` is made here


@lru_cache(maxsize=4)
def parsed(text: str) -> Any:
    """A template as data. Reading YAML takes longer than everything else that is done with it."""
    return yaml_parse(text)


def take_local_uris(source: Any) -> tuple[dict[str, str], dict[str, str]]:
    """Take the local folders and files out: the translator insists on objects in S3."""
    everywhere = source.get("Globals", {}).get("Function", {})
    code_uris, definition_uris = {}, {}
    for logical_id, resource in source["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            code_uris[logical_id] = str(properties.get("CodeUri", everywhere.get("CodeUri", ".")))
        if resource["Type"] == "AWS::Serverless::StateMachine" and "DefinitionUri" in properties:
            definition_uris[logical_id] = str(properties["DefinitionUri"])
        for name in _URI_PROPERTIES:
            if name in properties:
                properties[name] = _NOWHERE
    if "CodeUri" in everywhere:
        everywhere["CodeUri"] = _NOWHERE
    return code_uris, definition_uris
