"""What handlers write sets the alarms off: names, dimensions and values, as CloudWatch gets them.

One cloud goes through a month in which everything goes wrong that an alarm of ours is about. How
the alarms are made is checked in tests/frame/test_alarms.py.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from local_cloud import mail as local_mail
from local_cloud.functions import LambdaContext
from msp_billing.adapters.dynamodb.cycles import cycle_pk
from msp_billing.domain.base import Frozen
from msp_billing.domain.cycles import CycleState
from msp_billing.observing import Measure, count, done, observed
from msp_billing.observing.measures import of_payment_file, of_proof, of_sweep
from msp_billing.usecases.dunning.sweep_result import NotSwept, SweepResult
from msp_billing.usecases.receivables.payment_file_records import FileResult
from msp_billing.usecases.receivables.verifying import ProofResult
from tests.end_to_end.small_provider import birch
from tests.end_to_end.stage import DAILY, ROOT, Stage, at, cycle_id, open_stage
from tests.frame.alarms import Alarm, Metric, alarms, dashboard_metrics
from tests.unit.observing.lines import points, values

STACK = "local"
CYCLE = cycle_id()
OURS = [alarm for alarm in alarms().values() if alarm.ours]
Result = TypeVar("Result", bound=Frozen)
CONTEXT: Any = LambdaContext("local-function", 512, "request-1")


@dataclass
class Story:
    """What was written, part by part."""

    stage: Stage
    parts: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        written = io.StringIO()
        with redirect_stdout(written):
            yield
        self.parts[name] = written.getvalue()

    @property
    def everything(self) -> str:
        return "".join(self.parts.values())

    def told(self, metric: Metric) -> list[float]:
        return values(self.everything, metric.name, **dict(metric.named(STACK)))


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    begin = at("2026-08-30T00:00:00")
    with open_stage(begin, daily=DAILY) as stage, pytest.MonkeyPatch.context() as patch:
        story = Story(stage)
        with story.part("counted"):
            _start_late(stage)
        with story.part("delivered"):
            _deliver_badly(stage)
        with story.part("closed again"):
            stage.step("CloseCycleFunction", CYCLE)
        with story.part("delivered again"):
            stage.step("DeliverMailFunction", CYCLE, **stage.batch(CYCLE), kind="invoice")
        with story.part("stopped"):
            _lose_ses(stage, patch)
        with story.part("told"):
            _tell()
        yield story


def _start_late(stage: Stage) -> None:
    """No schedule, so that the sweep starts the cycle; no export of Beech's users: it is parked."""
    provider = birch()
    stage.apply(provider)
    for key, content in provider.feeds(CYCLE.period).items():
        if "beech" not in key:
            stage.put_feed(f"{provider.name}/{key}", content)
    stage.run_until("2026-09-01T09:00:00")  # behind the sweep that would put it right
    scheduler, group = stage.cloud.client("scheduler"), stage.environment["SCHEDULE_GROUP"]
    for entry in scheduler.list_schedules(GroupName=group)["Schedules"]:
        scheduler.delete_schedule(Name=entry["Name"], GroupName=group)
    stage.run_until("2026-09-01T13:50:00")
    _leave_a_gap(stage)
    stage.run_until("2026-09-02T13:59:00")


def _leave_a_gap(stage: Stage) -> None:
    """Before the cycle itself builds: an outcome is lost; it is there again when it is built."""
    stage.step("BuildInvoicesFunction", CYCLE, **stage.batch(CYCLE))
    key = {"pk": {"S": cycle_pk(CYCLE)}, "sk": {"S": "ACCOUNT#elm"}}
    table = stage.environment["TABLE_NAME"]
    stage.cloud.client("dynamodb").delete_item(TableName=table, Key=key)
    assert stage.step_error("ReconcileCycleFunction", CYCLE) == "CompletenessGapError"


def _deliver_badly(stage: Stage) -> None:
    """SES is paused for a while, one mail bounces, and of one nobody ever hears."""
    silent, fates = "books@alder.example", {"books@elm.example": "bounce"}
    fates["books@cedar.example"] = "complain"
    stage.cloud.mail_behaviour = lambda to: "silent" if to == silent else _fate(fates.get(to))
    stage.cloud.fail_with("sesv2", "SendEmail", "SendingPausedException", times=1)
    stage.run_until("2026-09-02T14:01:00")
    assert stage.mail_states(CYCLE)["alder"] == "ready"
    stage.cloud.lose_answer("sesv2", "SendEmail")
    stage.run_until("2026-09-02T14:30:00")
    assert stage.mail_states(CYCLE) == {
        "alder": "unknown",
        "cedar": "complained",
        "elm": "bounced",
    }
    assert stage.cycle(CYCLE).state is CycleState.CLOSED
    stage.cloud.fail_with("sesv2", "SendEmail", "TooManyRequestsException", status=429)
    stage.run_until("2026-09-04T00:00:00")
    stage.cloud.fail_with("sesv2", "SendEmail", "MessageRejected")
    stage.run_until("2026-09-06T00:00:00")


