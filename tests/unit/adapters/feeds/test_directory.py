"""Validation of a provider directory looks into the exports of every format, as into tables."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from msp_billing.adapters.directory.provider_directory import check_exports, load_provider_directory
from tests.unit.adapters.directory_samples import copy_sound, edit, messages
from tests.unit.adapters.feeds.reading import only_problem, problems, sample

PAGE = Path(__file__).parents[4] / "docs" / "feeds.md"
NINJAONE = """    format: ninjaone-devices
    page_size: 3
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Northwind, whose devices are NinjaOne's, and whose users are Microsoft 365's."""
    root = copy_sound(tmp_path)
    text = (root / "provider.yaml").read_text("utf-8")
    columns = text[text.index("    columns:\n      item_id") : text.index("  - feed: users")]
    edit(
        root,
        "provider.yaml",
        (columns, NINJAONE),
        (
            "    columns: {item_id: Login, attributes: {enabled: Enabled}}\n",
            "    format: graph-users\n",
        ),
        ("where: {kind: [server]}", "where: {device-type: [WINDOWS_SERVER]}"),
        ("attribute: kind", "attribute: device-type"),
    )
    for path in (root / "feeds").rglob("*.csv*"):
        path.unlink()
    (root / "feeds/devices/2026-12-01.jsonl").write_bytes(sample("ninjaone-devices"))
    (root / "feeds/users/acme/2026-12-01.json").write_bytes(sample("graph-users"))
    return root


def found(root: Path) -> list[str]:
    """What validation says of the exports of a sound directory."""
    return [str(problem) for problem in check_exports(load_provider_directory(root))]


def test_exports_of_tools_are_found_and_sound(root):
    directory = load_provider_directory(root)
    assert [export.key for export in directory.exports] == [
        "devices/2026-12-01.jsonl",
        "users/acme/2026-12-01.json",
    ]
    # The page size is 3, and the sample's first page has two devices.
    assert [text.split(":")[0] for text in found(root)] == ["feeds/devices/2026-12-01.jsonl"]
    edit(root, "provider.yaml", ("page_size: 3", "page_size: 2"))
    assert found(root) == []


def test_what_is_wrong_in_an_export_is_said_with_file_and_page(root):
    edit(root, "provider.yaml", ("page_size: 3", "page_size: 2"))
    path = root / "feeds/devices/2026-12-01.jsonl"
    path.write_text(path.read_text("utf-8").replace("1788238799.999", '"last year"'), "utf-8")
    (root / "feeds/users/acme/2026-12-01.json").write_bytes(sample("graph-users")[:-9])
    device, user = found(root)
    assert device.startswith("feeds/devices/2026-12-01.jsonl (8, page 1, item 2): 'last year' can")
    assert user.startswith(
        "feeds/users/acme/2026-12-01.json:2 (after page 2, item 1): The file ends"
    )


def test_a_name_that_ends_otherwise_than_its_format_is_no_export(root):
    path = root / "feeds/devices/2026-12-01.jsonl"
    path.rename(path.with_suffix(".csv"))
    (said,) = messages(root)
    assert "'2026-12-01.csv' does not end in .json or .jsonl" in said
    assert "such as 2026-11-23T1800.json." in said


def test_a_rule_may_filter_by_what_a_format_knows_and_by_nothing_else(root):
    edit(root, "provider.yaml", ("device-type: [WINDOWS", "device-typ: [WINDOWS"))
    said = messages(root)
    assert any(
        "has no attribute 'device-typ'. Did you mean 'device-type'?" in text for text in said
    )


def test_a_definition_that_does_not_fit_its_format_is_named_with_its_line(root):
    edit(root, "provider.yaml", ("    page_size: 3\n", ""))
    said = messages(root)
    assert len(said) == 1
    assert re.match(r"provider\.yaml:\d+ \(feeds\[devices\]\.format\): ", said[0])
    assert "needs 'page_size'" in said[0]


def test_the_examples_in_the_documentation_are_valid(root):
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    said: Any = yaml.load(blocks[0], yaml.BaseLoader)  # every value is text, as validation reads it
    assert [feed["format"] for feed in said["feeds"]] == ["ninjaone-devices", "graph-users"]
    text = (root / "provider.yaml").read_text("utf-8")
    start, end = text.index("feeds:\n"), text.index("term_discounts:\n")
    renamed = blocks[0].replace("rule: office-users", "rule: enabled-users")
    (root / "provider.yaml").write_text(text[:start] + renamed + text[end:], "utf-8")
    assert messages(root) == []


def test_the_messages_in_the_documentation_are_the_programs():
    page = PAGE.read_text("utf-8")
    device = {"id": 1, "organizationId": 9, "nodeClass": "X", "approvalStatus": "APPROVED"}
    dated = {**device, "created": 1.7e9, "lastContact": 1.7e9}
    pages = [[{**dated, "id": n} for n in (1, 2, 3)], [{**dated, "id": n} for n in (4, 5)]]
    pages[1].append({**dated, "id": 6, "created": "last year"})
    text = "".join(json.dumps(entries) for entries in [*pages, []])
    (wrong,) = problems("ninjaone-devices", text, page_size=3)
    full = only_problem(
        "ninjaone-devices", [[{**dated, "id": n} for n in range(1000)]], page_size=1000
    )
    error = only_problem("graph-users", {"error": {"message": "Access token has expired."}})
    for found_problem in (wrong, full, error):
        said = (
            str(found_problem.problem)
            .partition("feeds/x")[2]
            .replace("Page 1 is full", "Page 2 is full")
        )
        assert said in page
