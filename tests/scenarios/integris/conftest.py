from __future__ import annotations

import pytest

from tests.scenarios.integris.scenario_directory import MONTHS, RUN, write_directory
from tests.scenarios.scenario_tools import Books, bill


@pytest.fixture(scope="session")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """The directory, and every outcome by run, month and account."""
    directory = write_directory(tmp_path_factory.mktemp("integris") / "book")
    return bill(directory, (RUN,), MONTHS)
