"""Prints which test proves which billing rule, and fails on a rule without one (docs/rules.md)."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "rules.md"
_ROW = re.compile(r"^\| ([A-Z]{2,4}-\d{2}) \| ([^|]+) \|", re.MULTILINE)
_NOT_BUILT = "## Not built yet"


class _Marks:
    """Collects the rules that tests name; nothing is run."""

    def __init__(self) -> None:
        self.tests: dict[str, set[str]] = defaultdict(set)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("rule"):
                for rule in mark.args:
                    self.tests[rule].add(item.nodeid.split("[", 1)[0])


def rules_of(page: str) -> tuple[dict[str, str], dict[str, str]]:
    """The rules of the page, by id: those that are built, and those that are not."""
    built, _, not_built = page.partition(_NOT_BUILT)
    return dict(_ROW.findall(built)), dict(_ROW.findall(not_built))


def complaints(
    built: dict[str, str], not_built: dict[str, str], tests: dict[str, set[str]]
) -> list[str]:
    """What is wrong between the page and the tests, one sentence each."""
    return [
        *(f"{rule} is called built, and no test proves it." for rule in built if not tests[rule]),
        *(
            f"{rule} is called not built, and is proven by {min(tests[rule])}: move it up."
            for rule in not_built
            if tests[rule]
        ),
        *(
            f"{rule} is named by {min(tests[rule])}, and docs/rules.md does not have it."
            for rule in sorted(tests)
            if tests[rule] and rule not in built and rule not in not_built
        ),
    ]


def main() -> int:
    """Collect the tests, print the table, and say what is missing."""
    marks = _Marks()
    with redirect_stdout(StringIO()):  # the list of all tests
        status = pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider"], plugins=[marks])
    if status != pytest.ExitCode.OK:
        print("the tests cannot be collected: run `make test`", file=sys.stderr)
        return 1
    built, not_built = rules_of(PAGE.read_text("utf-8"))
    for rule, sentence in built.items():
        print(f"{rule}  {sentence}")
        for test in sorted(marks.tests[rule]):
            print(f"        {test}")
    wrong = complaints(built, not_built, marks.tests)
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    print(f"{len(built)} rules are built; {len(not_built)} are not built yet.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
