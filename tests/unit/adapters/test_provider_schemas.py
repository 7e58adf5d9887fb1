from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from msp_billing.adapters.directory.model_sentences import PATTERNS
from msp_billing.adapters.directory.provider_logo import LOGO_NAME
from msp_billing.adapters.directory.provider_schemas import (
    provider_schemas,
    schema_file_name,
    schema_text,
)
from tests.unit.adapters.directory_samples import SOUND

REPOSITORY = Path(__file__).parents[3]
SAMPLES = REPOSITORY / "providers"
FILES = [
    *(("provider", root / "provider.yaml") for root in (SOUND, *SAMPLES.glob("*/"))),
    *(("price-book", root / "price-book.yaml") for root in (SOUND, *SAMPLES.glob("*/"))),
    *(("account", path) for path in (SOUND / "accounts").glob("*.yaml")),
    *(("account", path) for path in sorted(SAMPLES.glob("*/accounts/*.yaml"))),
]


class EditorLoader(yaml.CSafeLoader):
    """YAML 1.2 as editors read it: no dates, no numbers with colons, no yes and no."""


EditorLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":")[-1] == "null"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
EditorLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(true|false)$"), ["t", "f"]
)
EditorLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?\d+$"), list("-+0123456789")
)
EditorLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?\d+\.\d+$"), list("-+0123456789")
)


def as_in_an_editor(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Loader=EditorLoader)


def complaints(name: str, data: Any) -> list[str]:
    validator = Draft202012Validator(
        provider_schemas()[name], format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    return [error.message for error in validator.iter_errors(data)]


@pytest.mark.parametrize("name", sorted(provider_schemas()))
def test_the_schemas_in_docs_are_those_of_the_models(name):
    committed = (REPOSITORY / "docs/schemas" / schema_file_name(name)).read_text("utf-8")
    assert committed == schema_text(provider_schemas()[name]), "run `make schemas`"
    Draft202012Validator.check_schema(provider_schemas()[name])


@pytest.mark.parametrize(("name", "path"), FILES)
def test_sound_files_pass_the_schemas(name, path):
    found = complaints(name, as_in_an_editor(path))
    # 007, true and yes without quotes are text to the reader and not to an editor.
    excused = ("7 is not", "True is not of type") if path.is_relative_to(SOUND) else ()
    assert [entry for entry in found if not entry.startswith(excused or ("-",))] == []


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("provider", lambda data: data.update(curency="USD")),
        ("provider", lambda data: data["runs"][0]["issue"].update(dya=3)),
        ("provider", lambda data: data["runs"][0]["issue"].update(at="25:00")),
        ("provider", lambda data: data.pop("currency")),
        ("price-book", lambda data: data["products"][0].update(count_rul="servers")),
        ("price-book", lambda data: data["products"][0]["prices"][0].update(from_on="1 May")),
        ("account", lambda data: data["agreements"][0]["lines"][0].update(prodct="SERVER")),
        ("account", lambda data: data.update(account="Acme Corp")),
    ],
)
def test_misspelt_keys_and_wrong_values_do_not_pass(name, change):
    files = {"account": "accounts/birch.yaml"}
    data = as_in_an_editor(SOUND / files.get(name, f"{name}.yaml"))
    before = complaints(name, data)
    change(data)
    assert len(complaints(name, data)) > len(before)


def test_descriptions_have_no_mark_up_of_another_program():
    for schema in provider_schemas().values():
        assert not re.search(r'"description": "[^"]*(``|:meth:)', schema_text(schema))


def test_every_form_that_a_text_can_have_is_explained():
    found = re.findall(r'"pattern": "(.*)"', "".join(map(schema_text, provider_schemas().values())))
    patterns = {pattern.encode().decode("unicode_escape") for pattern in found}
    not_by_models = {r"^-?\d+(\.\d+)?$", r"^\d{4}-(0[1-9]|1[0-2])$", r"^([01]\d|2[0-3]):[0-5]\d$"}
    assert patterns - not_by_models - {LOGO_NAME} == set(PATTERNS)
