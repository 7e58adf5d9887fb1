"""Lambda functions called in this process, through their real handlers, version by version.

What goes in and out is really written to JSON and read back; the environment is the function's own
for the time of the call; an exception becomes Lambda's error object, so that Retry and Catch match
it by class name as on AWS.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import traceback
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from local_cloud.cooperative import CooperativeScheduler
from local_cloud.template import ACCOUNT_ID, REGION, Resource, Template

#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html, in bytes.
SYNCHRONOUS_PAYLOAD_LIMIT_BYTES = 6_291_556
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "LOCALCLOUD",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "AWS_SESSION_TOKEN": "not-a-token",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}


class FunctionError(RuntimeError):
    """A handler raised. `error_type` is its class name, `error_message` its text."""

    def __init__(self, function: str, answer: Mapping[str, Any]) -> None:
        self.error_type = str(answer["errorType"])
        self.error_message = str(answer["errorMessage"])
        stack = "".join(answer.get("stackTrace", []))
        super().__init__(f"{function}: {self.error_type}: {self.error_message}\n{stack}")


class UnknownFunctionError(LookupError):
    """No function of the template has this name or arn."""


@dataclass(frozen=True)
class LambdaContext:
    """What handlers and Powertools read of Lambda's context object."""

    function_name: str
    memory_limit_in_mb: int
    aws_request_id: str
    function_version: str = "$LATEST"

    @property
    def invoked_function_arn(self) -> str:
        """The function's own arn."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        """The log group the function would write to."""
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        """There is only one."""
        return "local"

    def get_remaining_time_in_millis(self) -> int:
        """Time stands still while a function runs: always the longest there is."""
        return 900_000


@dataclass(frozen=True)
class Function:
    """One version of a function: where its code is and what its environment holds.

    `version` is the number of the deployment that published it, `$LATEST` where the template
    publishes none.
    """

    logical_id: str
    name: str
    folder: Path
    handler: str
    environment: Mapping[str, str]
    memory_mb: int
    version: str = "$LATEST"


@dataclass(frozen=True)
class Answer:
    """What Lambda sends back: JSON text, and whether it is an error object."""

    payload: str
    is_error: bool


class Functions:
    """All functions of a template. Calls are serial; a function may call another one.

    `deploy` puts newer ones in place. The versions before stay, for whoever calls them by number.
    """

    def __init__(self, template: Template, scheduler: CooperativeScheduler) -> None:
        self._scheduler = scheduler
        self._calls = 0
        self._handlers: dict[tuple[str, str], Callable[[Any, Any], Any]] = {}
        self._versions: dict[tuple[str, str], Function] = {}
        self.deploy(template)

    def deploy(self, template: Template) -> None:
        """Take a template's functions as the newest ones, as their aliases name them."""
        published = {
            str(raw.properties["FunctionName"])
            for raw in template.resources("AWS::Lambda::Version")
        }
        made = [
            _function(template, raw, published)
            for raw in template.resources("AWS::Lambda::Function")
        ]
        self._by_logical_id = {function.logical_id: function for function in made}
        self._by_name = {function.name: function for function in made}
        self._versions |= {(function.name, function.version): function for function in made}

    def all(self) -> list[Function]:
        """Every function, in the template's order."""
        return list(self._by_logical_id.values())

    def by_logical_id(self, logical_id: str) -> Function:
        """Find by the name the template uses. Raises UnknownFunctionError."""
        try:
            return self._by_logical_id[logical_id]
        except KeyError:
            raise UnknownFunctionError(f"no function {logical_id!r}") from None

    def by_name(self, name_or_arn: str) -> Function:
        """Find by name, arn, or either with a version's number or an alias behind it.

        Without a number it is the newest version: every alias names that.
        """
        parts = name_or_arn.split(":")
        name, *qualifier = parts[6:] if len(parts) >= 7 else parts
        try:
            if qualifier and qualifier[0].isdecimal():
                return self._versions[name, qualifier[0]]
            return self._by_name[name]
        except KeyError:
            raise UnknownFunctionError(f"no function is named {name_or_arn!r}") from None

    def call(self, function: Function, payload: str) -> Answer:
        """Run the handler on the JSON text `payload`. Never raises for an error of the handler."""
        self._calls += 1
        request_id = f"00000000-0000-4000-8000-{self._calls:012d}"
        context = LambdaContext(function.name, function.memory_mb, request_id, function.version)
        could_block, self._scheduler.may_block = self._scheduler.may_block, False
        try:
            with _environment(function):
                result = self._handler(function)(json.loads(payload), context)
            text = json.dumps(result)
        except Exception as error:  # noqa: BLE001 - any exception is Lambda's answer
            return Answer(json.dumps(_error_object(error, request_id)), is_error=True)
        finally:
            self._scheduler.may_block = could_block
        if len(text.encode()) > SYNCHRONOUS_PAYLOAD_LIMIT_BYTES:
            too_large = {
                "errorType": "Function.ResponseSizeTooLarge",
                "errorMessage": "Response payload size exceeded maximum allowed payload size "
                f"({SYNCHRONOUS_PAYLOAD_LIMIT_BYTES} bytes).",
            }
            return Answer(json.dumps(too_large), is_error=True)
        return Answer(text, is_error=False)

    def invoke(self, logical_id: str, payload: object) -> Any:
        """Call by logical id, JSON value in, JSON value out. Raises FunctionError."""
        function = self.by_logical_id(logical_id)
        answer = self.call(function, json.dumps(payload))
        value = json.loads(answer.payload)
        if answer.is_error:
            raise FunctionError(logical_id, value)
        return value

    def _handler(self, function: Function) -> Callable[[Any, Any], Any]:
        """Import the handler once, inside the function's environment, as a cold start does."""
        key = (function.logical_id, function.version)
        if key not in self._handlers:
            module_name, _, attribute = function.handler.rpartition(".")
            module = _import_file(function, module_name)
            self._handlers[key] = getattr(module, attribute)
        return self._handlers[key]


