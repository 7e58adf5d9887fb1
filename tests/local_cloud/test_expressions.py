from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from local_cloud.clock import SettableClock
from local_cloud.expressions import ExpressionEngine, UndefinedResultError


@pytest.fixture
def engine() -> ExpressionEngine:
    return ExpressionEngine(SettableClock(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)), seed=1)


STATES = {"input": {"a": [1, 2], "none": None, "text": 'say "hi" \\ $x', "half": 0.5}}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$states.input.a", [1, 2]),
        ("$states.input.none", None),
        ("$states.input.text", 'say "hi" \\ $x'),
        ("$states.input.half + 0.5", 1),
        ("{'x': $states.input.none, 'y': [1..3]}", {"x": None, "y": [1, 2, 3]}),
        ("$partition([1..5], 2)", [[1, 2], [3, 4], [5]]),
        ("$range(0, 10, 5)", [0, 5, 10]),
        ("$parse('{\"a\": [1]}').a[0]", 1),
        (
            "$hash('a', 'SHA-256')[0]",
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb",
        ),
        ("$now()", "2026-01-02T03:04:05.000Z"),
        ("$millis()", 1767323045000),
        ("$known", None),
        ("$exists($states.input.nothing)", False),
    ],
)
def test_values_are_those_of_step_functions(
    engine: ExpressionEngine, expression: str, expected: Any
) -> None:
    assert engine.evaluate(expression, {"states": STATES, "known": None}) == expected


@pytest.mark.parametrize("expression", ["$states.input.nothing", "$unknown", "$states.input.a[5]"])
def test_nothing_is_an_error(engine: ExpressionEngine, expression: str) -> None:
    with pytest.raises(UndefinedResultError):
        engine.evaluate(expression, {"states": STATES})


def test_a_function_is_no_value(engine: ExpressionEngine) -> None:
    with pytest.raises(TypeError):
        engine.evaluate("function($x){$x}", {})


def test_results_share_nothing_with_variables(engine: ExpressionEngine) -> None:
    variables = {"list": [1]}
    engine.evaluate("$list", variables).append(2)
    assert variables == {"list": [1]}


def test_chance_repeats_with_the_seed() -> None:
    clock = SettableClock(datetime(2026, 1, 1, tzinfo=UTC))
    first, second = (ExpressionEngine(clock, seed=7) for _ in range(2))
    for expression in ("$uuid()", "$random()"):
        assert first.evaluate(expression, {}) == second.evaluate(expression, {})
