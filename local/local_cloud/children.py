"""State machines that start others, `states:startExecution` and its `.sync` forms."""

from __future__ import annotations

import time as real_time
from datetime import datetime
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (  # noqa: E501
    StateTaskServiceSfn,
)
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication

from local_cloud.cooperative import CooperativeEvent, CooperativeScheduler
from local_cloud.expressions import aws_timestamp
from local_cloud.patching import Overlay, PatchSet


def install(patches: PatchSet, scheduler: CooperativeScheduler) -> None:
    """Make every exchange; `patches.undo()` takes them back."""
    _wait_for_the_end_without_polling(patches, scheduler)
    _spell_names_as_each_side_does(patches)


def _wait_for_the_end_without_polling(patches: PatchSet, scheduler: CooperativeScheduler) -> None:
    """A `.sync` task asks twice a second for its child; here it waits until any execution ends.

    Months of the test clock in steps of half a second would never be over.
    """
    ended = CooperativeEvent(scheduler)
    terminated = BaseExecutionWorkerCommunication.terminated

    def terminated_and_told(communication: Any) -> None:
        terminated(communication)
        ended.set()
        ended.clear()

    patches.replace(BaseExecutionWorkerCommunication, "terminated", terminated_and_told)
    patches.replace(
        state_task_service_callback, "time", Overlay(real_time, sleep=lambda _: ended.wait())
    )


def _spell_names_as_each_side_does(patches: PatchSet) -> None:
    """State machines write `StateMachineArn`, the SDK `stateMachineArn`; moto leaves it at that."""
    normalise = StateTaskServiceSfn._normalise_parameters

    def to_sdk(task: Any, parameters: dict[str, Any], **arguments: Any) -> None:
        normalise(task, parameters, **arguments)
        for name in list(parameters):
            parameters[name[0].lower() + name[1:]] = parameters.pop(name)

    def from_sdk(_: Any, response: dict[str, Any], **__: Any) -> None:
        for name in list(response):
            value = response.pop(name)
            shown = aws_timestamp(value) if isinstance(value, datetime) else value
            response[name[0].upper() + name[1:]] = shown

    patches.replace(StateTaskServiceSfn, "_normalise_parameters", to_sdk)
    patches.replace(StateTaskServiceSfn, "_normalise_response", from_sdk)
