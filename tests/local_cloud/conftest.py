from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local_cloud import LocalCloud

TEMPLATE = Path(__file__).parent / "fixtures" / "template.yaml"
START_AT = datetime(2026, 1, 15, tzinfo=UTC)
OpenCloud = Callable[..., LocalCloud]


@pytest.fixture
def open_cloud() -> Iterator[OpenCloud]:
    """Opens local clouds on the fixture template; they are closed after the test."""
    with ExitStack() as stack:

        def opened(**arguments: Any) -> LocalCloud:
            given = {"start_at": START_AT, "parameters": {"WithSweep": "no"}, **arguments}
            return stack.enter_context(LocalCloud(TEMPLATE, **given))

        yield opened


@pytest.fixture
def cloud(open_cloud: OpenCloud) -> LocalCloud:
    return open_cloud()