def _fate(fate: str | None) -> Any:
    return fate or "deliver"


def _lose_ses(stage: Stage, patch: pytest.MonkeyPatch) -> None:
    """SES is not set up, and then its quota is used up."""
    stage.cloud.fail_with("sesv2", "GetAccount", "AccessDeniedException", times=1, status=403)
    stage.cloud.invoke("SendDigestFunction", {"provider": "birch"})
    patch.setattr(local_mail, "MAX_24_HOUR_SEND", 1.0)
    stage.cloud.invoke("SendDigestFunction", {"provider": "birch"})


def _tell() -> None:
    """What is cheaper told than made happen; that it happens is tested with what it is about."""
    refused = FileResult(
        provider="birch", file="bank", name="-", sha256="-", size_bytes=1, refused=True
    )
    failed = NotSwept(provider="birch", account="elm", error="-")
    _call(refused, of_payment_file)
    _call(ProofResult(ledgers=1, entries=1, misfits=("birch/elm: -",)), of_proof)
    _call(SweepResult(failed=(failed,), handed_on=1), of_sweep)
    _call(ProofResult(ledgers=1, entries=1), lambda _: _refused_webhooks())


def _refused_webhooks() -> Iterator[Measure]:
    """As tests/unit/adapters/http/test_payment_webhook.py sees them counted."""
    for name in ("WebhookRefused", "WebhookWithoutSecret"):
        count(*[Measure(name)] * 3)
    yield from ()


def _call(result: Result, measured: Callable[[Result], Iterator[Measure]]) -> None:
    @observed
    def handler(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
        return done(result, measured)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POWERTOOLS_SERVICE_NAME", STACK)
        patch.setenv("POWERTOOLS_LOG_LEVEL", "CRITICAL")
        handler({}, CONTEXT)


@pytest.mark.parametrize("alarm", OURS, ids=lambda alarm: alarm.logical_id)
def test_an_alarm_goes_off_by_what_is_written(story: Story, alarm: Alarm) -> None:
    told = {metric.id: story.told(metric) for metric in alarm.ours}
    assert all(told.values()), "metrics that nothing writes under these dimensions"
    if alarm.properties["ComparisonOperator"] == "LessThanThreshold":
        assert alarm.goes_off(told) is False, "a sweep that has run ends it"
        (name,) = told
        assert 0.0 not in told[name], "silence is its alarm: no call may tell zero"
    elif alarm.logical_id == "BounceRateAlarm":
        assert told["bounced"] == [1.0], "the share is worked out in tests/frame/test_alarms.py"
    else:
        others = {metric.id: [0.0] for metric in alarm.metrics}
        assert alarm.goes_off({**others, **told})


def test_the_dashboard_shows_what_is_written(story: Story) -> None:
    written = {
        (point.namespace, point.name, tuple(sorted(name for name, _ in point.dimensions)))
        for point in points(story.everything)
    }
    ours = {entry for entry in dashboard_metrics() if entry[0] == "MspBilling"}
    # What a month without payments does not write; counted_stores.py counts it by the same rule.
    payments = {"PaymentsBooked", "PaymentsQueued", "PaymentsReturned"}
    assert {entry for entry in ours - written if entry[1] not in payments} == set()


def test_every_metric_is_explained(story: Story) -> None:
    """docs/operating.md has a row for each that is written, and none for what nothing writes."""
    text = (ROOT / "docs" / "operating.md").read_text("utf-8")
    table = text.partition("## Metrics")[2].partition("What a function cannot")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    written = {point.name for point in points(story.everything)}
    elsewhere = {"PaymentsBooked", "PaymentsReturned", "PaymentsQueued", "TooManyParked"}
    assert explained == written | elsewhere


def test_a_step_that_is_repeated_doubles_nothing(story: Story) -> None:
    """Figures are the same again; what the table lets happen once is not counted again."""
    by_run = {"service": STACK, "provider": "birch", "run": "managed"}
    for part in ("delivered", "closed again"):
        assert values(story.parts[part], "AccountsBilled", **by_run) == [3.0]
        assert values(story.parts[part], "AccountsParked", **by_run) == [1.0]
        assert values(story.parts[part], "AmountBilled", currency="USD", **by_run) == [150.0]
    for name in ("MailsSent", "MailsUnknown", "MailsBounced", "MailsFailed", "MailsDelivered"):
        assert values(story.parts["delivered again"], name, service=STACK) == []


def test_every_mail_is_counted_once(story: Story) -> None:
    sent = values(story.everything, "MailsSent", service=STACK)
    unknown = values(story.everything, "MailsUnknown", service=STACK)
    assert sum(unknown) == 1
    assert sum(sent) + sum(unknown) == len(story.stage.cloud.sent_mail)


def test_no_line_has_an_address_or_a_name(story: Story) -> None:
    assert "@" not in story.everything
    assert "Alder Ltd" not in story.everything
