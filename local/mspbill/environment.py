"""The environment of a local run: what the functions read, and nothing of the user's AWS."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

_FUNCTIONS = (
    "StartCycleFunction",
    "SyncSchedulesFunction",
    "DeliverMailFunction",
    "SweepAccountsFunction",
)
"""Together they have every variable that the use cases read."""

_ALLOCATIONS_PER_COLLECTION = 50_000

_AWS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def function_names() -> tuple[str, ...]:
    """The functions whose variables a local run sets."""
    return _FUNCTIONS


@contextmanager
def away_from_aws() -> Iterator[None]:
    """No profile, credentials or endpoint of the user's; all is as before afterwards.

    An endpoint in the user's environment would lead requests past the local cloud.
    """
    with _exchanged(_AWS, without="AWS_"):
        yield


@contextmanager
def variables(values: Mapping[str, str]) -> Iterator[None]:
    """These variables are set meanwhile."""
    with _exchanged(values, without=None):
        yield


@contextmanager
def rare_collections() -> Iterator[None]:
    """Python looks for garbage in cycles less often meanwhile.

    A run makes millions of small values and hardly a cycle among them; with Python's own setting a
    quarter of its time goes into looking at them again and again.
    """
    before = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS_PER_COLLECTION, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _exchanged(values: Mapping[str, str], *, without: str | None) -> Iterator[None]:
    before = dict(os.environ)
    if without is not None:
        for name in [name for name in os.environ if name.startswith(without)]:
            del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
