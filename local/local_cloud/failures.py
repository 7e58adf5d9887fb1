"""Failures of states, as moto's interpreter wants them raised."""

from __future__ import annotations

from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType as ErrorType,
)

__all__ = ["ErrorType", "failure"]


def failure(env: Any, error_type: Any, cause: str) -> Exception:
    """The exception that fails a state with one of the States.* errors."""
    name = StatesErrorName(typ=error_type)
    details: Any = {"evaluationFailedEventDetails": {"error": name.error_name, "cause": cause}}
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=name,
            event_type=HistoryEventType.EvaluationFailed,
            event_details=details,
        )
    )
