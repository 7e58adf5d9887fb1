"""A stage to bill on: a local cloud with the project's template, and what tests do with it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local_cloud import ExecutionRecord, FunctionError, LocalCloud, SentMail
from msp_billing import wiring
from msp_billing.adapters.event_bus import EventBridgeBus
from msp_billing.domain.cycles import Cycle, CycleId
from msp_billing.domain.invoices import Invoice
from msp_billing.domain.outbox import OutboxMail
from msp_billing.domain.periods import Period
from msp_billing.usecases.apply_provider import ApplyResult, apply_provider
from msp_billing.usecases.approve_run import Decision, decide_run
from msp_billing.usecases.manifest import manifest_lines
from msp_billing.usecases.ports import Ports
from msp_billing.usecases.records import AccountRecord, Approval
from msp_billing.usecases.stored_invoices import invoices_of
from tests.end_to_end.small_provider import MANAGED, Provider

ROOT = Path(__file__).resolve().parents[2]
SEPTEMBER = Period(year=2026, month=9)
OCTOBER = Period(year=2026, month=10)
START_AT = datetime(2026, 8, 25, tzinfo=UTC)
_ENVIRONMENTS = (
    "StartCycleFunction",
    "SyncSchedulesFunction",
    "DeliverMailFunction",
    "SweepAccountsFunction",
)


def at(text: str) -> datetime:
    """An instant in UTC from ISO text without a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Stage:
    """One open cloud. Birch's cycle of a month opens on the 1st and is over on the 3rd."""

    cloud: LocalCloud
    ports: Ports
    environment: Mapping[str, str]
    events: list[tuple[str, dict[str, Any]]]

    # --- Setting up ------------------------------------------------------------------------------

    def apply(self, provider: Provider, first_period: Period = SEPTEMBER) -> ApplyResult:
        return apply_provider(
            self.ports, provider.policy, provider.price_book, provider.accounts, first_period
        )

    def put_feeds(self, provider: Provider, period: Period = SEPTEMBER) -> None:
        for key, content in provider.feeds(period).items():
            self.put_feed(f"{provider.name}/{key}", content)

    def put_feed(self, key: str, content: bytes) -> None:
        bucket = self.environment["FEEDS_BUCKET"]
        self.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=content)

    def set_up(self, provider: Provider, *periods: Period) -> None:
        """Apply the provider, have its schedules made, and put the exports where they belong."""
        self.apply(provider)
        for period in periods or (SEPTEMBER,):
            self.put_feeds(provider, period)
        self.settle()

    # --- Moving on -------------------------------------------------------------------------------

    def settle(self) -> None:
        """Let everything happen that is due now."""
        self.cloud.run_until(self.cloud.clock.now())

    def run_until(self, text: str) -> None:
        self.cloud.run_until(at(text))

    def start(self, cycle: CycleId, **more: str) -> dict[str, Any]:
        """Start a cycle as a person does; it takes its turn in the next run."""
        request = {"provider": cycle.provider, "run": cycle.run, "period": str(cycle.period)}
        started = self.cloud.invoke(
            "StartCycleFunction", {**request, "started_by": "clerk", **more}
        )
        assert isinstance(started, dict)
        return started

    def decide(self, cycle: CycleId, decision: Any, by: str = "boss") -> Approval:
        decided = decide_run(self.ports, cycle, Decision(decision=decision, decided_by=by))
        self.settle()
        return decided

    def step(self, function: str, cycle: CycleId, **more: Any) -> Any:
        """Call a step's function as the execution that holds the cycle does."""
        payload = {
            "provider": cycle.provider,
            "run": cycle.run,
            "period": str(cycle.period),
            "owner": self.cycle(cycle).owner,
            **more,
        }
        return self.cloud.invoke(function, payload)

    def step_error(self, function: str, cycle: CycleId, **more: Any) -> str:
        """The name of the error that a step ends with; empty when it ends well."""
        try:
            self.step(function, cycle, **more)
        except FunctionError as error:
            return error.error_type
        return ""

    def batch(self, cycle: CycleId, number: int = 0) -> dict[str, Any]:
        """What the maps hand to a step for one batch."""
        lines = manifest_lines(self.ports, self.cycle(cycle))
        return lines[number].model_dump(mode="json")

    # --- Looking at ------------------------------------------------------------------------------

    def cycle(self, cycle: CycleId) -> Cycle:
        found = self.ports.cycles.find(cycle)
        assert found is not None, f"{cycle} was never opened"
        return found

    def records(self, cycle: CycleId) -> dict[str, AccountRecord]:
        return {entry.account: entry for entry in self.ports.invoices.all_records(cycle)}

    def invoices(self, cycle: CycleId) -> dict[str, Invoice]:
        """The invoices of a cycle by account; Birch makes one per account at most."""
        found = invoices_of(self.ports, cycle, self.records(cycle))
        return {account: entries[0] for account, entries in found.items() if entries}

    def numbers(self, *cycles: CycleId) -> list[str]:
        """Every number that the cycles' invoices have."""
        invoices = [invoice for cycle in cycles for invoice in self.invoices(cycle).values()]
        return sorted(invoice.number for invoice in invoices if invoice.number)

    def mails(self, cycle: CycleId) -> dict[str, OutboxMail]:
        """The outbox by account and kind."""
        mails = self.ports.outbox.all_of(cycle)
        return {f"{entry.id.account}/{entry.id.kind}": entry for entry in mails}

    def mail_states(self, cycle: CycleId, kind: str = "invoice") -> dict[str, str]:
        mails = self.ports.outbox.all_of(cycle)
        return {entry.id.account: entry.state.value for entry in mails if entry.id.kind == kind}

    def sent(self, kind: str = "invoice") -> list[SentMail]:
        """The mails of a kind that SES accepted."""
        return [mail for mail in self.cloud.sent_mail if mail.tags["kind"] == kind]

    def executions(self, name: str = "") -> list[ExecutionRecord]:
        """The executions of the cycle's machine itself, without children of its maps."""
        return [entry for entry in self.cloud.executions() if entry.name.startswith(name)]

    def execution(self, name: str) -> ExecutionRecord:
        (found,) = (entry for entry in self.cloud.executions() if entry.name == name)
        return found

    def objects(self) -> dict[str, bytes]:
        """Every sealed object."""
        s3, bucket = self.cloud.client("s3"), self.environment["RECORDS_BUCKET"]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def items(self) -> list[dict[str, Any]]:
        """Every item of the table; only tests scan."""
        pages = self.cloud.client("dynamodb").get_paginator("scan")
        found = pages.paginate(TableName=self.environment["TABLE_NAME"])
        return [item for page in found for item in page["Items"]]

    def history(self, arn: str) -> list[dict[str, Any]]:
        """The events of an execution."""
        client = self.cloud.client("stepfunctions")
        pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]

    def published(self, detail_type: str) -> list[str]:
        """The cycles that events of a type on the billing bus name."""
        return [detail["cycle"] for kind, detail in self.events if kind == detail_type]

    def assert_promises(self, *cycles: CycleId) -> None:
        """What holds after every step: gapless numbers, one mail at most, sums that add up."""
        accepted = Counter(tuple(sorted(mail.tags.items())) for mail in self.cloud.sent_mail)
        assert not [tags for tags, times in accepted.items() if times > 1], "a mail went out twice"
        by_provider: dict[str, list[str]] = {}
        for cycle in cycles:
            by_provider.setdefault(cycle.provider, []).extend(self.numbers(cycle))
            for invoice in self.invoices(cycle).values():
                lines = sum(entry.amount.amount for entry in invoice.lines)
                assert lines == invoice.total.amount
        for numbers in by_provider.values():
            counted = sorted(int(number.rsplit("-", 1)[1]) for number in numbers)
            assert counted == list(range(1, len(counted) + 1)), "numbers have a gap"


