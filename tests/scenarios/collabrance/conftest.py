from __future__ import annotations

import pytest

from tests.scenarios.collabrance.scenario_books import billed_books
from tests.scenarios.scenario_tools import Books


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The directory, and every outcome by run, month and account."""
    return billed_books(tmp_path_factory.mktemp("collabrance") / "book")
