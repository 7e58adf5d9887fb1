from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.recovery.whole_table import Kept, kept_table


@pytest.fixture(scope="package")
def kept() -> Iterator[Kept]:
    """One table for all tests here; whoever changes it puts it back."""
    with kept_table() as table:
        yield table