DAILY = {
    "sweeps": ("StartMissedCyclesFunction", "SweepAccountsFunction"),
    "digests": ("SendDigestFunction",),
    "proofs": ("VerifyLedgersFunction",),
}
"""What looks at everything once a day, and its functions."""


def cycle_id(provider: str = "birch", run: str = MANAGED, period: Period = SEPTEMBER) -> CycleId:
    return CycleId(provider=provider, run=run, period=period)


@contextmanager
def open_stage(start_at: datetime = START_AT, *, daily: Collection[str] = ()) -> Iterator[Stage]:
    """Open a cloud on the project's template; the environment is as it was afterwards.

    Args:
        daily: which of `DAILY` take place. They change nothing of a cycle that runs, and would take
            half the time of tests that let weeks pass.
    """
    parameters = {"LogLevel": "CRITICAL"}
    with LocalCloud(
        ROOT / "template.yaml",
        start_at=start_at,
        parameters=parameters,
        on_start=wiring.use_clock,
        silent=[f for name, functions in DAILY.items() if name not in daily for f in functions],
    ) as cloud:
        environment: dict[str, str] = {"ASSETS_DIRECTORY": str(ROOT / "layers" / "rendering")}
        for function in _ENVIRONMENTS:
            environment.update(cloud.function_environment(function))
        environment["AWS_DEFAULT_REGION"] = "us-east-1"
        # Only what is set here is taken back: the cloud has set credentials and takes those back.
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        try:
            with _events_on_the_bus() as events:
                yield Stage(cloud, wiring.ports(), environment, events)
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


@contextmanager
def _events_on_the_bus() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Type and detail of every event that the billing bus takes."""
    events: list[tuple[str, dict[str, Any]]] = []
    publish = EventBridgeBus.publish

    def publish_and_keep(
        bus: EventBridgeBus, detail_type: str, detail: dict[str, str | int]
    ) -> None:
        publish(bus, detail_type, detail)
        events.append((detail_type, detail))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EventBridgeBus, "publish", publish_and_keep)
        yield events
