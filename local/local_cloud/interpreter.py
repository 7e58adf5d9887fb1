"""moto's Step Functions interpreter on the test clock, one thing at a time.

The interpreter stays as it is; what it takes from the operating system is exchanged: threads,
events, sleep and the time. Some places where it differs from Step Functions in what matters to
billing are put right. Each exchange says why. Checked against moto 5.2.5.
"""

from __future__ import annotations

import datetime as real_datetime
import random as real_random
import re
import threading as real_threading
import time as real_time
from collections import Counter
from collections.abc import Callable
from typing import Any

import moto.stepfunctions.models as moto_models
import moto.stepfunctions.parser.models as parser_models
from moto.stepfunctions.parser import utils as parser_utils
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import (
    CustomErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.retry import jitter_strategy_decl
from moto.stepfunctions.parser.asl.component.common.string import string_expression
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_lambda,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import (
    timestamp,
    wait_function,
)
from moto.stepfunctions.parser.asl.jsonata.jsonata import extract_jsonata_variable_references
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.backend import execution as parser_execution

from local_cloud import children, maps
from local_cloud.cooperative import CooperativeEvent, CooperativeScheduler, CooperativeThread
from local_cloud.expressions import ExpressionEngine, UndefinedResultError, aws_timestamp
from local_cloud.failures import ErrorType, failure
from local_cloud.patching import Overlay, PatchSet
from local_cloud.times import as_aws_writes, datetime_on

_PARSER = "moto.stepfunctions.parser"
#: Definitions as moto's parser reads them: they keep nothing of an execution, nor of a cloud, and
#: take a quarter of a second each.
_PROGRAMS: dict[str, Any] = {}

_WHOLE_PERCENTAGE = re.compile(r'("ToleratedFailurePercentage"\s*:\s*\d+)(?![\d.])')


class Interpreter:
    """Installs the exchanges and counts the transitions per state machine name."""

    def __init__(self, scheduler: CooperativeScheduler, *, seed: int) -> None:
        self._scheduler = scheduler
        self._clock = scheduler.clock
        self._random = real_random.Random(seed)
        self._engine = ExpressionEngine(scheduler.clock, seed)
        self.transition_counts: Counter[str] = Counter()

    def install(self, patches: PatchSet) -> None:
        """Make every exchange; `patches.undo()` takes them back."""
        self._exchange_operating_system(patches)
        self._exchange_times(patches)
        self._exchange_expressions(patches)
        maps.install(patches)
        children.install(patches, self._scheduler)
        self._count_transitions(patches)
        self._save_work(patches)
        self._let_errors_through(patches)
        self._hold_payload_limit(patches)
        self._skip_executions_not_begun(patches)

    def _exchange_operating_system(self, patches: PatchSet) -> None:
        """Threads, events and sleeps: nothing may wait in real time or run beside another."""
        scheduler = self._scheduler

        def make_event() -> CooperativeEvent:
            return CooperativeEvent(scheduler)

        def make_thread(group: None = None, **arguments: Any) -> CooperativeThread:
            return CooperativeThread(scheduler, **arguments)

        threading_overlay = Overlay(real_threading, Event=make_event, Thread=make_thread)
        time_overlay = Overlay(
            real_time, sleep=scheduler.sleep, time=lambda: self._clock.now().timestamp()
        )
        patches.replace_everywhere(_PARSER, real_threading, threading_overlay)
        patches.replace_everywhere(_PARSER, real_threading.Event, make_event)
        patches.replace_everywhere(_PARSER, real_threading.Thread, make_thread)
        patches.replace_everywhere(_PARSER, real_time, time_overlay)
        # Jitter is random on AWS; here it is the same in every run.
        patches.replace(
            jitter_strategy_decl, "random", Overlay(real_random, uniform=self._random.uniform)
        )
        # moto keeps every thread it ever made in a list; ours would keep whole executions alive.
        patches.replace_everywhere(_PARSER, parser_utils.TMP_THREADS, _Forgetful())

    def _exchange_times(self, patches: PatchSet) -> None:
        """What the interpreter calls now is the test clock, and waits are exact to the fraction."""
        clock = self._clock
        patches.replace_everywhere(
            _PARSER, real_datetime, Overlay(real_datetime, datetime=datetime_on(clock))
        )
        patches.replace(moto_models, "utcnow", lambda: clock.now().replace(tzinfo=None))
        # $states.context.State.EnteredTime is written with isoformat(), AWS writes it with a Z.
        patches.replace(state, "datetime", Overlay(real_datetime, datetime=as_aws_writes(clock)))

        def seconds_until(wait: Any, env: Any) -> float:
            wait.string.eval(env=env)
            text = env.stack.pop()
            until = wait._from_timestamp_string(timestamp=text)
            if until is None:
                raise FailureEventException(wait._create_failure_event(env, text))
            pause: real_datetime.timedelta = until.replace(tzinfo=real_datetime.UTC) - clock.now()
            return pause.total_seconds()

        def wait_interval(_: Any, env: Any, wait_seconds: float) -> None:
            until = clock.now() + real_datetime.timedelta(seconds=wait_seconds)
            while env.is_running() and clock.now() < until:
                env.program_state_event.wait((until - clock.now()).total_seconds())

        # moto compares with the local time of the machine and cuts fractions of a second off.
        patches.replace(timestamp.Timestamp, "_get_wait_seconds", seconds_until)
        patches.replace(wait_function.WaitFunction, "_wait_interval", wait_interval)
        # $states.context.Execution.StartTime is text on AWS, a datetime in moto.
        start_details = parser_execution.Execution.get_start_execution_details

        def start_details_as_text(execution: Any) -> Any:
            details: Any = start_details(execution)
            details.start_time = aws_timestamp(execution.start_date)
            return details

        patches.replace(
            parser_execution.Execution, "get_start_execution_details", start_details_as_text
        )

    def _exchange_expressions(self, patches: PatchSet) -> None:
        """JSONata through `ExpressionEngine`: variables are bound, not written into the text."""

        def evaluate(component: Any, env: Any) -> None:
            # Raises for a bare $ or $$, which Step Functions does not know.
            extract_jsonata_variable_references(component.expression)
            store = env.variable_store
            variables = {
                **store._outer_scope,
                **store._inner_scope,
                "states": _without_undefined(env.states._states_data),
            }
            try:
                env.stack.append(self._engine.evaluate(component.expression, variables))
            except Exception as error:
                raise _evaluation_failure(env, component.expression, error) from error

        patches.replace(string_expression.StringJSONata, "_eval_body", evaluate)
        patches.replace(string_expression.StringVariableSample, "_eval_body", evaluate)

    def _count_transitions(self, patches: PatchSet) -> None:
        """Each state entered is what Standard workflows are paid by, children included."""
        enter = state.CommonStateField._eval_body

        def enter_and_count(state: Any, env: Any) -> None:
            machine = env.states.context_object.context_object_data["StateMachine"]["Name"]
            self.transition_counts[machine] += 1
            enter(state, env)

        patches.replace(state.CommonStateField, "_eval_body", enter_and_count)

    def _save_work(self, patches: PatchSet) -> None:
        """Parse a definition once, not per execution; make a client once, not per task."""
        parse = AmazonStateLanguageParser.parse

        def parse_once(definition: str) -> Any:
            if definition not in _PROGRAMS:
                # moto's grammar wants a fraction in this number, AWS does not.
                _PROGRAMS[definition] = parse(_WHOLE_PERCENTAGE.sub(r"\1.0", definition))
            return _PROGRAMS[definition]

        patches.replace(AmazonStateLanguageParser, "parse", staticmethod(parse_once))
        make_client = boto_client.boto_client_for
        clients: dict[tuple[str, str], Any] = {}

        def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
            if (region, service) not in clients:
                clients[region, service] = make_client(region=region, service=service)
            return clients[region, service]

        patches.replace_everywhere(_PARSER, make_client, client_for)

    def _let_errors_through(self, patches: PatchSet) -> None:
        """A Fail state may pass on an error it caught, also one of the States.* kind."""

        def of_any_name(name: Any, error_name: str | None) -> None:
            ErrorName.__init__(name, error_name=error_name)

        patches.replace(CustomErrorName, "__init__", of_any_name)
        # moto logs each failure with a picture of the whole state machine. Executions keep theirs.
        for report in ("_log_failure_event_exception", "_log_exception"):
            patches.replace(EvalComponent, report, lambda *_, **__: None)

    def _hold_payload_limit(self, patches: PatchSet) -> None:
        """A task's result over 262,144 bytes fails the state, before any Output filter."""
        service = state_task_service_lambda.StateTaskServiceLambda
        run_task: Callable[..., None] = service._eval_service_task

        def run_and_measure(task: Any, env: Any, **arguments: Any) -> None:
            sent: bytes = arguments["normalised_parameters"]["Payload"]
            task._verify_size_quota(env=env, value=sent.decode())
            run_task(task, env=env, **arguments)
            task._verify_size_quota(env=env, value=env.stack[-1].get("Payload"))

        patches.replace(service, "_eval_service_task", run_and_measure)

    def _skip_executions_not_begun(self, patches: PatchSet) -> None:
        """An execution whose turn has not come has no environment yet; moto looks into it."""
        backend = parser_models.StepFunctionsParserBackend
        find = backend._get_executions

        def find_begun(self: Any, execution_status: Any = None) -> list[Any]:
            return [
                found
                for found in find(self, execution_status)
                if found.exec_worker is not None and found.exec_worker.env is not None
            ]

        patches.replace(backend, "_get_executions", find_begun)


def _without_undefined(states: Any) -> dict[str, Any]:
    """`$states` as Step Functions has it: result and errorOutput only where there are any."""
    return {
        name: value
        for name, value in states.items()
        if value is not None or name not in ("result", "errorOutput")
    }


def _evaluation_failure(env: Any, expression: str, error: Exception) -> Exception:
    cause = (
        str(error)
        if isinstance(error, UndefinedResultError)
        else f"The JSONata expression '{expression}' failed: {type(error).__name__}: {error}"
    )
    return failure(env, ErrorType.StatesQueryEvaluationError, cause)


class _Forgetful(list[Any]):
    def append(self, item: Any) -> None:
        """Drop it."""
