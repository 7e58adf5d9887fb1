"""The stage on a deployed stack: AWS, or what plays it, through its endpoints."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from msp_billing import wiring
from msp_billing.adapters.clock import SystemClock
from msp_billing.adapters.dynamodb.table import Table
from msp_billing.adapters.trial_clock import TrialClock
from msp_billing.domain.outbox import MailState, OutboxMail
from msp_billing.usecases.mailing.listing_mails import MailsQuestion, list_mails
from msp_billing.usecases.ports import Ports
from mspbill import environment
from mspbill.stack_names import StackNames, stack_names, variables_of
from trial_stack.commands import call
from trial_stack.ministack import Ministack
from trial_stack.scheduled import GROUPS, take_away_schedules
from trial_stack.ses_stand_in import counted, report_deliveries
from trial_stack.stages import Seen, StageError
from trial_stack.story import PROVIDER

_LONGEST_WAIT = 600.0
_LOOK_EVERY = 0.5
_CALL = Config(read_timeout=180, retries={"total_max_attempts": 1})

_STATE_MACHINES = ("BillingCycle", "Dunning", "HoldRelease")


class DeployedStage:
    """A stack that CloudFormation has made, its functions run by Lambda."""

    def __init__(self, names: StackNames, ministack: Ministack | None) -> None:
        """Look at a stack.

        Args:
            names: of its resources.
            ministack: what plays AWS; None for AWS itself.
        """
        self._names = names
        self._ministack = ministack
        values = variables_of(names)
        self._clock = TrialClock(Table(boto3.client("dynamodb"), values["TABLE_NAME"]))

    @property
    def ports(self) -> Ports:
        """Those of this process, on the stack's resources and by its clock."""
        return wiring.ports()

    def move_to(self, instant: datetime) -> None:
        """The functions and the commands read the time from the table."""
        self._clock.set(instant, SystemClock())

    def mspbill(self, *arguments: str) -> str:
        """With ``--stack``, as a person calls it who has nothing but credentials."""
        return call((*arguments, "--stack", self._names.stack))

    def invoke(self, function: str, payload: dict[str, Any]) -> Any:
        """By Lambda, and wait for the answer."""
        answer = boto3.client("lambda", config=_CALL).invoke(
            FunctionName=self._names.of(function), Payload=json.dumps(payload).encode()
        )
        told = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise StageError(f"{function} failed: {told}{self._why_not()}")
        return told

    def upload(self, folder: Path, prefix: str) -> None:
        """Put every file of a folder into the feeds bucket."""
        bucket = self._names.of("FeedsBucket")
        client = boto3.client("s3")
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                key = f"{prefix}/{path.relative_to(folder).as_posix()}"
                client.put_object(Bucket=bucket, Key=key, Body=path.read_bytes())

    def wait_until(self, what: str, seen: Seen) -> None:
        """Look again and again, for minutes at most; nothing here makes it happen."""
        deadline = time.monotonic() + _LONGEST_WAIT
        while not seen():
            if time.monotonic() > deadline:
                raise StageError(
                    f"This did not come within {_LONGEST_WAIT:.0f} seconds: {what}."
                    f"{self._why_not()}"
                )
            time.sleep(_LOOK_EVERY)

    def _why_not(self) -> str:
        """What failed meanwhile, on a line of its own each."""
        client = boto3.client("stepfunctions")
        failed = (
            client.describe_execution(executionArn=entry["executionArn"])
            for machine in _STATE_MACHINES
            for entry in client.list_executions(
                stateMachineArn=self._names.of(machine), statusFilter="FAILED"
            )["executions"]
        )
        return "".join(
            f"\n{told['name']}: {told.get('error')}: {told.get('cause')}" for told in failed
        )

    def mails_arrive(self) -> None:
        """SES reports by itself on AWS. ministack's does not: its events are made here."""
        reported: set[str | None] = set()

        def all_known() -> bool:
            sent = self._sent()
            new = [mail for mail in sent if mail.message_id not in reported]
            if self._ministack is not None:
                report_deliveries(self._ministack, self._names, new)
            reported.update(mail.message_id for mail in new)
            return not sent

        self.wait_until("SES's word on every mail that it took", all_known)

    def schedules(self) -> dict[str, dict[str, Any]]:
        """Those that EventBridge Scheduler has in the stack's groups."""
        groups = {name: self._names.of(name) for name in GROUPS}
        return take_away_schedules(boto3.client("scheduler"), groups)

    def accepted(self) -> dict[str, Any] | None:
        """Ministack keeps what its SES took; AWS does not."""
        if self._ministack is None:
            return None
        return counted((mail["To"], mail["Subject"]) for mail in self._ministack.messages())

    def _sent(self) -> list[OutboxMail]:
        question = MailsQuestion(provider=PROVIDER, states=frozenset({MailState.SENT}), months=6)
        return list(list_mails(self.ports, question))


@contextmanager
def open_deployed(stack: str, ministack: Ministack | None) -> Iterator[DeployedStage]:
    """The stack of that name, as the environment leads to it; all is as before afterwards."""
    names = stack_names(stack)
    with environment.variables(variables_of(names)):
        wiring.use_clock(None)
        try:
            yield DeployedStage(names, ministack)
        finally:
            wiring.use_clock(None)


def refuse_a_stack_that_bills(stack: str) -> None:
    """Raise StageError when there is such a stack and it is not one of a trial."""
    try:
        (described,) = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
    except ClientError:
        return
    said = {entry["OutputKey"]: entry["OutputValue"] for entry in described.get("Outputs", ())}
    if said.get("TrialClock") != "on":
        raise StageError(f"{stack} is a stack, and none of a trial. Give the trial's with --stack.")
