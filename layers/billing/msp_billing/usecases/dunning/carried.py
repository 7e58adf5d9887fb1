"""What executions of a case or of a release carry from their start, version by version.

Such an execution can live for a year. Its definition and its input are those of the release that
started it; the functions that it calls are the newest (docs/adr/0019-versions-and-aliases.md). So
every payload says its version, and whatever an older release wrote is brought up to date here, in
one place, before anybody reads it.

To change the shape: raise `SCHEMA_VERSION`, add to `_UPGRADES` what makes a payload of the version
before into one of the new version, and keep what is there. A version may go a year after the last
release that wrote it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import Field, model_validator

from msp_billing.domain.base import Frozen

SCHEMA_VERSION = 2
"""The version that executions are started with now."""

Payload = dict[str, Any]

_UPGRADES: dict[int, Callable[[Payload], Payload]] = {
    # The first payloads had no version. All else is as it was.
    1: lambda payload: payload,
}


class PayloadVersionError(RuntimeError):
    """The payload is of a version that this release does not know: a newer release wrote it."""

    def __init__(self, version: object) -> None:
        super().__init__(
            f"the payload has schema version {version!r}, and this release knows 1 to "
            f"{SCHEMA_VERSION}: a newer release started the execution. The daily sweep starts "
            "another one in its place; or deploy the newer release again"
        )


class Carried(Frozen):
    """The base of what a step of a case or a release gets: upgraded before it is looked at."""

    schema_version: int = Field(
        default=SCHEMA_VERSION, description="Of the payload; 1 where it says none."
    )

    @model_validator(mode="before")
    @classmethod
    def _up_to_date(cls, payload: Any) -> Any:
        return upgraded(payload) if isinstance(payload, dict) else payload


def upgraded(payload: Payload) -> Payload:
    """A payload as this release writes it.

    Raises:
        PayloadVersionError: a newer release wrote it, or it is no version at all.
    """
    version = payload.get("schema_version", 1)
    if isinstance(version, str) and version.isdecimal():  # as inputs of executions have it
        version = int(version)
    if version not in range(1, SCHEMA_VERSION + 1):
        raise PayloadVersionError(version)
    for older in range(int(version), SCHEMA_VERSION):
        payload = _UPGRADES[older](payload)
    return {**payload, "schema_version": SCHEMA_VERSION}
