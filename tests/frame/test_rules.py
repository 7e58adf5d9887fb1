"""The table of rules and the tests that prove them say the same."""

from __future__ import annotations

from collections import defaultdict

from tools import rules

PAGE = """
## Built

| id | the rule | where |
|---|---|---|
| KR-01 | First | [here](a.md) |
| KR-02 | Second | [here](a.md) |

## Not built yet

| id | the rule |
|---|---|
| KR-13 | Payments |
"""


def proven_by(*named: str) -> dict[str, set[str]]:
    return defaultdict(set, {rule: {f"tests/test_{rule}.py::test"} for rule in named})


def test_the_page_has_two_tables() -> None:
    built, not_built = rules.rules_of(PAGE)
    assert built == {"KR-01": "First", "KR-02": "Second"}
    assert not_built == {"KR-13": "Payments"}


def test_all_is_well_when_every_built_rule_has_a_test() -> None:
    assert rules.complaints(*rules.rules_of(PAGE), proven_by("KR-01", "KR-02")) == []


def test_a_rule_without_a_test_a_test_too_early_and_an_unknown_rule_are_told() -> None:
    found = rules.complaints(*rules.rules_of(PAGE), proven_by("KR-01", "KR-13", "KR-99"))
    assert [sentence.split()[0] for sentence in found] == ["KR-02", "KR-13", "KR-99"]


def test_the_projects_own_page_has_every_id_once() -> None:
    built, not_built = rules.rules_of(rules.PAGE.read_text("utf-8"))
    assert not set(built) & set(not_built)
    rows = rules._ROW.findall(rules.PAGE.read_text("utf-8"))
    assert len(rows) == len(built) + len(not_built) == 70
