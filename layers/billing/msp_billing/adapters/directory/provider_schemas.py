"""JSON Schemas of the files of a provider directory, made from the models, for editors."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic import BaseModel

from msp_billing.adapters.directory.provider_logo import LOGO_NAME
from msp_billing.domain.accounts import Account
from msp_billing.domain.policy import ProviderPolicy
from msp_billing.domain.price_book import PriceBook

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_FILES: tuple[tuple[str, type[BaseModel], str], ...] = (
    ("provider", ProviderPolicy, "provider.yaml: the billing policy of a provider"),
    ("price-book", PriceBook, "price-book.yaml: products and list prices"),
    ("account", Account, "accounts/<account>.yaml: who is billed, and the agreements"),
)
_MARK_UP = re.compile(r"``([^`]*)``|:\w+:`([^`]*)`")
_TIME_OF_DAY = r"^([01]\d|2[0-3]):[0-5]\d$"


def provider_schemas() -> dict[str, dict[str, Any]]:
    """A schema by name: ``provider``, ``price-book`` and ``account``.

    They say what the models say, so that an editor completes keys, shows what they are for and
    marks misspelt ones while one writes. What only a look at several files can tell is for
    validation.
    """
    schemas: dict[str, dict[str, Any]] = {}
    for name, model, title in _FILES:
        schema = _as_written(_for_editors(model.model_json_schema()))
        schemas[name] = {"$schema": DIALECT, **schema, "title": title}
    return schemas


def schema_file_name(name: str) -> str:
    """The file of a schema in docs/schemas/."""
    return f"{name}.schema.json"


def schema_text(schema: dict[str, Any]) -> str:
    """A schema as it is written to its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _as_written(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with names of files, or without, where the model has what is in them."""
    schema["properties"].pop("mail_templates", None)
    logo = schema["$defs"].get("Logo")
    if logo is not None:
        what = "Name of an SVG, PNG or JPEG file beside this one."
        logo.clear()
        logo.update(title="Logo", type="string", pattern=LOGO_NAME, description=what)
    return schema


def _for_editors(schema: Any) -> Any:
    """Times without a zone, as they are written here, and descriptions without mark-up.

    The format ``time`` of JSON Schema asks for a zone, which editors then find missing.
    """
    if isinstance(schema, list):
        return [_for_editors(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: _for_editors(value) for key, value in schema.items()}
    if result.get("format") == "time":
        del result["format"]
        result["pattern"] = _TIME_OF_DAY
        if isinstance(result.get("default"), str):
            result["default"] = result["default"][: len("HH:MM")]
    if isinstance(result.get("description"), str):
        unmarked = _MARK_UP.sub(lambda found: found[1] or found[2], result["description"])
        result["description"] = " ".join(unmarked.split())
    return result
