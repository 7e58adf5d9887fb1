"""The OpenAPI document in the repository is the one that the routes make, and a valid one."""

from __future__ import annotations

import json
from typing import Any

from tools import openapi


def described() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(openapi.document())
    return found


def test_the_document_is_up_to_date() -> None:
    assert openapi.DOCUMENT.read_text(encoding="utf-8") == openapi.document(), "run `make schemas`"


def test_every_reference_leads_somewhere() -> None:
    document = described()
    schemas = document["components"]["schemas"]
    references = {
        part.split('"')[0]
        for part in json.dumps(document).split('"$ref": "#/components/schemas/')[1:]
    }
    assert references <= set(schemas)


def test_every_answer_but_the_good_one_is_a_list_of_problems() -> None:
    for path, item in described()["paths"].items():
        for operation in item.values():
            for status, response in operation["responses"].items():
                schema = response["content"]["application/json"]["schema"]
                if status != "200":
                    assert schema == {"$ref": "#/components/schemas/Refusal"}, (path, status)


def test_every_request_is_signed_and_every_operation_has_a_name_and_a_summary() -> None:
    document = described()
    assert document["security"] == [{"sigv4": []}]
    operations = [entry for item in document["paths"].values() for entry in item.values()]
    names = [entry["operationId"] for entry in operations]
    assert len(set(names)) == len(names)
    assert all(entry["summary"] and "security" not in entry for entry in operations)


def test_no_amount_is_a_number() -> None:
    """Every field with the word in its name; whole numbers are counts and versions."""

    def numbers(schema: Any, path: str) -> list[str]:
        if isinstance(schema, list):
            return [found for entry in schema for found in numbers(entry, path)]
        if not isinstance(schema, dict):
            return []
        own = [path] if schema.get("type") == "number" else []
        return own + [f for key, value in schema.items() for f in numbers(value, f"{path}/{key}")]

    assert numbers(described()["components"]["schemas"], "") == []


def test_the_page_in_the_documents_names_every_route() -> None:
    page = (openapi.DOCUMENT.parents[1] / "payments-api.md").read_text(encoding="utf-8")
    short = {"{provider}": "P", "{account}": "A", "{pause}": "NAME"}
    for path in described()["paths"]:
        for name, letter in short.items():
            path = path.replace(name, letter)  # noqa: PLW2901 - written as the page writes it
        assert path in page or path.replace("/providers/P/accounts/A", "`...") in page, path
