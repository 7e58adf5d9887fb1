"""Failures of states, as moto's interpreter wants them raised."""

from __future__ import annotations

from typing import Any

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
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

__all__ = ["ErrorType", "failure"]


def failure(env: Any, error_type: Any, cause: str) -> Exception:
    """The exception that fails a state with one of the States.* errors."""
    name = StatesErrorName(typ=error_type)
    raised: Exception = FailureEventException(
        FailureEvent(
            env=env,
            error_name=name,
            event_type="EvaluationFailed",
            event_details=EventDetails(
                evaluationFailedEventDetails={"error": name.error_name, "cause": cause}
            ),
        )
    )
    return raised
