from __future__ import annotations

import pytest

from tests.scenarios.kr_group.scenario_books import Books, billed_books


@pytest.fixture(scope="session")
def kr_books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The directory of the scenario, billed."""
    return billed_books(tmp_path_factory.mktemp("kr-group") / "book")
