"""Calling a function of the stack, so that what it does is done by the code that is deployed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from pydantic import BaseModel

from mspbill.command_errors import CycleRefusedError, FunctionFailedError
from mspbill.console import notes
from mspbill.opening import Opened

_Answer = TypeVar("_Answer", bound=BaseModel)

_LONGEST_SECONDS = 905  # a function has fifteen minutes
_REFUSALS = frozenset({"CreditConflictError", "CreditRefusedError", "NotBilledAgainError"})
"""What functions raise where the use case refuses: nothing was changed."""

_NOT_HERE = frozenset(
    {"AccessDeniedException", "ResourceNotFoundException", "UnrecognizedClientException"}
)


def call(
    found: Opened,
    function: str,
    request: BaseModel,
    answer: type[_Answer],
    directly: Callable[[], _Answer],
) -> _Answer:
    """Let a function of the stack do it; where it cannot be called, do the same here, and say so.

    Args:
        function: its logical id in the template.
        directly: does the same in this process, with the caller's own permissions.

    Raises:
        CycleRefusedError: when the function refused.
        FunctionFailedError: when the function was called and failed.
    """
    alias = _alias(found, function)
    if alias is None:
        return directly()
    # One attempt: a call whose answer was lost may have done its work.
    config = Config(
        connect_timeout=5, read_timeout=_LONGEST_SECONDS, retries={"total_max_attempts": 1}
    )
    try:
        answered = boto3.client("lambda", config=config).invoke(
            FunctionName=alias, Payload=request.model_dump_json(exclude_none=True).encode()
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOT_HERE:
            raise
        why = error.response["Error"].get("Message") or error.response["Error"]["Code"]
        notes().print(
            f"The function {function} cannot be called ({why}). The same is done from here, with "
            "your own permissions.",
            markup=False,
            soft_wrap=False,
        )
        return directly()
    payload = json.loads(answered["Payload"].read())
    if answered.get("FunctionError"):
        kind, told = payload.get("errorType", "Error"), payload.get("errorMessage", payload)
        if kind in _REFUSALS:
            raise CycleRefusedError(f"{told}.")
        raise FunctionFailedError(f"{function} says {kind}: {told}")
    return answer.model_validate(payload)


def _alias(found: Opened, function: str) -> str | None:
    """The alias of the version in use; the function itself where none was published."""
    if found.names is not None:
        resources = found.names.resources
        return resources.get(f"{function}Aliaslive") or resources.get(function)
    return os.environ.get("START_CYCLE_FUNCTION_ARN") if function == "StartCycleFunction" else None
