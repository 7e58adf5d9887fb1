from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.stage import Stage, open_stage


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A cloud of the test's own, on 25 August 2026; a mark says what takes place daily."""
    daily = request.node.get_closest_marker("daily")
    with open_stage(daily=daily.args if daily else ()) as opened:
        yield opened
