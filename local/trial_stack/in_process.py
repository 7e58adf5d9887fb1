"""The stage in this process: the local cloud, on its test clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msp_billing.usecases.ports import Ports
from mspbill.billing_run import LocalBilling
from trial_stack.commands import call
from trial_stack.scheduled import GROUPS, take_away_schedules
from trial_stack.ses_stand_in import counted
from trial_stack.stages import Seen, StageError


class InProcessStage:
    """A local cloud in the place of a deployed stack."""

    def __init__(self, billing: LocalBilling) -> None:
        self._billing = billing

    @property
    def ports(self) -> Ports:
        """The ports that the functions use."""
        return self._billing.ports

    def move_to(self, instant: datetime) -> None:
        """What is due until then happens."""
        self._billing.cloud.run_until(instant)

    def mspbill(self, *arguments: str) -> str:
        """The command reads the variables of the functions, which are set here."""
        return call(arguments)

    def invoke(self, function: str, payload: dict[str, Any]) -> Any:
        """Called at once, in this process."""
        return self._billing.cloud.invoke(function, json.loads(json.dumps(payload)))

    def upload(self, folder: Path, prefix: str) -> None:
        """Put every file of a folder into the feeds bucket."""
        bucket = self._billing.cloud.resource_id("FeedsBucket")
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                key = f"{prefix}/{path.relative_to(folder).as_posix()}"
                self._billing.cloud.client("s3").put_object(
                    Bucket=bucket, Key=key, Body=path.read_bytes()
                )

    def wait_until(self, what: str, seen: Seen) -> None:
        """Nothing is waited for here: what is due now has happened, or never will."""
        self._settle()
        if not seen():
            raise StageError(f"In the local cloud this did not come: {what}.")

    def mails_arrive(self) -> None:
        """The local cloud's SES reports after two seconds."""
        self._settle()
        self._billing.cloud.run_until(self._billing.cloud.clock.now() + timedelta(seconds=10))

    def schedules(self) -> dict[str, dict[str, Any]]:
        """Those of EventBridge Scheduler, which would fire while the clock moves on."""
        cloud = self._billing.cloud
        groups = {name: cloud.resource_id(name) for name in GROUPS}
        return take_away_schedules(cloud.client("scheduler"), groups)

    def accepted(self) -> dict[str, Any]:
        """What SES took, with its subjects."""
        return counted(
            (mail.destinations, str(mail.headers["Subject"]))
            for mail in self._billing.cloud.sent_mail
        )

    def _settle(self) -> None:
        self._billing.cloud.run_until(self._billing.cloud.clock.now())


@contextmanager
def open_in_process(start_at: datetime) -> Iterator[InProcessStage]:
    """A fresh local cloud; the environment is as it was afterwards."""
    with LocalBilling(start_at) as billing:
        yield InProcessStage(billing)
