"""The local cloud: a SAM template that runs in this process on a test clock.

    with LocalCloud(Path("template.yaml"), start_at=datetime(2026, 1, 1, tzinfo=UTC)) as cloud:
        cloud.start_execution("BillingCycle", "a-name", {"provider": "integris"})
        cloud.run_until(datetime(2026, 2, 1, tzinfo=UTC))
        cloud.executions()          # status, input, output, error, times
        cloud.sent_mail             # what SES accepted, in order

Nothing runs by itself. `run_until` and `run_until_idle` let executions, deliveries and schedules
run, one at a time and in a repeatable order, and move the clock from one deadline to the next.
`invoke` calls a function at once. Clients work between runs as against AWS; what they start, takes
its turn in the next run. One cloud at a time may be open in a process.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from moto import mock_aws
from moto.moto_api._internal import mock_random

from local_cloud import aws_patches, shortcuts
from local_cloud.clock import Clock, SettableClock
from local_cloud.cooperative import CooperativeScheduler
from local_cloud.deliveries import Deliveries, FailedDelivery
from local_cloud.faults import RequestGate
from local_cloud.functions import Functions
from local_cloud.http_api import HttpApis, HttpResponse
from local_cloud.inside import ExecutionRecord, all_executions, configuration_sets, key_names
from local_cloud.interpreter import Interpreter
from local_cloud.limits import Surroundings
from local_cloud.mail import MailBehaviour, MailRoom, SentMail
from local_cloud.patching import PatchSet
from local_cloud.resources import ResourceMaker
from local_cloud.schedules import Schedules
from local_cloud.storage_events import announce_objects
from local_cloud.template import REGION, Template
from local_cloud.transactions import undo_transactions_by_item

_CONFIGURATION: Any = {
    "stepfunctions": {"execute_state_machine": True},
    "lambda": {"use_docker": False},
}

#: Clients keep nothing of a cloud and cost half a second to make: they are made once per process.
_CLIENTS: dict[str, Any] = {}


class AlreadyOpenError(RuntimeError):
    """Another local cloud is open in this process."""


class LocalCloud:
    """See the module's docstring. `on_start` gets the clock before any handler is imported."""

    _open: LocalCloud | None = None

    def __init__(
        self,
        template: Path,
        *,
        start_at: datetime,
        parameters: Mapping[str, str] | None = None,
        on_start: Callable[[Clock], None] | None = None,
        seed: int = 0,
        silent: Collection[str] = (),
    ) -> None:
        self.clock = SettableClock(start_at)
        self._template = Template.read(template, parameters or {})
        self._on_start = on_start
        self._seed = seed
        self._patches = PatchSet()
        self._mock = mock_aws(config=_CONFIGURATION)
        self._scheduler = CooperativeScheduler(self.clock)
        self._functions = Functions(self._template, self._scheduler)
        next_id = _next_id
        self._deliveries = Deliveries(
            self._template, self._scheduler, self._functions, self.client, next_id
        )
        self._schedules = Schedules(self.clock, self._deliveries, next_id, silent)
        self._http_apis = HttpApis(self._template, self._functions, self.clock, next_id)
        self._mail_room = MailRoom(self._template, self._scheduler, self.client)
        self._gate = RequestGate(self.clock, Surroundings(key_names, configuration_sets))
        self._interpreter = Interpreter(self._scheduler, seed=seed)

    def __enter__(self) -> Self:
        if LocalCloud._open is not None:
            raise AlreadyOpenError("one local cloud at a time")
        LocalCloud._open = self
        try:
            self._mock.start()
            self._install()
            if self._on_start is not None:
                self._on_start(self.clock)
            ResourceMaker(self._template, self.client).make_all()
            self._gate.request_counts.clear()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def _install(self) -> None:
        shortcuts.install(self._patches)
        aws_patches.exchange_time(self._patches, self.clock)
        aws_patches.make_ids_repeatable(self._patches, self._seed)
        aws_patches.skip_retry_pauses(self._patches)
        aws_patches.call_functions_in_process(self._patches, self._functions, self._deliveries)
        aws_patches.deliver_events(self._patches, self._deliveries)
        announce_objects(self._patches, self.clock)
        aws_patches.keep_causes_of_failed_tasks(self._patches)
        undo_transactions_by_item(self._patches)
        self._mail_room.install(self._patches)
        self._interpreter.install(self._patches)
        self._gate.install(self._patches)

    def _close(self) -> None:
        if LocalCloud._open is not self:
            return
        try:
            self._scheduler.stop()
        finally:
            LocalCloud._open = None
            self._patches.undo()
            self._mock.stop()

    # --- What is there -----------------------------------------------------------------------

    def client(self, service_name: str) -> Any:
        """A boto3 client, made once."""
        if service_name not in _CLIENTS:
            _CLIENTS[service_name] = boto3.client(service_name, region_name=REGION)
        return _CLIENTS[service_name]

    def resource_id(self, logical_id: str) -> str:
        """What `!Ref` gives in the template: a name, or for state machines and topics the arn."""
        return str(self._template.ref(logical_id))

    def resource_ids(self) -> dict[str, str]:
        """The same of everything in the template, by logical id, as CloudFormation lists it."""
        return {
            entry.logical_id: self.resource_id(entry.logical_id)
            for entry in self._template.resources()
        }

    def outputs(self) -> dict[str, str]:
        """The template's outputs."""
        declared = self._template.body.get("Outputs", {})
        return {name: str(self._template.resolve(raw["Value"])) for name, raw in declared.items()}

    def function_environment(self, logical_id: str) -> dict[str, str]:
        """The variables the template gives a function."""
        return dict(self._functions.by_logical_id(logical_id).environment)

    def deploy(self, template: Path) -> None:
        """Put newer code and definitions in place, as `sam deploy` does while executions run."""
        newer = self._template.newer(template)
        ResourceMaker(newer, self.client).exchange_definitions(self._template)
        self._functions.deploy(newer)
        self._template = newer

    # --- Doing things ------------------------------------------------------------------------

    def invoke(self, function_logical_id: str, payload: object) -> Any:
        """Call a function now and return its result. Raises FunctionError if the handler does."""
        return self._functions.invoke(function_logical_id, payload)

    def http(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        principal: str | None = None,
    ) -> HttpResponse:
        """Send a request to the template's HTTP APIs now and return the response.

        `path` is encoded, and may be a whole link with its query. `principal` is who signed the
        request, a name or an arn: without one, routes with IAM answer 403.
        """
        return self._http_apis.call(
            method, path, body=body, headers=headers, query=query, principal=principal
        )

    def start_execution(self, state_machine_logical_id: str, name: str, payload: object) -> str:
        """Start an execution (it takes its turn in the next run) and return its arn."""
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=self._template.arn(state_machine_logical_id),
            name=name,
            input=json.dumps(payload),
        )
        return str(started["executionArn"])

    def run_until(self, instant: datetime) -> None:
        """Let everything due up to and including `instant` happen, then set the clock to it."""
        while self._step(instant, schedules_count=True):
            pass
        self.clock.move_to(max(instant.astimezone(UTC), self.clock.now()))

    def run_until_idle(self, limit: datetime) -> None:
        """Run until nothing waits for the clock any more, but not beyond `limit`.

        Schedules fire when their time comes, but are not waited for. Executions that wait for a
        task token without a timeout are left waiting; the clock stays at the last deadline.
        """
        while self._step(limit, schedules_count=False):
            pass

    def _step(self, limit: datetime, *, schedules_count: bool) -> bool:
        """Run what can run, then fire the earliest deadline. False when none is left in time."""
        self._scheduler.run_ready()
        timer_at = self._scheduler.next_due_at()
        due = self._schedules.next_due()
        if timer_at is None and not schedules_count:
            return False
        if due is not None and due.due_at <= limit and (timer_at is None or due.due_at < timer_at):
            self.clock.move_to(due.due_at)
            due.fire()
            return True
        if timer_at is not None and timer_at <= limit:
            self._scheduler.fire_next()
            return True
        return False

    # --- What happened -----------------------------------------------------------------------

    def executions(self) -> list[ExecutionRecord]:
        """All executions, in the order in which they were started."""
        return all_executions()

    @property
    def sent_mail(self) -> list[SentMail]:
        """Every mail SES accepted, in order."""
        return self._mail_room.sent

    @property
    def mail_behaviour(self) -> Callable[[str], MailBehaviour]:
        """What becomes of mail to an address: set it to a function; it is "deliver" at first."""
        return self._mail_room.behaviour

    @mail_behaviour.setter
    def mail_behaviour(self, behaviour: Callable[[str], MailBehaviour]) -> None:
        self._mail_room.behaviour = behaviour

    @property
    def failed_deliveries(self) -> list[FailedDelivery]:
        """Asynchronous events that no attempt could deliver."""
        return self._deliveries.failures

    @property
    def request_counts(self) -> Counter[tuple[str, str]]:
        """Requests per (client name, operation) since the start, retries included."""
        return self._gate.request_counts

    @property
    def transition_counts(self) -> Counter[str]:
        """States entered per state machine (logical id), children of distributed Maps included."""
        by_name = {
            self._template.name(resource.logical_id): resource.logical_id
            for resource in self._template.resources("AWS::StepFunctions::StateMachine")
        }
        counted = self._interpreter.transition_counts
        return Counter({by_name[name]: count for name, count in counted.items()})

    # --- Faults on order ---------------------------------------------------------------------

    def lose_answer(self, service: str, operation: str, times: int = 1) -> None:
        """Carry the next `times` requests out, but let the caller see a read timeout."""
        self._gate.lose_answer(service, operation, times)

    def lose_request(self, service: str, operation: str, times: int = 1) -> None:
        """Let the next `times` requests vanish before they are carried out."""
        self._gate.lose_request(service, operation, times)

    def fail_with(
        self, service: str, operation: str, code: str, times: int = 1, status: int = 400
    ) -> None:
        """Refuse the next `times` requests with an error code, as AWS would."""
        self._gate.fail_with(service, operation, code, times, status)


def _next_id() -> str:
    return str(mock_random.uuid4())
