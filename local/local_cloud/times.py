"""Stand-ins for `datetime.datetime` inside moto: now is the test clock's now."""

from __future__ import annotations

import datetime as real_datetime
from typing import Any

from local_cloud.clock import Clock
from local_cloud.expressions import aws_timestamp


def datetime_on(clock: Clock) -> type:
    """A `datetime` class whose `now` is the test clock, and UTC when no zone is asked for."""

    class _Meta(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, real_datetime.datetime)

    class OnTestClock(real_datetime.datetime, metaclass=_Meta):
        @classmethod
        def now(cls, tz: real_datetime.tzinfo | None = None) -> Any:
            instant = clock.now()
            return instant.astimezone(tz) if tz else instant.replace(tzinfo=None)

        @classmethod
        def utcnow(cls) -> Any:
            return clock.now().replace(tzinfo=None)

    return OnTestClock


def as_aws_writes(clock: Clock) -> type:
    """A class of which only `now(tz).isoformat()` is used: the present as AWS writes it."""

    class Written:
        @classmethod
        def now(cls, tz: real_datetime.tzinfo) -> Written:
            del tz
            return cls()

        def isoformat(self) -> str:
            return aws_timestamp(clock.now())

    return Written