def _function(template: Template, raw: Resource, published: Container[str]) -> Function:
    properties = raw.properties
    variables = properties.get("Environment", {}).get("Variables", {})
    return Function(
        logical_id=raw.logical_id,
        name=template.name(raw.logical_id),
        folder=template.folder / template.code_uris[raw.logical_id],
        handler=str(properties["Handler"]),
        environment={name: str(value) for name, value in variables.items()},
        memory_mb=int(properties.get("MemorySize", 128)),
        version=str(template.release) if template.name(raw.logical_id) in published else "$LATEST",
    )


def _import_file(function: Function, module_name: str) -> ModuleType:
    """Import under a name of its own: every function's file is called app.py.

    The folder is on the path meanwhile, so that a handler may import its neighbours.
    """
    path = function.folder / f"{module_name.replace('.', '/')}.py"
    version = function.version.removeprefix("$")
    unique_name = f"local_cloud_functions.{function.logical_id}.{version}.{module_name}"
    spec = importlib.util.spec_from_file_location(unique_name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{function.logical_id}: there is no {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[unique_name] = module
    sys.path.insert(0, str(function.folder))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[unique_name]
        raise
    finally:
        sys.path.remove(str(function.folder))
    return module


@contextmanager
def _environment(function: Function) -> Iterator[None]:
    """Set the function's environment, and put the old one back exactly."""
    before = dict(os.environ)
    os.environ.update(_CREDENTIALS)
    os.environ.update(function.environment)
    os.environ["AWS_LAMBDA_FUNCTION_NAME"] = function.name
    os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = str(function.memory_mb)
    os.environ["AWS_LAMBDA_FUNCTION_VERSION"] = function.version
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _error_object(error: Exception, request_id: str) -> dict[str, Any]:
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_tb(error.__traceback__),
    }
