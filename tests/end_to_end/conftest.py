from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.stage import Stage, open_stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A cloud of the test's own, on 25 August 2026."""
    with open_stage() as opened:
        yield opened
