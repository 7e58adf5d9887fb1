"""The schema of the event, for every test that sees one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "docs" / "schemas" / "events" / "account-entitlement-changed.v1.json"


def validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


def assert_valid(records: Iterable[Mapping[str, Any]]) -> None:
    """Each record is as the schema says, and has no field that it does not name."""
    checks = validator()
    named = set(json.loads(SCHEMA.read_text("utf-8"))["properties"])
    for record in records:
        assert [error.message for error in checks.iter_errors(dict(record))] == []
        assert set(record) == named
