"""What holds for every test."""

from __future__ import annotations

import gc

from hypothesis import settings

# The first example of a process builds the models that it uses: no example has to be quick.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


def pytest_collection_finish() -> None:
    """Look for garbage among what tests make only, and less often.

    Modules, tests and what libraries loaded stay until the end. To look through all of it again and
    again took a seventh of the time of a test that bills.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
